"""Collecting what nothing needs any more: contents without a file or derivative, objects without a row, broken uploads."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Declared, Family, Isolation, JobContext, JobType, Payload, Schedule
from cascadia.vault import queries, uploads
from cascadia.vault.uploads import ASSEMBLE, assemble
from cascadia.vault.verification import verify

GRACE: Final = timedelta(days=1)
"""Longer than any upload or conversion takes between its bytes and its row."""
BATCH: Final = 1000
VERIFY: Final = "vault.verify"


async def collect(database: Database, store: BlobStore, grace: timedelta = GRACE) -> dict[str, int]:
    """Forgets outputs after their time, dooms contents that nothing names, and deletes those doomed for the grace.

    Then objects and uploads older than the grace that have no row.

    Safe beside uploads of the same contents: taking a blob clears its doom under the row's lock, and keys are never used twice.
    """
    async with database.write() as write:
        await write.execute(queries.FORGET_OUTPUTS)
        await write.execute(queries.REPRIEVE)
        doomed = await write.execute(queries.DOOM, {"grace": grace})
    await forget(database, store)
    deleted = 0
    while keys := await _delete_doomed(database, grace):
        for key in keys:
            await store.delete(key)
        deleted += len(keys)
    async with database.primary() as primary:
        before: datetime = await primary.value(queries.BEFORE, {"grace": grace})
    orphans = 0
    async for keys in _batches(store, before):
        async with database.primary() as primary:
            unknown = await primary.rows(queries.UNKNOWN_KEYS, {"keys": keys})
        for row in unknown:
            await store.delete(row["key"])
        orphans += len(unknown)
    return {"doomed": doomed, "deleted": deleted, "orphans": orphans, "abandoned": await store.abandon(before)}


async def forget(database: Database, store: BlobStore) -> dict[str, int]:
    """Drops uploads whose day is over, with what had arrived of them."""
    async with database.write() as write:
        keys = [row["key"] for row in await write.rows(queries.EXPIRED_PIECES)]
        gone = await write.execute(queries.FORGET_UPLOADS)
    for key in keys:
        await store.delete(key)
    return {"uploads": gone}


async def _delete_doomed(database: Database, grace: timedelta) -> list[str]:
    async with database.write() as write:
        return [row["key"] for row in await write.rows(queries.DELETE_DOOMED, {"grace": grace, "limit": BATCH})]


async def _batches(store: BlobStore, before: datetime) -> AsyncIterator[list[str]]:
    keys: list[str] = []
    async for listed in store.list():
        if listed.modified < before:
            keys.append(listed.key)
        if len(keys) == BATCH:
            yield keys
            keys = []
    if keys:
        yield keys


async def _run(context: JobContext, payload: Payload) -> Payload:  # noqa: ARG001 - the same for every collection
    return await collect(context.database, context.blobs)


async def _forget(context: JobContext, payload: Payload) -> Payload:  # noqa: ARG001 - always those whose day is over
    return await forget(context.database, context.blobs)


async def _verify(context: JobContext, payload: Payload) -> Payload:  # noqa: ARG001 - goes on where the last one stopped
    return await verify(context.database, context.blobs, context.progress)


async def _assemble(context: JobContext, payload: Payload) -> Payload:
    upload = await assemble(context.database, context.blobs, UUID(payload["upload"]))
    return {"state": upload.state if upload else "gone", "file": str(upload.file_uid) if upload and upload.file_uid else None}


DECLARED: Final = Declared(
    families=(Family("vault", Isolation.TRUSTED, wall_seconds=None, cpu_seconds=None, output_mb=None),),
    types=(
        JobType("vault.collect", "vault", run=_run),
        JobType("vault.forget", "vault", run=_forget),
        JobType(VERIFY, "vault", run=_verify),
        JobType(ASSEMBLE, "vault", run=_assemble, failed=uploads.assembly_failed),
    ),
    schedules=(
        Schedule("vault.collect", "17 3 * * *", "vault.collect"),
        Schedule("vault.forget", "47 * * * *", "vault.forget"),
        Schedule(VERIFY, "37 3 * * *", VERIFY),
    ),
)
