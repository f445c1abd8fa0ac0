"""Files of any size: no limit of a converter binds what stores them, and the end of an upload is always told."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from cascadia.cli.remote.client import Client, Refused
from cascadia.cli.remote.files import upload
from cascadia.kernel.db import Database
from cascadia.vault import receiving, uploads
from cascadia.worker.registry import registry
from tests.company import JSON, Workshop
from tests.jobs.conftest import Fleet, begin_subscriptions
from tests.until import eventually
from tests.vault.test_uploads import Uploader

MIB = 1024 * 1024


@pytest.fixture
def workers(database_url: str, tmp_path: Path) -> Iterator[Fleet]:
    """Workers of the program itself, in which one MiB is the limit of whatever has one; they share the app's data folder."""
    begin_subscriptions(database_url)
    made = Fleet(database_url, tmp_path)
    yield made
    made.end()


@pytest.fixture
def uploader(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Uploader:
    """Somebody whose files are all put together by a worker, as if several servers had received them."""
    monkeypatch.setattr(uploads, "AT_ONCE", 0)
    monkeypatch.setattr(receiving, "HASHES", receiving.Hashes(0))
    return Uploader(workshop)


@asynccontextmanager
async def served(app: FastAPI, workshop: Workshop) -> AsyncIterator[Client]:
    """The engineer's command line on the app, over a real socket."""
    token = (await workshop.engineer.post("/tokens", {"name": "script"}))["secret"]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    client = Client(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", token)
    try:
        yield client
    finally:
        client.http.close()
        server.should_exit = True
        await serving


async def ended(uploader: Uploader, location: str) -> JSON:
    """The upload when it is no longer on its way."""
    return await until(lambda: uploader.read(location), lambda shown: shown["state"] != "receiving")


async def until(read: Callable[[], Awaitable[JSON]], holds: Callable[[JSON], bool]) -> JSON:
    """What is read when it has come so far."""
    for _ in range(2000):
        if holds(found := await read()):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(await read())


def test_no_limit_of_size_or_time_binds_what_stores_files() -> None:
    vault = registry().families["vault"]
    assert (vault.output_mb, vault.cpu_seconds, vault.wall_seconds) == (None, None, None)


async def test_a_file_beyond_the_limit_of_converters_is_put_together(uploader: Uploader, workers: Fleet) -> None:
    workers.start(REGISTRY="tests.vault.lowered:registry", JOB_TYPES="vault")
    whole = os.urandom(3 * MIB + 5)
    location = await uploader.begin(len(whole))
    for start in range(0, len(whole), MIB):
        assert (await uploader.piece(location, start, whole[start : start + MIB])).status_code == 204
    shown = await ended(uploader, location)
    assert (shown["state"], shown["error"]) == ("done", None)
    assert (await uploader.http.get(f"/api/v1/files/{shown['file']}/content")).content == whole


async def test_an_upload_whose_job_died_is_told_and_made_whole_when_it_is_tried_again(
    uploader: Uploader, workers: Fleet, database: Database
) -> None:
    astray = workers.start(REGISTRY="tests.vault.lowered:registry", JOB_TYPES="vault", DATA_DIR=str(workers.folder / "elsewhere"))
    location = await uploader.begin(5)
    assert (await uploader.piece(location, 0, b"01234")).status_code == 204
    shown = await ended(uploader, location)
    assert (shown["state"], shown["file"], shown["error"]["code"]) == ("failed", None, "blob_missing")
    refused = await uploader.piece(location, 5, b"")
    assert (refused.status_code, refused.json()["detail"]) == (422, shown["error"]["message"])
    assert (await uploader.workshop.engineer.get("/files"))["items"] == []
    astray.stop()
    workers.start(REGISTRY="tests.vault.lowered:registry", JOB_TYPES="vault")
    async with database.read() as read:
        job = await read.value("SELECT uid FROM job WHERE type = 'vault.assemble'")
    await uploader.workshop.lead.post(f"/jobs/{job}/retry", None, status=202)
    await until(lambda: uploader.read(location), lambda shown: shown["state"] == "done")
    (file,) = (await uploader.workshop.engineer.get("/files"))["items"]
    assert (file["size"], (await uploader.http.get(f"/api/v1/files/{file['id']}/content")).content) == (5, b"01234")


async def test_the_command_line_says_why_an_upload_failed(app: FastAPI, uploader: Uploader, workers: Fleet, tmp_path: Path) -> None:
    workers.start(REGISTRY="tests.vault.lowered:registry", JOB_TYPES="vault", DATA_DIR=str(workers.folder / "elsewhere"))
    (tmp_path / "large.bin").write_bytes(os.urandom(2 * MIB))
    async with served(app, uploader.workshop) as client:
        with pytest.raises(Refused, match="does not have these bytes") as refused:
            await asyncio.to_thread(upload, client, tmp_path / "large.bin", uploader.workshop.project)
    assert refused.value.code == "blob_missing"


async def test_the_same_bytes_under_another_name_are_a_second_file(app: FastAPI, workshop: Workshop, tmp_path: Path) -> None:
    async with served(app, workshop) as client:
        made = []
        for name in ("one.bin", "two.bin", "one.bin"):
            (tmp_path / name).write_bytes(b"the same")
            made.append(await asyncio.to_thread(upload, client, tmp_path / name, workshop.project))
    assert [file["name"] for file in made] == ["one.bin", "two.bin", "one.bin"]
    assert made[0]["id"] == made[2]["id"] != made[1]["id"]
    assert {file["sha256"] for file in made} == {hashlib.sha256(b"the same").hexdigest()}
    assert sorted(file["name"] for file in (await workshop.engineer.get("/files"))["items"]) == ["one.bin", "two.bin"]


async def test_a_file_beyond_what_its_converter_takes_in_is_kept_and_the_job_says_so(workshop: Workshop, workers: Fleet) -> None:
    sent = await workshop.engineer.http.post(
        "/api/v1/files", params={"name": "plan.pdf", "project": workshop.project}, content=os.urandom(2 * MIB)
    )
    assert sent.status_code == 201
    workers.start(REGISTRY="tests.vault.lowered:registry", JOB_TYPES="conversion.document")
    jobs = await until(lambda: workshop.engineer.get("/jobs"), lambda page: any(job["state"] == "dead" for job in page["items"]))
    (job,) = jobs["items"]
    assert (job["error"]["code"], job["attempt"]) == ("file_too_large", 1)
    assert job["error"]["message"] == "The file has 2 MiB, more than this reader of files may take in. The file itself is kept whole."
