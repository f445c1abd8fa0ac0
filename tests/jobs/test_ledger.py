import asyncio
from collections.abc import Sequence
from uuid import UUID

import psycopg
import pytest

from cascadia.access.model import Actor, Role
from cascadia.jobs import service
from cascadia.jobs.ledger import Beat, Finish, finish_statement, run_fenced
from cascadia.jobs.ledger import Ledger as WorkerLedger
from cascadia.jobs.model import Claimed, Failure, JobState, LeaseLost, NotDead, Retry, SameWorkOpen
from cascadia.jobs.service import JobFilter
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.errors import Forbidden, NotFound
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.kernel.statements import Statement
from tests.jobs.conftest import Ledger, make_actor, make_program

TYPES = ["sample.effect", "sample.empty"]


def worker_of(database: Database, name: str = "w", lease: float = 20) -> WorkerLedger:
    return WorkerLedger(database, name, lease_seconds=lease, backoff_seconds=0.1)


async def claim(worker: WorkerLedger, number: int = 1, room: int = 99, types: Sequence[str] = TYPES) -> list[Claimed]:
    return (await worker.turn([], {"sample": room, "other.kind": room}, types, number)).claimed


async def finish(worker: WorkerLedger, job: Claimed) -> None:
    async with worker.database.messages() as write:
        await run_fenced(write, finish_statement(job.id, job.attempt, None))


