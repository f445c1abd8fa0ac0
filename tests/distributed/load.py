"""Steady real work through the balancer, and what must hold of it afterwards whatever happened meanwhile."""

import asyncio
import hashlib
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg

from cascadia.api import routes  # noqa: F401  # every domain says which tables are versioned
from cascadia.kernel.db import Database
from cascadia.versioning.verification import verify_chain
from tests.distributed.logs import AppLogs
from tests.distributed.site import AGAIN_SECONDS, Site, signed_in
from tools.cluster import Fleet, until

WORKERS = 4

SETTLE_SECONDS = 120
OUTAGE = float(os.environ.get("FAULT_SECONDS", "4"))
BEFORE, AFTER = 1.5, 2.0
"""Seconds of work before a fault and after it."""
THINK = 0.0 if OUTAGE >= 30 else 0.05
"""Seconds for which people at work look at what came: the short form leaves processor to the tests that run beside it."""
FAKETIME = f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketime.so.1"
"""Gives a process another time; `FAKETIME` says which."""


@dataclass
class Load:
    """People who create parts, rename them, build BOMs, upload files and read, until they are told to stop."""

    fleet: Fleet
    project: str
    created: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    lines: dict[str, tuple[str, str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    reads: int = 0
    retries: int = 0
    seconds: float = 0.0
    think_seconds: float = 0.0
    """How long a person looks at what came before the next deed, on average."""
    failures: list[str] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    """Milliseconds of the reads."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, number: int, site: Site) -> None:
        """The work of one person, who is signed in; what goes wrong is a failed user action."""
        chance = random.Random(number)
        site.patience = max(2 * site.patience, 4 * OUTAGE)
        mine: list[dict[str, Any]] = []
        try:
            while not self._stop.is_set():
                self._one(chance, site, mine)
                self._stop.wait(chance.uniform(0.5, 1.5) * self.think_seconds)
        except AssertionError as error:
            with self._lock:
                self.failures.append(str(error))
        finally:
            site.http.close()
            with self._lock:
                self.retries += site.retries

    def _one(self, chance: random.Random, site: Site, mine: list[dict[str, Any]]) -> None:
        deed = chance.random()
        if deed < 0.35 or len(mine) < 2:
            part = site.post("/parts", {"project": self.project, "name": f"load {uuid4().hex}"})
            self._note(self.created, part["id"], part["name"])
            self._note(self.names, part["id"], part["name"])
            mine.append(part)
        elif deed < 0.65:
            self._rename(chance, site, mine)
        elif deed < 0.75:
            self._add_line(chance, site, mine)
        elif deed < 0.85:
            content = uuid4().bytes * chance.randint(1, 4000)
            stored = site.upload(f"{uuid4().hex}.bin", content, self.project)
            self._note(self.files, stored["id"], hashlib.sha256(content).hexdigest())
        else:
            part, began = chance.choice(mine), time.monotonic()
            assert site.get(f"/parts/{part['id']}")["name"] == self.names[part["id"]], "a person missed their own write"
            with self._lock:
                self.reads += 1
                self.pages.append((time.monotonic() - began) * 1000)

    def _rename(self, chance: random.Random, site: Site, mine: list[dict[str, Any]]) -> None:
        at = chance.randrange(len(mine))
        etag = site.send("GET", f"/parts/{mine[at]['id']}").headers["etag"]
        answer = site.send("PATCH", f"/parts/{mine[at]['id']}", {"name": f"renamed {uuid4().hex}"}, headers={"If-Match": etag})
        assert answer.status_code == 200, f"PATCH: {answer.status_code} {answer.text}"
        self._note(self.names, mine[at]["id"], answer.json()["name"])

    def _add_line(self, chance: random.Random, site: Site, mine: list[dict[str, Any]]) -> None:
        parent, child = sorted(chance.sample(range(len(mine)), 2))
        etag = site.get(f"/parts/{mine[parent]['id']}/bom")["etag"]
        line = site.post(f"/parts/{mine[parent]['id']}/bom", {"child": mine[child]["id"]}, **{"If-Match": etag})
        self._note(self.lines, line["id"], (mine[parent]["id"], mine[child]["id"]))

    def _note(self, where: dict[str, Any], key: str, value: Any) -> None:
        with self._lock:
            where[key] = value
            self.writes += where is not self.created

    @property
    def actions(self) -> int:
        """What people did."""
        return self.writes + self.reads

    def percentile(self, share: float) -> float:
        """Of the milliseconds that a read took."""
        return sorted(self.pages)[int(len(self.pages) * share)]

    def told(self) -> str:
        """What was done, for people."""
        rate = self.writes / self.seconds
        return f"{self.writes} writes ({rate:.0f}/s), {self.reads} reads, {self.retries} sent again, {len(self.failures)} failed"


@contextmanager
def under_load(fleet: Fleet, project: str, workers: int = WORKERS, think_seconds: float = 0.0) -> Iterator[Load]:
    """Work goes on while the block runs; then it stops, and no user action may have failed."""
    load = Load(fleet, project, think_seconds=think_seconds)
    threads = [threading.Thread(target=load.work, args=(number, signed_in(fleet))) for number in range(workers)]
    with AppLogs(fleet.engine) as logs:
        for thread in threads:
            thread.start()
        began = time.monotonic()
        try:
            yield load
        finally:
            load._stop.set()
            for thread in threads:
                thread.join(180)
        load.seconds = time.monotonic() - began
        assert load.failures == [], (load.failures, logs.broken())
    assert load.writes > 0


def through(fleet: Fleet, project: str, site: Site, fault: Callable[[], None], *, actions: int = 0, think_seconds: float = THINK) -> Load:
    """Work, a fault in the middle of it, the way back to health, so many user actions at least, and the count."""
    with under_load(fleet, project, think_seconds=think_seconds) as load:
        time.sleep(BEFORE)
        fault()
        time.sleep(AFTER)
        fleet.wait()
        until(lambda: load.actions >= actions, 10 * AGAIN_SECONDS, lambda: f"only {load.actions} actions")
    invariants(fleet, load, site)
    return load


def invariants(fleet: Fleet, load: Load, site: Site) -> None:
    """Every accepted write is there, once; no gap in the commits; every file's bytes are right; every job ended; the chain verifies."""
    url = database_url(fleet)
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT i.uid::text, v.name FROM item i JOIN item_v v USING (item_id)"
            " WHERE i.uid = ANY(%s::uuid[]) AND v.branch_id = 0 AND v.to_seq = 9223372036854775807 AND NOT v.deleted",
            (list(load.created),),
        ).fetchall()
        there = {str(row[0]): str(row[1]) for row in found}
        wrong = {key: (name, there.get(key)) for key, name in load.names.items() if there.get(key) != name}
        assert wrong == {}, list(wrong.items())[:3]
        twice = connection.execute(
            "SELECT v.name FROM item_v v WHERE v.name LIKE 'load %' GROUP BY v.name HAVING count(DISTINCT v.item_id) > 1"
        ).fetchall()
        assert twice == [], twice
        lines = connection.execute("SELECT count(*) FROM bom_line WHERE uid = ANY(%s::uuid[])", (list(load.lines),)).fetchone()
        assert lines == (len(load.lines),)
        gaps = connection.execute(
            "SELECT seq FROM (SELECT seq, lag(seq) OVER (ORDER BY seq) AS before FROM commit_log WHERE branch_id = 0) s"
            " WHERE seq <> before + 1"
        ).fetchall()
        assert gaps == [], gaps
    for file, digest in load.files.items():
        content = site.send("GET", f"/files/{file}/content").content
        assert hashlib.sha256(content).hexdigest() == digest, file
    _settle(url)
    assert (faults := asyncio.run(_chain(url))) == [], faults[:3]


async def _chain(url: str) -> list[str]:
    async with Database(url, size=2) as database, database.read() as read:
        return await verify_chain(read)


def _settle(url: str) -> None:
    """Every accepted job ends, and those that failed say why."""
    deadline = time.monotonic() + SETTLE_SECONDS
    left: list[Any] = []
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            left = connection.execute(
                "SELECT type, state, attempt FROM job WHERE state IN ('queued', 'running') AND (run_at <= now() OR away IS NOT NULL)"
            ).fetchall()
            if not left:
                break
            time.sleep(0.5)
        assert left == [], left[:5]
        dead = connection.execute("SELECT type, error FROM job WHERE state = 'dead'").fetchall()
        assert dead == [], json.dumps([[str(value) for value in row] for row in dead])


def database_url(fleet: Fleet) -> str:
    """The fleet's database, for a look from outside."""
    password = json.loads((fleet.state / "passwords.json").read_text(encoding="utf-8"))["postgres"]
    return f"postgresql://cascadia:{password}@{fleet.engine.gateway}:{fleet.plan.port('POSTGRES_PORT')}/cascadia"
