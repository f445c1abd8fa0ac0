"""A change is written once, whole, in order; the past stays; the chain can be verified."""

import asyncio

import psycopg
import pytest

from cascadia.bom.edit import AddLine
from cascadia.items import service as items
from cascadia.kernel.db import Database
from cascadia.kernel.errors import NotFound, Stale
from cascadia.parts.model import PART
from cascadia.versioning import registry
from cascadia.versioning import service as versioning
from cascadia.versioning.model import OPEN_END, At, LostRace
from cascadia.versioning.verification import verify_chain
from tests.desk import open_desk


async def faults(database: Database) -> list[str]:
    async with database.read() as read:
        return await verify_chain(read)


async def test_every_versioned_table_is_registered(database: Database) -> None:
    import cascadia.api.routes  # noqa: F401 - imports every domain

    async with database.read() as read:
        found = await read.rows(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE '%%\\_v' AND relnamespace = 'public'::regnamespace"
        )
    assert {row["relname"] for row in found} == {table.table for table in registry.tables()}


async def test_the_past_is_read_as_it_was(database: Database) -> None:
    desk = await open_desk(database)
    first = await desk.part("Bracket", attributes={"mass": {"value": "0.250", "unit": "kg"}})
    seq = await desk.edit(first, {"name": "Bracket, long"})
    now = await desk.read(first.uid)
    assert (now.name, now.from_seq) == ("Bracket, long", seq)
    then = await desk.read(first.uid, At(seq=first.from_seq))
    assert (then.name, then.attributes, then.at_head) == ("Bracket", {"mass": {"value": "0.25", "unit": "kg"}}, False)
    by_time = await desk.read(first.uid, At(time=then.updated_at))
    assert by_time.name == "Bracket"
    with pytest.raises(NotFound):
        await desk.read(first.uid, At(seq=first.from_seq - 1))


async def test_a_change_over_a_version_that_is_gone_writes_nothing(database: Database) -> None:
    desk = await open_desk(database)
    row = await desk.part("Bracket")
    async with database.messages() as connection:
        late = await items.judge_edit(connection, desk.actor, PART, row, {"name": "Mine"}, None)
    await desk.edit(row, {"name": "Theirs"})
    async with database.messages() as connection:
        with pytest.raises(LostRace):
            await versioning.commit(connection, late)
        assert await connection.value("SELECT head_seq FROM branch WHERE branch_id = 0") == 2
        assert await connection.value("SELECT count(*) FROM commit_log") == 2
    assert (await desk.read(row.uid)).name == "Theirs"
    assert await faults(database) == []


async def test_a_bom_that_moved_refuses_the_line(database: Database) -> None:
    desk = await open_desk(database)
    top, one, two = await desk.part("Top"), await desk.part("One"), await desk.part("Two")
    tree = await desk.tree(top.uid)
    await desk.line(top.uid, one.uid)
    async with database.messages() as connection:
        from cascadia.bom import service as bom

        with pytest.raises(Stale):
            await bom.judge_lines(
                connection, desk.actor, [AddLine(child=two.uid)], parent=top.uid, if_match=f'"{tree.head.bom_version}.0"', message=None
            )


async def test_two_edits_that_together_close_a_loop_are_caught_under_the_lock(database: Database) -> None:
    desk = await open_desk(database)
    a, b = await desk.part("A"), await desk.part("B")
    from cascadia.bom import service as bom

    async with database.messages() as one, database.messages() as other:
        first = await bom.judge_lines(one, desk.actor, [AddLine(child=b.uid)], parent=a.uid, if_match='"0-0.0"', message=None)
        second = await bom.judge_lines(other, desk.actor, [AddLine(child=a.uid)], parent=b.uid, if_match='"0-0.0"', message=None)
        await versioning.commit(one, first.change)
        with pytest.raises(LostRace):
            await versioning.commit(other, second.change)
    assert [e.child for e in (await desk.tree(a.uid)).edges] == [b.item_id]
    assert (await desk.tree(b.uid)).edges == []


