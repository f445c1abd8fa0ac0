"""One piece of an upload arrives.

Where objects can grow (on a disk) it is written behind those before it, so that nothing is written twice; else it is an object of its
own. Whoever receives all pieces hashes along: the last one then says what the whole hashes to. Another server's part is read again.
"""

import base64
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from cascadia.kernel.blobs import BlobStore, Grow, Piece
from cascadia.kernel.db import Database, Write
from cascadia.kernel.errors import Invalid
from cascadia.kernel.ids import new_uid
from cascadia.vault import queries, uploads
from cascadia.vault.uploads import UploadRow, WrongChecksum, WrongOffset

REMEMBERED: Final = 1000
Judge = Callable[[Write], Awaitable[object]]
"""Refuses, in the transaction that records a piece, what its sender may not do any more."""


class Hashes:
    """Hashes of uploads that came to this process from their first byte on, of the latest ones. One that is missing costs time only."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._known: OrderedDict[UUID, tuple[int, Any]] = OrderedDict()

    def at(self, upload: UUID, offset: int) -> Any:
        """A hash of the first `offset` bytes, to go on with; None where this process has not seen all of them."""
        if not self._most:
            return None
        known_offset, known = self._known.get(upload, (0, hashlib.sha256()))
        return known.copy() if known_offset == offset else None

    def keep(self, upload: UUID, offset: int, known: Any) -> None:
        """Remembers it for the next piece."""
        self._known[upload] = (offset, known)
        self._known.move_to_end(upload)
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def forget(self, upload: UUID) -> None:
        """The upload is over."""
        self._known.pop(upload, None)


HASHES: Final = Hashes()


@dataclass(slots=True, eq=False)
class Arriving:
    """The bytes of a piece as they come, at most `most`; `checksum` as `sha256 base64` where the client sent one."""

    chunks: AsyncIterator[bytes]
    most: int
    checksum: str | None
    running: Any
    judge: Judge
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    async def checked(self) -> AsyncIterator[bytes]:
        """All of them; raises where they are too many, none, or others than they were sent."""
        async for chunk in self.chunks:
            self._count(chunk)
            yield chunk
        self.check()

    async def counted(self) -> AsyncIterator[bytes]:
        """All of them, hashed along; `check` says afterwards what is wrong with them."""
        async for chunk in self.chunks:
            self._count(chunk)
            self.hash(chunk)
            yield chunk

    def hash(self, data: bytes) -> None:
        """Hashes along."""
        if self.running is not None:
            self.running.update(data)

    @property
    def hashed(self) -> str | None:
        """What all of the upload hashes to, where this was its end and all of it came here."""
        return self.running.hexdigest() if self.running is not None and self.size == self.most else None

    def check(self) -> None:
        """Raises where the piece is not what was announced."""
        if self.size == 0:
            raise Invalid("A piece has at least one byte.", code="upload_empty_piece")
        if self.checksum is not None and self.checksum.split(" ") != ["sha256", base64.b64encode(self.digest.digest()).decode()]:
            raise WrongChecksum("The piece does not hash to its Upload-Checksum. Send it again.")

    def _count(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.most:
            raise Invalid("The upload was announced with fewer bytes; this piece goes beyond.", code="upload_too_long")
        if self.checksum is not None:
            self.digest.update(chunk)


async def receive(
    database: Database, store: BlobStore, upload: UploadRow, chunks: AsyncIterator[bytes], checksum: str | None, judge: Judge
) -> UploadRow:
    """The upload with the piece, which begins where it has come to. 409 where another one came first; what is refused leaves nothing."""
    piece = Arriving(chunks, upload.size - upload.received, checksum, HASHES.at(upload.uid, upload.received), judge)
    after = await (_grow(database, store, upload, piece) if store.grown(upload.uid, 0) else _put(database, store, upload, piece))
    if after.complete or piece.running is None:
        HASHES.forget(upload.uid)
    else:
        HASHES.keep(upload.uid, after.received, piece.running)
    return after


async def _grow(database: Database, store: BlobStore, upload: UploadRow, piece: Arriving) -> UploadRow:
    """Behind what is there. Held until the row says so: nobody writes over what is being recorded."""
    start = upload.tail_start
    if start is None or store.grown(upload.uid, start) != upload.tail_key:
        start = upload.received
    key = store.grown(upload.uid, start)
    assert key
    async with store.growing(key) as grow:
        async with database.write() as write:
            if await write.value(queries.LOCK_RECEIVED, {"uid": upload.uid}) != upload.received:
                raise WrongOffset("Another piece came first. Ask for the offset by HEAD and go on there.")
        await grow(upload.received - start, piece.checked(), piece.hash)
        recorded = False
        try:
            async with database.write() as write:
                await piece.judge(write)
                after = await uploads.record_piece(write, upload, Piece(key, piece.size), start, piece.hashed)
            recorded = True
            return after
        finally:
            if not recorded:
                await _cut_back(database, upload, key, grow)


async def _cut_back(database: Database, upload: UploadRow, key: str, grow: Grow) -> None:
    """Makes the object as long as the rows say: programs of version 4 read it whole.

    Untouched where the rows say nothing of it and the upload went on: it may have become the file meanwhile.
    """
    async with database.write() as write:
        received = await write.value(queries.LOCK_RECEIVED, {"uid": upload.uid})
        length: int | None = await write.value(queries.PIECE_LENGTH, {"key": key})
        if length is None and received == upload.received:
            length = 0
        if length is not None:
            await grow(length, _stream(), lambda _data: None)


async def _stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def _put(database: Database, store: BlobStore, upload: UploadRow, piece: Arriving) -> UploadRow:
    """As an object of its own, then its row; what gets no row is deleted again."""
    stored, kept = await store.put(piece.counted(), new_uid()), False
    try:
        piece.check()
        async with database.write() as write:
            await piece.judge(write)
            after = await uploads.record_piece(write, upload, Piece(stored.key, piece.size), None, piece.hashed)
        kept = True
        return after
    finally:
        if not kept:
            await store.delete(stored.key)
