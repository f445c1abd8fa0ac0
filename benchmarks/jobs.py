"""Empty jobs end to end: how many a second, how soon one starts, how many statements one takes, what an idle worker asks."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, LiteralString

import psycopg

from benchmarks import place
from benchmarks.harness import ROOT, Result, at_least, at_most
from benchmarks.place import Place
from cascadia.jobs import service
from cascadia.jobs.ledger import Ledger
from cascadia.jobs.permits import PermitSender
from cascadia.jobs.transport import JOBS_CHANNEL
from cascadia.kernel import tasks
from cascadia.kernel.broker import Broker
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue

NUMBER: Final = {"10k": 5000, "100k": 10_000, "1M": 20_000}
FINISHED: Final = {"10k": 100_000, "100k": 1_000_000, "1M": 10_000_000}
"""Rows of finished jobs in the ledger for the claim. `--size 1M` is the goal's ten million."""
JOB: Final = Enqueue("empty.nothing", {})
CLAIMS: Final = 200
QUEUED: Final = 10_000
IDLE_SECONDS: Final = 20
WAITS: Final[LiteralString] = "SELECT extract(epoch FROM started_at - created_at)::float AS waited FROM job ORDER BY id DESC LIMIT %(n)s"
ROUNDS: Final = 5
WARM: Final = 100
PEERS: Final = ROOT / ".tools/bench"
PEER_WORKER: Final = [
    sys.executable,
    "-m",
    "procrastinate",
    "--app=benchmarks.peer_procrastinate.app",
    "worker",
    "--queues=empty",
    "--concurrency=2",
]
"""As its users start it: both programs write their log of jobs to a file."""


def run(size: str) -> list[Result]:
    """All of it, in one run on one database."""
    number = NUMBER[size]
    with place.database() as made:
        asyncio.run(_fill(made, 1))
        return [*_rates(made, number), *_latency(made.url), _idle(made), _claim_beside_queued(made), _claim(made, FINISHED[size])]


def _rates(made: Place, number: int) -> Iterator[Result]:
    """Ours and the peer's in turn, each fed one by one while its workers run; the medians of some rounds."""
    each = number // ROUNDS
    for workers in (1, 3):
        rates, peers, statements = [], [], []
        with place.workers(made.url, workers), _peer_workers(made, workers) as peer:
            asyncio.run(enqueue_and_wait(made.url, WARM))
            _peer_rate(*peer, WARM)
            for _ in range(ROUNDS):
                before, began = made.statements(), time.monotonic()
                asyncio.run(enqueue_and_wait(made.url, each))
                rates.append(each / (time.monotonic() - began))
                statements.append((made.statements() - before) / each)
                peers.append(_peer_rate(*peer, each))
        rate, floor = statistics.median(rates), statistics.median(peers)
        yield at_least(f"jobs/s, {workers} worker(s) × 2, floor: Procrastinate", rate, "jobs/s", floor=floor, ratio=1.5)
        yield at_most(f"SQL statements a job, {workers} worker(s)", statistics.median(statements), "statements", 8)


async def _enqueue(database: Database, number: int) -> None:
    """Each by a statement of its own, as the peer's `defer` does it."""
    for _ in range(number):
        async with database.messages() as write:
            await service.enqueue(write, JOB)


async def enqueue_and_wait(url: str, number: int, broker: str | None = None) -> None:
    """Puts jobs in one by one, as an app server does (with a broker, by permits), and returns when all have ended."""
    async with Database(url, size=2) as database, _permits(database, broker):
        await _enqueue(database, number)
        while await _open(database):
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _permits(database: Database, broker: str | None) -> AsyncIterator[None]:
    if broker is None:
        yield
        return
    sender = PermitSender(Broker(broker, name="bench"))
    database.carry(JOBS_CHANNEL, sender.offer)
    running = asyncio.create_task(sender.run(database))
    while sender.degraded:
        await asyncio.sleep(0.01)
    yield
    await tasks.end([running])


async def _open(database: Database) -> bool:
    async with database.primary() as primary:
        return bool(await primary.value("SELECT EXISTS (SELECT 1 FROM job WHERE state IN ('queued', 'running'))"))


async def _fill(made: Place, number: int) -> None:
    async with Database(made.url, size=2) as database:
        await _enqueue(database, number)
    with psycopg.connect(made.admin, autocommit=True) as connection:
        connection.execute("UPDATE job SET state = 'succeeded', finished_at = now()")


