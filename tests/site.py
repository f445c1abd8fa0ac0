"""One of everything in one program, and a valid request for every operation of the API, aimed at it."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx

from cascadia.access.actors import actor_of
from cascadia.api.openapi import walk
from cascadia.cad.model import CONVERTER_VERSION
from cascadia.jobs import service as jobs
from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.ids import new_uid
from cascadia.proposals import opening
from cascadia.proposals import service as proposals
from cascadia.structures.model import encode
from cascadia.vault import service as vault
from cascadia.vault.service import NewDerivative
from tests.company import JSON, PASSWORD, Workshop
from tests.proposals.structures import small_assembly

NAME = "Confidential"
NUMBER = "HUSH-"
"""Names and numbers of everything in the site: who may not see it never reads these."""


@dataclass(frozen=True)
class Operation:
    """A request to one operation of the document, valid but for who sends it. `template` has `place` filled in."""

    name: str
    method: str
    template: str
    permission: str
    place: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]
    described: JSON

    @property
    def path(self) -> str:
        return self.template.format_map(self.place)

    @property
    def writes(self) -> bool:
        return self.method not in {"GET", "HEAD"}

    async def by(self, http: httpx.AsyncClient) -> httpx.Response:
        """The answer to that client."""
        given = (
            {"content": self.body} if isinstance(self.body, bytes | AsyncIterator) else {"json": self.body} if self.body is not None else {}
        )
        return await http.request(self.method, self.path, params=self.query, headers=self.headers, **given)

    def but(self, **members: Any) -> "Operation":
        """The same request with something else in it."""
        return replace(self, **members)


@dataclass(frozen=True)
class Site:
    """A workshop whose program has one of everything, and every operation aimed at it."""

    workshop: Workshop
    ids: Mapping[str, str]
    operations: list[Operation]

    async def state(self) -> tuple[object, ...]:
        """Whatever a write would change."""
        lead = self.workshop.lead
        database: Database = self.workshop.company.app.state.database
        async with database.primary() as primary:
            events = await primary.value("SELECT count(*) FROM audit")
            seq = await primary.value("SELECT head_seq FROM branch WHERE branch_id = 0")
        job = await lead.get(f"/jobs/{self.ids['job_id']}")
        return events, seq, job, await lead.get(f"/proposals/{self.ids['proposal_id']}")


async def build(workshop: Workshop) -> Site:
    """Fills the workshop's program."""
    engineer, lead, project = workshop.engineer, workshop.lead, workshop.project
    part = await engineer.part(project, NAME, number=f"{NUMBER}1")
    child = await engineer.part(project, NAME, number=f"{NUMBER}2")
    await engineer.post(f"/parts/{part['id']}/aliases", {"alias": f"{NUMBER}A"}, status=200)
    line = await engineer.line(part["id"], child["id"], note=NAME)
    stored = await engineer.http.post("/api/v1/files", params={"name": f"{NAME}.step", "project": project}, content=b"ISO-10303-21;")
    file = stored.json()["id"]
    attachment = await engineer.post(f"/parts/{part['id']}/attachments", {"file": file, "role": "cad"})
    proposal = await _propose(workshop, file)
    rows = await engineer.get(f"/proposals/{proposal}/rows")
    ids = {
        "part_id": part["id"],
        "child_id": child["id"],
        "line_id": line["id"],
        "file_id": file,
        "attachment_id": attachment["id"],
        "proposal_id": proposal,
        "row_id": rows["items"][0]["id"],
        "job_id": await _job(workshop),
        "number": f"{NUMBER}1",
        "alias": f"{NUMBER}A",
        "branch": "main",
        "seq": str(part["at"]["seq"]),
        "program_id": workshop.program,
        "project_id": project,
        **(await _webhook(workshop)),
        "output_id": await _output(workshop),
        **(await _upload(workshop)),
        "user_id": engineer.user["id"],
        "session_id": (await engineer.get("/sessions"))["items"][0]["id"],
        "token_id": (await lead.post("/tokens", {"name": NAME}))["id"],
        "code": "ROVER",
        "kind": "part",
    }
    versions = {"bom-lines": line["version"], "attachments": attachment["version"], "parts": part["version"], "webhooks": 1}
    matches = {kind: f'"{version}"' for kind, version in versions.items()} | {"bom": await engineer.bom_etag(part["id"])}
    loose = await engineer.part(project, NAME, number=f"{NUMBER}3")
    operations = list(_operations(workshop.company.app.openapi(), ids, matches, _bodies(ids, loose["id"], lead.user["email"])))
    return Site(workshop, ids, operations)


async def _propose(workshop: Workshop, file: str) -> str:
    """An open proposal; the conversion's result is put where the converter would put it."""
    app, structure = workshop.company.app, encode(small_assembly())
    body = {"file": file, "project": workshop.project}
    proposal = str((await workshop.engineer.post("/proposals", body, status=202))["id"])
    store: BlobStore = app.state.blobs

    async def pieces() -> AsyncIterator[bytes]:
        yield structure

    derivative = NewDerivative("structure", vault.WHOLE, "application/json", await store.put(pieces(), new_uid()))
    async with app.state.database.write() as write:
        source = await proposals.source_of(write, UUID(proposal))
        assert source
        await vault.save_derivatives(write, source.blob_id, CONVERTER_VERSION, [derivative])
        await opening.match(write, await actor_of(write, source.created_by), source, small_assembly())
    return proposal


