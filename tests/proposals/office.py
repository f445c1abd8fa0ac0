"""Somebody who imports files, with the conversion played by its result."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI

from cascadia.access.actors import actor_of
from cascadia.cad.model import CONVERTER_VERSION
from cascadia.kernel.db import Database
from cascadia.kernel.ids import new_uid
from cascadia.proposals import opening, service
from cascadia.structures.model import Structure, encode
from cascadia.vault import service as vault
from cascadia.vault.service import NewDerivative
from tests.company import Person, Workshop


class Office:
    """Somebody who imports files into a workshop's project; conversion is played by putting its result into the vault."""

    def __init__(self, app: FastAPI, database: Database, workshop: Workshop) -> None:
        self.app, self.database, self.workshop = app, database, workshop
        self.person: Person = workshop.engineer

    async def propose(self, structure: Structure, name: str = "top.stp") -> dict[str, Any]:
        """An open proposal of that structure."""
        content = f"ISO-10303-21; {name} {hash(encode(structure))}".encode()
        answer = await self.person.http.post("/api/v1/files", params={"name": name, "project": self.workshop.project}, content=content)
        assert answer.status_code == 201, answer.text
        body = {"file": answer.json()["id"], "project": self.workshop.project}
        proposal = await self.person.post("/proposals", body, status=202)
        assert proposal["state"] == "waiting"
        await self.converted(UUID(proposal["id"]), structure)
        return await self.person.get(f"/proposals/{proposal['id']}")

    async def converted(self, proposal: UUID, structure: Structure) -> None:
        store = self.app.state.blobs

        async def pieces() -> Any:
            yield encode(structure)

        stored = await store.put(pieces(), new_uid())
        async with self.database.write() as write:
            source = await service.source_of(write, proposal)
            assert source
            made = [NewDerivative("structure", vault.WHOLE, "application/json", stored)]
            await vault.save_derivatives(write, source.blob_id, CONVERTER_VERSION, made)
            await opening.match(write, await actor_of(write, source.created_by), source, structure)

    async def rows(self, proposal: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
        """Part rows by component, line rows by parent and child."""
        found = await self.person.get(f"/proposals/{proposal['id']}/rows", limit=500)
        parts = {r["id"]: r["component"] for r in found["items"] if r["kind"] == "part"}
        if kind == "part":
            return {r["component"]: r for r in found["items"] if r["kind"] == "part"}
        return {f"{parts.get(r['parent'])} {parts.get(r['child'])}": r for r in found["items"] if r["kind"] == "line"}

    async def line_rows(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        """Rows of lines in the order of the file, those that it does not have last."""
        found: list[dict[str, Any]] = (await self.person.get(f"/proposals/{proposal['id']}/rows", kind="line", limit=500))["items"]
        return found

    async def choose(self, proposal: dict[str, Any], row: dict[str, Any], **choice: Any) -> dict[str, Any]:
        answer = await self.person.send("PATCH", f"/proposals/{proposal['id']}/rows/{row['id']}", choice)
        assert answer.status_code == 200, answer.text
        changed: dict[str, Any] = answer.json()
        return changed

    async def accept(self, proposal: dict[str, Any]) -> dict[str, Any]:
        return await self.person.post(f"/proposals/{proposal['id']}/accept", {}, status=200)

    async def commits(self) -> int:
        async with self.database.read() as read:
            return int(await read.value("SELECT head_seq FROM branch WHERE branch_id = 0"))
