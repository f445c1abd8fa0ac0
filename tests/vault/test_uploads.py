"""Uploads in pieces: resumed, on any server, put together once, and never half there."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI

from cascadia.cli.remote.client import Client
from cascadia.cli.remote.files import upload
from cascadia.kernel import growing
from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.kernel.ids import new_uid
from cascadia.vault import receiving, upload_routes, uploads
from cascadia.vault.jobs import collect
from cascadia.vault.upload_routes import offset_headers
from tests.company import JSON, Workshop
from tests.conftest import with_database
from tests.until import eventually
from tests.vault.conftest import stream

KIB = 1024


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


class Uploader:
    """Sends a file in pieces, as tus says."""

    def __init__(self, workshop: Workshop) -> None:
        self.http, self.workshop = workshop.engineer.http, workshop

    async def begin(self, size: int, **pairs: str) -> str:
        told = metadata(**{"name": "big.bin", "project": self.workshop.project, **pairs})
        answer = await self.http.post("/api/v1/uploads", headers={"Upload-Length": str(size), "Upload-Metadata": told})
        assert answer.status_code == 201, answer.text
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        location: str = answer.headers["Location"]
        return location

    async def piece(self, location: str, offset: int, data: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
        sent = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0", **headers}
        return await self.http.patch(location, content=data, headers=sent)

    async def offset(self, location: str) -> int:
        answer = await self.http.head(location)
        assert answer.headers["Cache-Control"] == "no-store"
        return int(answer.headers["Upload-Offset"])

    async def read(self, location: str) -> JSON:
        body: JSON = (await self.http.get(location)).json()
        return body


@pytest_asyncio.fixture
async def uploader(workshop: Workshop) -> Uploader:
    return Uploader(workshop)


@pytest.fixture
def store(app: FastAPI) -> BlobStore:
    made: BlobStore = app.state.blobs
    return made


@pytest.fixture
def superuser(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who may break the database of this test."""
    url = with_database(database_url, urlsplit(database_url).path.lstrip("/"), SUPERUSER)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


async def keys(store: BlobStore) -> set[str]:
    return {found.key async for found in store.list()}


async def test_pieces_become_one_file_and_leave_nothing_else(uploader: Uploader, store: BlobStore) -> None:
    whole = bytes(range(256)) * 10 * KIB
    location = await uploader.begin(len(whole), sha256=hashlib.sha256(whole).hexdigest())
    answer = httpx.Response(0)
    for start in range(0, len(whole), 900 * KIB):
        assert await uploader.offset(location) == start
        answer = await uploader.piece(location, start, whole[start : start + 900 * KIB])
        assert answer.status_code == 204, answer.text
    file = answer.headers["Cascadia-File"]
    assert (await uploader.http.get(f"/api/v1/files/{file}/content")).content == whole
    shown = await uploader.read(location)
    assert (shown["state"], shown["file"], shown["offset"]) == ("done", file, len(whole))
    assert len(await keys(store)) == 1


def test_the_end_of_an_upload_is_told_in_gmt_wherever_the_database_is() -> None:
    end = datetime(2026, 1, 2, 3, 4, 5, tzinfo=ZoneInfo("Asia/Kolkata"))
    row = uploads.UploadRow(
        *(1, UUID(int=1), 1, UUID(int=3), "A", end, 1, UUID(int=2), "P", "P", 1, "a", "b/c", 5, None, 3, "receiving", None, None, end)
    )
    told = offset_headers(row)
    assert (told["Upload-Offset"], told["Upload-Expires"]) == ("3", "Thu, 01 Jan 2026 21:34:05 GMT")


async def test_an_upload_goes_on_where_it_broke_off(uploader: Uploader, store: BlobStore) -> None:
    location = await uploader.begin(10)
    await uploader.piece(location, 0, b"01234")
    wrong = await uploader.piece(location, 3, b"34567")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "upload_offset")
    assert await uploader.offset(location) == 5
    done = await uploader.piece(location, 5, b"56789")
    assert (await uploader.http.get(f"/api/v1/files/{done.headers['Cascadia-File']}/content")).content == b"0123456789"
    again = await uploader.piece(location, 10, b"")
    assert (again.status_code, again.headers["Cascadia-File"]) == (204, done.headers["Cascadia-File"])
    assert len(await keys(store)) == 1


