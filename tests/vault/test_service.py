"""Files, contents and derivatives on a real database and a real store."""

import asyncio
import hashlib
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cascadia.kernel.db import Database
from cascadia.kernel.disk import FileStore
from cascadia.kernel.errors import Forbidden, NotFound
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.vault import service
from cascadia.vault.jobs import collect
from cascadia.vault.model import FileRow
from tests.vault.conftest import Place, stream
from tests.vault.test_delivery import NAMES

NOW = timedelta(0)


async def count(database: Database, table: str) -> int:
    async with database.primary() as primary:
        queries = {
            "file": "SELECT count(*) FROM file",
            "blob": "SELECT count(*) FROM blob",
            "derivative": "SELECT count(*) FROM derivative",
            "outbox": "SELECT count(*) FROM outbox WHERE type = 'file.created'",
        }
        return int(await primary.value(queries[table]))


async def objects(store: FileStore) -> list[str]:
    return [listed.key async for listed in store.list()]


async def every_row_has_its_bytes(place: Place) -> None:
    async with place.database.primary() as primary:
        rows = await primary.rows("SELECT encode(sha256, 'hex') AS sha256, size, key FROM blob")
    for row in rows:
        content = await service.read_bytes(place.store, row["key"])
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (row["sha256"], row["size"])


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_comes_back_under_exactly_its_name(place: Place, name: str) -> None:
    row, _ = await place.upload(name, b"abc")
    assert (row.name, row.size, row.sha256) == (name, 3, hashlib.sha256(b"abc").hexdigest())
    assert await service.read_bytes(place.store, row.key) == b"abc"


async def test_an_upload_leaves_its_event_with_what_converters_need(place: Place) -> None:
    row, _ = await place.upload("a.step", b"abc")
    async with place.database.primary() as primary:
        events = await primary.rows("SELECT type, subject, program_id, actor_id, data FROM outbox")
    data = {
        "file": str(row.uid),
        "name": "a.step",
        "media_type": "model/step",
        "sha256": row.sha256,
        "size": 3,
        "project": str(place.project),
    }
    expected = {
        "type": "file.created",
        "subject": row.uid,
        "program_id": place.program_id,
        "actor_id": place.engineer.user_id,
        "data": data,
    }
    assert events == [expected]


async def test_the_same_content_at_once_is_stored_once(place: Place, store: FileStore) -> None:
    made = await asyncio.gather(*[place.upload(f"{n}.step", b"same") for n in range(10)])
    assert len({row.uid for row, _ in made}) == 10
    assert len({blob.blob_id for _, blob in made}) == 1
    assert await objects(store) == [made[0][1].key]
    assert [await count(place.database, table) for table in ("file", "blob", "outbox")] == [10, 1, 10]


async def test_a_viewer_may_not_upload_and_a_stranger_sees_no_project(place: Place, store: FileStore) -> None:
    async with place.database.primary() as primary:
        with pytest.raises(Forbidden):
            await service.judge_upload(primary, place.viewer, place.project, "a.step", None)
        with pytest.raises(NotFound):
            await service.judge_upload(primary, place.stranger, place.project, "a.step", None)
    assert await objects(store) == []


async def test_a_viewer_reads_a_file_and_a_stranger_learns_nothing_of_it(place: Place) -> None:
    row, _ = await place.upload("a.step", b"abc")
    async with place.database.read() as read:
        assert await service.file_by_uid(read, place.viewer, row.uid) == row
        with pytest.raises(NotFound):
            await service.file_by_uid(read, place.stranger, row.uid)
        assert await service.files_page(read, place.stranger, None, PageRequest(count=True)) == ([], None, 0)


async def test_files_of_a_library_project_are_read_by_all(place: Place) -> None:
    row, _ = await place.upload("a.step", b"abc")
    async with place.database.write() as write:
        await write.execute("UPDATE project SET library = true")
    async with place.database.read() as read:
        assert await service.file_by_uid(read, place.stranger, row.uid) == row
    async with place.database.primary() as primary:
        with pytest.raises(NotFound):
            await service.judge_upload(primary, place.stranger, place.project, "a.step", None)


