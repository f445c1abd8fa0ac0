"""However deep a BOM is, nothing of it is left out without a word."""

from decimal import Decimal
from itertools import pairwise

from cascadia.bom import service as bom
from cascadia.bom.edit import AddLine
from cascadia.kernel.db import Database
from cascadia.kernel.paging import PageRequest
from cascadia.versioning.model import At
from tests.bom.oracle import bom_tree
from tests.desk import open_desk


async def test_a_part_a_hundred_and_five_levels_down_is_used_by_its_top_and_its_tree_says_that_it_is_cut(database: Database) -> None:
    desk = await open_desk(database)
    parts = [await desk.part(f"Level {level}") for level in range(106)]
    for parent, child in pairwise(parts):
        await desk.lines(parent.uid, [AddLine(child=child.uid, quantity=Decimal(1))])
    async with database.read() as read:
        head = await bom.head_of(read, desk.actor, parts[-1].uid, At())
        (top,), hidden, _ = await bom.where_used(read, desk.actor, head, "top", PageRequest())
        assert (top.uid, top.level, hidden) == (parts[0].uid, 105, False)
        (direct,), _, _ = await bom.where_used(read, desk.actor, head, "direct", PageRequest())
        assert (direct.uid, direct.level) == (parts[-2].uid, 1)
    whole = bom_tree(await desk.tree(parts[6].uid), 100).totals
    cut = bom_tree(await desk.tree(parts[0].uid), 100).totals
    assert (whole.rows, whole.complete, cut.rows, cut.complete) == (99, True, 100, False)
