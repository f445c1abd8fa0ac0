"""A commit is undone as one act while nothing builds on it, and the past stays as it was."""

from decimal import Decimal

import pytest

from cascadia.bom.edit import AddLine, ChangeLine, Operation, RemoveLine
from cascadia.kernel.db import Database
from cascadia.kernel.events import Event
from cascadia.versioning import service as versioning
from cascadia.versioning.model import Author, Change, LostRace
from cascadia.versioning.undo import Undo, inverse
from cascadia.versioning.verification import verify_chain
from tests.desk import Desk, open_desk

MATRIX = [1.0, 0.0, 0.0, 12.345678901234, 0.0, 1.0, 0.0, 1e-9, 0.0, 0.0, 1.0, -3.0, 0.0, 0.0, 0.0, 1.0]


async def judged(desk: Desk, seq: int) -> Undo:
    async with desk.database.read() as read:
        return await inverse(read, seq)


async def write(desk: Desk, undo: Undo) -> int:
    actor = desk.actor
    (program,) = actor.programs
    change = Change(
        Author(actor.user_id, actor.uid),
        "Undo",
        frozenset({program}),
        undo.deltas,
        kind="revert",
        checks=undo.checks,
        events=(Event("proposal.undone", actor.uid, actor.user_id, program),),
    )
    async with desk.database.messages() as connection:
        return (await versioning.commit(connection, change)).seq


async def test_added_changed_and_removed_lines_are_as_they_were(database: Database) -> None:
    desk = await open_desk(database)
    top, one, two = [await desk.part(name, attributes={"mass": {"value": "0.250", "unit": "kg"}}) for name in ("Top", "One", "Two")]
    _, (kept, gone) = await desk.lines(
        top.uid,
        [
            AddLine(child=one.uid, find_number=10, note="two\nlines", placements={"a": MATRIX}),
            AddLine(child=two.uid, find_number=20, designators=("R1", "R2"), quantity=Decimal(2)),
        ],
    )
    before = (await desk.tree(top.uid)).rows
    edits: list[Operation] = [ChangeLine(kept, {"quantity": Decimal("2.5"), "note": None}), RemoveLine(gone), AddLine(child=one.uid)]
    seq, _ = await desk.lines(top.uid, edits)
    undo = await judged(desk, seq)
    assert (undo.made, undo.owners, undo.builders) == (frozenset(), frozenset({top.item_id}), ())
    undone = await write(desk, undo)
    after = (await desk.tree(top.uid)).rows
    assert [(r.uid, r.child_id, r.quantity, r.note, r.designators, r.find_number) for r in after] == [
        (r.uid, r.child_id, r.quantity, r.note, r.designators, r.find_number) for r in before
    ]
    assert (await desk.read_line(kept)).placements == {"a": MATRIX}
    async with database.read() as read:
        assert await verify_chain(read) == []
    assert (await judged(desk, undone)).builders == ()
    (builder,) = (await judged(desk, seq)).builders
    assert (builder.owner_id, builder.seq) == (top.item_id, undone)


async def test_a_part_that_was_made_goes_and_an_edited_one_is_as_before(database: Database) -> None:
    desk = await open_desk(database)
    part = await desk.part("Bracket", attributes={"mass": {"value": "0.250", "unit": "kg"}, "tags": ["b", "a"]})
    seq = await desk.edit(part, {"name": "Bracket, long", "attributes": {"mass": None}})
    await write(desk, await judged(desk, seq))
    now = await desk.read(part.uid)
    assert (now.name, now.attributes) == ("Bracket", part.attributes)
    made = await desk.part("Nut")
    undo = await judged(desk, made.from_seq)
    assert undo.made == {made.item_id}
    await write(desk, undo)
    async with database.read() as read:
        left = "SELECT count(*) FROM item_v WHERE item_id = %(id)s AND to_seq = 9223372036854775807"
        assert await read.value(left, {"id": made.item_id}) == 0
        assert await verify_chain(read) == []


async def test_what_builds_on_it_is_named_and_holds_it(database: Database) -> None:
    desk = await open_desk(database)
    top, made = await desk.part("Top"), await desk.part("Nut")
    before = await judged(desk, made.from_seq)
    line = await desk.line(top.uid, made.uid)
    (builder,) = (await judged(desk, made.from_seq)).builders
    assert (builder.owner_id, builder.seq) == (top.item_id, line.from_seq)
    with pytest.raises(LostRace):
        await write(desk, before)
    assert (await desk.read(made.uid)).name == "Nut"
    await desk.remove(top.uid, line.uid)
    assert (await judged(desk, made.from_seq)).builders == ()
    await desk.edit(made, {"name": "Nut M6"})
    assert [b.owner_id for b in (await judged(desk, made.from_seq)).builders] == [made.item_id]
