"""What is too much is refused before it is made into objects, and nobody's body is read where only somebody may send one."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from cascadia.kernel.aside import Aside
from cascadia.kernel.bodies import ACCESS, BATCH, DEPTH, LARGE, LINE, ORDINARY, Bound, read
from cascadia.kernel.errors import CascadiaError, Unavailable
from tests.company import Workshop
from tests.site import Operation, Site, build

TYPED = {"Content-Type": "application/json"}
SCALARS = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=5) | st.floats(allow_nan=False)
NAMES = st.text(max_size=3)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12)
PIECES = st.sampled_from(["{", "}", "[", "]", ",", ":", '"', '"a"', "1", "\\", "null", " ", "\n", "e", "é", ".", "-"])


@pytest_asyncio.fixture
async def site(workshop: Workshop) -> Site:
    return await build(workshop)


def refusal(body: bytes, bound: Bound) -> tuple[int, str]:
    with pytest.raises(CascadiaError) as refused:
        read(body, bound)
    return refused.value.status, refused.value.code


@given(st.dictionaries(NAMES, VALUES, max_size=5), st.sampled_from([None, 1]))
def test_item_by_item_reads_what_json_reads(value: Any, indent: int | None) -> None:
    body = json.dumps(value, indent=indent).encode()
    assert read(body, BATCH) == json.loads(body)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_item_by_item_refuses_what_json_refuses(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        assert refusal(text.encode(), BATCH) == (400, "bad_json")
    else:
        assert read(text.encode(), BATCH) == expected


def test_a_body_holds_as_many_values_as_its_bound_and_no_more() -> None:
    assert len(read(json.dumps([1] * ACCESS.values).encode(), ACCESS)) == ACCESS.values
    assert len(read(json.dumps({f"k{n}": 1 for n in range(ACCESS.names)}).encode(), ACCESS)) == ACCESS.names
    assert refusal(json.dumps({f"k{n}": 1 for n in range(ACCESS.names + 1)}).encode(), ACCESS) == (413, "too_many_values")
    assert refusal(json.dumps([1] * (ACCESS.values + 1)).encode(), ACCESS) == (413, "too_many_values")
    assert refusal(json.dumps([[1] * 10] * 20).encode(), ACCESS) == (413, "too_many_values")


def test_text_may_hold_any_number_of_commas_and_brackets() -> None:
    texts = {"a": '\\",[{' * 10_000, '"[': "]" * 10_000, "b\\": "\\"}
    assert read(json.dumps(texts).encode(), ACCESS) == texts


def test_a_body_has_as_many_levels_as_its_bound_and_no_more() -> None:
    deep: Any = "x"
    for _ in range(DEPTH - 1):
        deep = [deep, 1]
    for bound in (ORDINARY, BATCH):
        assert read(json.dumps({"deep": deep}).encode(), bound) == {"deep": deep}
        assert refusal(json.dumps({"deep": [deep]}).encode(), bound) == (400, "bad_json")
        assert refusal(b"[" * 100_000, bound) in {(400, "bad_json"), (413, "too_many_values")}


@pytest.mark.parametrize(
    "value",
    ({"operations": [[1] * 20_001]}, {"operations": {"a": [1, 2] * 10_001}}, {f"k{n}": 1 for n in range(20_002)}, [[1], [2]] * 3000),
)
def test_one_item_of_a_batch_is_bounded_too(value: Any) -> None:
    assert refusal(json.dumps(value).encode(), BATCH) == (413, "too_many_values")
    assert read(json.dumps({"operations": [[1] * 19_000] * 3, "b": [1]}).encode(), BATCH)["b"] == [1]


@pytest.mark.parametrize("body", (b'"' + rb"\"" * 500_000, b'{"a' + b"\\" * 1_000_000, b'"' * 999_999))
def test_text_without_an_end_costs_no_more_than_its_length(body: bytes) -> None:
    assert refusal(body, BATCH) == (400, "bad_json")


@pytest.mark.parametrize("body", ('{"a": 1}'.encode("utf-16"), '{"a": 1}'.encode("utf-32"), b'{"a": "\xff"}', b"1" * 5000))
def test_a_body_is_utf_8(body: bytes) -> None:
    assert refusal(body, ORDINARY) == (400, "bad_json")


def takes_json(operation: Operation) -> bool:
    return "application/json" in operation.described.get("requestBody", {}).get("content", {})


async def test_unknown_members_up_to_the_limit_of_bytes_are_refused_by_every_operation(site: Site, client: httpx.AsyncClient) -> None:
    before = await site.state()
    for operation in filter(takes_json, site.operations):
        limit = operation.described["x-body-limit"]
        count = min(limit["bytes"] // 12, limit["values"] + 1)
        body = json.dumps({f"k{n}": 1 for n in range(count)}).encode()
        http = client if operation.permission == "public" else site.workshop.lead.http
        answer = await operation.but(body=body, headers={**operation.headers, **TYPED}).by(http)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_values"), operation.name
    assert await site.state() == before


async def test_every_operation_takes_only_json(site: Site, client: httpx.AsyncClient) -> None:
    before = await site.state()
    for operation in filter(takes_json, site.operations):
        body = json.dumps(operation.body).encode()
        http = client if operation.permission == "public" else site.workshop.lead.http
        for headers, code in (
            ({"Content-Type": "text/plain"}, "unsupported_media_type"),
            ({"Content-Type": "application/x-www-form-urlencoded"}, "unsupported_media_type"),
            ({}, "unsupported_media_type"),
            ({**TYPED, "Content-Encoding": "gzip"}, "unsupported_encoding"),
        ):
            answer = await operation.but(body=body, headers={**operation.headers, **headers}).by(http)
            assert (answer.status_code, answer.json()["code"]) == (415, code), (operation.name, headers)
    assert await site.state() == before


async def test_the_body_of_nobody_is_not_read(site: Site, client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    for operation in filter(takes_json, site.operations):
        if operation.permission != "public":
            answer = await client.request(operation.method, operation.path, content=body(), headers={**operation.headers, **TYPED})
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), operation.name


async def test_a_body_of_more_bytes_than_its_route_takes_is_refused(site: Site) -> None:
    for operation in site.operations:
        limit = operation.described.get("x-body-limit", {}).get("bytes")
        if limit and operation.permission != "public":
            headers = {**operation.headers, **TYPED, "Content-Length": str(limit + 1)}
            answer = await operation.but(body=b"", headers=headers).by(site.workshop.lead.http)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), operation.name


def test_the_limits_are_those_that_the_document_names(site: Site) -> None:
    named = {o.name: o.described["x-body-limit"] for o in site.operations if "x-body-limit" in o.described}
    assert named["sign_in"] == named["set_up"] == {"bytes": 65_536, "values": 200, "names": 100}
    assert named["create_part"] == {"bytes": ORDINARY.size, "values": ORDINARY.values, "names": ORDINARY.names}
    assert named["add_bom_line"] == named["edit_bom_line"] == {"bytes": LINE.size, "values": LINE.values, "names": LINE.names}
    assert named["edit_bom"] == {"bytes": BATCH.size, "values": BATCH.values, "names": BATCH.names}
    assert named["create_file"] == {}


async def test_a_large_batch_is_read_beside_the_event_loop_and_written(workshop: Workshop) -> None:
    engineer = workshop.engineer
    parent, child = await engineer.part(workshop.project), await engineer.part(workshop.project)
    operations = [{"op": "add", "child": child["id"], "note": "x" * 1000} for _ in range(100)]
    assert len(json.dumps(operations)) > LARGE
    headers = {"If-Match": await engineer.bom_etag(parent["id"])}
    done = await engineer.post(f"/parts/{parent['id']}/bom:batch", {"operations": operations}, status=200, headers=headers)
    assert len(done["added"]) == 100
    assert (await engineer.get(f"/parts/{parent['id']}/bom", limit=1, count=True))["items"][0]["note"] == "x" * 1000


@pytest.mark.parametrize("note", ("", "x" * LARGE))
async def test_what_is_wrong_in_a_batch_is_named_by_its_place(workshop: Workshop, note: str) -> None:
    parent = await workshop.engineer.part(workshop.project)
    good = {"op": "add", "child": str(uuid4())}
    operations = [good, {**good, "quantity": "much"}, good, {"op": "change", "line": "no id", "patch": {}}, {"op": note or "no"}]
    answer = await workshop.engineer.send(
        "POST", f"/parts/{parent['id']}/bom:batch", {"operations": operations}, headers={"If-Match": '"x"'}
    )
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/operations/1/add/quantity",
        "/operations/3/change/line",
        "/operations/4",
    ]


async def test_of_many_errors_a_hundred_are_told(workshop: Workshop) -> None:
    parent = await workshop.engineer.part(workshop.project)
    wrong = {"op": "add", "child": str(uuid4()), **{f"k{n}": 1 for n in range(50)}}
    answer = await workshop.engineer.send("POST", f"/parts/{parent['id']}/bom:batch", {"operations": [wrong] * 500})
    errors = answer.json()["errors"]
    assert (answer.status_code, len(errors), errors[-1]["pointer"]) == (422, 100, "/operations/1/add/k49")
    many = await workshop.engineer.send("POST", f"/parts/{parent['id']}/bom:batch", {"operations": [wrong] * 10_001})
    assert (many.status_code, [error["pointer"] for error in many.json()["errors"]]) == (422, ["/operations"])


async def test_work_beside_the_event_loop_has_a_bound() -> None:
    go_on = threading.Event()
    threads = Aside(at_once=1, waiting=1)
    waiting = [asyncio.create_task(threads.run(go_on.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await threads.run(go_on.wait)
    assert (refused.value.code, refused.value.retry_after) == ("busy", 2)
    go_on.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await threads.run(lambda: 5) == 5
    threads.close()


async def test_work_goes_on_and_counts_where_nobody_waits_for_it_any_more() -> None:
    go_on = threading.Event()
    threads = Aside(at_once=1, waiting=0)
    left = asyncio.create_task(threads.run(go_on.wait))
    await asyncio.sleep(0)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    with pytest.raises(Unavailable):
        await threads.run(go_on.wait)
    go_on.set()
    threads.close()
