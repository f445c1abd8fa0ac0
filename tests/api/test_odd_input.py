"""Whatever anybody sends, the answer is an answer or a refusal that says why, never a failure of ours."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from tests.company import JSON, Workshop, visitor
from tests.site import Operation, Site, build

PATHS: Final = ("x", "%00", "%FF", "%F0%9F%98%80", "x" * 400, "%ED%A0%80", "-1", "99999999999999999999")
QUERIES: Final = ("", "\0", "x" * 5000, "-1", "0", "99999999999999999999", "NaN", "😀", "';--", "a,b", "main@99999999999999999999")
HEADERS: Final = ("", '"', "*", 'W/""', '"99999999999999999999-1"', '"0-99999999999999999999"', '"-"', "é", "a" * 5000, '"a", "b"')
TEXTS: Final = (
    "null",
    "true",
    "[]",
    "{}",
    '""',
    r'"\u0000"',
    r'"\ud800"',
    '"' + "x" * 100_000 + '"',
    "-1",
    "1e400",
    "1" * 500,
    '"NaN"',
    '"1e999999999"',
    '"0001-01-01T00:00:00Z"',
    r'{"\u0000": {"\ud800": [1e400]}}',
    "[" * 200 + "]" * 200,
)
"""JSON texts: what a member may be that nobody thought of."""
BODIES: Final = (b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"NaN", b'{"name": "a", "name": "b"}')
ENDLESS: Final = "stream_events"


@pytest_asyncio.fixture
async def site(workshop: Workshop) -> Site:
    return await build(workshop)


def resolved(document: JSON, schema: JSON) -> JSON:
    found: JSON = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    return found


def odd_requests(operation: Operation, document: JSON) -> Iterator[Operation]:
    """The operation with one odd thing in it, for every place where there can be one."""
    for parameter in operation.described.get("parameters", ()):
        name = parameter["name"]
        match parameter["in"]:
            case "path":
                yield from (operation.but(place={**operation.place, name: odd}) for odd in PATHS)
            case "query":
                yield from (operation.but(query={**operation.query, name: odd}) for odd in QUERIES)
            case "header":
                yield from (operation.but(headers={**operation.headers, name: odd}) for odd in HEADERS)
            case _:
                raise AssertionError(parameter)
    content = operation.described.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        members = resolved(document, content["application/json"]["schema"]).get("properties", {})
        for body in (*BODIES, *_odd_bodies(operation.body, members)):
            yield operation.but(body=body, headers={**operation.headers, "Content-Type": "application/json"})


def _odd_bodies(valid: Mapping[str, Any], members: Mapping[str, JSON]) -> Iterator[bytes]:
    for name in {*valid, *members, "unknown"}:
        others = [f"{json.dumps(key)}:{json.dumps(value)}" for key, value in valid.items() if key != name]
        yield from (f"{{{','.join([*others, f'{json.dumps(name)}:{odd}'])}}}".encode() for odd in TEXTS)


async def test_no_odd_input_breaks_an_operation(site: Site) -> None:
    document = site.workshop.company.app.openapi()
    broken = []
    async with visitor(site.workshop.company.app) as nobody:
        for operation in sorted(site.operations, key=lambda o: (o.method == "DELETE", o.writes)):
            if operation.name == ENDLESS:
                continue
            http = nobody if operation.permission == "public" else site.workshop.lead.http
            for request in odd_requests(operation, document):
                answer = await by(http, request)
                if is_broken(answer) or (answer.is_error and not is_problem(answer)):
                    broken.append(
                        f"{request.method} {request.path} {request.query} {request.headers} {str(request.body)[:200]}: {answer.text}"
                    )
    assert not broken, "\n".join([f"{len(broken)} broken", *broken[:40]])


def is_broken(answer: httpx.Response) -> bool:
    """A server error that is none of the program's own refusals: the walk bounds the room of its program, too."""
    return answer.status_code >= 500 and '"quota_exceeded"' not in answer.text


async def by(http: httpx.AsyncClient, operation: Operation) -> httpx.Response:
    return await operation.but(headers={name: value.encode("latin-1") for name, value in operation.headers.items()}).by(http)


def is_problem(answer: httpx.Response) -> bool:
    return answer.request.method == "HEAD" or answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ("/%00", "/api/v1/%ff", "/api/v1/parts/%2e%2e%2fusers", "//evil.example.org", "/api/v1/parts;x=1"))
async def test_no_odd_address_breaks_the_program(client: httpx.AsyncClient, path: str) -> None:
    for accept in ("text/html", "application/json"):
        answer = await client.get(path, headers={"Accept": accept})
        assert answer.status_code in {200, 401, 404, 503}, answer.text
        assert "Location" not in answer.headers
