import asyncio
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from starlette.types import Message

from cascadia.access.model import PERMISSIONS
from cascadia.api.openapi import walk
from cascadia.api.routes import NotDeclared, include, operations
from cascadia.kernel.aside import AT_ONCE, WAITING
from cascadia.settings import Settings
from cascadia.web import create_app
from tools.openapi import description

ROOT = Path(__file__).parents[2]
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
NAMED = {"public", "signed_in", "administrator"} | frozenset().union(*PERMISSIONS.values())


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


async def test_the_document_is_served(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.json() == document
    assert document["openapi"].startswith("3.1")


def test_the_interface_is_built_for_this_document() -> None:
    assert (ROOT / "web/openapi.json").read_text(encoding="utf-8") == description(), "./dev openapi writes it anew"


def test_every_operation_declares_a_known_permission_and_whether_it_may_be_repeated(document: dict[str, Any]) -> None:
    for path, method, operation in walk(document):
        assert operation["x-permission"] in NAMED, (path, method)
        assert isinstance(operation["x-idempotent"], bool)
        assert operation["security"] == ([] if operation["x-permission"] == "public" else [{"session": []}, {"token": []}])


def test_every_write_may_be_repeated_under_a_key_but_those_that_sign_in(document: dict[str, Any]) -> None:
    without = {operation["operationId"] for _, _, operation in walk(document) if not operation["x-idempotent"]}
    public = {operation["operationId"] for _, _, operation in walk(document) if operation["x-permission"] == "public"}
    assert without <= public | {"sign_out", "add_upload_piece"}  # a piece names its offset: sent again it is told how far it is


def test_every_operation_has_a_name_a_description_and_its_refusals(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in walk(document)]
    assert len(names) == len(set(names))
    for path, method, operation in walk(document):
        where = f"{method} {path}"
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"]), where
        assert operation["description"].strip(), where
        responses = operation["responses"]
        assert responses["default"]["content"] == PROBLEM, where
        for status, response in responses.items():
            if status.startswith(("4", "5")):
                assert response["content"] == PROBLEM, f"{where} {status}"
        assert ("401" in responses) == (operation["x-permission"] != "public"), where
        if any(p["name"] == "If-Match" for p in operation.get("parameters", ())):
            assert {"412", "428"} <= set(responses), where


def test_every_body_and_answer_has_a_schema(document: dict[str, Any]) -> None:
    for path, method, operation in walk(document):
        contents = dict(operation.get("requestBody", {}).get("content", {}))
        for status, response in operation["responses"].items():
            if status.startswith("2") and status != "204" and method != "head":
                assert response.get("content"), f"{method} {path} {status}"
                contents |= response["content"]
        for media, content in contents.items():
            assert content.get("schema"), f"{method} {path} {media}"


def test_every_reference_leads_somewhere_and_every_schema_is_used(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def test_every_schema_has_a_name_of_its_own_that_says_nothing_of_the_program(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    titles = [schema["title"] for schema in schemas.values() if "title" in schema]
    assert sorted(titles) == sorted(set(titles))
    assert [name for name in schemas if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []
    assert {name: schema["title"] for name, schema in schemas.items() if schema.get("title", name) != name} == {}
    assert "cascadia__" not in str(document)


def test_every_route_is_in_the_document_but_the_document_itself(app: FastAPI, document: dict[str, Any]) -> None:
    served = {(str(c.path_format), m.lower()) for c in operations(app.routes) for m in c.methods or ()}
    described = {(path, method) for path, method, _ in walk(document)}
    assert served - described == {("/api/v1/openapi.json", "get"), ("/api/docs", "get")}


def test_a_route_without_a_permission_is_refused_at_start() -> None:
    app = FastAPI()

    @app.get("/forgotten")
    async def forgotten() -> None:
        return None

    with pytest.raises(NotDeclared, match=r"/forgotten has no @permission"):
        include(app)


def test_apps_of_one_process_share_their_description_and_no_route_of_their_own(app: FastAPI, tmp_path: Path) -> None:
    @app.get("/mine")
    async def mine() -> None:
        return None

    other = create_app(Settings(database_url="postgresql:///", data_dir=tmp_path))
    assert other.openapi() is app.openapi()
    assert ("/mine" in {c.path for c in operations(app.routes)}, "/mine" in {c.path for c in operations(other.routes)}) == (True, False)


async def test_the_reference_page_shows_every_operation_without_scripts(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    page = (await client.get("/api/docs")).text
    for _, _, operation in walk(document):
        assert f'id="{operation["operationId"]}"' in page
    for name in document["components"]["schemas"]:
        assert f'id="shape-{name}"' in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(https?:)?//', page)


@pytest.mark.parametrize("path", ("/api/v1/openapi.json", "/api/docs"))
async def test_what_anybody_may_read_is_made_once_and_keeps_nobody_waiting(app: FastAPI, client: httpx.AsyncClient, path: str) -> None:
    first, held = await client.get(path), Event()
    tasks = [asyncio.create_task(app.state.aside.run(held.wait)) for _ in range(AT_ONCE + WAITING)]
    try:
        await asyncio.sleep(0)
        again = await client.get(path)
    finally:
        held.set()
        await asyncio.gather(*tasks)
    assert (again.status_code, again.content, again.headers["Content-Length"]) == (200, first.content, str(len(first.content)))


@pytest.mark.parametrize("path", ("/api/v1/openapi.json", "/api/docs"))
async def test_what_anybody_may_read_is_sent_piece_by_piece(app: FastAPI, path: str) -> None:
    sizes: list[int] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sizes.append(len(message.get("body", b"")))

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [(b"host", b"a")]}
    await app({**scope, "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}, receive, send)
    assert sum(sizes) > 100_000
    assert max(sizes) <= 64 * 1024


def test_no_dependency_of_a_route_waits_for_a_thread(app: FastAPI) -> None:
    def calls(dependant: Dependant) -> Iterator[object]:
        yield dependant.call
        for below in dependant.dependencies:
            yield from calls(below)

    plain = {call for operation in operations(app.routes) for call in calls(operation.dependant) if not inspect.iscoroutinefunction(call)}
    assert plain == set()


@pytest.mark.parametrize("path", ("/files/{file_id}/content", "/files/{file_id}/derivatives/{kind}", "/outputs/{output_id}"))
def test_a_download_is_described_as_of_any_type_as_its_file_has_one(document: dict[str, Any], path: str) -> None:
    answers = document["paths"][f"/api/v1{path}"]["get"]["responses"]
    assert all("*/*" in answers[status]["content"] for status in ("200", "206"))
