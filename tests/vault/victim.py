"""Uploads one file and stops at a stage for ever, to be killed: `python victim.py URL ROOT STAGE PROJECT_ID PROGRAM_ID USER_ID`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from cascadia.access.model import Actor, Role
from cascadia.kernel.blobs import PIECE
from cascadia.kernel.db import Database
from cascadia.kernel.disk import FileStore
from cascadia.kernel.ids import new_uid
from cascadia.vault import service
from cascadia.vault.model import Target

BODY = b"x" * PIECE


async def stop() -> None:
    sys.stdout.write("here\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def body(stage: str) -> AsyncIterator[bytes]:
    yield BODY
    if stage == "sending":
        await stop()
    yield BODY


async def main(url: str, root: str, stage: str, *ids: str) -> None:
    project_id, program_id, user_id = map(int, ids)
    actor = Actor(user_id, UUID(int=1), "v", "v@example.org", administrator=False, roles={program_id: Role.ENGINEER})
    async with Database(url, size=2) as database:
        stored = await FileStore(Path(root)).put(body(stage), new_uid())
        if stage == "stored":
            await stop()
        async with database.write() as write:
            target = Target(project_id, UUID(int=2), program_id, "victim.step", "model/step")
            await service.create_file(write, actor, target, stored, new_uid())
            if stage == "recorded":
                await stop()
    await stop()


asyncio.run(main(*sys.argv[1:]))
