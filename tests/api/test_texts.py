"""What may be kept: texts that people can read, numbers that mean something. Everything else is 422 and names its place."""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import pytest_asyncio

from cascadia.kernel import decimals, text
from tests.company import JSON, Workshop
from tests.site import Operation, Site, build

UNREADABLE: Final = (
    "a\0b",
    "a\x1b[2Jb",
    "a\x85b",
    "a\x9bb",
    "a\u202egpj.exe",
    "a\u2066b",
    "a\u2028b",
    "a\ufffe",
    "a\U0001ffff",
    "a\ufdd0",
    "\u200b",
    "\u200b \ufeff",
    "\u3164",
    "\u2800",
    "\U000e0041",
    "a\U000e0041b",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067",
    "\U0001f3f4\U000e0068\U000e0069\U000e007f",
    "a\ud800b",
)
OF_LINES: Final = ("a\nb", "a\tb", "a\r\nb")
READABLE: Final = (
    "Ö",
    "٣ \u0646\u0648\u0639",
    "\u0645\u06cc\u200c\u062e",
    "👩\u200d🔧",
    "❤\ufe0f",
    "שלום\u200e",
    "<script>",
    "'; --",
    "a\\b",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
)
NO_NUMBERS: Final = (
    "1_000",
    "٣",
    " 2 ",
    "+2",
    "1e30",
    1e30,
    "1e99999",
    "1.",
    ".5",
    "",
    "NaN",
    "Infinity",
    "0x10",
    "1,5",
    True,
    "\uff12",
    "2\n",
    "--1",
)
TOO_SMALL: Final = ("1e-30", 1e-30, "1e-13", "0." + "0" * 12 + "1")
SEVERAL_LINES: Final = frozenset({"description", "note", "message"})
"""Members that may have line breaks. A webhook's description is one line."""
NO_TEXTS: Final = frozenset({("sign_in", "password"), ("create_user", "password"), ("edit_user", "password")}) | frozenset(
    {("edit_user", "current_password"), ("set_up", "password"), ("set_up", "token")}
)
"""What is compared and never kept as it came."""
A_SIGN: Final = ("delimiter", "quote")
"""One sign, which may be a tab."""


@pytest_asyncio.fixture
async def site(workshop: Workshop) -> Site:
    return await build(workshop)