async def test_of_two_pieces_for_one_offset_one_is_taken(uploader: Uploader, store: BlobStore) -> None:
    location = await uploader.begin(20)
    answers = await asyncio.gather(*(uploader.piece(location, 0, bytes([65 + n]) * 10) for n in range(5)))
    assert sorted(a.status_code for a in answers) == [204, 409, 409, 409, 409]
    assert await uploader.offset(location) == 10
    assert len(await keys(store)) == 1


async def test_what_is_not_as_announced_is_refused_and_leaves_nothing(uploader: Uploader, store: BlobStore) -> None:
    location = await uploader.begin(5)
    good = base64.b64encode(hashlib.sha256(b"0123").digest()).decode()
    bad = await uploader.piece(location, 0, b"012X", **{"Upload-Checksum": f"sha256 {good}"})
    assert (bad.status_code, bad.json()["code"]) == (422, "upload_checksum")
    assert (await uploader.piece(location, 0, b"0123", **{"Upload-Checksum": f"sha256 {good}"})).status_code == 204
    long = await uploader.piece(location, 4, b"45")
    assert (long.status_code, long.json()["code"]) == (422, "upload_too_long")
    assert len(await keys(store)) == 1


async def test_more_than_the_store_takes_of_one_file_is_refused_before_a_piece_is_sent(uploader: Uploader, store: BlobStore) -> None:
    told = metadata(name="big.bin", project=uploader.workshop.project)
    sent = {"Upload-Length": str(store.largest + 1), "Upload-Metadata": told}
    refused = await uploader.http.post("/api/v1/uploads", headers=sent)
    assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")
    assert (await uploader.http.get("/api/v1/uploads")).json()["items"] == []


async def test_a_whole_that_does_not_hash_to_its_declaration_fails(uploader: Uploader, store: BlobStore) -> None:
    location = await uploader.begin(5, sha256="0" * 64)
    answer = await uploader.piece(location, 0, b"01234")
    assert "Cascadia-File" not in answer.headers
    shown = await uploader.read(location)
    assert (shown["state"], shown["error"]["code"]) == ("failed", "upload_checksum")
    assert (await uploader.piece(location, 5, b"")).json()["code"] == "upload_failed"
    assert await keys(store) == set()


