"""What befalls workers and the children that do their work."""

import asyncio
import signal
import time

import pytest

from cascadia.jobs import service
from cascadia.jobs.ledger import Ledger as WorkerLedger
from tests.faults.conftest import JOBS, LONG, Case, freeze, thaw
from tests.jobs.conftest import QUICK, make_actor
from tests.jobs.test_worker import descendants

SOON_SECONDS = 2 if LONG else 15
"""The figure is that of a machine with nothing else to do; the short form runs beside all other tests, and only knows what never comes."""

pytestmark = pytest.mark.needs("rabbitmq")


async def test_workers_killed_at_random(case: Case) -> None:
    for _ in range(3):
        case.worker()
    await case.enqueue(seconds=0.2)
    for share in (0.1, 0.3, 0.5, 0.7):
        await case.reached(share)
        case.chance.choice([w for w in case.fleet.workers if w.process.poll() is None]).kill()
        case.worker(wait=False)
    (await case.toll()).assert_none()
    rows = await case.ledger.rows("SELECT attempt, losses, failures FROM job")
    assert all(row["attempt"] == row["losses"] + 1 and row["failures"] == 0 for row in rows)


async def test_a_worker_frozen_past_its_lease_and_woken(case: Case) -> None:
    frozen = case.worker()
    await case.enqueue(seconds=0.3)
    await case.reached(0.1)
    pids = {frozen.process.pid, *descendants(frozen.process.pid)}
    freeze(pids)
    case.worker()
    case.worker()
    toll = await case.toll()
    thaw(pids)
    toll.assert_none()
    after = await case.enqueue(5)
    await case.toll()
    assert len(await case.ledger.rows("SELECT 1 AS x FROM effect")) == JOBS + len(after)


async def test_terminated_workers_end_what_they_can_and_give_the_rest_back(case: Case) -> None:
    first = case.worker(GRACE_SECONDS="1")
    second = case.worker(GRACE_SECONDS="1")
    await case.enqueue(seconds=0.2)
    slow = await case.ledger.enqueue("sample.effect", {"seconds": 3}, priority=5)
    await case.ledger.state(slow, "running")
    for worker in (first, second):
        worker.signal(signal.SIGTERM)
    for worker in (first, second):
        assert worker.process.wait(60) == 0
    row = await case.ledger.job(slow)
    assert (row["state"], row["failures"], row["losses"]) == ("queued", 0, 0)
    assert await case.ledger.value("SELECT count(*) FROM job WHERE state = 'running'") == 0
    case.worker()
    (await case.toll()).assert_none()


async def test_children_that_break_harm_no_one_else(case: Case) -> None:
    for _ in range(2):
        case.worker()
    await case.enqueue(seconds=0.02)
    ways = ("crash", "hang", "fork", "eat_memory", "fill_disk", "spin")
    broken = {way: await case.ledger.enqueue("cage.read", {"do": way}) for way in ways}
    (await case.toll()).assert_none()
    reasons = {way: (await case.ledger.job(uid))["error"]["code"] for way, uid in broken.items()}
    assert reasons["crash"] == "crashed"
    assert reasons["hang"] == reasons["spin"] == "timeout"
    assert reasons["eat_memory"] == "out_of_memory"
    assert reasons["fill_disk"] == "output_too_large"
    assert {(await case.ledger.job(uid))["state"] for uid in broken.values()} == {"dead"}
    assert all(w.process.poll() is None for w in case.fleet.workers)


async def test_ten_poisonous_jobs_die_after_exactly_their_failures(case: Case) -> None:
    for _ in range(3):
        case.worker()
    poison = [await case.ledger.enqueue("sample.flaky", {"succeeds_at": 99}) for _ in range(10)]
    await case.enqueue()
    (await case.toll()).assert_none()
    rows = [await case.ledger.job(uid) for uid in poison]
    assert {(row["state"], row["failures"], row["attempt"], row["losses"]) for row in rows} == {("dead", 3, 3, 0)}
    logs = await case.ledger.value("SELECT count(DISTINCT job_id) FROM job_log WHERE line LIKE '%%not yet%%'")
    assert logs == 10


@pytest.mark.timed
async def test_cancelling_ends_running_jobs_soon(case: Case) -> None:
    ada = await make_actor(case.ledger.database, "ada")
    case.worker(pace={**QUICK, "heartbeat": 1.0}, WORKER_CONCURRENCY="4")
    gates = [str(case.fleet.folder / f"gate-{n}") for n in range(4)]
    jobs = [await case.ledger.enqueue("sample.gated", {"gate": gate}, actor_id=ada.user_id) for gate in gates]
    for uid in jobs:
        await case.ledger.state(uid, "running")
    began = time.monotonic()
    for uid in jobs:
        async with case.ledger.database.write() as write:
            await service.cancel(write, ada, uid)
    for uid in jobs:
        await case.ledger.state(uid, "cancelled")
    assert time.monotonic() - began < SOON_SECONDS
    assert await case.ledger.value("SELECT count(*) FROM effect") == 0


async def test_nine_families_share_two_slots_of_three_workers(case: Case) -> None:
    """No due job waits long while a slot is free, and no worker passes by a job that is due."""
    for _ in range(3):
        case.worker(WORKER_CONCURRENCY="2", REGISTRY="tests.faults.families:registry")
    families = [f"nine.f{n}" for n in range(9)]
    for n in range(JOBS):
        await case.ledger.enqueue(f"{families[n % 9]}.nap", {"seconds": 0.1})
    longest = 0.0
    while await case.ledger.value("SELECT count(*) FROM job WHERE state IN ('queued', 'running')"):
        row = (await case.ledger.rows(WAITING))[0]
        longest = 0.0 if row["running"] >= 6 or not row["waiting"] else max(longest, row["oldest"])
        assert longest < SOON_SECONDS + 1, row
        await asyncio.sleep(0.05)
    assert await case.ledger.value("SELECT count(*) FROM job WHERE state <> 'succeeded'") == 0
    assert await case.ledger.value("SELECT count(DISTINCT worker) FROM job") == 3


WAITING = """
SELECT count(*) FILTER (WHERE state = 'running') AS running, count(*) FILTER (WHERE state = 'queued') AS waiting,
  coalesce(extract(epoch FROM clock_timestamp() - max(coalesce(finished_at, started_at)))::double precision, 0) AS oldest
FROM job
"""


async def test_two_workers_claiming_over_nine_families_pass_no_due_job_by(case: Case) -> None:
    families = [f"nine.f{n}" for n in range(9)]
    types = [f"{f}.nap" for f in families]
    for n in range(90):
        await case.ledger.enqueue(types[n % 9])
    workers = [WorkerLedger(case.ledger.database, name) for name in ("a", "b")]
    room = dict.fromkeys(families, 9)

    async def claim_all(worker: WorkerLedger) -> int:
        taken = 0
        while True:
            turn = await worker.turn([], room, types, 1)
            if not turn.claimed and not turn.missed:
                return taken
            taken += len(turn.claimed)

    taken = await asyncio.gather(*(claim_all(worker) for worker in workers))
    assert sum(taken) == 90
    assert min(taken) > 20
