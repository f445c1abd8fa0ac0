"""The feed tells everything that one may see, in one order without gaps."""

import asyncio

from cascadia.jobs import queries as jobs_sql
from cascadia.kernel.db import Database
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from tests.company import Workshop


async def number(database: Database) -> None:
    async with database.messages() as write:
        while await write.value(jobs_sql.RELAY_STEP, {"batch": 100}):
            pass


async def test_what_happened_is_told_in_order_to_members_only(workshop: Workshop) -> None:
    database: Database = workshop.company.app.state.database
    part = await workshop.engineer.part(workshop.project, "Bolt")
    await number(database)
    told = (await workshop.viewer.get("/events", type="part.*"))["items"]
    assert [(e["type"], e["subject"]) for e in told] == [("part.created", part["id"])]
    assert told[0]["program"] == workshop.program
    assert told[0]["actor"] == workshop.engineer.user["id"]
    assert workshop.program not in {e["program"] for e in (await workshop.stranger.get("/events"))["items"]}
    everything = (await workshop.lead.get("/events"))["items"]
    assert [e["position"] for e in everything] == sorted(e["position"] for e in everything)


async def test_events_of_no_program_are_for_administrators(workshop: Workshop) -> None:
    await number(workshop.company.app.state.database)
    seen = {e["type"] for e in (await workshop.company.administrator.get("/events"))["items"]}
    assert "user.created" in seen
    assert "user.created" not in {e["type"] for e in (await workshop.engineer.get("/events"))["items"]}


async def test_nothing_is_missed_or_told_twice_while_eight_write(workshop: Workshop) -> None:
    database: Database = workshop.company.app.state.database
    async with database.primary() as primary:
        program = await primary.value("SELECT program_id FROM program WHERE uid = %(uid)s", {"uid": workshop.program})
    written: list[str] = []

    async def write_some() -> None:
        for _ in range(10):
            event = Event("sample.happened", new_uid(), None, program)
            async with database.write() as write:
                await write.emit(event)
                await asyncio.sleep(0.002)
            written.append(str(event.subject))

    read: list[str] = []
    position = 0
    writing = asyncio.gather(*(write_some() for _ in range(8)))
    while True:
        over = writing.done()
        await number(database)
        page = await workshop.viewer.get("/events", after=position, type="sample.*", limit=7)
        read += [e["subject"] for e in page["items"]]
        position = page["position"]
        if over and page["next"] is None:
            break
    await writing
    assert sorted(read) == sorted(written)
    assert len(read) == 80


async def test_pages_follow_each_other(workshop: Workshop) -> None:
    for n in range(5):
        await workshop.engineer.part(workshop.project, f"P{n}")
    await number(workshop.company.app.state.database)
    first = await workshop.viewer.get("/events", limit=3)
    rest = await workshop.viewer.get("/events", limit=500, cursor=first["next"])
    assert [e["position"] for e in first["items"]][-1] < rest["items"][0]["position"]
    assert rest["next"] is None
    assert (await workshop.viewer.get("/events", after=rest["position"]))["items"] == []
