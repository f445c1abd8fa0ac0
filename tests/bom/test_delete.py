"""What leaves `main` leaves it whole: an item goes with its own lines, and only when nothing uses it."""

import pytest

from cascadia.bom import service as bom
from cascadia.kernel.db import Database
from cascadia.kernel.errors import Conflict, NotFound
from cascadia.parts.model import PART
from cascadia.versioning import service as versioning
from cascadia.versioning.model import At, LostRace
from cascadia.versioning.verification import verify_chain
from tests.desk import open_desk


async def test_a_deleted_assembly_takes_its_lines_along(database: Database) -> None:
    desk = await open_desk(database)
    top, child = await desk.part("Top"), await desk.part("Child")
    await desk.line(top.uid, child.uid, "2")
    async with database.messages() as connection:
        change = await bom.judge_delete(connection, desk.actor, PART, await desk.read(top.uid), None)
        gone = await versioning.commit(connection, change)
        with pytest.raises(NotFound):
            await desk.read(top.uid)
        child_change = await bom.judge_delete(connection, desk.actor, PART, await desk.read(child.uid), None)
        await versioning.commit(connection, child_change)
    assert [str(row.quantity) for row in (await desk.tree(top.uid, At(seq=gone.seq - 1))).rows] == ["2"]
    async with database.read() as read:
        assert await verify_chain(read) == []


async def test_what_is_used_stays_and_says_where(database: Database) -> None:
    desk = await open_desk(database)
    top, child = await desk.part("Top"), await desk.part("Child")
    await desk.line(top.uid, child.uid)
    async with database.messages() as connection:
        with pytest.raises(Conflict, match=top.number):
            await bom.judge_delete(connection, desk.actor, PART, await desk.read(child.uid), None)


async def test_a_line_added_while_an_assembly_is_deleted_loses_or_is_taken_along(database: Database) -> None:
    desk = await open_desk(database)
    top, child = await desk.part("Top"), await desk.part("Child")
    async with database.messages() as connection:
        change = await bom.judge_delete(connection, desk.actor, PART, await desk.read(top.uid), None)
        await desk.line(top.uid, child.uid)
        with pytest.raises(LostRace):
            await versioning.commit(connection, change)
    assert len((await desk.tree(top.uid)).rows) == 1