def members(document: JSON, schema: JSON, value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of a body where the document lets a text stand."""
    schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    for variant in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        variant = document["components"]["schemas"][variant["$ref"].rsplit("/", 1)[1]] if "$ref" in variant else variant  # noqa: PLW2901
        if variant.get("type") == "string" and not {"format", "enum", "const"} & set(variant):
            yield place
        for name, inner in variant.get("properties", {}).items():
            yield from members(document, inner, (value or {}).get(name) if isinstance(value, Mapping) else None, (*place, name))


def placed(body: Any, place: tuple[str | int, ...], value: Any) -> Any:
    made = dict(body) if isinstance(body, Mapping) else {}
    made[place[0]] = value if len(place) == 1 else placed(made.get(place[0]), place[1:], value)
    return made


def places(site: Site) -> Iterator[tuple[Operation, tuple[str | int, ...]]]:
    document = site.workshop.company.app.openapi()
    for operation in site.operations:
        content = operation.described.get("requestBody", {}).get("content", {})
        if "application/json" in content and operation.name != "set_up":
            for place in dict.fromkeys(members(document, content["application/json"]["schema"], operation.body)):
                if place and (operation.name, place[-1]) not in NO_TEXTS and place[-1] not in A_SIGN:
                    yield operation, place


async def test_no_text_that_cannot_be_read_is_taken_anywhere(site: Site) -> None:
    found = list(places(site))
    assert len(found) > 30
    before = await site.state()
    for operation, place in found:
        lines = place[-1] in SEVERAL_LINES and "webhook" not in operation.name
        for odd in UNREADABLE if lines else (*UNREADABLE, *OF_LINES):
            body = json.dumps(placed(operation.body, place, odd)).encode()
            request = operation.but(body=body, headers={**operation.headers, "Content-Type": "application/json"})
            answer = await request.by(site.workshop.company.administrator.http)
            assert answer.status_code == 422, f"{operation.name} {place} {odd!a}: {answer.status_code} {answer.text}"
            pointers = [error["pointer"] for error in answer.json()["errors"]]
            assert any(pointer.startswith(text.pointer(*place[:1])) for pointer in pointers), f"{operation.name} {place}: {answer.text}"
    assert await site.state() == before


async def test_no_attribute_holds_what_cannot_be_read(workshop: Workshop) -> None:
    for odd, pointer in itertools.product((*UNREADABLE, *OF_LINES), ("/attributes/finish", "/attributes/tags")):
        attributes = {"finish": odd} if pointer.endswith("finish") else {"tags": ["a", odd]}
        answer = await _raw(workshop, {"project": workshop.project, "name": "New", "attributes": attributes})
        assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, [pointer]), answer.text
    assert (await workshop.engineer.get("/parts"))["items"] == []


async def test_a_member_whose_name_no_answer_can_hold_is_refused(workshop: Workshop) -> None:
    for body, pointer in (
        ({"project": workshop.project, "name": "New", "attributes": {"\ud800~/": 1}}, "/attributes/\\ud800~0~1"),
        ({"project": workshop.project, "name": "New", "\ud800": 1}, ""),
    ):
        answer = await _raw(workshop, body)
        assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, [pointer]), answer.text


async def test_no_commit_message_holds_what_cannot_be_read(workshop: Workshop) -> None:
    for odd in UNREADABLE:
        if odd.isascii() or "\ud800" not in odd:
            answer = await workshop.engineer.http.post(
                "/api/v1/parts", params={"message": odd}, json={"project": workshop.project, "name": "New"}
            )
            assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, ["/message"]), ascii(odd)
    assert (await workshop.engineer.get("/parts"))["items"] == []
    made = await workshop.engineer.http.post(
        "/api/v1/parts", params={"message": "two\nlines"}, json={"project": workshop.project, "name": "New"}
    )
    assert made.status_code == 201, made.text


async def test_no_file_has_a_name_that_reads_otherwise_than_it_is(workshop: Workshop) -> None:
    for odd in ("\u202egpj.exe", "a\ufffeb", "\u200b", "a\x1bb", "a\nb", "a\\b.txt", "..\\x"):
        query = {"name": odd, "project": workshop.project}
        answer = await workshop.engineer.http.post("/api/v1/files", params=query, content=b"x")
        assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (422, "bad_file_name", "/name"), odd
    assert (await workshop.engineer.get("/files"))["items"] == []


async def test_whatever_can_be_read_is_kept_as_it_came(workshop: Workshop) -> None:
    for word in READABLE:
        made = await workshop.engineer.part(workshop.project, word, description=f"{word}\n\t{word}", attributes={"finish": word})
        assert (made["name"], made["description"], made["attributes"]["finish"]) == (word, f"{word}\n\t{word}", word)


async def test_a_quantity_is_a_plain_decimal_of_a_size_that_means_something(workshop: Workshop) -> None:
    parent, child = [(await workshop.engineer.part(workshop.project))["id"] for _ in range(2)]
    headers = {"If-Match": await workshop.engineer.bom_etag(parent)}
    for quantity in (*NO_NUMBERS, *TOO_SMALL, "1" * 13):
        answer = await workshop.engineer.send("POST", f"/parts/{parent}/bom", {"child": child, "quantity": quantity}, headers=headers)
        assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, ["/quantity"]), answer.text
    assert (await workshop.engineer.get(f"/parts/{parent}/bom"))["items"] == []


async def test_a_mass_is_a_plain_decimal_too(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    headers = {"If-Match": f'"{part["version"]}"'}
    for mass in (*NO_NUMBERS, "1" * 16, "1e-31"):
        body = {"attributes": {"mass": {"value": mass, "unit": "kg"}}}
        refused = await workshop.engineer.send("PATCH", f"/parts/{part['id']}", body, headers=headers)
        assert (refused.status_code, [e["pointer"] for e in refused.json()["errors"]]) == (422, ["/attributes/mass"]), refused.text
    assert (await workshop.engineer.get(f"/parts/{part['id']}"))["version"] == part["version"]


async def test_a_quantity_is_kept_in_one_spelling(workshop: Workshop) -> None:
    parent, child = [(await workshop.engineer.part(workshop.project))["id"] for _ in range(2)]
    spelled: dict[object, str] = {"1": "1", "0.50": "0.5", 2.5: "2.5", 3: "3", "1e3": "1000", "5E-1": "0.5", "007": "7", "-0": "0"}
    for given, kept in {**spelled, "9" * 12: "9" * 12}.items():
        assert (await workshop.engineer.line(parent, child, quantity=given))["quantity"] == kept


async def test_a_quantity_below_zero_is_refused(workshop: Workshop) -> None:
    parent, child = [(await workshop.engineer.part(workshop.project))["id"] for _ in range(2)]
    headers = {"If-Match": await workshop.engineer.bom_etag(parent)}
    answer = await workshop.engineer.send("POST", f"/parts/{parent}/bom", {"child": child, "quantity": "-1"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_quantity")


def test_a_text_of_a_stranger_becomes_one_that_may_be_kept() -> None:
    for odd, end in itertools.product((*UNREADABLE, *OF_LINES), ("", "x")):
        assert text.one_line(text.harmless(odd + end)) == text.harmless(odd + end)
    assert [text.harmless(word) for word in READABLE] == list(READABLE)
    assert (text.harmless("a\x1b[2J\r\nb"), text.harmless("\u202egpj"), text.harmless("\u200b")) == ("a [2J b", "gpj", "")


def test_a_decimal_is_read_within_its_bounds_and_no_further() -> None:
    assert str(decimals.read("999.999", whole=3, places=3)) == "999.999"
    for beyond in ("1000", "0.0001", "1e3"):
        with pytest.raises(ValueError, match="at most 3 digits"):
            decimals.read(beyond, whole=3, places=3)
    assert str(decimals.read("100.0000", whole=3, places=0)) == "100"


async def _raw(workshop: Workshop, body: Any) -> Any:
    content = json.dumps(body).encode()
    return await workshop.engineer.http.post("/api/v1/parts", content=content, headers={"Content-Type": "application/json"})
