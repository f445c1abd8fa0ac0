"""Real workers in processes of their own: each job has its effect once, whatever happens to who runs it."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

from cascadia.jobs import service
from tests.jobs.conftest import QUICK, ROOT, Fleet, Ledger, make_actor
from tests.until import wait_until


def running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found |= {int(child)} | descendants(int(child))
    return found


async def test_every_job_has_its_effect_once_while_workers_are_killed(fleet: Fleet, ledger: Ledger) -> None:
    chance = random.Random(4)
    jobs = [await ledger.enqueue("sample.effect", {"seconds": chance.random() * 0.1}) for _ in range(60)]
    for _ in range(3):
        fleet.start(wait=False)
    for _ in range(4):
        done = await ledger.value("SELECT count(*) FROM job WHERE state = 'succeeded'")

        async def further(reached: int = done) -> bool:
            return int(await ledger.value("SELECT count(*) FROM job WHERE state = 'succeeded'")) > reached + 6

        await ledger.until(further)
        victim = chance.choice([w for w in fleet.workers if w.process.poll() is None])
        victim.kill()
        fleet.start(wait=False)
    await ledger.all_ended(40)
    rows = await ledger.rows("SELECT uid, state, attempt, failures, losses FROM job")
    assert {r["state"] for r in rows} == {"succeeded"}
    assert sum(r["failures"] for r in rows) == 0
    assert all(r["attempt"] == r["losses"] + 1 for r in rows)
    effects = await ledger.rows("SELECT job, attempt FROM effect")
    assert sorted(e["job"] for e in effects) == sorted(jobs)
    assert {(e["job"], e["attempt"]) for e in effects} == {(r["uid"], r["attempt"]) for r in rows}


async def test_a_frozen_worker_finds_its_late_finish_refused(fleet: Fleet, ledger: Ledger) -> None:
    frozen = fleet.start(WORKER_CONCURRENCY="1")
    uid = await ledger.enqueue("sample.effect", {"seconds": 0.5})
    await ledger.state(uid, "running")
    everybody = [frozen.process.pid, *descendants(frozen.process.pid)]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    fleet.start()
    await ledger.state(uid, "succeeded")
    for pid in everybody:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: "outcome=fenced" in frozen.text() or "outcome=lease_lost" in frozen.text())
    assert [e["attempt"] for e in await ledger.rows("SELECT attempt FROM effect")] == [2]
    job = await ledger.job(uid)
    assert (job["attempt"], job["losses"], job["failures"]) == (2, 1, 0)


async def test_a_child_that_outlived_its_lease_finds_its_finish_refused(fleet: Fleet, ledger: Ledger) -> None:
    first = fleet.start(WORKER_CONCURRENCY="1")
    uid = await ledger.enqueue("sample.gated", {"gate": str(fleet.folder / "gate")})
    wait_until((fleet.folder / "begun.1").exists)
    first.signal(signal.SIGSTOP)
    fleet.start(WORKER_CONCURRENCY="1")
    wait_until((fleet.folder / "begun.2").exists)
    (fleet.folder / "go.1").touch()
    wait_until((fleet.folder / "refused.1").exists)
    assert (await ledger.job(uid))["state"] == "running"
    (fleet.folder / "go.2").touch()
    await ledger.state(uid, "succeeded")
    assert [e["attempt"] for e in await ledger.rows("SELECT attempt FROM effect")] == [2]
    first.signal(signal.SIGCONT)
    wait_until(lambda: "outcome=fenced" in first.text() or "outcome=lease_lost" in first.text())


async def test_a_child_tidies_up_after_its_finish(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start()
    tidied = fleet.folder / "tidied"
    await ledger.enqueue("sample.lingering", {"seconds": 1.0, "tidied": str(tidied)})
    wait_until(lambda: "job_ended" in worker.text())
    assert "outcome=succeeded" in worker.text()
    assert tidied.exists()


@pytest.mark.timed
async def test_cancel_ends_a_running_job_and_its_processes_within_two_seconds(fleet: Fleet, ledger: Ledger) -> None:
    ada = await make_actor(ledger.database, "ada")
    fleet.start(pace={**QUICK, "heartbeat": 1.0})
    pid_file = fleet.folder / "pid"
    uid = await ledger.enqueue("sample.processes", {"pid_file": str(pid_file)}, actor_id=ada.user_id)
    wait_until(lambda: pid_file.is_file() and pid_file.read_text() != "")
    async with ledger.database.write() as write:
        await service.cancel(write, ada, uid)
    began = time.monotonic()
    job = await ledger.state(uid, "cancelled")
    assert time.monotonic() - began < 2
    assert job["error"]["code"] == "cancelled"
    wait_until(lambda: not running(int(pid_file.read_text())), 1)


async def test_failures_back_off_and_a_job_that_comes_right_succeeds(fleet: Fleet, ledger: Ledger) -> None:
    fleet.start()
    right = await ledger.enqueue("sample.flaky", {"succeeds_at": 3})
    wrong = await ledger.enqueue("sample.flaky", {"succeeds_at": 99})
    job = await ledger.state(right, "succeeded", "dead")
    assert (job["state"], job["attempt"], job["failures"], job["error"]) == ("succeeded", 3, 2, None)
    job = await ledger.state(wrong, "succeeded", "dead")
    assert (job["state"], job["attempt"], job["failures"], job["error"]["code"]) == ("dead", 3, 3, "unexpected")


async def test_a_domain_is_told_once_of_every_bad_end(fleet: Fleet, ledger: Ledger) -> None:
    ada = await make_actor(ledger.database, "ada")
    waiting = await ledger.enqueue("sample.refuse", {"n": 0}, actor_id=ada.user_id)
    async with ledger.database.write() as write:
        await service.cancel(write, ada, waiting)
    dead = await ledger.enqueue("sample.refuse", {"n": 1})
    for _ in range(2):
        fleet.start()
    job = await ledger.state(dead, "dead")
    assert (job["attempt"], job["error"]) == (1, {"code": "bad_input", "message": "This cannot be read. Upload another one."})

    async def told() -> bool:
        return int(await ledger.value("SELECT count(*) FROM told")) >= 2

    await ledger.until(told)
    rows = await ledger.rows("SELECT payload ->> 'n' AS n, code, message FROM told ORDER BY 1")
    assert [(r["n"], r["code"]) for r in rows] == [("0", "cancelled"), ("1", "bad_input")]


async def test_sigterm_lets_short_jobs_end_and_gives_long_ones_back(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start(GRACE_SECONDS="2")
    short = await ledger.enqueue("sample.effect", {"seconds": 0.8})
    long = await ledger.enqueue("sample.effect", {"seconds": 20})

    async def both_at_work() -> bool:
        """Their children have been made, which takes longer than the grace on a busy machine."""
        rows = await ledger.rows("SELECT uid, state, progress FROM job WHERE progress IS NOT NULL")
        return {row["uid"] for row in rows} == {short, long}

    await ledger.until(both_at_work)
    later = await ledger.enqueue("sample.effect")
    assert worker.stop(10) == 0
    states = [(await ledger.job(uid))["state"] for uid in (short, long, later)]
    assert states == ["succeeded", "queued", "queued"]
    job = await ledger.job(long)
    assert (job["attempt"], job["failures"], job["losses"]) == (1, 0, 0)
    assert [e["job"] for e in await ledger.rows("SELECT job FROM effect")] == [short]
    assert list((fleet.folder / "data" / "work").iterdir()) == []


async def test_the_children_of_a_killed_worker_die_with_it(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start()
    await ledger.enqueue("sample.gated", {"gate": str(fleet.folder / "gate")})
    await ledger.enqueue("cage.read", {"do": "hang"})
    wait_until((fleet.folder / "begun.1").exists)
    wait_until(lambda: len(descendants(worker.process.pid)) == 4)
    processes = descendants(worker.process.pid)
    worker.kill()
    wait_until(lambda: not any(running(pid) for pid in processes), 2)
    other = fleet.start(WORKER_CONCURRENCY="1")
    assert len([p for p in (fleet.folder / "data" / "work").iterdir() if p.is_dir()]) == 1, other.text()


async def test_a_zygote_that_dies_costs_its_children_nothing(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start()
    uid = await ledger.enqueue("sample.effect", {"seconds": 0.6})
    wait_until(lambda: len(descendants(worker.process.pid)) >= 2)
    await ledger.state(uid, "running")
    zygote = min(descendants(worker.process.pid))
    os.kill(zygote, signal.SIGKILL)
    job = await ledger.state(uid, "succeeded", "dead")
    assert (job["state"], job["failures"], job["losses"], job["attempt"]) == ("succeeded", 0, 1, 2)


async def test_an_idle_zygote_is_ended_and_made_anew_for_the_next_job(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start(pace={**QUICK, "zygote_idle": 0.2})
    assert descendants(worker.process.pid) == set()
    await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")
    wait_until(lambda: descendants(worker.process.pid) == set())
    await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")
    assert "Traceback" not in worker.text()


async def test_workers_take_only_their_families(fleet: Fleet, ledger: Ledger) -> None:
    fleet.start(JOB_TYPES="*,!other.*")
    other = await ledger.enqueue("other.kind.empty")
    sample = await ledger.enqueue("sample.empty", {"value": 7})
    assert (await ledger.state(sample, "succeeded"))["result"] == {"got": 7}
    assert (await ledger.job(other))["state"] == "queued"
    fleet.start(JOB_TYPES="other.*")
    await ledger.state(other, "succeeded")


@pytest.mark.parametrize(
    ("job_types", "words"),
    (
        ("sampel", "no family is called `sampel`. There are: broken, cage, maintenance, other.kind, patient, sample."),
        ("sample.effect", "`sample.effect` is a type of job. Its family is `sample`."),
        ("*,!*", "leaves no family"),
    ),
)
def test_a_mistake_in_job_types_is_refused_at_start(job_types: str, words: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}/src:{ROOT}",
        "DATABASE_URL": "postgresql://nowhere/none",
        "DATA_DIR": str(tmp_path),
        "JOB_TYPES": job_types,
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.jobs.worker"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode != 0
    assert words in ended.stderr


async def test_slots_are_shared_and_never_overrun(fleet: Fleet, ledger: Ledger) -> None:
    fleet.start(WORKER_CONCURRENCY="2")
    for _ in range(4):
        await ledger.enqueue("sample.effect", {"seconds": 0.3})
        await ledger.enqueue("other.kind.empty")
    most = 0
    while await ledger.value("SELECT count(*) FROM job WHERE state IN ('queued', 'running')"):
        most = max(most, await ledger.value("SELECT count(*) FROM job WHERE state = 'running'"))
        await asyncio.sleep(0.01)
    assert most == 2


@pytest.mark.timed
async def test_an_idle_worker_starts_a_job_at_once(fleet: Fleet, ledger: Ledger) -> None:
    fleet.start(pace={**QUICK, "poll": 30.0})
    await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")
    waits = []
    for _ in range(5):
        uid = await ledger.enqueue("sample.empty")
        job = await ledger.state(uid, "succeeded")
        waits.append((job["started_at"] - job["created_at"]).total_seconds())
    assert sorted(waits)[2] < 0.1


async def test_the_health_port_tells_how_the_worker_is(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start(JOB_TYPES="sample")
    await ledger.enqueue("other.kind.empty")
    await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")

    def get(path: str) -> tuple[int, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.health_port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()

    assert (await asyncio.to_thread(get, "/health/live"))[0] == 200
    assert (await asyncio.to_thread(get, "/health/ready"))[0] == 200
    metrics = (await asyncio.to_thread(get, "/metrics"))[1]
    assert 'cascadia_jobs_queued{family="other.kind"} 1.0' in metrics
    assert 'cascadia_jobs_finished_total{family="sample",outcome="succeeded"} 1.0' in metrics


async def test_a_taken_health_port_is_replaced_by_a_free_one(fleet: Fleet, ledger: Ledger) -> None:
    first = fleet.start()
    second = fleet.start(HEALTH_PORT=str(first.health_port))
    assert f"wanted={first.health_port}" in second.text()
    assert f" port={first.health_port} " not in second.text()


async def test_workers_outlive_a_database_that_throws_them_out(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start()
    running_on = await ledger.enqueue("sample.effect", {"seconds": 2.5})
    await ledger.state(running_on, "running")
    for _ in range(2):
        await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")
        with psycopg.connect(fleet.url, autocommit=True, options="-c role=none") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND starts_with(application_name, 'cascadia-worker')"
            )
    after = await ledger.enqueue("sample.empty")
    assert (await ledger.state(after, "succeeded"))["state"] == "succeeded"
    assert (await ledger.state(running_on, "succeeded"))["attempt"] == 1
    assert worker.process.poll() is None
