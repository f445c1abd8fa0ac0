import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from cascadia.access.model import Actor, Role
from cascadia.jobs import stream
from cascadia.jobs.ledger import Beat
from cascadia.jobs.ledger import Ledger as WorkerLedger
from cascadia.jobs.relay import Relay
from cascadia.jobs.stream import EventHub
from cascadia.kernel.db import Database
from cascadia.kernel.errors import TooMany
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from tests.jobs.conftest import Ledger, make_actor, make_program
from tests.until import eventually, until


@dataclass
class Browser:
    """One open stream, read as an EventSource reads it."""

    last_id: str | None = None
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ended: bool = False

    def take(self, piece: bytes) -> None:
        for block in piece.decode().strip("\n").split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                self.seen.append((fields["event"], json.loads(fields["data"])))

    async def until(self, number: int) -> None:
        await eventually(lambda: len(self.seen) >= number)


@asynccontextmanager
async def hub_on(database: Database, url: str) -> AsyncIterator[EventHub]:
    async with EventHub(database, url, asyncio.Event()) as hub:
        yield hub


@asynccontextmanager
async def browsing(hub: EventHub, actor: Actor | None, after: str | None = None) -> AsyncIterator[Browser]:
    browser = Browser(last_id=after)
    opened = asyncio.Event()

    async def who() -> Actor | None:
        return actor

    async def read() -> None:
        async for piece in hub.watch(who, int(after) if after else None, actor.user_id if actor else None):
            browser.take(piece)
            opened.set()
        browser.ended = True

    reading = asyncio.create_task(read())
    async with asyncio.timeout(5):
        await opened.wait()
    yield browser
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


async def change(database: Database, program: int | None, kind: str = "part.changed") -> str:
    subject = new_uid()
    async with database.write() as write:
        await write.emit(Event(kind, subject, None, program, {"seq": 7}))
    await Relay(database, []).turn()
    return str(subject)


async def test_a_stream_is_told_where_it_is_while_only_hidden_things_happen(
    ledger: Ledger, jobs_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.2)
    rover, lander = await make_program(ledger.database, "rover"), await make_program(ledger.database, "lander")
    bob = await make_actor(ledger.database, "bob", {lander: Role.LEAD})

    async def go_on() -> None:
        while True:
            await change(ledger.database, rover)

    async with hub_on(ledger.database, jobs_url) as hub, browsing(hub, bob) as browser:
        began = browser.last_id
        busy = asyncio.create_task(go_on())
        await eventually(lambda: browser.last_id != began)
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)
        assert browser.seen == []


async def test_each_sees_what_their_programs_and_own_jobs_do(ledger: Ledger, jobs_url: str) -> None:
    rover, lander = await make_program(ledger.database, "rover"), await make_program(ledger.database, "lander")
    ada = await make_actor(ledger.database, "ada", {rover: Role.VIEWER})
    bob = await make_actor(ledger.database, "bob", {lander: Role.LEAD})
    async with hub_on(ledger.database, jobs_url) as hub, browsing(hub, ada) as hers, browsing(hub, bob) as his:
        part = await change(ledger.database, rover)
        other = await change(ledger.database, lander)
        job = await ledger.enqueue("sample.empty", actor_id=bob.user_id, program_id=rover)  # he had a role there when he asked
        own = await ledger.enqueue("sample.empty", actor_id=bob.user_id)
        await change(ledger.database, None, "user.changed")
        last = await change(ledger.database, rover), await change(ledger.database, lander)
        await hers.until(3)
        await his.until(3)
        assert hers.seen == [_change(part), _queued(job), _change(last[0])]
        assert his.seen == [_change(other), _queued(own), _change(last[1])]


def _queued(job: object) -> tuple[str, dict[str, Any]]:
    return "job", {"id": str(job), "state": "queued", "progress": None, "note": None}


def _change(part: str) -> tuple[str, dict[str, Any]]:
    return "change", {"type": "part.changed", "id": part, "seq": 7}


