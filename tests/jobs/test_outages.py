"""An outage is not a failure: what a job needs and does not get puts it off, without end for a day, and wakes it when it is back."""

from datetime import timedelta

from cascadia.cli.remote.jobs import _row
from cascadia.jobs import service
from cascadia.jobs.ledger import Finish
from cascadia.jobs.ledger import Ledger as WorkerLedger
from cascadia.jobs.model import Claimed, Failure, JobState, Outage, Retry
from tests.jobs.conftest import QUICK, Fleet, Ledger, make_actor
from tests.jobs.test_ledger import TYPES, claim, worker_of
from tests.until import wait_until

STORAGE = Outage("storage", "storage_unreachable", "The file store does not answer.")
DAY = timedelta(hours=24)


async def oldest_first(worker: WorkerLedger, number: int) -> list[Claimed]:
    return sorted(await claim(worker, number), key=lambda job: job.id)


async def make_due(ledger: Ledger) -> None:
    await ledger.rows("UPDATE job SET run_at = now() WHERE state = 'queued' RETURNING id")


async def test_an_outage_puts_off_without_a_failure_longer_each_time_up_to_a_minute(ledger: Ledger) -> None:
    uid = await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    for n, most in enumerate((1, 2, 4, 8, 16, 32, 60, 60), start=1):
        [job] = await claim(worker)
        assert job.away == (None if n == 1 else "storage")
        assert await worker.defer(job, STORAGE, DAY) is JobState.QUEUED
        [row] = await ledger.rows(
            "SELECT state, attempt, failures, losses, deferrals, away, error, worker, lease_until,"
            " extract(epoch FROM run_at - clock_timestamp())::float8 AS wait, away_since <= clock_timestamp() AS since FROM job"
        )
        assert 0.5 * most - 0.5 < row.pop("wait") <= most
        assert row == {
            "state": "queued", "attempt": n, "failures": 0, "losses": 0, "deferrals": n, "away": "storage", "since": True, "worker": None,
            "lease_until": None,
            "error": {"code": "storage_unreachable", "message": "The file store does not answer.", "away": "storage"},
        }  # fmt: skip
        await make_due(ledger)
    [job] = await claim(worker)
    assert (await worker.turn([Finish(job, None)], {}, [], 0)).ended == {job.id}
    assert (await ledger.job(uid))["error"] is None


async def test_an_outage_is_one_from_its_first_deferral_and_is_dead_in_its_words_after_the_types_patience(ledger: Ledger) -> None:
    ada = await make_actor(ledger.database, "ada")
    uid = await ledger.enqueue("sample.empty", actor_id=ada.user_id)
    worker = worker_of(ledger.database)
    since = set()
    for needs in ("storage", "database"):
        [job] = await claim(worker)
        assert await worker.defer(job, Outage(needs, "x", "X."), DAY) is JobState.QUEUED
        since.add(await ledger.value("SELECT away_since FROM job"))
        await make_due(ledger)
    assert len(since) == 1
    await ledger.rows("UPDATE job SET away_since = away_since - interval '24 hours' RETURNING id")
    [job] = await claim(worker)
    assert await worker.defer(job, STORAGE, timedelta(hours=25)) is JobState.QUEUED
    await make_due(ledger)
    [job] = await claim(worker)
    assert await worker.defer(job, STORAGE, DAY) is JobState.DEAD
    row = await ledger.job(uid)
    assert (row["state"], row["error"], row["failures"]) == ("dead", STORAGE.words(), 0)
    assert row["finished_at"] is not None
    async with ledger.database.write() as write:
        await service.retry(write, ada, uid)
    [job] = await claim(worker)
    assert await worker.defer(job, STORAGE, DAY) is JobState.QUEUED


async def test_only_the_attempt_that_holds_the_job_puts_it_off_and_a_cancelled_one_ends(ledger: Ledger) -> None:
    ada = await make_actor(ledger.database, "ada")
    uid = await ledger.enqueue("sample.empty", actor_id=ada.user_id)
    worker = worker_of(ledger.database)
    [job] = await claim(worker)
    await worker.give_back(job, lost=False)
    [held] = await claim(worker)
    before = await ledger.job(uid)
    assert await worker.defer(job, STORAGE, DAY) is None
    assert await ledger.job(uid) == before
    async with ledger.database.write() as write:
        await service.cancel(write, ada, uid)
    assert await worker.defer(held, STORAGE, DAY) is JobState.CANCELLED


async def test_a_failure_ends_the_waiting_and_a_lost_worker_does_not(ledger: Ledger) -> None:
    await ledger.enqueue("sample.empty")
    worker = worker_of(ledger.database)
    away = "SELECT away FROM job"
    [job] = await claim(worker)
    await worker.defer(job, STORAGE, DAY)
    await make_due(ledger)
    [job] = await claim(worker)
    await worker.give_back(job, lost=True)
    assert await ledger.value(away) == "storage"
    [job] = await claim(worker)
    await worker.fail(job, Failure("x", "X."), Retry(3))
    assert [(r["away"], r["away_since"]) for r in await ledger.rows("SELECT away, away_since FROM job")] == [(None, None)]


