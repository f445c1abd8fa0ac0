"""A cursor is what a list gave, untouched: whatever else anybody sends as one is 400 `bad_cursor`, on every list."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
import pytest_asyncio
from fastapi import FastAPI

from cascadia.kernel.errors import BadRequest
from cascadia.kernel.paging import PageRequest
from tests.company import JSON, Workshop
from tests.site import Operation, Site, build

KEYS: Final[tuple[Any, ...]] = (
    [],
    [True],
    [None],
    [1],
    [-1],
    [1.5],
    [2**70],
    ["x"],
    ["\0"],
    [float("nan")],
    [[1]],
    [{"a": 1}],
    [1, 1],
    ["x", "y"],
    ["x", {"a": 1}],
    {"a": 1},
)
"""What an altered cursor may hold; each was taken or broke a list once."""
OF_NO_TYPE: Final[tuple[list[Any], ...]] = ([], [True], [None], [1.5], [float("nan")], [[1]], [{"a": 1}], [None, None], ["x", {"a": 1}])
"""Keys that no list has."""
NONSENSE: Final = (
    "",
    " ",
    "x",
    "nonsense!",
    "WzEsMiwzLDRd",
    "é",
    "😀",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "A" * 5000,
)


@pytest_asyncio.fixture
async def site(workshop: Workshop) -> Site:
    return await build(workshop)


def lists(site: Site) -> Iterator[Operation]:
    for operation in site.operations:
        if any(parameter["name"] == "cursor" for parameter in operation.described.get("parameters", ())):
            yield operation


def unsigned(keys: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


async def test_what_was_no_cursor_of_the_list_is_refused_on_every_list(site: Site) -> None:
    given = [*NONSENSE, base64.urlsafe_b64encode(b"[" * 1400).decode(), *(unsigned(keys) for keys in KEYS)]
    http = site.workshop.company.administrator.http
    found = list(lists(site))
    assert len(found) >= 25
    for operation in found:
        for cursor in given:
            answer = await operation.but(query={**operation.query, "cursor": cursor}).by(http)
            assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor"), f"{operation.name} {cursor[:40]}: {answer.text}"


async def test_keys_of_another_type_are_refused_although_they_are_signed(site: Site, app: FastAPI) -> None:
    await site.workshop.lead.get("/parts")
    secret = app.state.cursor_secret
    http = site.workshop.company.administrator.http
    for operation in lists(site):
        addresses = (operation.path, f"{operation.path} number False")
        for keys in OF_NO_TYPE:
            for address in addresses:
                cursor = PageRequest(address=address, secret=secret).cursor_after(keys)
                answer = await operation.but(query={**operation.query, "cursor": cursor}).by(http)
                assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor"), f"{operation.name} {keys}: {answer.text}"


async def test_a_cursor_is_refused_when_any_letter_of_it_is_another(workshop: Workshop) -> None:
    cursor = await _cursor(workshop, "/parts")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for index, letter in enumerate(cursor):
        other = letters[(letters.index(letter) + 1) % 64]
        for altered in (cursor[:index] + other + cursor[index + 1 :], cursor[:index], cursor[:index] + "=" + cursor[index:]):
            if altered:
                assert await _status(workshop, "/parts", cursor=altered) == 400, (index, altered)


async def test_a_cursor_belongs_to_its_list_and_its_order(workshop: Workshop) -> None:
    cursor = await _cursor(workshop, "/parts")
    parent = (await workshop.lead.get("/parts"))["items"][0]["id"]
    assert await _status(workshop, "/parts", cursor=cursor) == 200
    assert await _status(workshop, "/parts", cursor=cursor, sort="number") == 200
    for sort in ("-number", "name", "-updated_at"):
        assert await _status(workshop, "/parts", cursor=cursor, sort=sort) == 400
    assert await _status(workshop, f"/parts/{parent}/bom", cursor=cursor) == 400


async def test_a_cursor_of_one_app_server_is_read_by_another(workshop: Workshop, app: FastAPI) -> None:
    cursor = await _cursor(workshop, "/parts")
    del app.state.cursor_secret  # as a server that has just started
    assert await _status(workshop, "/parts", cursor=cursor) == 200


async def test_a_page_that_ends_with_the_longest_name_has_a_cursor_that_is_taken(workshop: Workshop) -> None:
    for number in range(2):
        await workshop.engineer.part(workshop.project, "😀" * 299 + str(number))
    first = await workshop.lead.get("/parts", limit=1, sort="name")
    second = await workshop.lead.get("/parts", limit=1, sort="name", cursor=first["next"])
    assert second["items"][0]["name"].endswith("1")


async def test_the_flat_list_goes_on_where_it_ended(workshop: Workshop) -> None:
    engineer, project = workshop.engineer, workshop.project
    top = await engineer.part(project, "Top", number="F-0")
    for number in range(1, 6):
        child = await engineer.part(project, "Child", number=f"F-{number}")
        await engineer.line(top["id"], child["id"])
    seen: list[str] = []
    page: JSON = {"next": None}
    for _ in range(3):
        more = {"cursor": page["next"]} if page["next"] else {}
        page = await engineer.get(f"/parts/{top['id']}/bom/flat", limit=2, **more)
        seen += [line["item"]["number"] for line in page["items"]]
    assert (seen, page["next"]) == ([f"F-{number}" for number in range(1, 6)], None)


def test_a_cursor_of_another_secret_is_refused() -> None:
    cursor = PageRequest(address="/parts", secret=b"one").cursor_after(["A", 1])
    assert PageRequest(address="/parts", secret=b"one", cursor=cursor).after(str, int) == ["A", 1]
    with pytest.raises(BadRequest):
        PageRequest(address="/parts", secret=b"two", cursor=cursor).after(str, int)


async def _cursor(workshop: Workshop, path: str) -> str:
    for number in range(3):
        await workshop.engineer.part(workshop.project, number=f"C-{number}")
    return str((await workshop.lead.get(path, limit=1))["next"])


async def _status(workshop: Workshop, path: str, **query: str) -> int:
    answer = await workshop.lead.http.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200 or answer.json()["code"] == "bad_cursor", answer.text
    return answer.status_code
