"""Blobs on a local disk.

A key is `blobs/aa/bb/<sha256>-<upload uid>`: no two uploads share one, so nothing is ever overwritten and deleting an old object cannot
hit a new upload of the same content. An object that still grows has zeros for its hash.
"""

import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from cascadia.kernel import growing
from cascadia.kernel.blobs import PIECE, BlobMissing, Grow, ListedBlob, Piece, StoredBlob
from cascadia.kernel.growing import in_thread

KEY: Final = re.compile(r"blobs/([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{60}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LARGEST: Final = 5 * 2**40
UNKNOWN: Final = "0" * 64


def blob_key(sha256: str, upload: UUID) -> str:
    """The key of an upload's object."""
    return f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}-{upload}"


class FileStore:
    """Blobs as files below `root`. A file gets its key by one rename, after its bytes are synced to the disk."""

    largest = largest_unannounced = LARGEST

    def __init__(self, root: Path) -> None:
        self._root = root

    async def room(self) -> int:
        """See `BlobStore.room`: what this account may still write."""
        there = next(folder for folder in (self._root, *self._root.absolute().parents) if folder.exists())
        return (await in_thread(shutil.disk_usage, there)).free

    async def prepare(self, instance: UUID) -> None:
        """Nothing: folders are made as they are needed."""

    def link(self, key: str, headers: Mapping[str, str]) -> str | None:  # noqa: ARG002 - only this process reaches the disk
        """None."""
        return None

    async def put(self, chunks: AsyncIterable[bytes], upload: UUID, announced: int | None = None) -> StoredBlob:  # noqa: ARG002
        """See `BlobStore.put`. A stream that breaks off or a full disk leaves nothing behind."""
        temporary = self._root / "incoming" / str(upload)
        try:
            writer = await in_thread(_Writer, temporary)
            try:
                await growing.pour(chunks, writer.write)
                await in_thread(writer.sync)
            finally:
                await in_thread(writer.close)
            stored = StoredBlob(blob_key(writer.sha256, upload), writer.sha256, writer.size)
            await in_thread(_place, temporary, self._root / stored.key, self._root)
        except OSError as error:
            raise growing.refusal(error) from error
        finally:
            await in_thread(temporary.unlink, missing_ok=True)
        return stored

    def grown(self, upload: UUID, start: int) -> str:
        """See `BlobStore.grown`. It is a key like any other, so that the collector and older programs know what it is."""
        return blob_key(UNKNOWN, uuid5(upload, str(start)))

    def growing(self, key: str) -> AbstractAsyncContextManager[Grow]:
        """See `BlobStore.growing`."""
        return growing.held(self._path(key), self._root)

    async def join(self, pieces: Sequence[Piece], sha256: str, upload: UUID) -> StoredBlob | None:
        """See `BlobStore.join`: another name for the one object, where the disk has hard links."""
        if len(pieces) != 1:
            return None
        stored = StoredBlob(blob_key(sha256, upload), sha256, pieces[0].length)
        linked = await in_thread(growing.link, self._path(pieces[0].key), self._root / stored.key, pieces[0].length, self._root)
        return stored if linked else None

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See `BlobStore.open`."""
        path = self._path(key)
        if not await in_thread(path.is_file):
            raise BlobMissing("The store does not have these bytes. Tell your administrator which file it is.")
        return _read(path, start, end)

    async def exists(self, key: str) -> bool:
        """See `BlobStore.exists`."""
        return await in_thread(self._path(key).is_file)

    async def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        await in_thread(self._path(key).unlink, missing_ok=True)

    async def list(self) -> AsyncIterator[ListedBlob]:
        """See `BlobStore.list`. Unfinished uploads are no objects."""
        for folder in await in_thread(_children, self._root / "blobs"):
            for listed in await in_thread(_listed, folder, self._root):
                yield listed

    async def abandon(self, before: datetime) -> int:
        """See `BlobStore.abandon`."""
        return await in_thread(_drop_older, self._root / "incoming", before)

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


def _place(temporary: Path, path: Path, root: Path) -> None:
    """Renames, then syncs: a power cut after this loses neither the bytes nor their name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.rename(path)
    growing.sync_folders(path, root)


async def _read(path: Path, start: int, end: int | None) -> AsyncIterator[bytes]:
    file = await in_thread(path.open, "rb", buffering=0)
    try:
        await in_thread(file.seek, start)
        left = float("inf") if end is None else end - start
        while left > 0 and (piece := await in_thread(file.read, int(min(PIECE, left)))):
            left -= len(piece)
            yield piece
    finally:
        await in_thread(file.close)


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
