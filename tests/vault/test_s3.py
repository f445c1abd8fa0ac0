"""The store in a bucket, against a real server: the same promises as on the disk."""

import asyncio
import hashlib
import os
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from cascadia.kernel.blobs import PIECE, BlobMissing, Piece, StoredBlob, StoreFull
from cascadia.kernel.errors import Unavailable
from cascadia.kernel.ids import new_uid
from cascadia.kernel.presign import presign
from cascadia.kernel.s3 import NotOurs, S3Store
from cascadia.kernel.s3_parts import Place, part_size, plan
from cascadia.settings import Settings
from tests import company
from tests.cable import Cable
from tests.conftest import QUICK
from tests.s3 import ACCESS, SECRET, S3Server
from tests.until import eventually
from tests.vault.conftest import stream


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    made = S3Server()
    made.start()
    yield made
    made.close()


@pytest_asyncio.fixture
async def store(server: S3Server) -> S3Store:
    made = S3Store(server.place(f"b{uuid4().hex}"))
    await made.prepare(new_uid())
    return made


async def read(store: S3Store, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in await store.open(key, start, end)])


async def test_a_put_answers_key_hash_and_size(store: S3Store) -> None:
    stored = await store.put(stream(b"abc", b"", b"def"), new_uid())
    assert (stored.sha256, stored.size) == (hashlib.sha256(b"abcdef").hexdigest(), 6)
    assert await store.exists(stored.key)
    assert await read(store, stored.key) == b"abcdef"
    empty = await store.put(stream(), new_uid())
    assert (empty.size, await read(store, empty.key)) == (0, b"")


@pytest.mark.parametrize(("start", "end"), ((0, None), (0, 0), (1, 4), (3, 99), (6, None), (7, 9)))
async def test_ranges_read_as_slices(store: S3Store, start: int, end: int | None) -> None:
    stored = await store.put(stream(b"abcdef"), new_uid())
    assert await read(store, stored.key, start, end) == b"abcdef"[start:end]


async def test_a_stream_that_breaks_off_leaves_nothing(store: S3Store) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(PIECE)
        raise RuntimeError("cut")

    with pytest.raises((RuntimeError, Unavailable)):
        await store.put(broken(), new_uid())
    assert [found async for found in store.list()] == []


async def test_objects_are_listed_and_deleted(store: S3Store) -> None:
    kept = [await store.put(stream(b"same"), new_uid()) for _ in range(2)]
    assert sorted([found.key async for found in store.list()]) == sorted(blob.key for blob in kept)
    await store.delete(kept[0].key)
    await store.delete(kept[0].key)
    assert [found.key async for found in store.list()] == [kept[1].key]
    with pytest.raises(BlobMissing):
        await store.open(kept[0].key)


@pytest.mark.parametrize("key", ("../x", "blobs/x", "cascadia-instance", ""))
async def test_what_is_no_key_is_never_asked_for(store: S3Store, key: str) -> None:
    with pytest.raises(ValueError, match="not the key"):
        await store.open(key)


async def test_memory_is_flat_while_128_mib_pass(store: S3Store) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(128):
            yield bytes(PIECE)

    tracemalloc.start()
    try:
        stored = await store.put(body(), new_uid())
        size = 0
        async for piece in await store.open(stored.key):
            size += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (stored.size, size) == (128 * PIECE, 128 * PIECE)
    assert peak < 32 * PIECE


async def test_a_bucket_belongs_to_one_instance(server: S3Server) -> None:
    ours, theirs = new_uid(), new_uid()
    place = server.place("shared")
    await asyncio.gather(*(S3Store(place).prepare(ours) for _ in range(5)))
    with pytest.raises(NotOurs, match="S3_BUCKET"):
        await S3Store(place).prepare(theirs)


async def test_a_wrong_key_is_told_by_the_names_of_the_settings(server: S3Server) -> None:
    with pytest.raises(Unavailable, match="S3_ACCESS_KEY"):
        await S3Store(server.place("files", secret_key="wrong")).prepare(new_uid())


async def test_a_store_without_room_says_so(server: S3Server, store: S3Store) -> None:
    """The status that HTTP has for it, answered on the way to a real server."""
    cable = Cable(server.port).start()
    try:
        far = S3Store(replace(store._place, endpoint=f"http://127.0.0.1:{cable.port}"))
        cable.answer = b"HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        with pytest.raises(StoreFull, match=r"no room left.*S3_ENDPOINT"):
            await far.put(stream(b"bytes"), new_uid())
        cable.answer = None
        assert (await far.put(stream(b"bytes"), new_uid())).size == 5
    finally:
        cable.close()


async def test_a_server_that_is_not_there_is_told() -> None:
    store = S3Store(Place("files", "http://127.0.0.1:1", access_key="a", secret_key="b"))
    with pytest.raises(Unavailable, match="S3_ENDPOINT"):
        await store.prepare(new_uid())


async def test_the_whole_program_keeps_its_files_in_the_bucket(server: S3Server, database_url: str, tmp_path: Path) -> None:
    from cascadia.web import create_app

    bucket = f"b{uuid4().hex}"
    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path / "data",
        s3_endpoint=server.endpoint,
        s3_bucket=bucket,
        s3_access_key=ACCESS,
        s3_secret_key=SECRET,
    )
    app = create_app(settings, passwords=QUICK)
    async with app.router.lifespan_context(app), company.set_up(app) as acme:
        await eventually(lambda: app.state.storage.degraded is None, 20)
        workshop = await company.open_workshop(acme)
        body = b"x" * (3 * PIECE)
        made = await workshop.engineer.http.post("/api/v1/files", params={"name": "a.bin", "project": workshop.project}, content=body)
        assert made.status_code == 201, made.text
        path = f"/api/v1/files/{made.json()['id']}/content"
        part = await workshop.viewer.http.get(path, headers={"Range": "bytes=5-9"})
        assert (part.status_code, part.content) == (206, body[5:10])
        assert (await workshop.viewer.http.get(path)).content == body
    assert not (tmp_path / "data" / "files").exists()