def _peer_rate(url: str, environment: dict[str, str], number: int) -> float:
    """Procrastinate's jobs a second, the same way; its start is not counted."""
    command = [sys.executable, "-m", "benchmarks.peer_procrastinate", "defer", str(number)]
    began = float(subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE).stdout)
    count = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    place.until(lambda: place.value(url, count) == 0, 600)
    return number / (time.monotonic() - began)


@contextmanager
def _peer_workers(made: Place, number: int) -> Iterator[tuple[str, dict[str, str]]]:
    url = made.another(f"peer{number}").admin
    environment = {**place.environment(url, Path("/tmp")), "PYTHONPATH": f"{ROOT}:{PEERS}"}
    subprocess.run([sys.executable, "-m", "benchmarks.peer_procrastinate", "schema", "0"], cwd=ROOT, env=environment, check=True)
    with tempfile.TemporaryFile() as log:
        processes = [subprocess.Popen(PEER_WORKER, cwd=ROOT, env=environment, stdout=log, stderr=log) for _ in range(number)]
        try:
            yield url, environment
        finally:
            place.end(processes)


def _latency(url: str) -> Iterator[Result]:
    """From the commit to the start of one job at a time."""
    with place.workers(url, 1):
        waits = asyncio.run(_one_by_one(url, 200))
    yield at_most("start of a job, nothing else running, p50", statistics.median(waits) * 1000, "ms", 10)
    yield Result("start of a job, nothing else running, p95", statistics.quantiles(waits, n=20)[18] * 1000, "ms")


async def _one_by_one(url: str, number: int) -> list[float]:
    async with Database(url, size=2) as database:
        for _ in range(number):
            await _enqueue(database, 1)
            while await _open(database):
                await asyncio.sleep(0.005)
        async with database.primary() as primary:
            rows = await primary.rows(WAITS, {"n": number - 20})
    return [row["waited"] for row in rows]


def _claim_beside_queued(made: Place) -> Result:
    """A claim beside many queued jobs of another family, whose plan was made beside few."""
    few = asyncio.run(_claims(made.url))
    with psycopg.connect(made.admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO job (uid, family, type, payload)"
            " SELECT gen_random_uuid(), 'other', 'empty.nothing', '{}' FROM generate_series(1, %s)",
            (QUEUED,),
        )
        beside = asyncio.run(_claims(made.url))
        connection.execute("DELETE FROM job WHERE family = 'other'")
    return at_most(f"claim beside {QUEUED:,} queued jobs, floor: beside few", beside, "ms", 1.2, floor=few)


def _idle(made: Place) -> Result:
    with place.workers(made.url, 1):
        time.sleep(2)
        before = made.statements()
        time.sleep(IDLE_SECONDS)
        return at_most("SQL of an idle worker", (made.statements() - before) / IDLE_SECONDS, "statements/s", 2)


def _claim(made: Place, finished: int) -> Result:
    """A claim beside many finished jobs, its floor beside few."""
    few = asyncio.run(_claims(made.url))
    with psycopg.connect(made.admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO job (uid, family, type, payload, state, attempt, started_at, finished_at)"
            " SELECT gen_random_uuid(), 'empty', 'empty.nothing', '{}', 'succeeded', 1, now(), now() FROM generate_series(1, %s)",
            (finished,),
        )
        connection.execute("VACUUM ANALYZE job")
        connection.execute("CHECKPOINT")
    return at_most(f"claim beside {finished:,} finished jobs, floor: beside few", asyncio.run(_claims(made.url)), "ms", 1.2, floor=few)


async def _claims(url: str) -> float:
    """Milliseconds of one claim: the median of a round, in the round that the machine disturbed least."""
    return min([await _round_of_claims(url) for _ in range(ROUNDS)])


async def _round_of_claims(url: str) -> float:
    async with Database(url, size=2) as database:
        await _enqueue(database, CLAIMS)
        ledger, took = Ledger(database, "bench"), []
        for _ in range(CLAIMS):
            began = time.perf_counter()
            turn = await ledger.turn([], {"empty": 1}, ["empty.nothing"], 1)
            took.append(time.perf_counter() - began)
            assert len(turn.claimed) == 1
        async with database.write() as write:
            await write.execute("UPDATE job SET state = 'succeeded', finished_at = now(), lease_until = NULL WHERE state = 'running'")
    return statistics.median(took) * 1000
