import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.types import Message

from cascadia.api import problems
from cascadia.api.middleware import Surroundings
from cascadia.kernel.bodies import ACCESS
from cascadia.settings import Settings
from cascadia.web import create_app
from tests.company import Workshop, visitor
from tests.site import Site, build

MEMBERS = {"type", "title", "status", "detail", "code", "errors", "request_id"}
NOWHERE = "postgresql://127.0.0.1:1/none"


@pytest_asyncio.fixture
async def site(workshop: Workshop) -> Site:
    return await build(workshop)


@pytest_asyncio.fixture
async def cut_off(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The program without its database."""
    app = create_app(Settings(database_url=NOWHERE, data_dir=tmp_path))
    async with app.router.lifespan_context(app), visitor(app) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    (
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/other", 404, "not_found"),
        ("GET", "/health/nothing", 404, "not_found"),
        ("POST", "/somewhere", 404, "not_found"),
        ("PUT", "/api/v1/parts", 405, "method_not_allowed"),
        ("GET", "/api/v1/parts", 401, "not_signed_in"),
    ),
)
async def test_every_refusal_is_a_problem_document(client: httpx.AsyncClient, method: str, path: str, status: int, code: str) -> None:
    answer = await client.request(method, path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    body = answer.json()
    assert set(body) == MEMBERS
    assert (body["status"], body["code"], body["request_id"]) == (status, code, answer.headers["X-Request-ID"])


@pytest.mark.parametrize(
    ("prepare", "statements", "status"),
    (
        ("SET idle_in_transaction_session_timeout = '20ms'", ("BEGIN", "SELECT 1"), 503),
        ("SET default_transaction_read_only = on", ("CREATE TABLE t ()",), 503),
        ("SELECT 1", ("DO $$ BEGIN RAISE EXCEPTION 'nobody foresaw this'; END $$",), 500),
    ),
)
async def test_a_session_that_the_database_ended_is_an_outage(
    database_url: str, tmp_path: Path, prepare: str, statements: tuple[str, ...], status: int
) -> None:
    """A server that was frozen in a transaction, say, or whose database became a standby."""
    app = FastAPI()
    app.state.templates = {}
    problems.add_handlers(app)

    @app.get("/")
    async def read() -> None:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
            await connection.execute(prepare.encode())
            for statement in statements:
                await connection.execute(statement.encode())
                await asyncio.sleep(0.2)

    app.add_middleware(Surroundings, settings=Settings(database_url=NOWHERE, data_dir=tmp_path))
    async with visitor(app) as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, "2" if status == 503 else None)


async def test_an_address_says_which_methods_it_takes(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/v1/parts")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    (
        ("GET", "/api/v1/jobs/replay", "POST"),
        ("OPTIONS", "/api/v1/jobs/replay", "POST"),
        ("HEAD", "/api/v1/jobs/replay", "POST"),
        ("POST", "/api/v1/parts/by-number/number", "GET, HEAD"),
        ("DELETE", "/api/v1/jobs/queues", "GET, HEAD"),
        ("PUT", "/api/v1/events/stream", "GET, HEAD"),
    ),
)
async def test_a_fixed_segment_is_no_id(client: httpx.AsyncClient, method: str, path: str, allow: str) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allow)


async def test_no_fixed_address_is_taken_for_one_with_a_parameter(site: Site) -> None:
    taken: dict[str, set[str]] = {}
    for operation in site.operations:
        taken.setdefault(operation.template, set()).add(operation.method)
    for template, methods in taken.items():
        if "{" not in template:
            for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - methods - ({"HEAD"} if "GET" in methods else set()):
                answer = await site.workshop.lead.http.request(method, template)
                assert (answer.status_code, "Allow" in answer.headers) == (405, True), (method, template)


async def test_head_answers_what_get_would_without_its_content(site: Site) -> None:
    """But for uploads, where tus has a HEAD of its own."""
    http = site.workshop.lead.http
    for operation in site.operations:
        if operation.method == "GET" and operation.name not in {"get_metrics", "stream_events", "read_upload"}:
            got = await operation.by(http)
            head = await operation.but(method="HEAD").by(http)
            told = ("Content-Type", *(("Content-Length", "ETag") if operation.name != "list_queues" else ()))
            assert (head.status_code, head.content) == (got.status_code, b""), operation
            assert [head.headers.get(name) for name in told] == [got.headers.get(name) for name in told], operation


async def test_head_of_the_endless_stream_ends(workshop: Workshop) -> None:
    head = await workshop.lead.http.head("/api/v1/events/stream")
    assert (head.status_code, head.headers["Content-Type"].split(";")[0]) == (200, "text/event-stream")


@pytest.mark.parametrize("hosts", ((), ("a.example.org", "b.example.org"), ("a.example.org", "a.example.org")))
async def test_a_request_names_one_host(app: FastAPI, hosts: tuple[str, ...]) -> None:
    sent: list[Message] = []
    headers = [(b"host", host.encode()) for host in hosts]
    scope = {"type": "http", "method": "GET", "path": "/health/live", "http_version": "1.1", "headers": headers, "query_string": b""}

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert (sent[0]["status"], json.loads(sent[1]["body"])["code"]) == (400, "bad_host")
    if not hosts:
        sent.clear()
        await app({**scope, "http_version": "1.0"}, receive, send)
        assert sent[0]["status"] == 200


async def test_a_wrong_member_is_named_by_a_pointer_and_its_value_is_not_repeated(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/sessions", json={"email": {"not": "a text"}, "password": ["hunter2-hunter2"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert sorted(error["pointer"] for error in answer.json()["errors"]) == ["/email", "/password"]
    assert "hunter2" not in answer.text


async def test_a_parameter_is_named_by_a_pointer(workshop: Workshop) -> None:
    answer = await workshop.engineer.send("GET", "/parts?limit=501")
    assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, ["/limit"])


async def test_a_damaged_body_is_refused_with_400(workshop: Workshop) -> None:
    answer = await workshop.engineer.http.post("/api/v1/parts", content=b'{"name": "x', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")


async def test_a_body_that_is_announced_too_large_is_not_read(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await client.post("/api/v1/sessions", content=body(), headers={"Content-Length": str((ACCESS.size or 0) + 1)})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_body_that_grows_too_large_is_refused(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range((ACCESS.size or 0) // 1000 + 1):
            yield b" " * 1000

    answer = await client.post("/api/v1/sessions", content=body(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_without_a_database_everything_is_unavailable_for_a_while(cut_off: httpx.AsyncClient) -> None:
    answer = await cut_off.get("/api/v1/parts", headers={"Authorization": "Bearer something"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unreachable")
    assert int(answer.headers["Retry-After"]) > 0
    assert "127.0.0.1" not in answer.text


async def test_an_unforeseen_failure_tells_the_log_and_not_the_caller(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    app.state.templates = {}
    app.add_middleware(Surroundings, settings=Settings(database_url=NOWHERE, data_dir=tmp_path))
    problems.add_handlers(app)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the secret of the house")

    with caplog.at_level(logging.ERROR):
        async with visitor(app) as client:
            answer = await client.get("/broken", headers={"X-Request-ID": "abc-1"})
    assert (answer.status_code, answer.json()["code"], answer.json()["request_id"]) == (500, "internal_error", "abc-1")
    assert "secret" not in answer.text


async def test_a_request_keeps_the_id_that_it_came_with_if_it_is_one(client: httpx.AsyncClient) -> None:
    given = await client.get("/health/live", headers={"X-Request-ID": "from-the-proxy_1.2"})
    assert given.headers["X-Request-ID"] == "from-the-proxy_1.2"
    for odd in ("with space", "x" * 101, "<script>"):
        made = (await client.get("/health/live", headers={"X-Request-ID": odd})).headers["X-Request-ID"]
        assert made != odd
        assert len(made) == 36


async def test_every_answer_protects_the_browser(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/api/v1/nothing", "/api/docs", "/api/v1/openapi.json"):
        headers = (await client.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


async def test_the_audit_trail_knows_request_and_address(workshop: Workshop, database_url: str) -> None:
    import psycopg

    answer = await workshop.engineer.send(
        "POST", "/parts", {"project": workshop.project, "name": "Traced"}, headers={"X-Request-ID": "trace-me", "X-Real-IP": "203.0.113.9"}
    )
    assert answer.status_code == 201
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT type, request_id, address, data FROM audit WHERE request_id = 'trace-me'").fetchall()
    assert [(row[0], row[2]) for row in found] == [("part.created", "127.0.0.1")]
    assert found[0][3]["number"] == answer.json()["number"]
