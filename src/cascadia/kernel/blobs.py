"""Where bytes lie: the port to a blob store. What the bytes mean is the vault's business. `kernel.disk` and `kernel.s3` are the stores."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Protocol
from uuid import UUID

from cascadia.kernel.errors import CascadiaError

PIECE: Final = 1024 * 1024

Grow = Callable[[int, AsyncIterable[bytes], Callable[[bytes], None]], Awaitable[int]]
"""Writes a stream at that byte of an object that is held, and shows what it writes, in order; how many bytes are durable now."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What a put left in the store. `sha256` is hexadecimal, `size` in bytes."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ListedBlob:
    """An object as the store lists it."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Piece:
    """An object that holds a part of an upload: its first `length` bytes."""

    key: str
    length: int


class BlobMissing(CascadiaError):
    """A row names bytes that the store does not have."""

    status: ClassVar[int] = 500
    code = "blob_missing"
    title: ClassVar[str] = "The bytes of this file are missing"


class StoreFull(CascadiaError):
    """The store has no room left."""

    status: ClassVar[int] = 507
    code = "storage_full"
    title: ClassVar[str] = "There is no room left for files"
    needs = "storage"


class BlobStore(Protocol):
    """Bytes under keys that are written once."""

    largest: int
    """Bytes of the largest object."""
    largest_unannounced: int
    """Bytes of the largest object whose size `put` is not told before."""

    async def room(self) -> int | None:
        """Bytes that are free; None where nobody can tell."""
        ...

    async def prepare(self, instance: UUID) -> None:
        """Makes the place where the bytes go, for this instance and no other; a `CascadiaError` says in words why it cannot."""
        ...

    async def put(self, chunks: AsyncIterable[bytes], upload: UUID, announced: int | None = None) -> StoredBlob:
        """Stores a stream, whole or not at all; durable when it returns. Memory does not grow with the size; a large one is announced."""
        ...

    def grown(self, upload: UUID, start: int) -> str | None:
        """The key of the object that takes the pieces of an upload from byte `start` on; None where no object can grow."""
        ...

    def growing(self, key: str) -> AbstractAsyncContextManager[Grow]:
        """Holds that object, so that no process on any server grows it meanwhile."""
        ...

    async def join(self, pieces: Sequence[Piece], sha256: str, upload: UUID) -> StoredBlob | None:
        """One object of pieces whose hash is known, without reading what the store can share or copy; None where it can do neither."""
        ...

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes `[start, end)` in pieces; `end` None reads to the last. Raises `BlobMissing` at once, not while reading."""
        ...

    def link(self, key: str, headers: Mapping[str, str]) -> str | None:
        """A link by which a reader gets the bytes from the store itself, with these headers; None where it is not to be reached."""
        ...

    async def exists(self, key: str) -> bool:
        """Whether the object is there."""
        ...

    async def delete(self, key: str) -> None:
        """Removes the object; no error where there is none."""
        ...

    def list(self) -> AsyncIterator[ListedBlob]:
        """Every object, in no order, for a collector that compares them with the rows."""
        ...

    async def abandon(self, before: datetime) -> int:
        """Drops what puts left that ended with their process and began before that moment; returns how many."""
        ...
