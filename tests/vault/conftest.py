from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from cascadia.access.model import Actor, Role
from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database, Write
from cascadia.kernel.disk import FileStore
from cascadia.kernel.ids import new_uid
from cascadia.vault import service
from cascadia.vault.model import Blob, FileRow


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@dataclass(frozen=True)
class Place:
    """A project with somebody who works in it, somebody who looks on, and somebody who knows nothing of it.

    `elsewhere` is a project of another program, where the stranger leads; `everywhere` is somebody who works in both.
    """

    database: Database
    store: BlobStore
    project: UUID
    project_id: int
    program_id: int
    engineer: Actor
    viewer: Actor
    stranger: Actor
    everywhere: Actor
    elsewhere: UUID

    async def upload(self, name: str, *chunks: bytes, project: UUID | None = None) -> tuple[FileRow, Blob]:
        """As the edge does it: judge, store, record."""
        actor = self.everywhere if project else self.engineer
        async with self.database.primary() as primary:
            target = await service.judge_upload(primary, actor, project or self.project, name, None)
        stored = await self.store.put(stream(*chunks), new_uid())
        uid = new_uid()
        async with self.database.write() as write:
            blob = await service.create_file(write, actor, target, stored, uid)
        if blob.key != stored.key:
            await self.store.delete(stored.key)
        async with self.database.primary() as primary:
            return await service.file_by_uid(primary, actor, uid), blob


async def _user(write: Write, name: str, roles: dict[int, Role]) -> Actor:
    uid, email = new_uid(), f"{name}@example.org"
    user_id = await write.value(
        "INSERT INTO user_account (uid, email, name) VALUES (%(uid)s, %(email)s, %(name)s) RETURNING user_id",
        {"uid": uid, "email": email, "name": name},
    )
    return Actor(user_id, uid, name, email, administrator=False, roles=roles)


async def _program(write: Write, code: str) -> int:
    found: int = await write.value(
        "INSERT INTO program (uid, code, name) VALUES (%(uid)s, %(code)s, %(code)s) RETURNING program_id", {"uid": new_uid(), "code": code}
    )
    return found


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


async def _project(write: Write, uid: UUID, program_id: int, code: str) -> int:
    found: int = await write.value(
        "INSERT INTO project (uid, program_id, code, name) VALUES (%(uid)s, %(program)s, %(code)s, %(code)s) RETURNING project_id",
        {"uid": uid, "program": program_id, "code": code},
    )
    return found


@pytest_asyncio.fixture
async def place(database: Database, store: FileStore) -> Place:
    project, elsewhere = new_uid(), new_uid()
    async with database.write() as write:
        program_id, other = await _program(write, "ROVER"), await _program(write, "OTHER")
        await _project(write, elsewhere, other, "elsewhere")
        return Place(
            database,
            store,
            project,
            await _project(write, project, program_id, "arm"),
            program_id,
            engineer=await _user(write, "engineer", {program_id: Role.ENGINEER}),
            viewer=await _user(write, "viewer", {program_id: Role.VIEWER}),
            stranger=await _user(write, "stranger", {other: Role.LEAD}),
            everywhere=await _user(write, "everywhere", {program_id: Role.ENGINEER, other: Role.ENGINEER}),
            elsewhere=elsewhere,
        )
