"""The lock on `main` is held while the server works, never while the network does."""

import asyncio
from itertools import chain
from pathlib import Path
from uuid import UUID

from prometheus_client import REGISTRY

from cascadia.api.app import create_api
from cascadia.items import service as items
from cascadia.kernel.db import Database
from cascadia.parts.model import PART
from cascadia.settings import Settings
from cascadia.versioning import service as versioning
from cascadia.versioning.verification import verify_chain
from tests.company import Company, visitor
from tests.desk import Desk, open_desk
from tests.link import slow_link

WRITERS = 32
EDITS = 6
LATENCY_SECONDS = 0.2
"""Far more than a commit takes on the server, even of a machine that is busy with something else."""


async def test_writers_far_away_do_not_wait_for_each_other(database: Database, database_url: str) -> None:
    near = await open_desk(database)
    rows = [await near.part(f"Part {n}") for n in range(WRITERS)]
    held, commits = _held("sum"), _held("count")
    async with slow_link(database_url, LATENCY_SECONDS) as link, Database(link.url, size=WRITERS) as far:
        desk = Desk(far, near.actor, near.project)
        written = list(chain.from_iterable(await asyncio.gather(*(_edits(desk, row.uid, EDITS) for row in rows))))
    assert sorted(written) == list(range(WRITERS + 1, WRITERS + 1 + WRITERS * EDITS))
    async with database.read() as read:
        assert await verify_chain(read) == []
    assert _held("count") - commits == WRITERS * EDITS
    assert (_held("sum") - held) / (WRITERS * EDITS) < LATENCY_SECONDS / 2


def _held(what: str) -> float:
    """Seconds (`sum`) that commits held the lock on `main`, as the server measured them, and how many (`count`) there were."""
    return REGISTRY.get_sample_value(f"cascadia_main_lock_seconds_{what}") or 0.0


async def _edits(desk: Desk, uid: UUID, count: int) -> list[int]:
    seqs = []
    for n in range(count):
        async with desk.database.messages() as connection:
            row = await items.find(connection, desk.actor, ["part"], uid=uid)
            change = await items.judge_edit(connection, desk.actor, PART, row, {"description": f"edit {n} of {count}"}, None)
            seqs.append((await versioning.commit(connection, change)).seq)
    return seqs


async def test_an_edit_takes_three_round_trips(acme: Company, database_url: str, tmp_path: Path) -> None:
    """Session, judge, message."""
    ada = acme.administrator
    part = await ada.part(await acme.project("ROVER", await acme.program("ROVER")))
    token = (await ada.post("/tokens", {"name": "far"}))["secret"]
    async with slow_link(database_url, 0.0) as link:
        app = create_api(Settings(database_url=link.url, database_direct_url=database_url, database_pool_size=1, data_dir=tmp_path / "far"))
        async with app.router.lifespan_context(app), visitor(app) as http:
            counted = []
            for n in range(10):  # the driver prepares a statement at its sixth use, which takes a round trip of its own
                before = link.round_trips
                headers = {"Authorization": f"Bearer {token}", "If-Match": f'"{part["version"]}"', "Idempotency-Key": f"key {n}"}
                answer = await http.patch(f"/api/v1/parts/{part['id']}", json={"description": f"edit {n}"}, headers=headers)
                assert answer.status_code == 200, answer.text
                part = answer.json()
                counted.append(link.round_trips - before)
    assert counted[-2:] == [3, 3], counted
