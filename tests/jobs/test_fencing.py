"""What claim, heartbeat, finish and failure leave in the ledger, column by column, and what they never wait for."""

import asyncio
import json
from typing import Any

import psycopg
import pytest

from cascadia.jobs import service
from cascadia.jobs.ledger import Beat, Finish
from cascadia.jobs.ledger import Ledger as WorkerLedger
from cascadia.jobs.model import Claimed, Failure, JobState, Retry
from cascadia.kernel.declare import Enqueue
from tests.jobs.conftest import Ledger
from tests.jobs.test_ledger import TYPES, claim, finish, worker_of

ALL = (
    "SELECT state, attempt, failures, losses, worker, progress, note, error, result, lease_until IS NULL AS no_lease,"
    " finished_at IS NULL AS open, extract(epoch FROM lease_until - clock_timestamp())::float8 AS lease FROM job ORDER BY id"
)
AWAY = 5
"""Seconds within which what must wait for nobody has answered."""


async def row(ledger: Ledger) -> dict[str, Any]:
    [found] = await ledger.rows(ALL)
    return found


async def said(worker: WorkerLedger) -> Claimed:
    """An attempt has run for a while and said so."""
    [job] = await claim(worker)
    await worker.heartbeat([Beat(job.id, job.attempt, 0.5, "half", moved=True)])
    return job