def test_a_link_is_signed_as_the_published_example_says() -> None:
    link = presign(
        "https://examplebucket.s3.amazonaws.com/test.txt",
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        region="us-east-1",
        at=datetime(2013, 5, 24, tzinfo=UTC),
        seconds=86400,
    )
    assert link.endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


async def test_where_browsers_reach_the_store_downloads_pass_by_the_app(server: S3Server, database_url: str, tmp_path: Path) -> None:
    from cascadia.web import create_app

    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path / "data",
        s3_endpoint=server.endpoint,
        s3_public_endpoint=server.endpoint.replace("127.0.0.1", "localhost"),
        s3_bucket=f"b{uuid4().hex}",
        s3_access_key=ACCESS,
        s3_secret_key=SECRET,
    )
    app = create_app(settings, passwords=QUICK)
    async with app.router.lifespan_context(app), company.set_up(app) as acme, httpx.AsyncClient() as browser:
        await eventually(lambda: app.state.storage.degraded is None, 20)
        workshop = await company.open_workshop(acme)
        name = 'Gehäuse "neu".step'
        made = await workshop.engineer.http.post("/api/v1/files", params={"name": name, "project": workshop.project}, content=b"0123456789")
        path = f"/api/v1/files/{made.json()['id']}/content"
        moved = await workshop.viewer.http.get(path, follow_redirects=False)
        assert (moved.status_code, moved.headers["cache-control"]) == (307, "no-store")
        link = moved.headers["location"]
        got = await browser.get(link)
        assert (got.status_code, got.content) == (200, b"0123456789")
        assert (await browser.get(link, headers={"Range": "bytes=2-3"})).content == b"23"
        assert "filename*=UTF-8''Geh%C3%A4use" in got.headers["content-disposition"]
        assert got.headers["content-disposition"].startswith("attachment")
        assert (await browser.get(link.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"))).status_code == 403
        assert (await workshop.stranger.http.get(path, follow_redirects=False)).status_code == 404
        assert (await workshop.viewer.http.head(path)).headers["content-length"] == "10"


async def test_storage_that_is_away_makes_the_app_degraded_not_unready(database_url: str, tmp_path: Path) -> None:
    from cascadia.web import create_app

    settings = Settings(database_url=database_url, data_dir=tmp_path, s3_endpoint="http://127.0.0.1:1")
    app = create_app(settings, passwords=QUICK)
    async with app.router.lifespan_context(app), company.visitor(app) as visitor:
        await eventually(lambda: app.state.storage.degraded == "storage", 40)
        answer: httpx.Response = await visitor.get("/health/ready")
    assert (answer.status_code, answer.json()["degraded"]) == (200, ["storage"])


MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("lengths", "parts"),
    (
        ([8, 8, 3], [[8], [8], [3]]),
        ([1, 2, 4, 8, 8], [[1, 2, 4], [8], [8]]),
        ([1, 8, 8], [[1, 8], [8]]),
        ([1] * 17, [[1] * 8, [1] * 8, [1]]),
        ([8, 1, 1], [[8], [1, 1]]),
        ([3], [[3]]),
    ),
)
def test_a_part_is_copied_where_it_is_large_enough_and_small_ones_are_gathered(lengths: list[int], parts: list[list[int]]) -> None:
    planned = plan([Piece(str(n), length * MIB) for n, length in enumerate(lengths)])
    assert [[piece.length // MIB for piece in part] for part in planned] == parts
    assert [piece.key for part in planned for piece in part] == [str(n) for n in range(len(lengths))]


@given(lengths=st.lists(st.integers(1, 9 * MIB), min_size=1, max_size=60))
def test_every_plan_keeps_the_rules_of_the_store(lengths: list[int]) -> None:
    planned = plan([Piece(str(n), length) for n, length in enumerate(lengths)])
    assert [piece.length for part in planned for piece in part] == lengths
    assert all(sum(piece.length for piece in part) >= 5 * MIB for part in planned[:-1])


def test_no_file_has_more_parts_than_the_store_allows() -> None:
    pieces = [Piece(str(n), 8 * MIB) for n in range(50_000)]
    assert len(plan(pieces)) <= 10_000
    assert [part_size(size) for size in (0, 78 * 1024 * MIB, 10_000 * 16 * MIB + 1)] == [8 * MIB, 8 * MIB, 17 * MIB]


async def test_pieces_become_one_object_by_the_store_itself(store: S3Store) -> None:
    contents = [os.urandom(size) for size in (MIB, 2 * MIB, 3 * MIB, 8 * MIB, 6 * MIB, MIB + 7)]
    pieces = [Piece((await store.put(stream(content), new_uid())).key, len(content)) for content in contents]
    whole = b"".join(contents)
    upload = new_uid()
    stored = await store.join(pieces, hashlib.sha256(whole).hexdigest(), upload)
    assert stored == StoredBlob(f"blobs/{upload}", hashlib.sha256(whole).hexdigest(), len(whole))
    assert await read(store, stored.key) == whole


async def test_what_cannot_be_joined_leaves_nothing_and_says_why(store: S3Store) -> None:
    there = await store.put(stream(os.urandom(6 * MIB)), new_uid())
    with pytest.raises(BlobMissing):
        await store.join([Piece(there.key, 6 * MIB), Piece(f"blobs/{new_uid()}", 6 * MIB)], "0" * 64, new_uid())
    assert [found.key async for found in store.list()] == [there.key]