async def test_a_job_is_there_only_if_its_transaction_commits(ledger: Ledger) -> None:
    async def broken_off() -> None:
        async with ledger.database.write() as write:
            await service.enqueue(write, Enqueue("sample.empty", {}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken_off()
    assert await ledger.value("SELECT count(*) FROM job") == 0
    await ledger.enqueue("sample.empty")
    assert await ledger.value("SELECT count(*) FROM job") == 1


async def test_a_job_stands_or_falls_with_a_message(ledger: Ledger) -> None:
    begin, commit, fault = Statement("BEGIN"), Statement("COMMIT"), Statement("SELECT 1 / 0")
    asked = service.enqueue_statement(Enqueue("sample.empty", {"value": "O'Neil ü"}))
    async with ledger.database.messages() as write:
        with pytest.raises(psycopg.errors.DivisionByZero):
            await write.send([begin, asked, fault, commit])
        assert await ledger.value("SELECT count(*) FROM job") == 0
        rows = await write.send([begin, asked, commit])
    assert (await ledger.job(rows[1][0]["job"]))["payload"] == {"value": "O'Neil ü"}


async def test_the_same_open_work_is_joined_and_a_finished_one_is_not(ledger: Ledger) -> None:
    worker = worker_of(ledger.database)
    first = await ledger.enqueue("sample.empty", key="K")
    assert await ledger.enqueue("sample.empty", key="K") == first
    assert await ledger.enqueue("sample.empty", key="other") != first
    [job] = [j for j in await claim(worker, 9) if j.uid == first]
    assert await ledger.enqueue("sample.empty", key="K") == first
    await finish(worker, job)
    assert await ledger.enqueue("sample.empty", key="K") != first


async def test_twenty_at_once_ask_for_one_piece_of_work(ledger: Ledger) -> None:
    people = [await make_actor(ledger.database, f"p{n}") for n in range(20)]
    found = await asyncio.gather(*(ledger.enqueue("sample.empty", key="K", actor_id=p.user_id) for p in people))
    assert len(set(found)) == 1
    assert await ledger.value("SELECT count(*) FROM job_subscriber") == 20


async def test_claims_go_by_priority_then_age_and_never_take_a_job_twice(ledger: Ledger) -> None:
    low = [await ledger.enqueue("sample.empty") for _ in range(4)]
    high = await ledger.enqueue("sample.empty", priority=5)
    workers = [worker_of(ledger.database, f"w{n}") for n in range(5)]
    [first] = await claim(workers[0])
    assert first.uid == high
    taken: list[Claimed] = []
    while len(taken) < 4:
        for found in await asyncio.gather(*(claim(w) for w in workers[1:])):
            taken += found
    assert sorted(j.uid for j in taken) == low
    assert await claim(workers[0]) == []


async def test_a_claim_passes_by_full_families_and_unknown_types(ledger: Ledger) -> None:
    await ledger.enqueue("sample.newer")
    for _ in range(3):
        await ledger.enqueue("sample.empty")
    other = await ledger.enqueue("other.kind.empty")
    worker = worker_of(ledger.database)
    assert [j.uid for j in (await worker.turn([], {"other.kind": 5}, [*TYPES, "other.kind.empty"], 5)).claimed] == [other]
    assert [j.type for j in await claim(worker, number=5, room=2)] == ["sample.empty"] * 2


async def test_only_the_attempt_that_holds_the_job_finishes_it(ledger: Ledger) -> None:
    early, late = worker_of(ledger.database, "early", lease=0.01), worker_of(ledger.database, "late")
    uid = await ledger.enqueue("sample.empty")
    [lost] = await claim(early)
    await ledger.until(lambda: _true(late.sweep))
    [held] = await claim(late)
    assert (lost.attempt, held.attempt) == (1, 2)
    beats = [Beat(j.id, j.attempt, 0.5, "half", moved=True) for j in (lost, held)]
    assert await late.heartbeat(beats) == {(held.id, 2): False}
    with pytest.raises(LeaseLost):
        await finish(early, lost)
    assert await early.fail(lost, Failure("x", "x"), Retry(1)) is None
    assert await early.give_back(lost, lost=True) is None
    assert (await ledger.job(uid))["state"] == "running"
    assert (await early.turn([Finish(lost, {"a": 0})], {}, [], 0)).ended == frozenset()
    assert (await late.turn([Finish(held, {"a": 1})], {}, [], 0)).ended == {held.id}
    job = await ledger.job(uid)
    assert (job["state"], job["result"], job["losses"], job["failures"], job["progress"]) == ("succeeded", {"a": 1}, 1, 0, 1)
    assert await late.succeeded(held)
    assert not await early.succeeded(lost)


async def _true(sweep: object) -> bool:
    return bool(await sweep())  # type: ignore[operator]


async def test_failures_are_spaced_and_end_in_dead_after_exactly_the_limit(ledger: Ledger) -> None:
    uid = await ledger.enqueue("sample.empty")
    worker = WorkerLedger(ledger.database, "w", backoff_seconds=5)
    for n in range(1, 4):
        [job] = await claim(worker)
        state = await worker.fail(job, Failure("broken", "It broke."), Retry(3))
        row = await ledger.job(uid)
        assert (row["failures"], row["error"]) == (n, {"code": "broken", "message": "It broke."})
        if n < 3:
            assert state is JobState.QUEUED
            delay = await ledger.value("SELECT extract(epoch FROM run_at - clock_timestamp())::float8 FROM job")
            assert delay <= 5 * 2 ** (n - 1)
            await ledger.rows("UPDATE job SET run_at = now() RETURNING id")
    ended = await ledger.job(uid)
    assert ended["state"] == "dead"
    assert ended["finished_at"] is not None


async def test_a_permanent_failure_is_dead_at_once(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    assert await worker.fail(job, Failure("bad_file", "Damaged.", permanent=True), Retry(5)) is JobState.DEAD


async def test_an_innocent_job_survives_nineteen_lost_workers(ledger: Ledger) -> None:
    uid = await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    states = []
    for _ in range(20):
        [job] = await claim(worker)
        states.append(await worker.give_back(job, lost=True))
    assert states == [JobState.QUEUED] * 19 + [JobState.DEAD]
    row = await ledger.job(uid)
    assert (row["failures"], row["losses"], row["error"]["code"]) == (0, 20, "worker_lost")


async def test_each_sees_joined_work_and_the_last_to_cancel_stops_it(ledger: Ledger) -> None:
    ada, bob = await make_actor(ledger.database, "ada"), await make_actor(ledger.database, "bob")
    mine, theirs = new_uid(), new_uid()
    uid = await ledger.enqueue("sample.empty", key="K", actor_id=ada.user_id, subject_kind="file", subject=mine, subject_name="a.stp")
    await ledger.enqueue("sample.empty", key="K", actor_id=bob.user_id, subject_kind="file", subject=theirs, subject_name="b.stp")
    async with ledger.database.read() as read:
        assert (await service.get_job(read, ada, uid)).subject_name == "a.stp"
        assert (await service.get_job(read, bob, uid)).subject_name == "b.stp"
    async with ledger.database.write() as write:
        await service.cancel(write, ada, uid)
    assert (await ledger.job(uid))["state"] == "queued"
    async with ledger.database.write() as write:
        await service.cancel(write, bob, uid)
    row = await ledger.job(uid)
    assert (row["state"], row["error"]["code"]) == ("cancelled", "cancelled")
    again = await ledger.enqueue("sample.empty", key="K", actor_id=ada.user_id)
    assert again != uid


async def test_work_that_is_being_cancelled_is_not_joined(ledger: Ledger) -> None:
    ada = await make_actor(ledger.database, "ada")
    uid = await ledger.enqueue("sample.empty", key="K", actor_id=ada.user_id)
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    async with ledger.database.write() as write:
        await service.cancel(write, ada, uid)
    row = await ledger.job(uid)
    assert (row["state"], row["cancel_requested"]) == ("running", True)
    assert await worker.heartbeat([Beat(job.id, job.attempt, None, None, moved=False)]) == {(job.id, 1): True}
    assert await ledger.enqueue("sample.empty", key="K", actor_id=ada.user_id) != uid
    assert await worker.end_cancelled(job) is JobState.CANCELLED


async def test_who_may_see_cancel_and_retry(ledger: Ledger) -> None:
    program = await make_program(ledger.database, "rover")
    ada = await make_actor(ledger.database, "ada")
    viewer = await make_actor(ledger.database, "vera", {program: Role.VIEWER})
    engineer = await make_actor(ledger.database, "emil", {program: Role.ENGINEER})
    stranger = await make_actor(ledger.database, "sam")
    root = await make_actor(ledger.database, "root", administrator=True)
    uid = await ledger.enqueue("sample.empty", actor_id=ada.user_id, program_id=program)
    assert [await _names(ledger, who) for who in (viewer, engineer, root)] == [[uid]] * 3
    assert [await _names(ledger, who) for who in (ada, stranger)] == [[], []]
    async with ledger.database.write() as write:
        with pytest.raises(NotFound):
            await service.cancel(write, stranger, uid)
        with pytest.raises(Forbidden):
            await service.cancel(write, viewer, uid)
        with pytest.raises(NotDead):
            await service.retry(write, engineer, uid)
        await service.cancel(write, engineer, uid)
    assert (await ledger.job(uid))["state"] == "cancelled"


async def _names(ledger: Ledger, actor: Actor) -> list[UUID]:
    async with ledger.database.read() as read:
        return [row.uid for row in (await service.list_jobs(read, actor, JobFilter(), PageRequest()))[0]]


async def test_a_list_is_paged_and_filtered(ledger: Ledger) -> None:
    ada, bob = await make_actor(ledger.database, "ada"), await make_actor(ledger.database, "bob")
    program = await make_program(ledger.database, "rover")
    ada = Actor(ada.user_id, ada.uid, "ada", "a", administrator=False, roles={program: Role.VIEWER})
    mine = [await ledger.enqueue("sample.empty", actor_id=ada.user_id, program_id=program) for _ in range(3)]
    others = [await ledger.enqueue("other.kind.empty", actor_id=bob.user_id, program_id=program) for _ in range(2)]
    newest_first = [*reversed(others), *reversed(mine)]
    seen, cursor = [], None
    while True:
        async with ledger.database.read() as read:
            rows, cursor, total = await service.list_jobs(read, ada, JobFilter(), PageRequest(limit=2, cursor=cursor, count=True))
        seen += [row.uid for row in rows]
        assert total == 5
        if cursor is None:
            break
    assert seen == newest_first
    async with ledger.database.read() as read:
        assert [r.uid for r in (await service.list_jobs(read, ada, JobFilter(mine=True), PageRequest()))[0]] == newest_first[2:]
        assert [r.uid for r in (await service.list_jobs(read, ada, JobFilter(family="other.kind"), PageRequest()))[0]] == newest_first[:2]
        assert (await service.list_jobs(read, ada, JobFilter(state=JobState.DEAD), PageRequest()))[0] == []


async def test_a_dead_job_is_retried_with_all_its_tries_unless_its_work_is_open_again(ledger: Ledger) -> None:
    ada = await make_actor(ledger.database, "ada")
    worker = worker_of(ledger.database)
    uid = await ledger.enqueue("sample.empty", key="K", actor_id=ada.user_id)
    [job] = await claim(worker)
    await worker.fail(job, Failure("bad", "Bad.", permanent=True), Retry(3))
    twin = await ledger.enqueue("sample.empty", key="K", actor_id=ada.user_id)
    with pytest.raises(SameWorkOpen):
        async with ledger.database.write() as write:
            await service.retry(write, ada, uid)
    async with ledger.database.write() as write:
        await service.cancel(write, ada, twin)
    async with ledger.database.write() as write:
        await service.retry(write, ada, uid)
    row = await ledger.job(uid)
    assert (row["state"], row["failures"], row["error"], row["attempt"]) == ("queued", 0, None, 1)
    [again] = await claim(worker)
    assert (again.uid, again.attempt) == (uid, 2)


async def test_every_change_of_state_is_an_event_and_progress_is_none(ledger: Ledger) -> None:
    uid = await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    await worker.heartbeat([Beat(job.id, job.attempt, 0.5, "half", moved=True)])
    await worker.fail(job, Failure("x", "X."), Retry(3))
    await ledger.rows("UPDATE job SET run_at = now() RETURNING id")
    [job] = await claim(worker)
    await finish(worker, job)
    events = await ledger.rows("SELECT data ->> 'state' AS state, subject FROM outbox WHERE type = 'job.changed' ORDER BY id")
    assert [e["state"] for e in events] == ["queued", "running", "queued", "running", "succeeded"]
    assert {e["subject"] for e in events} == {uid}


async def test_a_frozen_transaction_that_joined_a_job_does_not_hold_its_heartbeat(ledger: Ledger) -> None:
    ada = await make_actor(ledger.database, "ada")
    await ledger.enqueue("sample.empty", key="K")
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    async with ledger.database.write() as write:
        await service.enqueue(write, Enqueue("sample.empty", {}, key="K", actor_id=ada.user_id))
        async with asyncio.timeout(2):
            assert await worker.heartbeat([Beat(job.id, job.attempt, None, None, moved=False)])
            await finish(worker, job)