async def test_a_claim_begins_with_a_lease_and_without_what_an_earlier_attempt_said(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    await said(worker_of(ledger.database, "first", lease=-1))
    await ledger.rows("UPDATE job SET state = 'queued' RETURNING id")
    await claim(worker_of(ledger.database, "second", lease=50))
    found = await row(ledger)
    assert 40 < found["lease"] <= 50
    assert (found["state"], found["attempt"], found["worker"], found["open"]) == ("running", 2, "second", True)
    assert (found["progress"], found["note"]) == (None, None)


async def test_a_claim_tells_how_long_the_job_was_due(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    await ledger.rows("UPDATE job SET run_at = now() - interval '30 s', created_at = now() - interval '1 h' RETURNING id")
    [job] = await claim(worker_of(ledger.database))
    assert 29 < job.waited_seconds < 60


async def test_a_claim_takes_what_is_due_of_a_known_type_before_its_deadline(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty", delay_seconds=60)
    await ledger.enqueue("sample.newer")
    late = await ledger.enqueue("sample.empty")
    await ledger.rows("UPDATE job SET not_after = now() - interval '1 s' WHERE uid = %(uid)s RETURNING id", uid=late)
    assert await claim(worker_of(ledger.database), 9) == []


async def test_a_claim_passes_by_a_row_that_somebody_holds_and_takes_the_next_at_once(ledger: Ledger) -> None:
    held, free = [await ledger.enqueue("sample.empty") for _ in range(2)]
    worker = worker_of(ledger.database)
    async with ledger.database.write() as write:
        await write.execute("SELECT 1 FROM job WHERE uid = %(uid)s FOR NO KEY UPDATE", {"uid": held})
        async with asyncio.timeout(AWAY):
            assert [job.uid for job in await claim(worker, 1)] == []  # it saw one candidate, and that is held
            assert [job.uid for job in await claim(worker, 2)] == [free]
    assert [job.uid for job in await claim(worker, 2)] == [held]


async def test_all_that_was_due_and_is_held_counts_as_missed(ledger: Ledger) -> None:
    uid = await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    async with ledger.database.write() as write:
        await write.execute("SELECT 1 FROM job WHERE uid = %(uid)s FOR NO KEY UPDATE", {"uid": uid})
        assert (await worker.turn([], {"sample": 1}, TYPES, 1)).missed
    assert not (await worker.turn([], {"sample": 1}, TYPES, 1)).missed
    assert not (await worker.turn([], {"sample": 1}, TYPES, 1)).missed


async def test_a_sweep_passes_by_a_row_that_somebody_holds(ledger: Ledger) -> None:
    uids = [await ledger.enqueue("sample.empty") for _ in range(2)]
    worker = worker_of(ledger.database, lease=-1)
    await claim(worker, 2)
    async with ledger.database.write() as write:
        await write.execute("SELECT 1 FROM job WHERE uid = %(uid)s FOR NO KEY UPDATE", {"uid": uids[0]})
        async with asyncio.timeout(AWAY):
            assert await worker.sweep() == ["sample"]
    assert await worker.sweep() == ["sample"]
    assert await worker.sweep() == []


async def test_a_sweep_leaves_leases_that_hold(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database, lease=60)
    await claim(worker)
    assert await worker.sweep() == []
    assert (await row(ledger))["state"] == "running"


async def test_a_heartbeat_renews_the_lease_and_keeps_what_was_said_until_something_else_is(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database, lease=1)
    [job] = await claim(worker)
    longer = worker_of(ledger.database, lease=50)
    await longer.heartbeat([Beat(job.id, job.attempt, 0.5, "half", moved=True)])
    await longer.heartbeat([Beat(job.id, job.attempt, None, None, moved=False)])
    found = await row(ledger)
    assert 40 < found["lease"] <= 50
    assert (found["progress"], found["note"]) == (0.5, "half")


async def test_a_heartbeat_of_another_attempt_or_an_ended_job_renews_nothing(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database, lease=-1)
    [job] = await claim(worker)
    before = {**await row(ledger), "lease": None}
    late = worker_of(ledger.database, lease=50)
    assert await late.heartbeat([Beat(job.id, job.attempt + 1, 0.9, "other", moved=True)]) == {}
    assert {**await row(ledger), "lease": None} == before
    await finish(worker, job)
    ended = await row(ledger)
    assert await late.heartbeat([Beat(job.id, job.attempt, 0.9, "other", moved=True)]) == {(job.id, 1): False}
    assert await row(ledger) == ended
    await ledger.rows("UPDATE job SET state = 'dead' RETURNING id")
    assert await late.heartbeat([Beat(job.id, job.attempt, None, None, moved=False)]) == {}


async def test_only_progress_that_moved_is_told_to_those_who_watch(ledger: Ledger, jobs_url: str) -> None:
    uid = await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    async with await psycopg.AsyncConnection.connect(jobs_url, autocommit=True) as listener:
        await listener.execute("LISTEN cascadia_progress")
        await worker.heartbeat([Beat(job.id, job.attempt, None, None, moved=False)])
        await worker.heartbeat([Beat(job.id, job.attempt, 0.25, "a quarter", moved=True)])
        told = [json.loads(notice.payload) async for notice in listener.notifies(timeout=AWAY, stop_after=1)]
    assert told == [{"id": str(uid), "state": "running", "progress": 0.25, "note": "a quarter", "programs": [], "actors": []}]


@pytest.mark.parametrize("way", ("turn", "transaction"))
async def test_a_finish_leaves_the_result_and_nothing_of_the_way_there(ledger: Ledger, way: str) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    await worker.fail(job, Failure("x", "X."), Retry(3))
    await ledger.rows("UPDATE job SET run_at = now() RETURNING id")
    [job] = await claim(worker)
    await worker.heartbeat([Beat(job.id, job.attempt, 0.5, "half", moved=True)])
    if way == "turn":
        await worker.turn([Finish(job, None)], {}, [], 0)
    else:
        await finish(worker, job)
    assert await row(ledger) == {
        "state": "succeeded", "attempt": 2, "failures": 1, "losses": 0, "worker": "w", "progress": 1, "note": None, "error": None,
        "result": None, "no_lease": True, "open": False, "lease": None,
    }  # fmt: skip
    assert await worker.succeeded(job)


async def test_a_turn_ends_no_job_that_is_not_running(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    await worker.fail(job, Failure("x", "X.", permanent=True), Retry(3))
    before = await row(ledger)
    assert (await worker.turn([Finish(job, {"late": True})], {}, [], 0)).ended == frozenset()
    assert await row(ledger) == before


@pytest.mark.parametrize("permanent", (False, True))
async def test_a_failure_leaves_no_worker_no_lease_and_nothing_of_the_way_there(ledger: Ledger, permanent: bool) -> None:  # noqa: FBT001
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    job = await said(worker)
    state = await worker.fail(job, Failure("x", "X.", permanent), Retry(3))
    assert state is (JobState.DEAD if permanent else JobState.QUEUED)
    assert await row(ledger) == {
        "state": state.value, "attempt": 1, "failures": 1, "losses": 0, "worker": None, "progress": None, "note": None,
        "error": {"code": "x", "message": "X."}, "result": None, "no_lease": True, "open": not permanent, "lease": None,
    }  # fmt: skip


async def test_waits_between_failures_grow_by_two_up_to_five_minutes_and_are_drawn_from_the_whole(ledger: Ledger) -> None:
    """A hundred jobs for each step: the longest wait is near the limit, the shortest near nothing."""
    for _ in range(100):
        await ledger.enqueue("sample.empty")
    worker = WorkerLedger(ledger.database, "w", backoff_seconds=5)
    waits = "SELECT max(w), min(w) FROM (SELECT extract(epoch FROM run_at - clock_timestamp())::float8 AS w FROM job) t"
    for before, limit in ((0, 5), (2, 20), (30, 300)):
        await ledger.rows("UPDATE job SET run_at = now(), failures = %(before)s RETURNING id", before=before)
        for job in await claim(worker, 100, room=100):
            await worker.fail(job, Failure("x", "X."), Retry(99))
        [found] = await ledger.rows(waits)
        assert limit * 0.6 < found["max"] <= limit
        assert found["min"] < limit * 0.4


async def test_a_failure_of_a_job_that_is_being_cancelled_cancels_it_and_other_attempts_end_nothing(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    await worker.give_back(job, lost=False)
    [held] = await claim(worker)
    before = {**await row(ledger), "lease": None}
    assert await worker.fail(job, Failure("x", "X."), Retry(3)) is None
    assert await worker.give_back(job, lost=True) is None
    assert await worker.end_cancelled(held) is None
    assert {**await row(ledger), "lease": None} == before
    await ledger.rows("UPDATE job SET cancel_requested = true RETURNING id")
    assert await worker.end_cancelled(job) is None
    assert await worker.fail(held, Failure("x", "X."), Retry(3)) is JobState.CANCELLED


async def test_a_job_that_is_being_cancelled_and_lost_its_worker_is_cancelled(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    await ledger.rows("UPDATE job SET cancel_requested = true RETURNING id")
    assert await worker.give_back(job, lost=True) is JobState.CANCELLED
    assert (await row(ledger))["open"] is False


async def test_delays_of_a_type_stand_for_both_number_and_waits(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    for seconds in (100, 1000):
        [job] = await claim(worker)
        assert await worker.fail(job, Failure("x", "X."), Retry(1, (100, 1000))) is JobState.QUEUED
        wait = await ledger.value("SELECT extract(epoch FROM run_at - clock_timestamp())::float8 FROM job")
        assert 0.89 * seconds < wait <= 1.1 * seconds
        await ledger.rows("UPDATE job SET run_at = now() RETURNING id")
    [job] = await claim(worker)
    assert await worker.fail(job, Failure("x", "X."), Retry(9, (100, 1000))) is JobState.DEAD


async def test_a_claim_takes_the_best_of_all_families_first(ledger: Ledger) -> None:
    """By priority, then by how long it is due, whatever family it is of and whenever it was asked for."""
    types = [*TYPES, "other.kind.empty"]
    urgent = await ledger.enqueue("other.kind.empty", priority=5)
    long_due = await ledger.enqueue("sample.empty")
    newest = await ledger.enqueue("other.kind.empty")
    middle = await ledger.enqueue("sample.empty")
    for uid, seconds in ((long_due, 90), (middle, 60), (newest, 30)):
        await ledger.rows(
            "UPDATE job SET run_at = now() - make_interval(secs => %(s)s) WHERE uid = %(uid)s RETURNING id", uid=uid, s=seconds
        )
    worker, taken = worker_of(ledger.database), []
    for _ in range(4):
        [job] = (await worker.turn([], {"sample": 9, "other.kind": 9}, types, 1)).claimed
        taken.append(job.uid)
    assert taken == [urgent, long_due, middle, newest]


async def test_many_workers_that_claim_at_once_take_each_job_once(ledger: Ledger) -> None:
    """Between the moment that a claim sees a job and the one that it holds it, another may have taken it and be gone."""
    async with ledger.database.write() as write:
        for _ in range(300):
            await service.enqueue(write, Enqueue("sample.empty", {}))

    async def take_all(worker: WorkerLedger) -> list[int]:
        taken: list[int] = []
        while True:
            turn = await worker.turn([], {"sample": 1}, TYPES, 1)
            if not turn.claimed and not turn.missed:
                return taken
            taken += [job.id for job in turn.claimed]

    taken = [job for jobs in await asyncio.gather(*(take_all(worker_of(ledger.database, f"w{n}")) for n in range(16))) for job in jobs]
    assert len(taken) == len(set(taken)) == 300
    assert await ledger.value("SELECT max(attempt) FROM job") == 1
