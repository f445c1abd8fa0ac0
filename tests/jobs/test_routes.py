import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from cascadia.jobs import service
from cascadia.jobs.ledger import Finish, Ledger
from cascadia.jobs.model import Failure, Outage, Retry
from cascadia.jobs.relay import Relay
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.ids import new_uid
from tests.company import Person, Workshop
from tests.served import served
from tests.until import eventually


async def enqueue(app: FastAPI, person: Person, program: str, kind: str = "sample.empty", **more: Any) -> str:
    database: Database = app.state.database
    async with database.write() as write:
        actor = await write.value("SELECT user_id FROM user_account WHERE uid = %(uid)s", {"uid": UUID(person.user["id"])})
        program_id = await write.value("SELECT program_id FROM program WHERE uid = %(uid)s", {"uid": UUID(program)})
        job = Enqueue(kind, {}, actor_id=actor, program_id=program_id, **more)
        return str(await service.enqueue(write, job))


async def fail_for_good(app: FastAPI) -> None:
    worker = Ledger(app.state.database, "w")
    [job] = (await worker.turn([], {"sample": 1}, ["sample.empty"], 1)).claimed
    await worker.fail(job, Failure("bad_file", "The file is damaged. Export it again.", permanent=True), Retry(5))


async def test_members_of_the_program_see_a_job_and_strangers_do_not(app: FastAPI, workshop: Workshop) -> None:
    file = new_uid()
    uid = await enqueue(app, workshop.engineer, workshop.program, subject_kind="file", subject=file, subject_name="as1.stp")
    job = await workshop.viewer.get(f"/jobs/{uid}")
    assert job["id"] == uid
    assert (job["type"], job["family"], job["state"], job["progress"]) == ("sample.empty", "sample", "queued", None)
    assert job["subject"] == {"kind": "file", "id": str(file), "name": "as1.stp"}
    assert job["actor"] == {"id": workshop.engineer.user["id"], "name": workshop.engineer.user["name"]}
    assert job["program"]["id"] == workshop.program
    assert [j["id"] for j in (await workshop.viewer.get("/jobs"))["items"]] == [uid]
    assert (await workshop.viewer.get("/jobs", mine=True))["items"] == []
    assert (await workshop.viewer.get("/jobs", state="dead"))["items"] == []
    assert (await workshop.stranger.get("/jobs"))["items"] == []
    for method, path in (("GET", f"/jobs/{uid}"), ("POST", f"/jobs/{uid}/cancel"), ("POST", f"/jobs/{uid}/retry")):
        assert (await workshop.stranger.send(method, path)).status_code == 404
    assert (await workshop.viewer.send("POST", f"/jobs/{uid}/cancel")).status_code == 403


async def test_a_job_says_what_it_waits_for_and_since_when_until_it_ends(app: FastAPI, workshop: Workshop) -> None:
    uid = await enqueue(app, workshop.engineer, workshop.program)
    worker = Ledger(app.state.database, "w")
    job = await workshop.viewer.get(f"/jobs/{uid}")
    assert (job["waiting_for"], job["deferrals"]) == (None, 0)
    for needs, name in (("storage", "the file store"), ("address hooks.example.org", "hooks.example.org")):
        [claimed] = (await worker.turn([], {"sample": 1}, ["sample.empty"], 1)).claimed
        await worker.defer(claimed, Outage(needs, "storage_unreachable", "It does not answer."), timedelta(hours=24))
        async with app.state.database.write() as write:
            since = await write.value("UPDATE job SET run_at = now() RETURNING away_since")
        job = await workshop.viewer.get(f"/jobs/{uid}")
        found = job["waiting_for"]
        assert (job["state"], job["failures"], found["what"], found["name"]) == ("queued", 0, needs, name)
        assert datetime.fromisoformat(found["since"]) == since
    [claimed] = (await worker.turn([], {"sample": 1}, ["sample.empty"], 1)).claimed
    assert (await workshop.viewer.get(f"/jobs/{uid}"))["waiting_for"]["what"] == "address hooks.example.org"
    await worker.turn([Finish(claimed, None)], {}, [], 0)
    job = await workshop.viewer.get(f"/jobs/{uid}")
    assert (job["state"], job["waiting_for"], job["deferrals"], job["error"]) == ("succeeded", None, 2, None)


