"""Room for files: looked at before it is promised, bounded for a program, and given back by what was forgotten."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ByteSize

from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database
from cascadia.vault.jobs import forget
from cascadia.vault.room import amount
from tests.company import JSON, Workshop
from tests.vault.test_uploads import Uploader, keys, metadata

GIB = 1024**3


@pytest.fixture
def store(app: FastAPI) -> BlobStore:
    made: BlobStore = app.state.blobs
    return made


@pytest.fixture
def uploader(workshop: Workshop) -> Uploader:
    return Uploader(workshop)


async def announce(uploader: Uploader, size: int, name: str = "big.bin") -> httpx.Response:
    told = metadata(name=name, project=uploader.workshop.project)
    return await uploader.http.post("/api/v1/uploads", headers={"Upload-Length": str(size), "Upload-Metadata": told})


async def allow(workshop: Workshop, allowed: int | None) -> JSON:
    answer = await workshop.lead.send("PUT", f"/programs/{workshop.program}/quota", {"allowed": allowed})
    assert answer.status_code == 200, answer.text
    found: JSON = answer.json()
    return found


async def usage(workshop: Workshop) -> tuple[Any, ...]:
    found = await workshop.viewer.get(f"/programs/{workshop.program}/usage")
    return found["used"], found["promised"], found["allowed"]


async def send(workshop: Workshop, size: int, name: str = "a.bin") -> httpx.Response:
    params = {"name": name, "project": workshop.project}
    return await workshop.engineer.http.post("/api/v1/files", params=params, content=b"x" * size)


async def test_what_the_disk_has_no_room_for_is_refused_before_it_begins(
    uploader: Uploader, app: FastAPI, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def room() -> int:
        return 10 * GIB

    monkeypatch.setattr(store, "room", room)
    monkeypatch.setattr(app.state, "settings", app.state.settings.model_copy(update={"storage_reserve": ByteSize(GIB)}))
    first = await announce(uploader, 5 * GIB)
    assert first.status_code == 201
    refused = await announce(uploader, 4 * GIB + 1)
    assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
    assert "10.0 GiB free, of which 5.0 GiB are promised" in refused.json()["detail"]
    assert [upload["name"] for upload in (await uploader.workshop.engineer.get("/uploads"))["items"]] == ["big.bin"]
    assert (await announce(uploader, 4 * GIB)).status_code == 201
    large = await send(uploader.workshop, 2 * 1024 * 1024)
    assert (large.status_code, large.json()["code"]) == (507, "storage_full")
    assert (await uploader.http.delete(first.headers["Location"])).status_code == 204
    assert (await send(uploader.workshop, 2 * 1024 * 1024)).status_code == 201


async def test_of_many_promises_at_once_only_those_are_made_that_fit(
    uploader: Uploader, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def room() -> int:
        return 11 * GIB

    monkeypatch.setattr(store, "room", room)
    answers = await asyncio.gather(*(announce(uploader, 3 * GIB, f"{n}.bin") for n in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [507] * 2


async def test_a_file_beyond_the_largest_that_the_store_takes_is_refused_by_name(
    uploader: Uploader, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "largest", 4, raising=False)
    refused = await announce(uploader, 5)
    assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")
    assert (await uploader.http.options("/api/v1/uploads")).headers["Tus-Max-Size"] == "4"
    assert (await uploader.workshop.engineer.get("/uploads"))["items"] == []


async def test_a_body_that_says_no_length_is_refused_where_the_store_could_not_take_its_end(
    uploader: Uploader, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"abc"
        yield b"de"

    monkeypatch.setattr(store, "largest_unannounced", 4, raising=False)
    params = {"project": uploader.workshop.project, "name": "a.bin"}
    refused = await uploader.http.post("/api/v1/files", params=params, content=body())
    assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")
    assert (await uploader.http.post("/api/v1/files", params=params, content=b"abcde")).status_code == 201


async def test_a_program_holds_no_more_than_its_quota(uploader: Uploader, store: BlobStore) -> None:
    workshop = uploader.workshop
    assert (await send(workshop, 60)).status_code == 201
    assert await usage(workshop) == (60, 0, None)
    assert (await allow(workshop, 100))["allowed"] == 100
    refused = await send(workshop, 41, "b.bin")
    assert (refused.status_code, refused.json()["code"]) == (507, "quota_exceeded")
    assert "ROVER may hold 100 bytes of files and has 60 bytes" in refused.json()["detail"]
    assert len(await keys(store)) == 1
    assert (await announce(uploader, 41)).json()["code"] == "quota_exceeded"
    location = await uploader.begin(40)
    assert await usage(workshop) == (60, 40, 100)
    assert (await send(workshop, 1, "b.bin")).json()["code"] == "quota_exceeded"
    assert (await uploader.piece(location, 0, b"y" * 40)).headers["Cascadia-File"]
    assert await usage(workshop) == (100, 0, 100)
    assert (await allow(workshop, 10))["used"] == 100
    assert (await send(workshop, 1, "b.bin")).status_code == 507
    await allow(workshop, None)
    assert (await send(workshop, 1, "b.bin")).status_code == 201


async def test_of_many_files_at_once_only_those_are_kept_that_fit(workshop: Workshop) -> None:
    await allow(workshop, 35)
    answers = await asyncio.gather(*(send(workshop, 10, f"{n}.bin") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [507] * 5
    assert await usage(workshop) == (30, 0, 35)


async def test_a_quota_is_seen_by_who_sees_the_program_and_set_by_administrators(workshop: Workshop) -> None:
    await send(workshop, 5)
    for person in (workshop.engineer, workshop.viewer):
        refused = await person.send("PUT", f"/programs/{workshop.program}/quota", {"allowed": 1})
        assert refused.status_code == 403
        assert (await person.send("GET", "/vault/usage")).status_code == 403
    assert (await workshop.stranger.send("GET", f"/programs/{workshop.program}/usage")).status_code == 404
    assert (await workshop.lead.send("PUT", f"/programs/{workshop.program}/quota", {"allowed": -1})).status_code == 422
    assert await usage(workshop) == (5, 0, None)
    found = {row["code"]: (row["used"], row["allowed"]) for row in (await workshop.lead.get("/vault/usage"))["items"]}
    assert found == {"ROVER": (5, None), "SECRET": (0, None)}


async def test_a_forgotten_upload_is_listed_for_its_owner_and_administrators_who_may_drop_it(uploader: Uploader, store: BlobStore) -> None:
    workshop = uploader.workshop
    location = await uploader.begin(10)
    await uploader.piece(location, 0, b"01234")
    (mine,) = (await workshop.engineer.get("/uploads"))["items"]
    assert (mine["name"], mine["offset"], mine["size"], mine["state"]) == ("big.bin", 5, 10, "receiving")
    assert (mine["project"]["code"], mine["created_by"]["name"]) == ("ROVER", "Engineer")
    assert (await workshop.viewer.get("/uploads"))["items"] == (await workshop.lead.get("/uploads"))["items"] == []
    assert (await workshop.engineer.send("GET", "/uploads?everyone=true")).status_code == 403
    (listed,) = (await workshop.lead.get("/uploads", everyone=True))["items"]
    assert listed == mine
    assert (await workshop.viewer.send("DELETE", f"/uploads/{mine['id']}")).status_code in {403, 404}
    assert len(await keys(store)) == 1
    assert (await workshop.lead.send("DELETE", f"/uploads/{mine['id']}")).status_code == 204
    assert (await workshop.lead.get("/uploads", everyone=True))["items"] == []
    assert await keys(store) == set()


async def test_an_upload_whose_day_is_over_goes_with_its_bytes(uploader: Uploader, database: Database, store: BlobStore) -> None:
    old, new = await uploader.begin(10), await uploader.begin(10)
    await uploader.piece(old, 0, b"01234")
    await uploader.piece(new, 0, b"56789")
    async with database.write() as write:
        expired = {"uid": old.rsplit("/", 1)[1], "by": timedelta(days=2)}
        await write.execute("UPDATE upload SET expires_at = now() - %(by)s WHERE uid = %(uid)s", expired)
    assert await forget(database, store) == {"uploads": 1}
    assert len(await keys(store)) == 1
    assert (await uploader.http.head(old)).status_code == 404
    assert await uploader.offset(new) == 5


@pytest.mark.parametrize(
    ("size", "words"), ((0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 * GIB, "5.0 GiB"), (2**52, "4096.0 TiB"))
)
def test_amounts_are_said_in_the_unit_that_fits(size: int, words: str) -> None:
    assert amount(size) == words
