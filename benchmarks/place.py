"""What benchmarks run on: a PostgreSQL of their own that counts statements, and workers of this program in processes of their own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
from psycopg import sql

from benchmarks.harness import ROOT
from cascadia.kernel.embedded import start
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.migrations.run import migrate

STARTED_SECONDS: Final = 60
ENDED_SECONDS: Final = 60
SETUP_TOKEN: Final = "the-token-of-a-benchmark"


@dataclass(frozen=True, slots=True)
class Place:
    """A database: as the program signs in, and as its superuser."""

    url: str
    admin: str

    def statements(self) -> int:
        """How many statements the server has been sent so far, but for these questions themselves."""
        query = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'"
        return int(value(self.admin, query))

    def another(self, name: str) -> "Place":
        """A new, empty database beside it."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        admin = self.admin.replace("///cascadia", f"///{name}", 1)
        return Place(admin, admin)


@contextmanager
def database(subscriptions: Sequence[tuple[str, bool]] = ()) -> Iterator[Place]:
    """A migrated database that syncs to the disk, as one in use does, and counts statements. `subscriptions`: those that have cursors."""
    folder = Path(tempfile.mkdtemp(prefix="cascadia-bench-"))
    running = start(folder, settings={"max_connections": "300", "shared_preload_libraries": "pg_stat_statements"})
    try:
        made = Place(running.url, re.sub(r"user=\w+", f"user={SUPERUSER}", running.url))
        migrate(made.url, subscriptions=subscriptions)
        with psycopg.connect(made.admin, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
        yield made
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def workers(url: str, number: int, slots: int = 2, **settings: str) -> Iterator[None]:
    """So many workers of `benchmarks.empty`'s registry, ready."""
    folder = Path(tempfile.mkdtemp(prefix="cascadia-bench-workers-"))
    processes, logs = [], []
    try:
        for index in range(number):
            logs.append(folder / f"{index}.log")
            with logs[-1].open("wb") as log:
                processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "benchmarks.empty"],
                        cwd=ROOT,
                        env={**environment(url, folder), "WORKER_CONCURRENCY": str(slots), "HEALTH_PORT": str(free_port()), **settings},
                        stdout=log,
                        stderr=log,
                    )
                )
        until(lambda: all("worker_started" in path.read_text() for path in logs), STARTED_SECONDS)
        yield
    finally:
        end(processes)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class App:
    """An app server."""

    url: str
    pid: int

    def memory_mb(self) -> float:
        """What it holds, without the system's cache of files."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.split("RssAnon:")[1].split()[0]) / 1024

    def cpu_seconds(self) -> float:
        """What it has used since it began, in its own code and in the system's."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def app(url: str, **settings: str) -> Iterator[App]:
    """An app server that is ready."""
    with tempfile.TemporaryDirectory(prefix="cascadia-bench-app-") as folder:
        port = free_port()
        told = {**environment(url, Path(folder)), "PORT": str(port), "BIND_ADDRESS": "127.0.0.1", "SETUP_TOKEN": SETUP_TOKEN, **settings}
        log = (Path(folder) / "log").open("wb")
        process = subprocess.Popen([sys.executable, "-m", "cascadia.cli", "app"], cwd=ROOT, env=told, stdout=log, stderr=log)
        try:
            until(lambda: _is_ready(port), STARTED_SECONDS)
            yield App(f"http://127.0.0.1:{port}", process.pid)
        finally:
            end([process])
            log.close()


def _is_ready(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=3, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and answer.json()["degraded"] == []


async def set_up(http: httpx.AsyncClient) -> str:
    """Signs `http` in as the first administrator of a new server; the id of a project."""
    person = {"organisation": "Bench", "email": "ada@example.org", "name": "Ada", "password": "correct horse battery staple"}
    person["token"] = SETUP_TOKEN
    program = await made(http, "setup", person) and await made(http, "programs", {"code": "bench", "name": "Bench"})
    return str((await made(http, "projects", {"code": "bench", "program": program["id"]}))["id"])


async def made(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a POST made."""
    answer = await http.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Tells all of them to stop, and waits for each."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        process.wait(ENDED_SECONDS)


def environment(url: str, folder: Path) -> dict[str, str]:
    """What a process of a benchmark is told."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}/src:{ROOT}",
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "LOG_FORMAT": "text",
    }


def value(url: str, query: str) -> Any:
    """The first column of the first row."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(sql.SQL(query)).fetchone()
        return found[0] if found else None


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Polls until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come")
        time.sleep(0.01)


def free_port() -> int:
    """A free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
