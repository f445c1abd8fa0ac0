"""Rule 36: a line into a program that one may not see is a restricted line, not a hole; nothing of the item is told."""

from dataclasses import replace

from cascadia.access.model import Role
from cascadia.bom import service as bom
from cascadia.bom.schemas import Line
from cascadia.kernel.db import Database
from cascadia.kernel.paging import PageRequest
from cascadia.versioning.model import At
from tests.bom.oracle import bom_tree
from tests.desk import Desk, open_desk


async def test_a_hidden_child_shows_as_restricted_and_hides_what_is_below(database: Database) -> None:
    mine, theirs = await open_desk(database), await open_desk(database, "Eve")
    top, shown = await mine.part("Top"), await mine.part("Shown", attributes={"mass": {"value": "2", "unit": "kg"}})
    hidden = await theirs.part("Hidden", attributes={"mass": {"value": "3", "unit": "kg"}})
    below = await theirs.part("Below")
    await theirs.line(hidden.uid, below.uid)
    both = replace(mine.actor, roles={**mine.actor.roles, **theirs.actor.roles})
    everybody = Desk(database, both, mine.project)
    await everybody.line(top.uid, hidden.uid)
    await everybody.line(top.uid, shown.uid, "2")

    whole = bom_tree(await everybody.tree(top.uid), 100)
    assert whole.totals.mass_complete is False
    assert len(whole.lines.id) == 3

    tree = bom_tree(await mine.tree(top.uid), 100)
    at = tree.items.restricted.index(True)
    assert (tree.items.number[at], tree.items.name[at], tree.items.id[at], tree.items.mass[at]) == (None, None, None, None)
    assert len(tree.lines.id) == 2
    assert tree.totals.mass is not None
    assert (tree.totals.mass.value, tree.totals.mass_complete) == ("4", False)

    async with database.read() as read:
        head = await bom.head_of(read, mine.actor, top.uid, At())
        rows, _ = await bom.page_lines(read, mine.actor, head, PageRequest())
    children = [Line.of(row).child for row in rows]
    assert [c.restricted for c in children] == [True, False]
    assert children[0].model_dump(exclude={"restricted"}) == dict.fromkeys(
        ("id", "number", "name", "phase", "revision", "revision_status", "thumbnail")
    )


async def test_where_used_omits_hidden_parents_and_says_that_there_are_some(database: Database) -> None:
    mine, theirs = await open_desk(database), await open_desk(database, "Eve")
    bolt, seen = await mine.part("Bolt"), await mine.part("Seen")
    secret = await theirs.part("Secret")
    both = Desk(database, replace(mine.actor, roles={**mine.actor.roles, **theirs.actor.roles}), mine.project)
    await both.line(seen.uid, bolt.uid, "4")
    await both.line(secret.uid, bolt.uid, "6")
    async with database.read() as read:
        head = await bom.head_of(read, mine.actor, bolt.uid, At())
        uses, hidden, cursor = await bom.where_used(read, mine.actor, head, "direct", PageRequest())
    assert [(u.number, str(u.quantity)) for u in uses] == [(seen.number, "4")]
    assert (hidden, cursor) == (True, None)


async def test_a_cycle_through_hidden_items_names_none_of_them(database: Database) -> None:
    import pytest

    from cascadia.kernel.errors import Invalid

    mine, theirs = await open_desk(database), await open_desk(database, "Eve")
    top, secret = await mine.part("Top"), await theirs.part("Secret")
    bottom = await mine.part("Bottom")
    both = Desk(database, replace(mine.actor, roles={**mine.actor.roles, **theirs.actor.roles}), mine.project)
    await both.line(top.uid, secret.uid)
    await both.line(secret.uid, bottom.uid)
    with pytest.raises(Invalid) as refusal:
        await mine.line(bottom.uid, top.uid)
    numbers = [step["number"] for step in refusal.value.extra["path"]]
    assert numbers == [bottom.number, top.number, None, bottom.number]
    assert "restricted" in refusal.value.detail
    assert secret.number not in refusal.value.detail


async def test_a_viewer_may_not_edit(database: Database) -> None:
    import pytest

    from cascadia.kernel.errors import Forbidden

    desk = await open_desk(database)
    top, child = await desk.part("Top"), await desk.part("Child")
    viewer = Desk(database, replace(desk.actor, roles=dict.fromkeys(desk.actor.roles, Role.VIEWER)), desk.project)
    with pytest.raises(Forbidden):
        await viewer.line(top.uid, child.uid)
    with pytest.raises(Forbidden):
        await viewer.part("New")
    assert (await desk.tree(top.uid)).rows == []