async def test_pages_show_every_file_once_newest_first_while_others_arrive(place: Place) -> None:
    made = [(await place.upload(f"{n}.step", str(n).encode()))[0] for n in range(5)]
    shown: list[FileRow] = []
    cursor = None
    for _ in range(5):
        async with place.database.read() as read:
            rows, cursor, total = await service.files_page(read, place.viewer, place.project, PageRequest(2, cursor, count=not shown))
        assert total == (None if shown else 5)
        shown += rows
        if cursor is None:
            break
        await place.upload("new.step", b"new")
    assert shown == made[::-1]


async def derivatives(place: Place, source: int, converter: str, *made: tuple[str, str, bytes]) -> list[str]:
    given = [
        service.NewDerivative(kind, component, "image/png", await place.store.put(stream(content), new_uid()))
        for kind, component, content in made
    ]
    async with place.database.write() as write:
        unused = await service.save_derivatives(write, source, converter, given)
    for key in unused:
        await place.store.delete(key)
    return unused


async def test_derivatives_belong_to_a_content_and_so_to_every_file_that_has_it(place: Place, store: FileStore) -> None:
    first, blob = await place.upload("a.step", b"same")
    unused = await derivatives(place, blob.blob_id, "step/1", ("thumbnail", "", b"p"), ("thumbnail", "c1", b"p"), ("glb", "", b"g"))
    assert len(unused) == 1
    second, _ = await place.upload("b.step", b"same")
    async with place.database.read() as read:
        rows = await service.derivatives_of(read, [second.blob_id])
    assert first.blob_id == second.blob_id
    assert [(row.kind, row.component, row.sha256) for row in rows] == [
        ("glb", "", hashlib.sha256(b"g").hexdigest()),
        ("thumbnail", "", hashlib.sha256(b"p").hexdigest()),
        ("thumbnail", "c1", hashlib.sha256(b"p").hexdigest()),
    ]
    assert len(await objects(store)) == 3
    await every_row_has_its_bytes(place)


async def test_the_same_conversion_twice_keeps_the_first_result(place: Place) -> None:
    _, blob = await place.upload("a.step", b"abc")
    await derivatives(place, blob.blob_id, "step/1", ("thumbnail", "", b"one"))
    await derivatives(place, blob.blob_id, "step/1", ("thumbnail", "", b"two"))
    async with place.database.read() as read:
        rows = await service.derivatives_of(read, [blob.blob_id])
    assert [row.sha256 for row in rows] == [hashlib.sha256(b"one").hexdigest()]
    assert await count(place.database, "derivative") == 1


async def test_a_newer_converter_is_shown_and_the_older_one_can_be_asked_for(place: Place) -> None:
    _, blob = await place.upload("a.step", b"abc")
    await derivatives(place, blob.blob_id, "step/1", ("thumbnail", "", b"one"))
    await derivatives(place, blob.blob_id, "step/2", ("thumbnail", "", b"two"))
    async with place.database.read() as read:
        assert [row.converter for row in await service.derivatives_of(read, [blob.blob_id])] == ["step/2"]
        assert [row.converter for row in await service.derivatives_of(read, [blob.blob_id], converter="step/1")] == ["step/1"]


async def test_many_components_are_paged_in_order(place: Place) -> None:
    _, blob = await place.upload("a.step", b"abc")
    await derivatives(place, blob.blob_id, "step/1", *[("thumbnail", f"c{n}", b"%d" % n) for n in range(5)])
    seen: list[str] = []
    cursor = None
    async with place.database.read() as read:
        while True:
            rows, cursor, total = await service.derivatives_page(read, blob.blob_id, None, PageRequest(2, cursor, count=True))
            assert total == 5
            seen += [row.component for row in rows]
            if cursor is None:
                break
    assert seen == ["c0", "c1", "c2", "c3", "c4"]


async def test_two_conversions_with_the_same_contents_do_not_block_each_other(place: Place) -> None:
    _, one = await place.upload("1.step", b"1")
    _, two = await place.upload("2.step", b"2")
    contents = [("thumbnail", f"c{n}", b"%d" % n) for n in range(40)]
    await asyncio.gather(*[derivatives(place, b.blob_id, "step/1", *order) for b, order in ((one, contents), (two, contents[::-1]))])
    assert await count(place.database, "derivative") == 80
    await every_row_has_its_bytes(place)