async def test_a_server_that_dies_before_putting_together_is_made_up_for(
    uploader: Uploader, database: Database, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the job, by whoever asks, or both at once: there is one file."""
    location = await uploader.begin(5)
    uid = UUID(location.rsplit("/", 1)[1])
    with monkeypatch.context() as died:  # after the last piece
        died.setattr(uploads, "AT_ONCE", 0)
        died.setattr(receiving, "HASHES", receiving.Hashes(0))
        answer = await uploader.piece(location, 0, b"01234")
    assert answer.headers["Cascadia-Job"] == "vault.assemble"
    async with database.read() as read:
        assert await read.value("SELECT count(*) FROM job WHERE type = 'vault.assemble'") == 1
    ends = await asyncio.gather(*(uploads.assemble(database, store, uid) for _ in range(4)), uploader.read(location))
    assert {str(end.file_uid) for end in ends[:4] if isinstance(end, uploads.UploadRow)} == {ends[4]["file"]}  # type: ignore[index]
    assert len((await uploader.workshop.engineer.get("/files"))["items"]) == 1
    assert len(await keys(store)) == 1


async def test_where_objects_grow_the_pieces_of_an_upload_are_one_file_from_the_first_byte_on(
    uploader: Uploader, app: FastAPI, store: BlobStore
) -> None:
    location = await uploader.begin(15)
    (await uploader.piece(location, 0, b"01234")).raise_for_status()
    (grows,) = [found async for found in store.list()]
    files = app.state.settings.data_dir / "files"
    written = (files / grows.key).stat().st_ino
    (await uploader.piece(location, 5, b"56789")).raise_for_status()
    assert [found.size async for found in store.list()] == [10]
    done = await uploader.piece(location, 10, b"abcde")
    (stored,) = [found async for found in store.list()]
    assert (files / stored.key).stat().st_ino == written
    assert stored.key.split("/")[-1].startswith(hashlib.sha256(b"0123456789abcde").hexdigest())
    assert (await uploader.http.get(f"/api/v1/files/{done.headers['Cascadia-File']}/content")).content == b"0123456789abcde"


async def test_a_large_file_is_there_with_its_last_piece_where_one_server_received_all_of_it(
    uploader: Uploader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "AT_ONCE", 0)
    location = await uploader.begin(10)
    (await uploader.piece(location, 0, b"01234")).raise_for_status()
    done = await uploader.piece(location, 5, b"56789")
    assert (await uploader.http.get(f"/api/v1/files/{done.headers['Cascadia-File']}")).json()["sha256"] == hashlib.sha256(
        b"0123456789"
    ).hexdigest()


async def test_what_a_broken_piece_left_is_written_over(uploader: Uploader, store: BlobStore, app: FastAPI) -> None:
    """A server that dies while it writes leaves bytes that no row speaks of."""
    location = await uploader.begin(10)
    (await uploader.piece(location, 0, b"01234")).raise_for_status()
    (grows,) = await keys(store)
    with (app.state.settings.data_dir / "files" / grows).open("ab") as file:
        file.write(b"garbage that is longer than the upload")
    done = await uploader.piece(location, 5, b"56789")
    assert (await uploader.http.get(f"/api/v1/files/{done.headers['Cascadia-File']}/content")).content == b"0123456789"


@pytest.mark.parametrize("before", (b"", b"01234"))
async def test_a_piece_whose_row_cannot_be_written_leaves_the_object_as_it_was(
    uploader: Uploader, store: BlobStore, superuser: psycopg.Connection[Any], before: bytes
) -> None:
    """A program of version 4 that goes on with the upload reads objects whole."""
    location = await uploader.begin(15)
    if before:
        (await uploader.piece(location, 0, before)).raise_for_status()
    superuser.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'locked' USING ERRCODE = '55P03'; END $$"
    )
    superuser.execute("CREATE TRIGGER refuse BEFORE INSERT ON upload_piece FOR EACH ROW EXECUTE FUNCTION refuse()")
    assert (await uploader.piece(location, len(before), b"ABCDE")).status_code == 503
    superuser.execute("DROP TRIGGER refuse ON upload_piece")
    assert [found.size async for found in store.list()] == ([5] if before else [])
    assert await uploader.offset(location) == len(before)
    done = await uploader.piece(location, len(before), b"0123456789abcde"[len(before) :])
    assert (await uploader.http.get(f"/api/v1/files/{done.headers['Cascadia-File']}/content")).content == b"0123456789abcde"


async def test_a_piece_that_came_after_an_older_program_s_leaves_the_object_as_it_was(
    uploader: Uploader, database: Database, store: BlobStore
) -> None:
    location = await uploader.begin(15)
    (await uploader.piece(location, 0, b"01234")).raise_for_status()
    (grows,) = await keys(store)
    other = await store.put(stream(b"56789"), new_uid())

    async def slow() -> AsyncIterator[bytes]:
        yield b"ABC"
        async with database.write() as write:
            await write.value("SELECT upload_add_piece(%(uid)s, 5, 5, %(key)s)", {"uid": location.rsplit("/", 1)[1], "key": other.key})
        yield b"DE"

    late = await uploader.piece(location, 5, slow())
    assert (late.status_code, late.json()["code"]) == (409, "upload_offset")
    assert {found.key: found.size async for found in store.list()} == {grows: 5, other.key: 5}


async def test_no_program_makes_a_file_of_another_length_than_announced(uploader: Uploader, database: Database) -> None:
    """As one of version 4 would that read more than the rows say."""
    file = (await uploader.piece(await uploader.begin(5), 0, b"01234")).headers["Cascadia-File"]
    location = await uploader.begin(4)
    done = "UPDATE upload SET state = 'done', file_uid = %(file)s WHERE uid = %(uid)s"
    with pytest.raises(psycopg.errors.CheckViolation, match="has not the bytes that were announced"):
        async with database.write() as write:
            await write.execute(done, {"file": file, "uid": location.rsplit("/", 1)[1]})
    assert (await uploader.read(location))["state"] == "receiving"


async def test_bytes_that_the_store_lost_are_told_and_nothing_is_put_in_their_place(uploader: Uploader, store: BlobStore) -> None:
    location = await uploader.begin(10)
    (await uploader.piece(location, 0, b"01234")).raise_for_status()
    (grows,) = await keys(store)
    await store.delete(grows)
    told = await uploader.piece(location, 5, b"56789")
    assert (told.status_code, told.json()["code"]) == (500, "blob_missing")
    assert await uploader.offset(location) == 5
    assert await keys(store) == set()


async def test_pieces_that_an_older_program_took_are_part_of_the_file(uploader: Uploader, database: Database, store: BlobStore) -> None:
    """Programs of version 4 store each piece as an object of its own, between ours too."""
    location = await uploader.begin(15)
    (await uploader.piece(location, 0, b"01234")).raise_for_status()
    piece = await store.put(stream(b"56789"), new_uid())
    async with database.write() as write:
        await write.value("SELECT upload_add_piece(%(uid)s, 5, 5, %(key)s)", {"uid": location.rsplit("/", 1)[1], "key": piece.key})
    done = await uploader.piece(location, 10, b"abcde")
    assert (await uploader.http.get(f"/api/v1/files/{done.headers['Cascadia-File']}/content")).content == b"0123456789abcde"
    assert len(await keys(store)) == 1


async def test_a_piece_that_stops_coming_gives_its_place_up(uploader: Uploader, store: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_routes, "IDLE_SECONDS", 0.1)
    location = await uploader.begin(10)

    async def endless() -> AsyncIterator[bytes]:
        yield b"012"
        await asyncio.Event().wait()

    broken = await uploader.piece(location, 0, endless())
    assert (broken.status_code, broken.json()["code"]) == (400, "upload_broken_off")
    assert await keys(store) == set()
    assert (await uploader.piece(location, 0, b"0123456789")).headers["Cascadia-File"]


async def test_while_a_piece_arrives_another_one_is_told_to_wait(uploader: Uploader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "BUSY_SECONDS", 0.2)
    location = await uploader.begin(10)
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"01234"
        began.set()
        await goes_on.wait()

    first = asyncio.create_task(uploader.piece(location, 0, slow()))
    await began.wait()
    second = await uploader.piece(location, 0, b"ABCDE")
    goes_on.set()
    assert (second.status_code, second.json()["code"], second.headers["Retry-After"]) == (409, "upload_busy", "2")
    assert (await first).status_code == 204
    done = await uploader.piece(location, 5, b"56789")
    assert (await uploader.http.get(f"/api/v1/files/{done.headers['Cascadia-File']}/content")).content == b"0123456789"


async def test_another_person_has_no_part_in_it(uploader: Uploader) -> None:
    location = await uploader.begin(5)
    assert (await uploader.workshop.lead.http.head(location)).status_code == 404
    sent = await uploader.workshop.lead.http.patch(location, content=b"01234", headers={"Upload-Offset": "0"})
    assert sent.status_code == 404
    assert await uploader.offset(location) == 0


async def test_an_upload_is_given_up_or_forgotten_with_its_pieces(uploader: Uploader, database: Database, store: BlobStore) -> None:
    first, second = await uploader.begin(10), await uploader.begin(10)
    for location in (first, second):
        await uploader.piece(location, 0, b"01234")
    assert (await uploader.http.delete(first)).status_code == 204
    assert (await uploader.http.head(first)).status_code == 404
    assert len(await keys(store)) == 1
    async with database.write() as write:
        await write.execute("UPDATE upload SET expires_at = now() - interval '1 second'")
    assert (await uploader.http.head(second)).status_code == 404
    await collect(database, store, timedelta(0))
    assert await keys(store) == set()


async def test_the_collector_leaves_pieces_that_are_waited_for(uploader: Uploader, database: Database, store: BlobStore) -> None:
    location = await uploader.begin(10)
    await uploader.piece(location, 0, b"01234")
    await collect(database, store, timedelta(0))
    assert (await uploader.piece(location, 5, b"56789")).headers["Cascadia-File"]


async def test_the_command_line_sends_a_large_file_in_pieces(app: FastAPI, uploader: Uploader, tmp_path: Path) -> None:
    content = bytes(range(251)) * 20_000
    (tmp_path / "large.bin").write_bytes(content)
    token = (await uploader.workshop.engineer.post("/tokens", {"name": "script"}))["secret"]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    client = Client(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", token)
    try:
        file = await asyncio.to_thread(upload, client, tmp_path / "large.bin", uploader.workshop.project)
    finally:
        client.http.close()
        server.should_exit = True
        await serving
    assert file["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("headers", "status"),
    (
        ({"Upload-Metadata": "name !!!"}, 422),
        ({"Upload-Metadata": metadata(name="x", project="nonsense")}, 422),
        ({"Upload-Metadata": metadata(name="x", project="01a214c0-0000-7000-8000-000000000000")}, 404),
        ({"Upload-Length": "-1"}, 422),
        ({"Upload-Length": str(2**60)}, 413),
        ({"Upload-Length": str(2**63)}, 422),
    ),
)
async def test_what_cannot_be_begun_is_refused(uploader: Uploader, headers: dict[str, str], status: int) -> None:
    good = {"Upload-Length": "5", "Upload-Metadata": metadata(name="x", project=uploader.workshop.project)}
    answer = await uploader.http.post("/api/v1/uploads", headers={**good, **headers})
    assert answer.status_code == status, answer.text


async def test_a_client_may_ask_what_of_tus_is_spoken(workshop: Workshop) -> None:
    told = await workshop.engineer.http.options("/api/v1/uploads")
    assert (told.status_code, told.headers["Tus-Version"], told.headers["Tus-Checksum-Algorithm"]) == (204, "1.0.0", "sha256")
    assert set(told.headers["Tus-Extension"].split(",")) == {"creation", "checksum", "expiration", "termination"}
    assert int(told.headers["Tus-Max-Size"]) == 5 * 2**40


@pytest.mark.parametrize("kind", ("application/octet-stream", "text/plain", ""))
async def test_a_piece_of_another_kind_is_refused(uploader: Uploader, kind: str) -> None:
    location = await uploader.begin(3)
    answer = await uploader.piece(location, 0, b"abc", **{"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert await uploader.offset(location) == 0
    assert (await uploader.piece(location, 0, b"abc", **{"Content-Type": "Application/Offset+Octet-Stream"})).status_code == 204


async def test_who_speaks_another_tus_is_told_which_one_is_spoken_and_changes_nothing(uploader: Uploader) -> None:
    location, other = await uploader.begin(3), {"Tus-Resumable": "0.2.2"}
    told = {"Upload-Length": "3", "Upload-Metadata": metadata(name="b.bin", project=uploader.workshop.project)}
    for answer in (
        await uploader.http.post("/api/v1/uploads", headers={**other, **told}),
        await uploader.http.head(location, headers=other),
        await uploader.piece(location, 0, b"abc", **other),
        await uploader.http.delete(location, headers=other),
    ):
        assert (answer.status_code, answer.headers["Tus-Version"], answer.headers["Tus-Resumable"]) == (412, "1.0.0", "1.0.0")
        assert answer.request.method == "HEAD" or answer.json()["code"] == "tus_version"
    assert await uploader.offset(location) == 0
    assert len((await uploader.workshop.engineer.get("/uploads"))["items"]) == 1
