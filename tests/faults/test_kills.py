"""`kill -9` of every kind of process while people save, import, accept, convert and export, each aimed at one of these deeds.

After each kill everything that was acknowledged is there, once, and nothing else is; every job has ended; the chain of commits verifies;
no process and no folder is left over. `KILLS` says how often each kind is killed (3; `./dev bench kills` 20), `KILLS_REPORT` where the
counts go.
"""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from cascadia.api import routes  # noqa: F401  # every domain says which tables are versioned
from cascadia.kernel.db import Database
from cascadia.kernel.disk import FileStore
from cascadia.vault.jobs import collect
from cascadia.versioning.verification import verify_chain
from tests.faults.house import House, house
from tests.faults.people import ROWS, People, step_file
from tests.jobs.test_worker import descendants, running
from tests.until import wait_until

KILLS: Final = int(os.environ.get("KILLS", "3"))
REPORT: Final = os.environ.get("KILLS_REPORT")
DEEDS: Final = ("import", "conversion", "accept", "save", "export")
KINDS: Final = ("app", "worker", "child", "zygote", "postgresql")
AT_WORK: Final = {"import": ["conversion.document", "import"], "conversion": ["conversion.cad"], "export": ["export"]}
AIM_SECONDS: Final = 180
GONE_SECONDS: Final = 60
RUNNING: Final = "SELECT 1 FROM job WHERE state = 'running' AND family = ANY (%s)"
OPEN: Final = "SELECT count(*) FROM job WHERE state IN ('queued', 'running')"

pytestmark = pytest.mark.timeout(max(900, 60 * KILLS * len(KINDS)))


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """At work in a house with two workers; one of them takes all that is killed."""
    with house() as made:
        site = made.person()
        made.start_worker(WORKER_CONCURRENCY="3")
        working = People(made, site.project("kills"), step_file(tmp_path))
        working.start()
        try:
            wait_until(lambda: len(working.account.exports) > 0 and len(working.account.proposals) > 2, AIM_SECONDS)
            yield working
        finally:
            working.end()


def test_whatever_is_killed_nothing_is_lost_and_nothing_is_twice(people: People) -> None:
    chance, counted = random.Random(9), Counter[str]()
    order = [(kind, DEEDS[(n + at) % len(DEEDS)]) for n in range(KILLS) for at, kind in enumerate(KINDS)]
    for kind, deed in order:
        people.resume()
        aim(people, deed, chance)
        left = kill(people.house, kind, chance)
        counted[f"{kind} during {deed}"] += 1
        people.pause()
        wait_until(lambda left=left: not any(running(pid) for pid in left), GONE_SECONDS)  # type: ignore[misc]
        everything_is_there_once(people)
    people.end()
    collected(people)
    if REPORT:
        Path(REPORT).write_text(json.dumps({**counted, **told(people)}, indent=1), encoding="utf-8")


def aim(people: People, deed: str, chance: random.Random) -> None:
    """Until the deed is under way: where jobs do it, until one runs."""
    if families := AT_WORK.get(deed):
        wait_until(lambda: bool(people.house.rows(RUNNING, families)), AIM_SECONDS)
    else:
        wait_until(lambda: people.at_work[deed] > 0, AIM_SECONDS)
    time.sleep(chance.random() * 0.05)


def kill(made: House, kind: str, chance: random.Random) -> set[int]:
    """Kills one, and starts again what does not start by itself; the processes that must be gone now."""
    worker = made.fleet.workers[-1]
    match kind:
        case "app":
            return _app(made)
        case "worker":
            left = {worker.process.pid, *descendants(worker.process.pid)}
            worker.kill()
            made.start_worker(WORKER_CONCURRENCY="3")
            return left
        case "postgresql":
            left = {made.postgres.process.pid, *descendants(made.postgres.process.pid)}
            made.postgres.process.kill()
            made.postgres.process.wait(30)
            made.postgres.restart()
            return left
        case _:
            return _below(worker.process.pid, children=kind == "child", chance=chance)


