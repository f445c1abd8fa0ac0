"""Whether there is room for what somebody wants to send: what their program may use, and what the store still has.

An upload counts whole from its beginning, so that what was promised fits.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from cascadia.access import service as access
from cascadia.access.model import Actor
from cascadia.kernel.blobs import BlobStore, StoreFull
from cascadia.kernel.db import Database, Read, Write
from cascadia.kernel.errors import CascadiaError, TooLarge
from cascadia.kernel.events import Event
from cascadia.kernel.paging import PageRequest
from cascadia.vault import queries
from cascadia.vault.model import Target

LOOKED_AT: Final = 1024 * 1024
"""Bytes of a body from which on room is looked for before the whole is there."""
AGAIN: Final = 16 * LOOKED_AT
"""After so many more it is looked for again: others write besides."""
UNITS: Final = ("bytes", "KiB", "MiB", "GiB", "TiB")


class QuotaExceeded(CascadiaError):
    """The program would hold more than it may."""

    status: ClassVar[int] = 507
    code = "quota_exceeded"
    title: ClassVar[str] = "The program has no room left for files"


@dataclass(frozen=True, slots=True)
class Usage:
    """What the files of a program take, each counted whole, what its open uploads will take, and what it may (None: no bound)."""

    program_id: int
    uid: UUID
    code: str
    name: str
    used: int
    promised: int
    allowed: int | None


async def within(
    database: Database, store: BlobStore, target: Target, chunks: AsyncIterator[bytes], announced: int, reserve: int
) -> AsyncIterator[bytes]:
    """The bytes as they come; 413 and 507 as soon as there is no room for them, whatever was `announced` (0: nothing).

    Looked for before the first byte where that is much, else as they become much, and again after each `AGAIN`.
    """
    come, next_look = 0, LOOKED_AT
    if announced > LOOKED_AT:
        await _look(database, store, target, announced, reserve, 0)
        next_look = AGAIN
    async for chunk in chunks:
        come += len(chunk)
        if not announced and come > store.largest_unannounced:
            raise TooLarge(
                f"The store takes {amount(store.largest_unannounced)} of a file whose length was not said before (`Content-Length`). "
                "Say it, or send the file in pieces, as a resumable upload.",
                code="file_too_large",
            )
        if come > next_look:
            await _look(database, store, target, max(come, announced), reserve, come)
            next_look = come + AGAIN
        yield chunk


async def _look(database: Database, store: BlobStore, target: Target, size: int, reserve: int, written: int) -> None:
    async with database.write() as write:
        await promise(write, store, target, size, reserve, written=written)


async def promise(write: Write, store: BlobStore, target: Target, size: int, reserve: int, *, written: int = 0) -> None:
    """Holds everybody else's promises until this one is written; 413 and 507 where there is no room for `size` more bytes.

    The disk has the `written` ones of them already.
    """
    if size > store.largest:
        raise TooLarge(
            f"The largest file that the store takes has {amount(store.largest)}; this one has {amount(size)}.", code="file_too_large"
        )
    free = await store.room()
    if free is not None:
        await write.value(queries.LOCK_ROOM)
        coming = int(await write.value(queries.COMING))
        if size - written + coming + reserve > free:
            raise StoreFull(
                f"There is no room for {amount(size)}: the disk of the server has {amount(free)} free, of which {amount(coming)} are "
                f"promised to other uploads and {amount(reserve)} are kept. Tell your administrator."
            )
    await check_quota(write, target.program_id, size)


async def check_quota(write: Write, program_id: int, size: int) -> None:
    """Holds the program's quota until the file is written; 507 where `size` more bytes are beyond it."""
    allowed: int | None = await write.value(queries.LOCK_QUOTA, {"program_id": program_id})
    if allowed is None:
        return
    usage = (await write.all(queries.USAGE_OF, Usage, {"program_id": program_id}))[0]
    if usage.used + usage.promised + size > allowed:
        raise QuotaExceeded(
            f"Program {usage.code} may hold {amount(allowed)} of files and has {amount(usage.used + usage.promised)}; there is no room for "
            f"{amount(size)} more. Ask an administrator for more.",
            used=usage.used + usage.promised,
            allowed=allowed,
        )


async def usage(read: Read, actor: Actor, program: UUID) -> Usage:
    """What a program that the actor may see holds and may hold."""
    found = await access.find_program(read, actor, uid=program)
    return (await read.all(queries.USAGE_OF, Usage, {"program_id": found.program_id}))[0]


async def usage_page(read: Read, actor: Actor, paging: PageRequest) -> tuple[list[Usage], str | None, int | None]:
    """One page of all programs, by id, for administrators."""
    actor.require_administrator()
    (after,) = paging.after(int)
    rows = await read.all(queries.USAGE_PAGE, Usage, {"after": after, "limit": paging.limit + 1})
    total = await read.value(queries.PROGRAM_COUNT) if paging.count else None
    return *paging.cut(rows, lambda row: [row.program_id]), total


async def set_quota(write: Write, actor: Actor, program: UUID, allowed: int | None) -> Usage:
    """Sets what a program may hold; None takes the bound away. What it holds already stays, also where that is more."""
    actor.require_administrator()
    found = await access.find_program(write, actor, uid=program)
    await write.execute(queries.SET_QUOTA, {"program_id": found.program_id, "allowed": allowed, "actor": actor.user_id})
    await write.emit(Event("program.quota_changed", found.uid, actor.user_id, found.program_id, {"allowed": allowed}))
    return await usage(write, actor, program)


def amount(size: int) -> str:
    """`3.2 GiB`."""
    value, unit = float(size), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{size} bytes" if unit == 0 else f"{value:.1f} {UNITS[unit]}"