async def test_a_claim_passes_by_what_waits_for_a_skipped_address_and_takes_one_for_each_other(ledger: Ledger) -> None:
    worker = worker_of(ledger.database)
    uids = [await ledger.enqueue("sample.empty") for _ in range(6)]
    for job, needs in zip(
        await oldest_first(worker, 6), ("address a", "address a", "address b", "address b", "storage", "storage"), strict=True
    ):
        await worker.defer(job, Outage(needs, "x", "X."), DAY)
    await make_due(ledger)
    taken = (await worker.turn([], {"sample": 9}, TYPES, 9, ["address a"])).claimed
    assert sorted(j.uid for j in taken) == [uids[2], *uids[4:]]
    assert sorted(j.away or "" for j in taken) == ["address b", "storage", "storage"]
    assert [j.uid for j in (await worker.turn([], {"sample": 9}, TYPES, 9, ["address b"])).claimed] == [uids[0]]


async def test_what_waits_for_what_answers_again_is_due_at_once_and_nothing_else(ledger: Ledger) -> None:
    worker = worker_of(ledger.database)
    await ledger.enqueue("sample.empty", delay_seconds=50)
    uids = [await ledger.enqueue("sample.empty") for _ in range(3)]
    for job, needs in zip(await oldest_first(worker, 3), ("storage", "mail", "storage"), strict=True):
        await worker.defer(job, Outage(needs, "x", "X."), DAY)
    await ledger.rows("UPDATE job SET run_at = now() + interval '50 s' RETURNING id")
    assert await worker.bring_forward(["storage", "disk"]) == ["sample", "sample"]
    assert [j.uid for j in await oldest_first(worker, 9)] == [uids[0], uids[2]]
    assert await worker.bring_forward(["storage"]) == []


async def test_jobs_wait_for_what_is_away_one_trial_at_a_time_and_all_succeed_when_it_is_back(fleet: Fleet, ledger: Ledger) -> None:
    flag = fleet.folder / "storage"
    needy = [await ledger.enqueue("sample.needy", {"flag": str(flag), "needs": "storage"}) for _ in range(12)]
    worker = fleet.start(WORKER_CONCURRENCY="4", pace={**QUICK, "poll": 0.1})

    async def tried() -> bool:
        return int(await ledger.value("SELECT sum(deferrals) FROM job")) >= 6

    await ledger.until(tried)
    other = await ledger.enqueue("other.kind.empty")
    await ledger.state(other, "succeeded")
    assert 'cascadia_jobs_breakers_open{dependency="storage"} 1.0' in worker.health("/metrics")[1]
    rows = await ledger.rows("SELECT state, failures, losses, started_at, finished_at FROM job WHERE type = 'sample.needy'")
    assert {(row["failures"], row["losses"]) for row in rows} == {(0, 0)}
    assert {row["state"] for row in rows} <= {"queued", "running"}
    flag.touch()
    for uid in needy:
        row = await ledger.state(uid, "succeeded", "dead")
        assert (row["state"], row["failures"], row["error"]) == ("succeeded", 0, None)
    rows = await ledger.rows("SELECT attempt, failures, losses, deferrals FROM job")
    assert all(row["attempt"] == row["deferrals"] + 1 for row in rows)
    deferred = sum(row["deferrals"] for row in rows)
    text = worker.health("/metrics")[1]
    assert f'cascadia_jobs_deferred_total{{dependency="storage",family="sample"}} {float(deferred)}' in text
    wait_until(lambda: "cascadia_jobs_breakers_open{" not in worker.health("/metrics")[1])
    assert worker.text().count("answers_again") == 1


async def test_the_first_success_wakes_those_that_wait_of_all_families(fleet: Fleet, ledger: Ledger) -> None:
    """Their own due dates lie an hour ahead."""
    flag = fleet.folder / "storage"
    first = await ledger.enqueue("sample.needy", {"flag": str(flag), "needs": "storage"})
    fleet.start(pace={**QUICK, "poll": 0.1})

    async def put_off() -> bool:
        return int(await ledger.value("SELECT deferrals FROM job WHERE uid = %(uid)s", uid=first)) > 0

    await ledger.until(put_off)
    late = [await ledger.enqueue(t, {}, delay_seconds=3600) for t in ("sample.empty", "other.kind.empty")]
    not_waiting = await ledger.enqueue("sample.empty", delay_seconds=3600)
    await ledger.rows("UPDATE job SET away = 'storage', away_since = now() WHERE uid = ANY (%(uids)s) RETURNING id", uids=late)
    flag.touch()
    for uid in (first, *late):
        await ledger.state(uid, "succeeded")
    assert (await ledger.job(not_waiting))["state"] == "queued"


async def test_a_confined_child_whose_worker_has_room_left_cannot_put_itself_off(fleet: Fleet, ledger: Ledger) -> None:
    """It read somebody's file, and is not believed."""
    fleet.start()
    job = await ledger.state(await ledger.enqueue("cage.read", {"do": "claim_disk_full"}), "dead")
    assert (job["failures"], job["error"]["code"]) == (1, "disk_full")
    assert await ledger.value("SELECT deferrals FROM job") == 0


def test_the_command_line_says_what_a_job_waits_for_and_since_when() -> None:
    job = {
        "id": "1", "state": "queued", "progress": None, "type": "conversion.cad.step", "subject": {"name": "as1.stp"}, "note": None,
        "error": {"message": "The file store does not answer as it should."},
        "waiting_for": {"what": "storage", "name": "the file store", "since": "2026-11-29T10:04:05.123Z"},
    }  # fmt: skip
    waits = "waits for the file store since 2026-11-29T10:04:05"
    assert _row(job) == ("1", "queued", "", "conversion.cad.step", "as1.stp", waits)
    assert _row({**job, "waiting_for": None})[-1] == "The file store does not answer as it should."