async def _job(workshop: Workshop) -> str:
    async with workshop.company.app.state.database.write() as write:
        actor = await write.value("SELECT user_id FROM user_account WHERE uid = %(uid)s", {"uid": workshop.engineer.user["id"]})
        program = await write.value("SELECT program_id FROM program WHERE uid = %(uid)s", {"uid": workshop.program})
        job = Enqueue("vault.collect", {}, actor_id=actor, program_id=program, subject_kind="file", subject=new_uid(), subject_name=NAME)
        return str(await jobs.enqueue(write, job))


async def _output(workshop: Workshop) -> str:
    """A file that a job made for the engineer."""
    app = workshop.company.app

    async def pieces() -> AsyncIterator[bytes]:
        yield NAME.encode()

    stored = await app.state.blobs.put(pieces(), new_uid())
    async with app.state.database.write() as write:
        actor = await write.value("SELECT user_id FROM user_account WHERE uid = %(uid)s", {"uid": workshop.engineer.user["id"]})
        program = await write.value("SELECT program_id FROM program WHERE uid = %(uid)s", {"uid": workshop.program})
        output = vault.NewOutput(f"{NAME}.csv", "text/csv", actor, [program], stored)
        await vault.save_output(write, output)
    return str(output.uid)


async def _upload(workshop: Workshop) -> dict[str, str]:
    pairs = {"name": f"{NAME}.bin", "project": workshop.project}
    metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in pairs.items())
    headers = {"Upload-Length": "5", "Upload-Metadata": metadata}
    begun = await workshop.engineer.send("POST", "/uploads", headers=headers)
    assert begun.status_code == 201, begun.text
    return {"upload_id": begun.json()["id"], "upload_metadata": metadata}


async def _webhook(workshop: Workshop) -> dict[str, str]:
    body = {"url": "https://example.org/hook", "program": workshop.program, "description": NAME}
    made = await workshop.lead.post("/webhooks", body)
    tested = await workshop.lead.post(f"/webhooks/{made['id']}/test", None, status=202)
    return {"webhook_id": made["id"], "delivery_id": tested["id"]}


def _bodies(ids: Mapping[str, str], part: str, email: str) -> dict[str, Any]:
    """A valid body for every operation that takes one."""
    return {
        "set_number_scheme": {"segments": [{"literal": "N-"}, {"sequence": 5}], "typed_allowed": True},
        "set_up": {"organisation": "Acme", "email": "eve@example.org", "password": PASSWORD},
        "sign_in": {"email": email, "password": PASSWORD},
        "create_token": {"name": "script"},
        "create_user": {"email": "new@example.org", "name": "New", "password": PASSWORD},
        "edit_user": {"name": "Other"},
        "create_program": {"code": "NEW"},
        "set_quota": {"allowed": 10**12},
        "grant_role": {"role": "lead"},
        "create_project": {"program": ids["program_id"], "code": "NEW"},
        "create_part": {"project": ids["project_id"], "name": "New"},
        "edit_part": {"name": "Changed"},
        "correct_part_number": {"number": f"{NUMBER}9"},
        "add_part_alias": {"alias": f"{NUMBER}8"},
        "set_part_phase": {"phase": "production"},
        "add_bom_line": {"child": part},
        "edit_bom": {"operations": [{"op": "change", "line": ids["line_id"], "patch": {"quantity": "2"}}]},
        "edit_bom_line": {"quantity": "2"},
        "create_file": b"bytes",
        "add_upload_piece": b"bytes",
        "create_attachment": {"file": ids["file_id"], "role": "drawing"},
        "edit_attachment": {"category": "new"},
        "create_proposal": {"file": ids["file_id"], "project": ids["project_id"]},
        "choose_proposal_row": {"choice": "skip"},
        "accept_proposal": {},
        "undo_proposal": {},
        "confirm_proposal_rows": {},
        "read_proposal_again": {},
        "split_part": {"name": "Split", "lines": [ids["line_id"]]},
        "export_bom": {"format": "csv"},
        "create_webhook": {"url": "https://example.org/new", "program": ids["program_id"]},
        "edit_webhook": {"description": "changed"},
        "set_notification_settings": {"mail_failures": False},
        "replay_events": {"after": 0},
        "replay_jobs": {"family": "vault"},
    }


def _operations(document: JSON, ids: Mapping[str, str], matches: Mapping[str, str], bodies: Mapping[str, Any]) -> Iterator[Operation]:
    for path, method, described in walk(document):
        name = described["operationId"]
        assert name in bodies or "requestBody" not in described, f"say in _bodies what a valid {name} takes"
        parameters = {p["name"]: p for p in described.get("parameters", ())}
        place = {**ids, "kind": "structure"} if "/derivatives/" in path else ids
        place = {**ids, "part_id": ids["child_id"]} if name == "split_part" else place
        query = {"project": ids["project_id"], "name": "new.step"} if name == "create_file" else {}
        of = "bom" if path.endswith(("/bom", "/bom:batch")) else path.split("/")[3] if path.startswith("/api/v1/") else ""
        headers = {"If-Match": matches[of]} if "If-Match" in parameters else {}
        headers |= {"Upload-Offset": "0"} if "Upload-Offset" in parameters else {}
        headers |= {"Upload-Length": "5", "Upload-Metadata": ids["upload_metadata"]} if "Upload-Length" in parameters else {}
        yield Operation(name, method.upper(), path, described["x-permission"], place, query, bodies.get(name), headers, described)
