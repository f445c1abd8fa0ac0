"""Faults are real ones: processes are killed and frozen, servers stopped and wiped, links cut. FAULT_JOBS says how many jobs."""

import os
import random
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from tests.jobs.conftest import QUICK, Fleet, Ledger, WorkerProcess, fleet, jobs_url, ledger, sending
from tests.rabbitmq import Node
from tests.until import PATIENCE_SECONDS

__all__ = ["fleet", "jobs_url", "ledger"]

JOBS = int(os.environ.get("FAULT_JOBS", "60"))
LONG = float(os.environ.get("FAULT_SECONDS", "0")) >= 30
OUTAGE = 30.0 if LONG else 4.0
"""Seconds for which a shared service is away."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(1200 if LONG else 900))


@dataclass
class Toll:
    """What the ledger and the effects say after a fault."""

    lost: int
    twice: int
    stuck: int
    unexplained: int

    def assert_none(self) -> None:
        assert (self.lost, self.twice, self.stuck, self.unexplained) == (0, 0, 0, 0), self


@dataclass
class Case:
    """A fleet of real workers over a real broker, jobs that leave one effect each, and the count afterwards."""

    fleet: Fleet
    ledger: Ledger
    chance: random.Random
    broker_url: str | None = None
    broker: Node | None = None

    @property
    def node(self) -> Node:
        assert self.broker
        return self.broker

    def worker(self, *, wait: bool = True, pace: Mapping[str, float] = QUICK, **settings: str) -> WorkerProcess:
        """One more worker on the broker."""
        shared = {"RABBITMQ_URL": self.broker_url} if self.broker_url else {}
        return self.fleet.start(wait=wait, pace=pace, **{**shared, **settings})

    async def enqueue(self, number: int = JOBS, seconds: float = 0.05, **more: Any) -> list[Any]:
        return [await self.ledger.enqueue("sample.effect", {"seconds": self.chance.random() * seconds}, **more) for _ in range(number)]

    async def reached(self, share: float) -> None:
        """Until so much of the jobs has succeeded."""

        async def there() -> bool:
            try:
                row = await self._progress()
            except psycopg.OperationalError:
                return False
            return bool(row["done"] >= share * row["jobs"])

        await self.ledger.until(there)

    async def _progress(self) -> dict[str, int]:
        rows = await self.ledger.rows("SELECT count(*) FILTER (WHERE state = 'succeeded') AS done, count(*) AS jobs FROM job")
        return rows[0]

    async def toll(self, seconds: float = PATIENCE_SECONDS) -> Toll:
        """Waits for the end of all jobs, and counts."""
        await self.ledger.until(self._all_ended, seconds)
        row = (await self.ledger.rows(TOLL))[0]
        return Toll(**row)

    async def _all_ended(self) -> bool:
        try:
            return bool(await self.ledger.value("SELECT count(*) = 0 FROM job WHERE state IN ('queued', 'running')"))
        except psycopg.OperationalError:
            return False


TOLL = """
SELECT
  (SELECT count(*) FROM job j WHERE type = 'sample.effect' AND state = 'succeeded'
     AND NOT EXISTS (SELECT 1 FROM effect e WHERE e.job = j.uid))
    + (SELECT count(*) FROM job WHERE type = 'sample.effect' AND state IN ('dead', 'cancelled') AND error IS NULL) AS lost,
  (SELECT count(*) FROM (SELECT job FROM effect GROUP BY job HAVING count(*) > 1) t)
    + (SELECT count(*) FROM effect e JOIN job j ON j.uid = e.job WHERE j.state <> 'succeeded' OR j.attempt <> e.attempt) AS twice,
  (SELECT count(*) FROM job WHERE state IN ('queued', 'running')) AS stuck,
  (SELECT count(*) FROM job WHERE state = 'dead' AND coalesce(error ->> 'message', '') = '') AS unexplained
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A broker whose consumers time out soon, so that a job outlasts them."""
    made = Node(extra={"consumer_timeout": "3000"})
    made.start()
    yield made
    made.close()


@pytest_asyncio.fixture
async def case(fleet: Fleet, ledger: Ledger, node: Node) -> AsyncIterator[Case]:
    """Workers on a broker; enqueues send permits as an app server does."""
    async with sending(ledger.database, node.url):
        yield Case(fleet, ledger, random.Random(7), node.url, node)


def freeze(pids: set[int]) -> None:
    """Stops them; a child that just ended is none of them any more."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)


def thaw(pids: set[int]) -> None:
    """Lets them go on."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
