"""What befalls the database, and a pooler in between."""

import asyncio
import random
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import pytest_asyncio

from cascadia.kernel.db import Database
from cascadia.kernel.embedded import Embedded, start
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.migrations.run import migrate
from tests.conftest import with_database
from tests.faults.conftest import JOBS, LONG, Case
from tests.jobs.conftest import Fleet, Ledger, make_sample, sending
from tests.pgbouncer import UNPRIVILEGED, Pooler
from tests.rabbitmq import Node

AGAIN_SECONDS = 15 if LONG else 60
"""Until work goes on: the figure of a machine with nothing else to do, and what is enough beside all other tests."""


@pytest.fixture
def own_postgres() -> Iterator[Embedded]:
    """A PostgreSQL that this test may kill; it syncs, as one in use does."""
    folder = Path(tempfile.mkdtemp(prefix="cascadia-pg-"))
    running = start(folder, settings={"max_connections": "200"})
    try:
        migrate(running.url)
        make_sample(running.url)
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture
async def own_case(own_postgres: Embedded, tmp_path: Path) -> AsyncIterator[Case]:
    fleet = Fleet(own_postgres.url, tmp_path)
    async with Database(own_postgres.url, size=20) as database:
        yield Case(fleet, Ledger(database), random.Random(11))
    fleet.end()


@pytest.mark.timed
@pytest.mark.parametrize("broker", ("postgres", pytest.param("rabbitmq", marks=pytest.mark.needs("rabbitmq"))))
async def test_postgresql_is_stopped_at_once_and_started(
    own_postgres: Embedded, own_case: Case, broker: str, request: pytest.FixtureRequest
) -> None:
    if broker == "rabbitmq":
        node: Node = request.getfixturevalue("node")
        own_case.broker_url = node.url
    for _ in range(3):
        own_case.worker()
    await own_case.enqueue(JOBS, 0.3)
    for share in (0.2, 0.5):
        await own_case.reached(share)
        own_postgres.process.send_signal(signal.SIGQUIT)
        own_postgres.process.wait(30)
        await asyncio.sleep(30 if LONG else 1)
        own_postgres.restart()
        began = time.monotonic()
        await own_case.reached(share + 0.05)
        assert time.monotonic() - began < AGAIN_SECONDS
    (await own_case.toll()).assert_none()
    rows = await own_case.ledger.rows("SELECT attempt, losses, failures, deferrals FROM job")
    assert sum(row["failures"] for row in rows) == 0
    assert all(row["attempt"] == row["losses"] + row["deferrals"] + 1 for row in rows)
    assert all(worker.process.poll() is None for worker in own_case.fleet.workers)


@pytest.fixture
def pooler(jobs_url: str, postgres: Embedded) -> Iterator[Pooler]:
    with postgres.cluster.data.joinpath("pg_ident.conf").open("a", encoding="utf-8") as identities:
        identities.write(f'cascadia "{UNPRIVILEGED}" {parse_qs(urlsplit(jobs_url).query)["user"][0]}\n')
    with psycopg.connect(with_database(postgres.url, "postgres", SUPERUSER), autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")
    made = Pooler(jobs_url)
    yield made
    made.close()


@pytest.mark.needs("pgbouncer", "rabbitmq")
async def test_everything_goes_through_pgbouncer_in_transaction_mode(
    fleet: Fleet, ledger: Ledger, pooler: Pooler, node: Node, jobs_url: str
) -> None:
    case = Case(fleet, ledger, random.Random(5), node.url)
    for _ in range(3):
        case.worker(DATABASE_URL=pooler.url, DATABASE_DIRECT_URL=jobs_url)
    async with Database(pooler.url, size=10, pooler=True) as pooled, sending(pooled, node.url):
        through = Case(fleet, Ledger(pooled), case.chance)
        await through.enqueue(JOBS, 0.1)
        await case.reached(0.3)
        fleet.workers[0].kill()
        case.worker(DATABASE_URL=pooler.url, DATABASE_DIRECT_URL=jobs_url)
        (await case.toll()).assert_none()
    assert not [w for w in fleet.workers if "Traceback" in w.text() or "prepared statement" in w.text()]