async def test_a_stream_that_breaks_off_goes_on_elsewhere_without_a_gap(ledger: Ledger, jobs_url: str) -> None:
    rover = await make_program(ledger.database, "rover")
    ada = await make_actor(ledger.database, "ada", {rover: Role.VIEWER})
    parts: list[str] = []
    async with hub_on(ledger.database, jobs_url) as hub, browsing(hub, ada) as browser:
        parts.append(await change(ledger.database, rover))
        await browser.until(1)
    parts += [await change(ledger.database, rover) for _ in range(250)]
    async with hub_on(ledger.database, jobs_url) as other, browsing(other, ada, browser.last_id) as again:
        await again.until(250)
        parts.append(await change(ledger.database, rover))
        await again.until(251)
        assert [data["id"] for _, data in browser.seen + again.seen] == parts


async def test_more_events_than_are_kept_in_memory_still_arrive_in_order(
    ledger: Ledger, jobs_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "KEPT_EVENTS", 3)
    rover = await make_program(ledger.database, "rover")
    ada = await make_actor(ledger.database, "ada", {rover: Role.VIEWER})
    async with hub_on(ledger.database, jobs_url) as hub, browsing(hub, ada) as browser:
        subjects = [new_uid() for _ in range(40)]
        async with ledger.database.write() as write:
            for subject in subjects:
                await write.emit(Event("part.changed", subject, None, rover))
        await Relay(ledger.database, []).turn()
        await browser.until(40)
        assert [data["id"] for _, data in browser.seen] == [str(s) for s in subjects]


async def test_progress_reaches_those_who_may_see_the_job_and_is_not_stored(ledger: Ledger, jobs_url: str) -> None:
    ada, bob = await make_actor(ledger.database, "ada"), await make_actor(ledger.database, "bob")
    job = await ledger.enqueue("sample.empty", actor_id=ada.user_id)
    worker = WorkerLedger(ledger.database, "w")
    [claimed] = (await worker.turn([], {"sample": 1}, ["sample.empty"], 1)).claimed
    await Relay(ledger.database, []).turn()
    before = await ledger.value("SELECT count(*) FROM outbox")
    async with hub_on(ledger.database, jobs_url) as hub, browsing(hub, ada) as hers, browsing(hub, bob) as his:
        position = hers.last_id

        async def told() -> int:
            await worker.heartbeat([Beat(claimed.id, 1, 0.25, "reading", moved=True)])
            return len(hers.seen)

        await until(told)
        assert hers.seen[0] == ("job", {"id": str(job), "state": "running", "progress": 0.25, "note": "reading"})
        assert (hers.last_id, his.seen) == (position, [])
    assert await ledger.value("SELECT count(*) FROM outbox") == before
    row = await ledger.job(job)
    assert (row["progress"], row["note"]) == (0.25, "reading")


async def test_a_stream_ends_when_its_actor_is_signed_out_and_when_the_app_drains(ledger: Ledger, jobs_url: str) -> None:
    rover = await make_program(ledger.database, "rover")
    ada = await make_actor(ledger.database, "ada", {rover: Role.VIEWER})
    draining = asyncio.Event()
    async with EventHub(ledger.database, jobs_url, draining) as hub, browsing(hub, None) as nobody, browsing(hub, ada) as hers:
        await change(ledger.database, rover)
        await hers.until(1)
        await eventually(lambda: nobody.ended)
        assert nobody.seen == []
        assert not hers.ended
        draining.set()
        await eventually(lambda: hers.ended)


async def test_a_stream_that_missed_too_much_is_told_to_read_again(ledger: Ledger, jobs_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LONGEST_GAP", 5)
    rover = await make_program(ledger.database, "rover")
    ada = await make_actor(ledger.database, "ada", {rover: Role.VIEWER})
    for _ in range(7):
        await change(ledger.database, rover)
    async with hub_on(ledger.database, jobs_url) as hub, browsing(hub, ada, "1") as browser:
        part = await change(ledger.database, rover)
        await browser.until(2)
        assert browser.seen == [("reset", {}), _change(part)]


async def test_a_person_has_so_many_streams_and_others_theirs(ledger: Ledger, jobs_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "STREAMS_EACH", 2)
    rover = await make_program(ledger.database, "rover")
    ada, bob = [await make_actor(ledger.database, name, {rover: Role.VIEWER}) for name in ("ada", "bob")]
    async with hub_on(ledger.database, jobs_url) as hub, browsing(hub, ada):
        hub.admit(ada.user_id)
        async with browsing(hub, ada):
            hub.admit(bob.user_id)
            with pytest.raises(TooMany):
                hub.admit(ada.user_id)
        await asyncio.sleep(0)
        hub.admit(ada.user_id)