async def test_a_job_gets_a_content_as_a_file_and_puts_one_back(place: Place, tmp_path: Path) -> None:
    row, _ = await place.upload("a.step", b"a" * 3_000_000)
    async with place.database.primary() as primary:
        blob = await service.blob_of_file(primary, row.uid)
    await service.fetch(place.store, blob.key, tmp_path / "input")
    assert (tmp_path / "input").read_bytes() == b"a" * 3_000_000
    stored = await service.keep(place.store, tmp_path / "input")
    assert (stored.sha256, stored.size) == (row.sha256, row.size)
    assert stored.key != row.key


@pytest.mark.parametrize("stage", ("sending", "stored", "recorded"))
async def test_a_killed_upload_leaves_no_row_and_its_bytes_are_collected(place: Place, tmp_path: Path, stage: str) -> None:
    root = tmp_path / "files"
    ids = (place.project_id, place.program_id, place.engineer.user_id)
    command = (sys.executable, str(Path(__file__).with_name("victim.py")), place.database.url, str(root), stage, *map(str, ids))
    victim = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert victim.stdout
        assert await victim.stdout.readline() == b"here\n"
        assert [path for path in root.rglob("*") if path.is_file()]
    finally:
        victim.kill()
        await victim.communicate()
    await asyncio.wait_for(_no_other_connection(place.database), 10)
    assert [await count(place.database, table) for table in ("file", "blob", "outbox")] == [0, 0, 0]
    found = await collect(place.database, place.store, NOW)
    assert (found["orphans"], found["abandoned"]) == ((0, 1) if stage == "sending" else (1, 0))
    assert [path for path in root.rglob("*") if path.is_file()] == []


async def _no_other_connection(database: Database) -> None:
    """Waits until the server has seen that the killed client is gone and has rolled it back."""
    busy = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'file' AND l.mode = 'RowExclusiveLock'"
    while True:
        async with database.primary() as primary:
            if await primary.value(busy) == 0:
                return


async def test_collecting_takes_what_nothing_names_and_nothing_else(place: Place, store: FileStore) -> None:
    row, blob = await place.upload("a.step", b"kept")
    await derivatives(place, blob.blob_id, "step/1", ("thumbnail", "", b"kept too"))
    await derivatives(place, blob.blob_id, "step/1", ("thumbnail", "", b"not shown by any derivative"))
    orphan = await store.put(stream(b"no row"), new_uid())
    assert await collect(place.database, store, timedelta(days=1)) == {"doomed": 0, "deleted": 0, "orphans": 0, "abandoned": 0}
    assert len(await objects(store)) == 4
    first = await collect(place.database, store, NOW)
    second = await collect(place.database, store, NOW)
    assert (first["doomed"], first["deleted"] + second["deleted"], first["orphans"]) == (1, 1, 1)
    assert not await store.exists(orphan.key)
    assert await store.exists(row.key)
    assert len(await objects(store)) == 2
    await every_row_has_its_bytes(place)


async def test_a_doomed_content_that_is_uploaded_again_is_kept(place: Place, store: FileStore) -> None:
    stored = await store.put(stream(b"again"), new_uid())
    async with place.database.write() as write:
        await write.execute(
            "INSERT INTO blob (sha256, size, key, doomed_at) VALUES (decode(%(sha256)s, 'hex'), 5, %(key)s, now() - interval '2 days')",
            {"sha256": stored.sha256, "key": stored.key},
        )
    row, _ = await place.upload("a.step", b"again")
    assert row.key == stored.key
    assert (await collect(place.database, store, NOW))["deleted"] == 0
    await every_row_has_its_bytes(place)


async def test_uploads_beside_a_collector_never_lose_their_bytes(place: Place, store: FileStore) -> None:
    """The content is doomed again and again while others upload it: whoever got a row has the bytes behind it."""
    doom = "UPDATE blob SET doomed_at = now() - interval '2 days' WHERE NOT EXISTS (SELECT 1 FROM file f WHERE f.blob_id = blob.blob_id)"

    async def upload() -> None:
        await place.upload("a.step", b"contended")

    async def dooming() -> None:
        stored = await store.put(stream(b"contended"), new_uid())
        async with place.database.write() as write:
            await write.execute("SELECT take_blob(decode(%(sha256)s, 'hex'), 9, %(key)s)", {"sha256": stored.sha256, "key": stored.key})
        async with place.database.write() as write:
            await write.execute(doom)
        await collect(place.database, store, timedelta(days=1))

    await asyncio.gather(*[action() for _ in range(5) for action in (dooming, upload)])
    assert await count(place.database, "file") == 5
    await every_row_has_its_bytes(place)
