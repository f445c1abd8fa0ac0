"""Reading stored contents again and comparing them with their hashes: bytes rot, and stores lose objects."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cascadia.kernel.blobs import BlobMissing, BlobStore
from cascadia.kernel.db import Database, Read
from cascadia.kernel.events import Event
from cascadia.kernel.paging import PageRequest
from cascadia.vault import queries

BLOBS: Final = 5000
BYTES: Final = 4 * 2**30
"""What one run reads at most; the next one goes on with those that were looked at longest ago."""
BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Stored:
    """A content as its row has it."""

    blob_id: int
    key: str
    sha256: str
    size: int
    damage: str | None


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file whose bytes are missing or changed."""

    file_id: int
    uid: UUID
    name: str
    size: int
    damage: str
    verified_at: datetime


async def verify(database: Database, store: BlobStore, progress: Callable[[float, str], None], most: int = BYTES) -> dict[str, int]:
    """Reads up to `most` bytes, those first that were verified longest ago; how many contents, and how many of them are damaged."""
    async with database.primary() as primary:
        began: datetime = await primary.value("SELECT clock_timestamp()")
    looked = damaged = size = 0
    while looked < BLOBS and size < most:
        async with database.primary() as primary:
            batch = await primary.all(queries.UNVERIFIED, Stored, {"before": began, "limit": BATCH})
        for blob in batch:
            damage = await _damage(store, blob)
            await _record(database, blob, damage)
            looked, size, damaged = looked + 1, size + blob.size, damaged + (damage is not None)
            progress(min(0.99, size / most), f"{looked} contents")
            if size >= most:
                break
        if len(batch) < BATCH:
            break
    return {"contents": looked, "damaged": damaged}


async def _damage(store: BlobStore, blob: Stored) -> str | None:
    digest, size = hashlib.sha256(), 0
    try:
        async for piece in await store.open(blob.key):
            digest.update(piece)
            size += len(piece)
    except BlobMissing:
        return "missing"
    return None if (digest.hexdigest(), size) == (blob.sha256, blob.size) else "changed"


async def _record(database: Database, blob: Stored, damage: str | None) -> None:
    """A content that was deleted meanwhile is no damage; a new damage leaves an event for each file that has the content."""
    async with database.write() as write:
        there = await write.execute(queries.VERIFIED, {"blob_id": blob.blob_id, "damage": damage})
        if there and damage and damage != blob.damage:
            for file in await write.rows(queries.FILES_OF_BLOB, {"blob_id": blob.blob_id}):
                await write.emit(Event("file.damaged", file["uid"], None, file["program_id"], {"name": file["name"], "damage": damage}))


async def list_damaged(read: Read, page: PageRequest) -> tuple[list[Damaged], str | None, int | None]:
    """The files whose bytes were found damaged, oldest first."""
    params = {"after": page.after(int)[0] or 0, "limit": page.limit + 1}
    rows = await read.all(queries.DAMAGED, Damaged, params)
    total = await read.value(queries.DAMAGED_COUNT) if page.count else None
    return *page.cut(rows, lambda row: [row.file_id]), total
