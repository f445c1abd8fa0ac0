"""The whole program in processes of its own: a PostgreSQL, an app server and a worker on one data folder. Each of them may be killed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, LiteralString

import httpx
import psycopg

from cascadia.kernel.embedded import Embedded, start
from cascadia.migrations.run import migrate
from cascadia.worker.registry import registry
from tests.distributed.site import EMAIL, PASSWORD, Site
from tests.jobs.conftest import QUICK, ROOT, Fleet, WorkerProcess, free_port
from tests.until import wait_until

REGISTRY: Final = "cascadia.worker.registry:registry"
TOKEN: Final = "the-token-of-a-fault-test"
READY_SECONDS: Final = 180
PATIENCE_SECONDS: Final = 300


@dataclass
class House:
    """`settings` are told to app server and workers alike."""

    folder: Path
    postgres: Embedded
    settings: Mapping[str, str]
    fleet: Fleet
    port: int = field(default_factory=free_port)
    app: "subprocess.Popen[bytes] | None" = None
    people: list[Site] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """The folder of app server and workers."""
        return self.folder / "data"

    def start_app(self) -> None:
        """Starts the app server, again on its port, and waits until it is ready."""
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}/src:{ROOT}",
            "DATABASE_URL": self.postgres.url,
            "DATA_DIR": str(self.data),
            "PORT": str(self.port),
            "BIND_ADDRESS": "127.0.0.1",
            "SETUP_TOKEN": TOKEN,
            **self.settings,
        }
        with (self.folder / "app.log").open("ab") as log:
            self.app = subprocess.Popen([sys.executable, "-m", "cascadia.cli", "app"], cwd=ROOT, env=environment, stdout=log, stderr=log)
        wait_until(self._ready, READY_SECONDS)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=3, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def start_worker(self, **settings: str) -> WorkerProcess:
        """One more worker of the whole program, with short leases."""
        told = {"REGISTRY": REGISTRY, **self.settings, **settings}
        worker = self.fleet.start(wait=False, pace={**QUICK, "backoff": 0.5}, **told)
        wait_until(lambda: "worker_started" in worker.text(), READY_SECONDS)
        return worker

    def person(self) -> Site:
        """The administrator in another browser; on a new database the one who sets it up."""
        address = f"http://127.0.0.1:{self.port}"
        site = Site(httpx.Client(base_url=address, headers={"Origin": address}, timeout=30, trust_env=False), patience=PATIENCE_SECONDS)
        self.people.append(site)
        answer = site.send("POST", "/sessions", {"email": EMAIL, "password": PASSWORD})
        if answer.status_code == 401:
            body = {"organisation": "House", "email": EMAIL, "name": "Ada", "password": PASSWORD, "token": TOKEN}
            answer = site.send("POST", "/setup", body)
        assert answer.status_code == 201, answer.text
        return site

    def rows(self, query: LiteralString, *params: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            return connection.execute(query, params).fetchall()

    def close(self) -> None:
        """Ends everything."""
        for site in self.people:
            site.http.close()
        self.fleet.end()
        if self.app:
            self.app.kill()
            self.app.wait(10)
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def house(**settings: str) -> Iterator[House]:
    """A set-up program on an own PostgreSQL that syncs to the disk, as one in use does; its app server runs, workers are yet to come."""
    folder = Path(tempfile.mkdtemp(prefix="cascadia-house-"))
    folder.chmod(0o711)  # the database runs as somebody else where this is root
    postgres = start(folder / "database", settings={"max_connections": "200"})
    made = House(folder, postgres, settings, Fleet(postgres.url, folder))
    try:
        migrate(postgres.url, subscriptions=registry().cursors())
        made.start_app()
        yield made
    finally:
        made.close()
