"""The store on a local disk: whole or not at all, by hash, flat in memory."""

import asyncio
import errno
import hashlib
import os
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cascadia.kernel.blobs import PIECE, BlobMissing, StoredBlob, StoreFull
from cascadia.kernel.disk import FileStore, blob_key
from cascadia.kernel.ids import new_uid


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(store: FileStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in await store.open(key, start, end)])


def files_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


async def test_a_put_answers_key_hash_and_size(store: FileStore) -> None:
    upload = new_uid()
    stored = await store.put(stream(b"abc", b"", b"def"), upload)
    sha256 = hashlib.sha256(b"abcdef").hexdigest()
    assert stored == StoredBlob(f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}-{upload}", sha256, 6)
    assert await store.exists(stored.key)
    assert await read(store, stored.key) == b"abcdef"


async def test_an_empty_stream_is_a_blob_of_size_zero(store: FileStore) -> None:
    stored = await store.put(stream(), new_uid())
    assert (stored.size, await read(store, stored.key)) == (0, b"")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(chunks=st.lists(st.binary(max_size=64), max_size=8), bounds=st.tuples(st.integers(0, 600), st.integers(0, 600)))
def test_any_range_of_any_stream_reads_as_a_slice(tmp_path: Path, chunks: list[bytes], bounds: tuple[int, int]) -> None:
    async def scenario() -> None:
        store = FileStore(tmp_path / "files")
        whole, (start, end) = b"".join(chunks), sorted(bounds)
        stored = await store.put(stream(*chunks), new_uid())
        assert await read(store, stored.key, start, end) == whole[start:end]
        assert await read(store, stored.key, start) == whole[start:]

    asyncio.run(scenario())


async def test_ranges_cross_the_borders_of_pieces(store: FileStore) -> None:
    whole = os.urandom(2 * PIECE + 17)
    stored = await store.put(stream(whole[:5], whole[5:]), new_uid())
    for start, end in ((0, PIECE), (PIECE - 1, PIECE + 1), (1, 2 * PIECE + 16), (2 * PIECE, 2 * PIECE + 17)):
        assert await read(store, stored.key, start, end) == whole[start:end]


async def test_a_stream_that_breaks_off_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * (2 * PIECE)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(broken(), new_uid())
    assert files_below(tmp_path) == []


async def test_a_cancelled_put_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    began = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * PIECE
            began.set()

    task = asyncio.create_task(store.put(endless(), new_uid()))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files_below(tmp_path) == []


async def test_a_full_disk_is_refused_in_words_and_leaves_nothing(
    store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull, match="disk is full"):
        await store.put(stream(b"x"), new_uid())
    assert files_below(tmp_path) == []


async def test_deleting_twice_is_no_error(store: FileStore) -> None:
    stored = await store.put(stream(b"x"), new_uid())
    await store.delete(stored.key)
    await store.delete(stored.key)
    assert not await store.exists(stored.key)


async def test_missing_bytes_are_told_before_anything_is_read(store: FileStore) -> None:
    with pytest.raises(BlobMissing):
        await store.open(blob_key("0" * 64, new_uid()))


@pytest.mark.parametrize("key", ("../secret", "/etc/passwd", "blobs/aa/bb/../../x", "blobs/00/00/" + "0" * 64, "incoming/x", ""))
async def test_what_is_no_key_is_never_a_path(store: FileStore, key: str) -> None:
    with pytest.raises(ValueError, match="not the key of a blob"):
        await store.open(key)


async def test_the_same_content_twice_has_two_keys_and_both_are_listed(store: FileStore) -> None:
    first = await store.put(stream(b"same"), new_uid())
    second = await store.put(stream(b"same"), new_uid())
    assert first.key != second.key
    assert {listed.key: listed.size async for listed in store.list()} == {first.key: 4, second.key: 4}


async def test_an_empty_store_lists_nothing(store: FileStore) -> None:
    assert [listed async for listed in store.list()] == []


async def test_memory_is_flat_while_256_mib_pass(store: FileStore) -> None:
    """The client sends packets of 64 KiB; what Python holds at any moment stays below an eighth of it, writing and reading."""
    packet = os.urandom(64 * 1024)

    async def large() -> AsyncIterator[bytes]:
        for _ in range(4096):
            yield packet

    tracemalloc.start()
    try:
        stored = await store.put(large(), new_uid())
        received = 0
        async for piece in await store.open(stored.key):
            received += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (stored.size, received) == (256 * 1024 * 1024, 256 * 1024 * 1024)
    assert peak < 32 * 1024 * 1024


def test_a_key_holds_the_whole_hash() -> None:
    assert blob_key("ab" * 32, UUID(int=7)) == "blobs/ab/ab/" + "ab" * 32 + "-00000000-0000-0000-0000-000000000007"