async def test_fifty_creators_at_once_get_fifty_numbers(database: Database) -> None:
    desk = await open_desk(database)
    parts = await asyncio.gather(*(desk.part(f"Part {n}") for n in range(50)))
    assert len({p.number for p in parts}) == 50
    assert sorted(p.from_seq for p in parts) == list(range(1, 51))
    assert await faults(database) == []


async def test_edits_of_different_items_at_once_never_clash(database: Database) -> None:
    desk = await open_desk(database)
    parts = [await desk.part(f"Part {n}") for n in range(20)]
    for round_ in range(3):
        rows = [await desk.read(p.uid) for p in parts]
        await asyncio.gather(*(desk.edit(row, {"description": f"round {round_}"}) for row in rows))
    assert {(await desk.read(p.uid)).description for p in parts} == {"round 2"}


async def test_of_edits_of_one_item_exactly_one_wins_each_round(database: Database) -> None:
    desk = await open_desk(database)
    part = await desk.part("Part")
    for round_ in range(3):
        row = await desk.read(part.uid)
        outcomes = await asyncio.gather(*(desk.edit(row, {"name": f"Name {round_}.{n}"}) for n in range(20)), return_exceptions=True)
        winners = [o for o in outcomes if isinstance(o, int)]
        assert len(winners) == 1
        assert all(isinstance(o, LostRace) for o in outcomes if not isinstance(o, int))
        assert (await desk.read(part.uid)).from_seq == winners[0]
    assert await faults(database) == []


async def test_a_delete_that_races_an_edit_loses_and_changes_nothing(database: Database) -> None:
    from cascadia.bom import service as bom

    desk = await open_desk(database)
    row = await desk.part("Bracket")
    async with database.messages() as connection:
        late = await bom.judge_delete(connection, desk.actor, PART, row, None)
    await desk.edit(row, {"name": "Theirs"})
    async with database.messages() as connection:
        with pytest.raises(LostRace):
            await versioning.commit(connection, late)
        versions = await connection.rows("SELECT from_seq, to_seq, name FROM item_v ORDER BY from_seq")
    assert [tuple(version.values()) for version in versions] == [(1, 2, "Bracket"), (2, OPEN_END, "Theirs")]
    assert await faults(database) == []


async def test_a_point_that_is_not_yet_there_is_none(database: Database) -> None:
    desk = await open_desk(database)
    row = await desk.part("Bracket")
    assert (await desk.read(row.uid, At(seq=1))).name == "Bracket"
    for nowhere in (At(seq=2), At(seq=999), At("elsewhere"), At(seq=0)):
        with pytest.raises(NotFound):
            await desk.read(row.uid, nowhere)


async def test_a_branch_that_takes_no_commits_refuses_and_keeps_its_head(database: Database, database_url: str) -> None:
    desk = await open_desk(database)
    row = await desk.part("Bracket")
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("UPDATE branch SET status = 'locked'")
    with pytest.raises(LostRace) as refused:
        await desk.edit(row, {"name": "Mine"})
    assert refused.value.extra == {"reason": "CA409"}
    async with database.read() as read:
        assert await read.value("SELECT head_seq FROM branch") == 1
    assert (await desk.read(row.uid)).name == "Bracket"


async def test_the_application_cannot_rewrite_history(database: Database) -> None:
    desk = await open_desk(database)
    await desk.part("Part")
    for statement in ("UPDATE item_v SET name = 'x'", "DELETE FROM item_v", "UPDATE commit_log SET message = 'x'", "DELETE FROM audit"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with database.write() as write:
                await write.execute(statement)


async def test_a_reader_cannot_write(database: Database) -> None:
    from cascadia.kernel.db import Write

    async with database.read() as read:
        disguised = Write(read._connection)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await disguised.execute("INSERT INTO number_counter VALUES ('part', 'x', 'y', 1)")
