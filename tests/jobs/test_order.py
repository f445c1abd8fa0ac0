"""What comes before what: dependencies, parents and children, deadlines, delays, tables of retries."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from cascadia.jobs import service
from cascadia.jobs.ledger import Finish
from cascadia.jobs.ledger import Ledger as WorkerLedger
from cascadia.jobs.model import Claimed, Failure, JobState, Retry
from cascadia.kernel.events import Origin, current_origin
from tests.jobs.conftest import Fleet, Ledger, make_actor

ROOM = {"sample": 99}
TYPES = ["sample.empty", "sample.effect"]


async def take(worker: WorkerLedger, free: int = 9) -> list[Claimed]:
    return (await worker.turn([], ROOM, TYPES, free)).claimed


async def end(worker: WorkerLedger, job: Claimed) -> None:
    assert (await worker.turn([Finish(job, None)], {}, [], 0)).ended == {job.id}


async def test_a_job_waits_until_all_that_it_needs_has_succeeded(ledger: Ledger) -> None:
    worker = WorkerLedger(ledger.database, "w")
    first, second = [await ledger.enqueue("sample.empty") for _ in range(2)]
    last = await ledger.enqueue("sample.empty", after=(first, second))
    one, other = await take(worker)
    assert {one.uid, other.uid} == {first, second}
    await end(worker, one)
    assert await take(worker) == []
    await end(worker, other)
    [freed] = await take(worker)
    assert freed.uid == last
    assert 0 <= freed.waited_seconds < 5
    at_once = await ledger.enqueue("sample.empty", after=(first,))
    assert [job.uid for job in await take(worker)] == [at_once]


async def test_what_needs_a_failed_job_is_dead_and_says_why(ledger: Ledger) -> None:
    worker = WorkerLedger(ledger.database, "w")
    first = await ledger.enqueue("sample.empty")
    second = await ledger.enqueue("sample.empty", after=(first,))
    third = await ledger.enqueue("sample.empty", after=(second,))
    [job] = await take(worker)
    await worker.fail(job, Failure("bad", "Bad.", permanent=True), Retry(3))
    for uid in (second, third):
        row = await ledger.job(uid)
        assert (row["state"], row["error"]["code"]) == ("dead", "dependency_failed")
    with pytest.raises(psycopg.Error, match="has failed"):
        await ledger.enqueue("sample.empty", after=(first,))


async def test_a_released_job_is_run_by_a_worker_at_once(fleet: Fleet, ledger: Ledger) -> None:
    fleet.start(pace={"poll": 60.0, "sweep": 60.0, "heartbeat": 0.3})
    first = await ledger.enqueue("sample.effect", {"seconds": 0.5})
    second = await ledger.enqueue("sample.effect", after=(first,))
    row = await ledger.state(second, "succeeded", seconds=10)
    assert row["started_at"] >= (await ledger.job(first))["finished_at"]


async def test_the_last_child_to_end_leaves_an_event(ledger: Ledger) -> None:
    worker = WorkerLedger(ledger.database, "w")
    parent = await ledger.enqueue("sample.empty")
    [running] = await take(worker)
    for _ in range(3):
        await ledger.enqueue("sample.empty", parent=parent)
    await end(worker, running)
    row = await ledger.job(parent)
    assert (row["state"], row["children"], row["children_open"]) == ("succeeded", 3, 3)
    children = await take(worker)
    events = "SELECT count(*) FROM outbox WHERE type = 'job.children_ended' AND subject = %(uid)s"
    for child in children[:2]:
        await end(worker, child)
    assert await ledger.value(events, uid=parent) == 0
    await worker.fail(children[2], Failure("bad", "Bad.", permanent=True), Retry(3))
    assert await ledger.value(events, uid=parent) == 1
    assert (await ledger.job(parent))["children_open"] == 0


async def test_cancelling_a_parent_cancels_its_children_and_theirs(ledger: Ledger) -> None:
    ada = await make_actor(ledger.database, "ada")
    parent = await ledger.enqueue("sample.empty", actor_id=ada.user_id)
    child = await ledger.enqueue("sample.empty", actor_id=ada.user_id, parent=parent)
    grandchild = await ledger.enqueue("sample.empty", actor_id=ada.user_id, parent=child)
    async with ledger.database.write() as write:
        await service.cancel(write, ada, parent)
    assert {(await ledger.job(uid))["state"] for uid in (parent, child, grandchild)} == {"cancelled"}


async def test_a_child_that_somebody_else_asked_for_too_goes_on(ledger: Ledger) -> None:
    ada, ben = await make_actor(ledger.database, "ada"), await make_actor(ledger.database, "ben")
    parent = await ledger.enqueue("sample.empty", actor_id=ada.user_id)
    child = await ledger.enqueue("sample.empty", key="shared", actor_id=ada.user_id, parent=parent)
    assert await ledger.enqueue("sample.empty", key="shared", actor_id=ben.user_id) == child
    async with ledger.database.write() as write:
        await service.cancel(write, ada, parent)
    assert (await ledger.job(child))["state"] == "queued"


async def test_a_deadline_that_passed_is_the_end(ledger: Ledger) -> None:
    worker = WorkerLedger(ledger.database, "w")
    now = datetime.now(UTC)
    late = await ledger.enqueue("sample.empty", not_after=now - timedelta(seconds=1))
    in_time = await ledger.enqueue("sample.empty", not_after=now + timedelta(hours=1))
    assert [job.uid for job in await take(worker)] == [in_time]
    await worker.sweep()
    row = await ledger.job(late)
    assert (row["state"], row["error"]["code"]) == ("dead", "too_late")


async def test_a_job_starts_at_its_time(ledger: Ledger) -> None:
    worker = WorkerLedger(ledger.database, "w")
    await ledger.enqueue("sample.empty", delay_seconds=3600)
    await ledger.enqueue("sample.empty", run_at=datetime.now(UTC) + timedelta(hours=1))
    due = await ledger.enqueue("sample.empty", run_at=datetime.now(UTC) - timedelta(hours=1))
    assert [job.uid for job in await take(worker)] == [due]


async def test_a_table_of_retries_says_how_often_and_how_long(ledger: Ledger) -> None:
    worker = WorkerLedger(ledger.database, "w")
    uid = await ledger.enqueue("sample.empty")
    retry = Retry(99, (100.0, 1000.0))
    for wanted in (100, 1000):
        [job] = await take(worker)
        assert await worker.fail(job, Failure("x", "X."), retry) is JobState.QUEUED
        waits = await ledger.value("SELECT extract(epoch FROM run_at - now())::float FROM job WHERE uid = %(uid)s", uid=uid)
        assert 0.85 * wanted <= waits <= 1.1 * wanted
        await ledger.rows("UPDATE job SET run_at = now() RETURNING id")
    [job] = await take(worker)
    assert await worker.fail(job, Failure("x", "X."), retry) is JobState.DEAD


async def test_a_job_carries_the_trace_of_the_request_that_asked_for_it(ledger: Ledger) -> None:
    token = current_origin.set(Origin("req-1", None, "a" * 32))
    try:
        uid = await ledger.enqueue("sample.empty")
    finally:
        current_origin.reset(token)
    [job] = await take(WorkerLedger(ledger.database, "w"))
    assert (job.uid, job.request_id, job.trace_id) == (uid, "req-1", "a" * 32)


async def test_what_a_job_says_is_kept(fleet: Fleet, ledger: Ledger) -> None:
    fleet.start()
    await ledger.state(await ledger.enqueue("sample.talkative"), "succeeded")
    await ledger.state(await ledger.enqueue("sample.refuse"), "dead")

    async def kept() -> bool:
        return int(await ledger.value("SELECT count(*) FROM job_log")) >= 3

    await ledger.until(kept)
    lines = [row["line"] for row in await ledger.rows("SELECT line FROM job_log ORDER BY log_id")]
    assert lines[:2] == ["one", "two"]
    assert "PermanentJobError" in lines[2]


async def test_children_are_used_again_and_replaced_when_they_have_used_enough(fleet: Fleet, ledger: Ledger) -> None:
    fleet.start(WORKER_CONCURRENCY="1")
    pids = [(await ledger.state(await ledger.enqueue("sample.pid"), "succeeded"))["result"]["pid"] for _ in range(3)]
    assert len(set(pids)) == 1
    left = await ledger.state(await ledger.enqueue("sample.pid", {"leave": True}), "succeeded")
    assert left["result"]["pid"] == pids[0]
    fresh = await ledger.state(await ledger.enqueue("sample.pid"), "succeeded")
    assert fresh["result"]["pid"] != pids[0]
