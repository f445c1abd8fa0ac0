"""Where bytes lie: the port to a blob store, and the store on a local disk. What the bytes mean is the vault's business.

On the disk a key is `blobs/aa/bb/<sha256>-<upload uid>`: no two uploads share one, so nothing is ever overwritten and deleting an old
object cannot hit a new upload of the same content.
"""

import asyncio
import errno
import hashlib
import os
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final, ParamSpec, Protocol, TypeVar
from uuid import UUID

from cascadia.kernel.errors import CascadiaError

PIECE: Final = 1024 * 1024
KEY: Final = re.compile(r"blobs/([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{60}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


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

    async def prepare(self, instance: UUID) -> None:
        """Makes the place where the bytes go, for this instance and no other; a `CascadiaError` says in words why it cannot."""
        ...

    async def put(self, chunks: AsyncIterable[bytes], upload: UUID) -> StoredBlob:
        """Stores a stream, whole or not at all; durable when it returns. Memory does not grow with the size."""
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


def blob_key(sha256: str, upload: UUID) -> str:
    """The key of an upload's object."""
    return f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}-{upload}"


class FileStore:
    """Blobs as files below `root`. A file gets its key by one rename, after its bytes are synced to the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def prepare(self, instance: UUID) -> None:
        """Nothing: folders are made as they are needed."""

    def link(self, key: str, headers: Mapping[str, str]) -> str | None:  # noqa: ARG002 - only this process reaches the disk
        """None."""
        return None

    async def put(self, chunks: AsyncIterable[bytes], upload: UUID) -> StoredBlob:
        """See `BlobStore.put`. A stream that breaks off or a full disk leaves nothing behind."""
        temporary = self._root / "incoming" / str(upload)
        try:
            writer = await _in_thread(_Writer, temporary)
            try:
                await _pour(chunks, writer)
                await _in_thread(writer.sync)
            finally:
                await _in_thread(writer.close)
            stored = StoredBlob(blob_key(writer.sha256, upload), writer.sha256, writer.size)
            await _in_thread(_place, temporary, self._root / stored.key, self._root)
        except OSError as error:
            raise _refusal(error) from error
        finally:
            await _in_thread(temporary.unlink, missing_ok=True)
        return stored

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See `BlobStore.open`."""
        path = self._path(key)
        if not await _in_thread(path.is_file):
            raise BlobMissing("The store does not have these bytes. Tell your administrator which file it is.")
        return _read(path, start, end)

    async def exists(self, key: str) -> bool:
        """See `BlobStore.exists`."""
        return await _in_thread(self._path(key).is_file)

    async def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        await _in_thread(self._path(key).unlink, missing_ok=True)

    async def list(self) -> AsyncIterator[ListedBlob]:
        """See `BlobStore.list`. Unfinished uploads are no objects."""
        for folder in await _in_thread(_children, self._root / "blobs"):
            for listed in await _in_thread(_listed, folder, self._root):
                yield listed

    async def abandon(self, before: datetime) -> int:
        """See `BlobStore.abandon`."""
        return await _in_thread(_drop_older, self._root / "incoming", before)

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError(f"not the key of a blob: {key!r}")
        return self._root / key


class _Writer:
    """A new temporary file with the running hash of what was written into it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb", buffering=0)
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, piece: bytes) -> None:
        self._hash.update(piece)
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.size += len(piece)

    def sync(self) -> None:
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


async def _pour(chunks: AsyncIterable[bytes], writer: _Writer) -> None:
    """Gathers what comes from the network: one hop to a thread per MiB, not per packet."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        if len(waiting) >= PIECE:
            await _in_thread(writer.write, bytes(waiting))
            waiting.clear()
    if waiting:
        await _in_thread(writer.write, bytes(waiting))


def _place(temporary: Path, path: Path, root: Path) -> None:
    """Renames, then syncs every folder up to the root: a power cut after this loses neither the bytes nor their name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.rename(path)
    for folder in path.parents:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if folder == root:
            return


async def _read(path: Path, start: int, end: int | None) -> AsyncIterator[bytes]:
    file = await _in_thread(path.open, "rb", buffering=0)
    try:
        await _in_thread(file.seek, start)
        left = float("inf") if end is None else end - start
        while left > 0 and (piece := await _in_thread(file.read, int(min(PIECE, left)))):
            left -= len(piece)
            yield piece
    finally:
        await _in_thread(file.close)


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _listed(folder: Path, root: Path) -> list[ListedBlob]:
    found = []
    for path in folder.glob("*/*"):
        status = path.stat()
        found.append(ListedBlob(path.relative_to(root).as_posix(), status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)))
    return found


def _drop_older(folder: Path, before: datetime) -> int:
    old = [path for path in _children(folder) if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _refusal(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull("The server's disk is full. Nothing was stored; tell your administrator.")
    return error


async def _in_thread(function: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
    """Runs blocking file work off the loop. A caller that is cancelled waits for it, else a file could be closed under a write."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments, **named))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