async def test_jobs_are_found_by_what_they_are_about_and_by_who_asked_for_them(app: FastAPI, workshop: Workshop) -> None:
    file: dict[str, Any] = {"subject_kind": "file", "subject": new_uid()}
    above = await enqueue(app, workshop.engineer, workshop.program, subject_name="100% gear_box.stp", **file)
    below = await enqueue(app, workshop.engineer, workshop.program, subject_name="100 gears box.stp", parent=UUID(above), **file)

    async def found(**wanted: Any) -> list[str]:
        return [job["id"] for job in (await workshop.viewer.get("/jobs", count=True, **wanted))["items"]]

    assert await found(q="GEAR_") == [above]
    assert await found(q="100%") == [above]
    assert await found(q="gear") == [below, above]
    assert await found(q="sample.emp") == [below, above]
    assert await found(q="  ") == [below, above]
    assert await found(q="wheel") == []
    assert await found(parent=above) == [below]
    assert await found(parent=below) == []


async def test_cancel_and_retry_answer_with_the_job_and_a_key_makes_them_once(app: FastAPI, workshop: Workshop) -> None:
    uid = await enqueue(app, workshop.engineer, workshop.program)
    await fail_for_good(app)
    key = {"Idempotency-Key": str(uuid4())}
    assert (await workshop.engineer.get(f"/jobs/{uid}"))["error"]["message"] == "The file is damaged. Export it again."
    for _ in range(2):
        job = await workshop.engineer.post(f"/jobs/{uid}/retry", None, status=202, headers=key)
        assert (job["state"], job["error"], job["attempt"]) == ("queued", None, 1)
    again = await workshop.engineer.send("POST", f"/jobs/{uid}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "job_not_dead")
    job = await workshop.engineer.post(f"/jobs/{uid}/cancel", None, status=202)
    assert (job["state"], job["cancel_requested"]) == ("cancelled", True)


async def test_a_stream_needs_somebody_signed_in_and_a_true_event_id(client: httpx.AsyncClient, workshop: Workshop) -> None:
    assert (await client.get("/api/v1/events/stream")).status_code == 401
    for odd in ("x", "-1", "1.0", "9" * 19, "9" * 5000, "\xb2"):
        wrong = await workshop.engineer.http.get("/api/v1/events/stream", headers=[(b"Last-Event-ID", odd.encode("latin-1"))])
        assert (wrong.status_code, wrong.json()["code"]) == (400, "bad_event_id"), odd


@asynccontextmanager
async def listening(url: str, person: Person, last: str | None = None) -> AsyncIterator[list[dict[str, str]]]:
    """The events that come over the wire, while they come."""
    events: list[dict[str, str]] = []

    async def read(answer: httpx.Response) -> None:
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            else:
                events.append(fields)
                fields = {}

    cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    headers = {"Cookie": cookies, **({"Last-Event-ID": last} if last else {})}
    async with httpx.AsyncClient() as client, client.stream("GET", f"{url}/api/v1/events/stream", headers=headers) as answer:
        assert (answer.status_code, answer.headers["x-accel-buffering"]) == (200, "no")
        assert answer.headers["content-type"].startswith("text/event-stream")
        reading = asyncio.create_task(read(answer))
        try:
            await eventually(lambda: bool(events))
            yield events
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def test_a_browser_that_reconnects_misses_no_change_of_state(app: FastAPI, workshop: Workshop) -> None:
    relay = Relay(app.state.database, [])
    await relay.turn()
    async with served(app) as url:
        async with listening(url, workshop.viewer) as first, listening(url, workshop.stranger) as other:
            uid = await enqueue(app, workshop.engineer, workshop.program)
            await relay.turn()
            await eventually(lambda: any("data" in e for e in first))
            [queued] = [e for e in first if "data" in e]
            assert (queued["event"], json.loads(queued["data"])) == (
                "job",
                {"id": uid, "state": "queued", "progress": None, "note": None},
            )
            assert not any("data" in e for e in other)
        await fail_for_good(app)
        await relay.turn()
        async with listening(url, workshop.viewer, queued["id"]) as second:
            await eventually(lambda: sum("data" in e for e in second) == 2)
            assert [json.loads(e["data"])["state"] for e in second if "data" in e] == ["running", "dead"]
