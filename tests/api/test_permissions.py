"""Every operation of the document as nobody, as a stranger, and as a viewer: a new route is walked without being named here,
and a new write must say in `BODIES` what a valid request looks like.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from cascadia.access.model import PERMISSIONS
from cascadia.api.openapi import walk
from tests.company import JSON, PASSWORD, Person, Workshop

WITHIN = frozenset[str]().union(*PERMISSIONS.values())
"""Permissions that one has in a program."""
SECRET = "Confidential"


@dataclass(frozen=True)
class Operation:
    """One operation with everything that a valid request needs, but somebody who sends it."""

    method: str
    path: str
    permission: str
    name: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]

    @property
    def writes(self) -> bool:
        return self.method not in {"GET", "HEAD"}

    async def by(self, http: httpx.AsyncClient) -> httpx.Response:
        given = {"content": self.body} if isinstance(self.body, bytes) else {"json": self.body} if self.body is not None else {}
        return await http.request(self.method, self.path, params=self.query, headers=self.headers, **given)


@dataclass(frozen=True)
class Site:
    """A workshop with one of everything in it, and every operation aimed at it."""

    workshop: Workshop
    part: JSON
    operations: list[Operation]


@pytest_asyncio.fixture
async def site(workshop: Workshop) -> Site:
    engineer, lead = workshop.engineer, workshop.lead
    part = await engineer.part(workshop.project, SECRET, number="SECRET-1")
    child = await engineer.part(workshop.project, f"{SECRET} child", number="SECRET-2")
    loose = await engineer.part(workshop.project, f"{SECRET} loose", number="SECRET-3")
    await engineer.post(f"/parts/{part['id']}/aliases", {"alias": "SECRET-A"}, status=200)
    line = await engineer.line(part["id"], child["id"], note=SECRET)
    stored = await engineer.http.post("/api/v1/files", params={"name": "SECRET.step", "project": workshop.project}, content=b"STEP")
    file = stored.json()
    attachment = await engineer.post(f"/parts/{part['id']}/attachments", {"file": file["id"], "role": "cad"})
    token = await lead.post("/tokens", {"name": "walk"})
    where = {
        "part_id": part["id"],
        "line_id": line["id"],
        "file_id": file["id"],
        "attachment_id": attachment["id"],
        "number": "SECRET-1",
        "alias": "SECRET-A",
        "branch": "main",
        "seq": str(part["at"]["seq"]),
        "program_id": workshop.program,
        "project_id": workshop.project,
        "user_id": workshop.engineer.user["id"],
        "token_id": token["id"],
        "code": "ROVER",
        "kind": "part",
    }
    matches = {
        "add_bom_line": await engineer.bom_etag(part["id"]),
        "edit_bom_line": f'"{line["version"]}"',
        "remove_bom_line": f'"{line["version"]}"',
        "edit_attachment": f'"{attachment["version"]}"',
        "delete_attachment": f'"{attachment["version"]}"',
    }
    ids = {"project": workshop.project, "program": workshop.program, "part": loose["id"], "file": file["id"]}
    document = workshop.company.app.openapi()
    return Site(workshop, part, list(_operations(document, where, matches, f'"{part["version"]}"', _bodies(ids))))


def _bodies(ids: Mapping[str, str]) -> dict[str, Any]:
    """A valid body for every operation that takes one."""
    return {
        "create_part": {"project": ids["project"], "name": "New"},
        "edit_part": {"name": "Changed"},
        "correct_part_number": {"number": "SECRET-9"},
        "add_part_alias": {"alias": "SECRET-8"},
        "set_part_phase": {"phase": "production"},
        "add_bom_line": {"child": ids["part"]},
        "edit_bom_line": {"quantity": "2"},
        "create_file": b"bytes",
        "create_attachment": {"file": ids["file"], "role": "drawing"},
        "edit_attachment": {"category": "new"},
    }


def _operations(
    document: JSON, where: Mapping[str, str], matches: Mapping[str, str], part_version: str, bodies: Mapping[str, Any]
) -> Iterator[Operation]:
    for path, method, operation in walk(document):
        name = operation["operationId"]
        parameters = {p["name"]: p for p in operation.get("parameters", ())}
        query = {"project": where["project_id"], "name": "new.step"} if name == "create_file" else {}
        headers = {"If-Match": matches.get(name, part_version)} if "If-Match" in parameters else {}
        assert name in bodies or "requestBody" not in operation, f"say in _bodies what {name} takes"
        yield Operation(method.upper(), path.format_map(where), operation["x-permission"], name, query, bodies.get(name), headers)


async def test_nobody_gets_anything_that_is_not_public(site: Site, client: httpx.AsyncClient) -> None:
    for operation in site.operations:
        answer = await operation.by(client)
        if operation.permission != "public":
            assert (answer.status_code, answer.json()["code"] if answer.content else "not_signed_in") == (401, "not_signed_in"), operation
        assert SECRET not in answer.text


async def test_a_stranger_learns_nothing_of_a_program(site: Site) -> None:
    for operation in site.operations:
        if operation.permission in WITHIN:
            answer = await operation.by(site.workshop.stranger.http)
            assert SECRET not in answer.text, operation
            assert "SECRET-" not in answer.text.replace(operation.path, ""), operation
            if answer.is_success:
                assert answer.json()["items"] == [], operation
            else:
                assert answer.status_code in {403, 404}, f"{operation}: {answer.text}"
    await _nothing_changed(site)


async def test_a_viewer_reads_and_writes_nothing(site: Site) -> None:
    for operation in site.operations:
        if operation.permission in WITHIN and operation.writes:
            answer = await operation.by(site.workshop.viewer.http)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), f"{operation}: {answer.text}"
    await _nothing_changed(site)


async def test_a_viewer_may_read_everything_of_the_program(site: Site) -> None:
    for operation in site.operations:
        if operation.permission in WITHIN and not operation.writes and "derivatives/" not in operation.path:
            answer = await operation.by(site.workshop.viewer.http)
            assert answer.is_success, f"{operation}: {answer.text}"


async def test_only_an_administrator_does_what_is_for_administrators(site: Site) -> None:
    for person in (site.workshop.engineer, site.workshop.stranger):
        for operation in site.operations:
            if operation.permission == "administrator":
                answer = await operation.by(person.http)
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), f"{operation}: {answer.text}"


async def _nothing_changed(site: Site) -> None:
    lead: Person = site.workshop.lead
    assert len((await lead.get("/parts"))["items"]) == 3
    assert (await lead.get(f"/parts/{site.part['id']}"))["version"] == site.part["version"]
    assert len((await lead.get(f"/parts/{site.part['id']}/bom"))["items"]) == 1
    assert len((await lead.get("/files"))["items"]) == 1
    assert len((await lead.get("/commits"))["items"]) == 5
    assert PASSWORD not in (await lead.http.get("/api/v1/users")).text