def _app(made: House) -> set[int]:
    assert made.app
    made.app.kill()
    made.app.wait(10)
    pid = made.app.pid
    made.start_app()
    return {pid}


def _below(worker: int, *, children: bool, chance: random.Random) -> set[int]:
    """A zygote with its children, or one child."""

    def found() -> list[int]:
        zygotes = {pid for pid in descendants(worker) if _parent(pid) == worker}
        return sorted(descendants(worker) - zygotes if children else zygotes)

    wait_until(lambda: bool(found()), AIM_SECONDS)
    victim = chance.choice(found())
    left = {victim, *descendants(victim)}
    os.kill(victim, signal.SIGKILL)
    return left


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
    except FileNotFoundError:
        return 0


def everything_is_there_once(people: People) -> None:
    """And nothing else is."""
    made, account = people.house, people.account
    wait_until(lambda: made.rows(OPEN) == [(0,)], AIM_SECONDS)
    assert made.rows("SELECT type, error FROM job WHERE state <> 'succeeded'") == []
    names = dict(made.rows("SELECT i.uid::text, v.name FROM item i JOIN item_v v USING (item_id) WHERE v.to_seq = 9223372036854775807"))
    assert {uid: names.pop(uid, None) for uid in account.names} == account.names
    assert len(names) == len(account.imported) * (ROWS + 1)
    numbers = {row[0] for row in made.rows("SELECT number FROM item")}
    assert numbers >= {f"{prefix}-{n}" for prefix in account.imported.values() for n in range(ROWS)}
    assert made.rows("SELECT count(*) FROM bom_v WHERE to_seq = 9223372036854775807") == [(len(account.imported) * ROWS,)]
    assert made.rows("SELECT count(*), count(DISTINCT seq), max(seq) FROM commit_log WHERE seq > 0") == [(account.commits,) * 3]
    assert dict(made.rows("SELECT uid::text, state FROM proposal")) == account.proposals
    assert made.rows("SELECT count(*) FROM file") == [(account.files,)]
    outputs = dict(made.rows("SELECT uid::text, result ->> 'output' FROM job WHERE type = 'export.bom'"))
    assert outputs == account.exports
    assert {row[0] for row in made.rows("SELECT uid::text FROM output_file")} == set(outputs.values())
    assert asyncio.run(_chain(made.postgres.url)) == []
    work = made.data / "work"
    wait_until(lambda: [len(list(folder.iterdir())) for folder in work.iterdir()] == [1], GONE_SECONDS)


async def _chain(url: str) -> list[str]:
    async with Database(url, size=2) as database, database.read() as read:
        return await verify_chain(read)


def collected(people: People) -> None:
    """What broken-off puts left goes with the collector; every object has a row then, and every row its object."""

    async def run() -> None:
        async with Database(people.house.postgres.url, size=2) as database:
            for _ in range(2):
                await collect(database, FileStore(people.house.data / "files"), timedelta(0))

    asyncio.run(run())
    files = people.house.data / "files"
    there = {path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file()}
    assert there == {row[0] for row in people.house.rows("SELECT key FROM blob")}


def told(people: People) -> dict[str, int]:
    """What was done in all."""
    account = people.account
    [(jobs, failures, losses)] = people.house.rows("SELECT count(*)::int, sum(failures)::int, sum(losses)::int FROM job")
    counts: dict[str, Callable[[], int]] = {
        "saves": lambda: account.commits - len(account.imported),
        "imports accepted": lambda: len(account.imported),
        "conversions": lambda: sum(state == "open" for state in account.proposals.values()),
        "exports": lambda: len(account.exports),
        "requests sent again": lambda: sum(site.retries for site in people.house.people),
    }
    return {**{name: count() for name, count in counts.items()}, "jobs": jobs, "attempts that failed": failures, "attempts lost": losses}
