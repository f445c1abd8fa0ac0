"""What changes while bytes are on their way: rights that are taken away, room that others take, the answer of an earlier request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database
from cascadia.vault import receiving, uploads
from tests.company import Workshop
from tests.vault.test_room import GIB, allow
from tests.vault.test_uploads import Uploader, keys

MIB = 1024 * 1024
Loss = Callable[[Workshop], Awaitable[httpx.Response]]


async def no_role(workshop: Workshop) -> httpx.Response:
    return await workshop.lead.send("DELETE", f"/programs/{workshop.program}/roles/{workshop.engineer.user['id']}")


async def only_a_viewer(workshop: Workshop) -> httpx.Response:
    return await workshop.lead.send("PUT", f"/programs/{workshop.program}/roles/{workshop.engineer.user['id']}", {"role": "viewer"})


async def switched_off(workshop: Workshop) -> httpx.Response:
    return await workshop.lead.send("PATCH", f"/users/{workshop.engineer.user['id']}", {"active": False})


async def signed_out(workshop: Workshop) -> httpx.Response:
    return await workshop.lead.send("POST", f"/users/{workshop.engineer.user['id']}/sign-out")


@pytest.fixture
def store(app: FastAPI) -> BlobStore:
    made: BlobStore = app.state.blobs
    return made


@pytest.fixture
def uploader(workshop: Workshop) -> Uploader:
    return Uploader(workshop)


async def while_it_comes(before: bytes, happens: Callable[[], Awaitable[Any]], after: bytes) -> AsyncIterator[bytes]:
    yield before
    await happens()
    yield after


async def send(workshop: Workshop, body: bytes | AsyncIterator[bytes], key: str | None = None) -> httpx.Response:
    params, headers = {"name": "a.bin", "project": workshop.project}, {"Idempotency-Key": key} if key else {}
    return await workshop.engineer.http.post("/api/v1/files", params=params, content=body, headers=headers)


async def files(workshop: Workshop) -> list[str]:
    return [file["name"] for file in (await workshop.lead.get("/files"))["items"]]


@pytest.mark.parametrize(("lose", "status"), ((no_role, 404), (only_a_viewer, 403), (switched_off, 401), (signed_out, 401)))
async def test_a_file_is_not_recorded_for_whom_may_not_send_it_any_more(
    workshop: Workshop, store: BlobStore, lose: Loss, status: int
) -> None:
    async def loses() -> None:
        assert (await lose(workshop)).is_success

    answer = await send(workshop, while_it_comes(b"01234", loses, b"56789"))
    assert (answer.status_code, await files(workshop), await keys(store)) == (status, [], set())


async def test_a_repetition_shows_nothing_of_the_file_to_whom_lost_the_role_while_it_came(workshop: Workshop) -> None:
    async def loses() -> None:
        assert (await no_role(workshop)).is_success

    first = await send(workshop, b"0123456789", "k")
    again = await send(workshop, while_it_comes(b"01234", loses, b"56789"), "k")
    assert (first.status_code, again.status_code) == (201, 404)
    assert first.json()["id"] not in again.text


@pytest.mark.parametrize(("lose", "status", "size"), ((no_role, 404, 20), (only_a_viewer, 403, 10), (switched_off, 401, 10)))
async def test_a_piece_is_not_recorded_for_whom_may_not_send_it_any_more(
    uploader: Uploader, database: Database, store: BlobStore, lose: Loss, status: int, size: int
) -> None:
    location = await uploader.begin(size)
    (await uploader.piece(location, 0, b"012")).raise_for_status()

    async def loses() -> None:
        assert (await lose(uploader.workshop)).is_success

    answer = await uploader.piece(location, 3, while_it_comes(b"34", loses, b"56789"))
    async with database.read() as read:
        assert (answer.status_code, await read.value("SELECT received FROM upload")) == (status, 3)
    assert await files(uploader.workshop) == []
    assert [found.size async for found in store.list()] == [3]


@pytest.mark.parametrize("lose", (no_role, only_a_viewer, switched_off))
async def test_an_upload_is_not_put_together_for_whom_may_add_no_file_any_more(
    uploader: Uploader, database: Database, store: BlobStore, monkeypatch: pytest.MonkeyPatch, lose: Loss
) -> None:
    location = await uploader.begin(5)
    with monkeypatch.context() as slow:  # so that the job does it
        slow.setattr(uploads, "AT_ONCE", 0)
        slow.setattr(receiving, "HASHES", receiving.Hashes(0))
        assert (await uploader.piece(location, 0, b"01234")).headers["Cascadia-Job"] == uploads.ASSEMBLE
    assert (await lose(uploader.workshop)).is_success
    done = await uploads.assemble(database, store, UUID(location.rsplit("/", 1)[1]))
    assert done
    assert (done.state, done.error) == (
        "failed",
        {"code": "forbidden", "message": "Whoever sent this may add no files to the project any more."},
    )
    assert (await files(uploader.workshop), await keys(store)) == ([], set())


async def endless(sent: list[int]) -> AsyncIterator[bytes]:
    for _ in range(400):
        sent.append(MIB)
        yield bytes(MIB)


async def test_a_body_of_unknown_length_ends_where_the_disk_has_no_room(
    workshop: Workshop, app: FastAPI, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def room() -> int:
        return int(app.state.settings.storage_reserve) + 40 * MIB - sum(sent)

    monkeypatch.setattr(store, "room", room)
    sent: list[int] = []
    answer = await send(workshop, endless(sent))
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert len(sent) < 60
    assert (await files(workshop), await keys(store)) == ([], set())


async def test_a_body_of_unknown_length_ends_at_the_quota(workshop: Workshop, store: BlobStore) -> None:
    await allow(workshop, 40 * MIB)
    sent: list[int] = []
    answer = await send(workshop, endless(sent))
    assert (answer.status_code, answer.json()["code"]) == (507, "quota_exceeded")
    assert len(sent) < 60
    assert (await files(workshop), await keys(store)) == ([], set())


async def test_room_that_others_take_meanwhile_is_missed_before_the_end(
    workshop: Workshop, app: FastAPI, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = GIB

    async def room() -> int:
        return int(app.state.settings.storage_reserve) + free

    async def taken() -> None:
        nonlocal free
        free = -1

    monkeypatch.setattr(store, "room", room)
    answer = await send(workshop, while_it_comes(bytes(MIB), taken, bytes(20 * MIB)))
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")


async def test_a_repetition_is_answered_although_there_is_no_room_any_more(
    workshop: Workshop, app: FastAPI, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = bytes(3 * MIB)
    first = await send(workshop, body, "k")
    await allow(workshop, len(body))

    async def room() -> int:
        return 0

    monkeypatch.setattr(store, "room", room)
    before = await keys(store)
    again = await send(workshop, body, "k")
    assert (again.status_code, again.content) == (201, first.content)
    assert (await send(workshop, body, "other")).status_code == 507
    changed = await send(workshop, body + b"!", "k")
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_key_reused")
    assert await keys(store) == before


async def test_of_twins_at_once_one_makes_the_file(workshop: Workshop, store: BlobStore) -> None:
    answers = await asyncio.gather(*(send(workshop, bytes(2 * MIB), "k") for _ in range(5)))
    assert {(a.status_code, a.json()["id"]) for a in answers} == {(201, answers[0].json()["id"])}
    assert (await files(workshop), len(await keys(store))) == (["a.bin"], 1)
