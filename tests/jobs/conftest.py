import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio

from cascadia.access.model import Actor, Role
from cascadia.jobs import service
from cascadia.jobs.permits import PermitSender
from cascadia.jobs.transport import JOBS_CHANNEL
from cascadia.kernel.broker import Broker
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.ids import new_uid
from cascadia.worker.registry import registry
from tests.jobs import sample
from tests.until import PATIENCE_SECONDS, eventually, until, wait_until

ROOT = Path(__file__).parents[2]
QUICK: Mapping[str, float] = {"lease": 3.0, "backoff": 0.2, "heartbeat": 0.3, "poll": 0.5, "sweep": 0.4}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class WorkerProcess:
    """A real worker in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path
    health_port: int

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self, seconds: float = 30) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def health(self, path: str) -> tuple[int, str]:
        """What the health port answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def text(self) -> str:
        return self.log.read_text()


@dataclass
class Fleet:
    """Starts workers on one database and ends them all with the test."""

    url: str
    folder: Path
    workers: list[WorkerProcess] = field(default_factory=list)

    def start(self, *, wait: bool = True, pace: Mapping[str, float] = QUICK, **settings: str) -> WorkerProcess:
        number = len(self.workers)
        log = self.folder / f"worker-{number}.log"
        port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}/src:{ROOT}",
            "DATABASE_URL": self.url,
            "DATA_DIR": str(self.folder / "data"),
            "HEALTH_PORT": str(port),
            "WORKER_CONCURRENCY": "2",
            "GRACE_SECONDS": "5",
            "PACE": json.dumps(pace),
            **settings,
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "tests.jobs.worker"], cwd=ROOT, env=environment, stdout=output, stderr=output
            )
        worker = WorkerProcess(process, log, port)
        self.workers.append(worker)
        if wait:
            wait_until(lambda: "worker_started" in worker.text() or process.poll() is not None)
            assert process.poll() is None, worker.text()
        return worker

    def end(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
                worker.kill()


@dataclass
class Ledger:
    """The ledger as a test asks it."""

    database: Database

    async def enqueue(self, job_type: str, payload: Mapping[str, Any] | None = None, **more: Any) -> UUID:
        async with self.database.write() as write:
            return await service.enqueue(write, Enqueue(job_type, payload or {}, **more))

    async def job(self, uid: UUID) -> dict[str, Any]:
        columns = (
            "id, uid, family, type, key, payload, priority, state, attempt, failures, losses, worker, cancel_requested, progress, note,"
            " error, result, children, children_open, request_id, created_at, started_at, finished_at"
        )
        return (await self.rows(f"SELECT {columns} FROM job WHERE uid = %(uid)s", uid=uid))[0]

    async def rows(self, query: Any, **params: Any) -> list[dict[str, Any]]:
        async with self.database.primary() as primary:
            return await primary.rows(query, params)

    async def value(self, query: Any, **params: Any) -> Any:
        async with self.database.primary() as primary:
            return await primary.value(query, params)

    async def until(self, condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS) -> None:
        """When it does not come, the jobs are told: some of them hang, or failed."""
        try:
            await until(condition, seconds)
        except AssertionError:
            raise AssertionError(await self.rows("SELECT uid, type, state, attempt, failures, losses, error FROM job")) from None

    async def state(self, uid: UUID, *states: str, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The job when it has come to one of the states."""

        async def there() -> bool:
            return str((await self.job(uid))["state"]) in states

        await self.until(there, seconds)
        return await self.job(uid)

    async def all_ended(self, seconds: float = PATIENCE_SECONDS) -> None:
        async def ended() -> bool:
            return bool(await self.value("SELECT count(*) = 0 FROM job WHERE state IN ('queued', 'running')"))

        await self.until(ended, seconds)


def make_sample(url: str) -> None:
    """The sample's tables and cursors."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET ROLE cascadia_owner")
        connection.execute(sample.TABLES)
        for name, _ in sample.registry().cursors():
            connection.execute("INSERT INTO subscription_cursor (name, position) VALUES (%s, 0)", (name,))


def begin_subscriptions(url: str) -> None:
    """The cursors of the whole program's subscriptions, at the newest event, as `migrate` makes them."""
    with psycopg.connect(url, autocommit=True) as connection:
        for name, _ in registry().cursors():
            connection.execute(
                "INSERT INTO subscription_cursor (name, position) SELECT %s, coalesce(max(position), 0) FROM outbox_position", (name,)
            )


@pytest.fixture
def jobs_url(database_url: str) -> str:
    """A fresh database with the sample's tables and cursors."""
    make_sample(database_url)
    return database_url


@pytest.fixture
def fleet(jobs_url: str, tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(jobs_url, tmp_path)
    yield made
    made.end()


@pytest_asyncio.fixture
async def ledger(jobs_url: str) -> AsyncIterator[Ledger]:
    async with Database(jobs_url, size=20) as database:
        yield Ledger(database)


class sending:  # noqa: N801 - reads as a verb
    """Has a database's enqueues send permits."""

    def __init__(self, database: Database, url: str, ca_bundle: Path | None = None) -> None:
        self._database = database
        self._sender = PermitSender(Broker(url, name="test", ca_bundle=ca_bundle))

    async def __aenter__(self) -> PermitSender:
        self._running = asyncio.create_task(self._sender.run(self._database))
        self._database.carry(JOBS_CHANNEL, self._sender.offer)
        await eventually(lambda: self._sender.degraded is None, 30)
        return self._sender

    async def __aexit__(self, *_: object) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)


async def make_actor(database: Database, name: str, roles: Mapping[int, Role] | None = None, *, administrator: bool = False) -> Actor:
    """A user in the database, as the actor that a session would give."""
    uid = new_uid()
    async with database.write() as write:
        user_id = await write.value(
            "INSERT INTO user_account (uid, email, name, administrator) "
            "VALUES (%(uid)s, %(email)s, %(name)s, %(administrator)s) RETURNING user_id",
            {"uid": uid, "email": f"{name}@example.org", "name": name, "administrator": administrator},
        )
    return Actor(user_id, uid, name, f"{name}@example.org", administrator, roles or {})


async def make_program(database: Database, code: str) -> int:
    async with database.write() as write:
        found = await write.value(
            "INSERT INTO program (uid, code, name) VALUES (%(uid)s, %(code)s, %(code)s) RETURNING program_id",
            {"uid": new_uid(), "code": code},
        )
    assert isinstance(found, int)
    return found
