"""Trees from networks that are kept and mended, beside trees read anew row by row: the same for every reader, at every point."""

import asyncio
import itertools
import json
import random
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from cascadia.access.model import Actor
from cascadia.bom import networks, service
from cascadia.bom.edit import AddLine, ChangeLine, Operation, RemoveLine
from cascadia.bom.explode import Mass
from cascadia.bom.model import QuantityKind
from cascadia.bom.networks import Network, Networks, Place
from cascadia.bom.tree_answer import TreeView, tree_json
from cascadia.bom.tree_schemas import BomTree
from cascadia.kernel.db import Database, Read
from cascadia.versioning.model import At, Unchanged
from tests.bom.oracle import bom_tree, bom_versions
from tests.desk import Desk, open_desk

QUANTITIES = ("1", "4", "0.125", "0", "12345678901.5", "0.000000000001", "2.5")
MEMBERS: tuple[dict[str, Any], ...] = (
    {},
    {"note": "für „innen“"},
    {"designators": ["R10", "R2"]},
    {"quantity_kind": QuantityKind.REFERENCE},
    {"placements": {"b": [1.0] * 16, "a": [2.0] * 16}},
)


def meaning(tree: BomTree) -> dict[str, Any]:
    """A tree by what stands where, whatever the order of its distinct items and lines."""
    members = [name for name, _ in tree.items]
    items = [dict(zip(members, row, strict=True)) for row in zip(*(column for _, column in tree.items), strict=True)]
    ids = {n: (item["id"], n if item["id"] is None else 0) for n, item in enumerate(items)}
    names = [name for name, _ in tree.lines if name not in ("parent", "child")]
    lines = [dict(zip(names, row, strict=True)) for row in zip(*(getattr(tree.lines, name) for name in names), strict=True)]
    places = zip(tree.occurrences.level, tree.occurrences.line, tree.occurrences.extended_quantity, strict=True)
    shown = [(level, items[tree.lines.child[line]], lines[line], extended) for level, line, extended in places]
    return {
        "root": items[0],
        "places": shown,
        "lines": sorted(
            (str(line["id"]), str(ids[p][0]), str(ids[c][0])) for line, p, c in zip(lines, tree.lines.parent, tree.lines.child, strict=True)
        ),
        "totals": tree.totals,
        "etags": {ids[int(index)][0]: tag for index, tag in tree.bom_etags.items()},
        "rest": (tree.at, tree.model, tree.model_component),
    }


async def kept_tree(read: Read, kept: Networks, actor: Actor, root: UUID, at: At, depth: int) -> BomTree:
    head = await service.head_of(read, actor, root, at)
    network = await kept.find(read, Place(head.branch_id, head.item_id, head.seq))
    found = await service.tree_items(read, actor, head, network.graph.items.tolist())
    return BomTree.model_validate_json(tree_json(head, TreeView.of(network, found), depth))


async def kept_flat(read: Read, kept: Networks, actor: Actor, root: UUID, at: At) -> list[tuple[str | None, Fraction, Mass]]:
    head = await service.head_of(read, actor, root, at)
    network = await kept.find(read, Place(head.branch_id, head.item_id, head.seq))
    view = TreeView.of(network, await service.mass_rows(read, actor, head, network.graph.items.tolist()))
    masses = [Mass(view.mass(index), bool(view.masses.complete[index])) for index in range(len(view.items))]
    return [(view.items[index].number, view.flat[index], masses[index]) for index in view.order()]


class History:
    """Random edits of a few parts, some of another program."""

    def __init__(self, desk: Desk, parts: list[UUID], dice: random.Random) -> None:
        self.desk, self.parts, self.dice = desk, parts, dice
        self.lines: dict[UUID, list[UUID]] = {part: [] for part in parts}

    async def step(self) -> int:
        parent = self.dice.choice(self.parts[:-1])
        operations = [self._operation(parent) for _ in range(self.dice.randint(1, 3))]
        seq, touched = await self.desk.lines(parent, list({getattr(o, "line", id(o)): o for o in operations}.values()))
        self.lines[parent] += [line for line in touched if line not in self.lines[parent]]
        for operation in operations:
            if isinstance(operation, RemoveLine) and operation.line in self.lines[parent]:
                self.lines[parent].remove(operation.line)
        return seq

    def _operation(self, parent: UUID) -> Operation:
        own, quantity = self.lines[parent], Decimal(self.dice.choice(QUANTITIES))
        if own and self.dice.random() < 0.4:
            line = self.dice.choice(own)
            chosen: list[Operation] = [RemoveLine(line), ChangeLine(line, {"quantity": quantity}), ChangeLine(line, {"find_number": None})]
            return self.dice.choice(chosen)
        child = self.dice.choice(self.parts[self.parts.index(parent) + 1 :])
        members = self.dice.choice(MEMBERS)
        if "placements" in members or "designators" in members:
            quantity = Decimal(2)
        unit = "mm" if child == self.parts[-1] and self.dice.random() < 0.5 else None
        return AddLine(child=child, quantity=quantity, unit=unit, **members)


@pytest.mark.parametrize("seed", (1, 2))
async def test_a_kept_network_shows_what_a_tree_read_anew_shows(database: Database, seed: int) -> None:
    dice = random.Random(seed)
    mine, theirs = await open_desk(database), await open_desk(database, "Eve")
    both = replace(mine.actor, roles={**mine.actor.roles, **theirs.actor.roles})
    everybody = Desk(database, both, mine.project)
    parts = [(await mine.part(f"P{n}", attributes={"mass": {"value": str(n), "unit": "kg"}})).uid for n in range(4)]
    parts[2:2] = [(await theirs.part("Hidden")).uid, (await theirs.part("Below")).uid]
    parts.append((await mine.part("Wire", attributes={"unit": "m", "mass": {"value": "3", "unit": "g"}})).uid)
    history, kept, seqs = History(everybody, parts, dice), Networks(2**20), []
    for _ in range(25):
        with suppress(Unchanged):
            seqs.append(await history.step())
        for actor in (both, mine.actor):
            at, root = dice.choice([At(), At(seq=dice.choice(seqs))]), parts[dice.choice((0, 0, 1))]
            async with database.read() as read:
                expected = await service.tree(read, actor, root, at)
                versions = await bom_versions(read, expected)
                depth = dice.choice((1, 2, 100))
                found = await kept_tree(read, kept, actor, root, at, depth)
                flat = await kept_flat(read, kept, actor, root, at)
            assert meaning(found) == meaning(bom_tree(expected, depth, versions)), (seed, at)
            assert flat == [(item.number, quantity, expected.masses[item.item_id]) for item, quantity in service.all_below(expected)]
    assert kept.bytes > 0


async def chain(database: Database, length: int) -> tuple[Desk, list[UUID]]:
    desk = await open_desk(database)
    parts = [(await desk.part(f"P{n}")).uid for n in range(length)]
    for parent, child in itertools.pairwise(parts):
        await desk.line(parent, child)
    return desk, parts


async def place_of(read: Read, desk: Desk, root: UUID, at: At | None = None) -> Place:
    head = await service.head_of(read, desk.actor, root, at or At())
    return Place(head.branch_id, head.item_id, head.seq)


async def test_a_commit_elsewhere_costs_one_look_and_one_inside_what_changed(database: Database) -> None:
    desk, parts = await chain(database, 5)
    kept = Networks(2**20)
    async with database.read() as read:
        first = await kept.find(read, await place_of(read, desk, parts[0]))
        other, bolt = (await desk.part("Other")).uid, (await desk.part("Bolt")).uid
        await desk.line(other, bolt)
        later = await place_of(read, desk, parts[0])
        assert await kept.find(read, later) is first
        assert len((await kept.find(read, replace(later, seq=later.seq - 4))).lines) == 3
        assert await kept.find(read, later) is first
        await desk.line(parts[3], bolt, "7")
        mended = await kept.find(read, await place_of(read, desk, parts[0]))
        assert (len(first.lines), len(mended.lines)) == (4, 5)
        assert mended.flat[len(mended.graph.items) - 1] in (1, 7)


async def test_what_changed_more_than_is_looked_through_is_read_anew(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, parts = await chain(database, 3)
    kept, bolt = Networks(2**20), (await desk.part("Bolt")).uid
    monkeypatch.setattr(networks, "TOUCHED_MOST", 2)
    async with database.read() as read:
        await kept.find(read, await place_of(read, desk, parts[0]))
        await desk.lines(parts[2], [AddLine(child=bolt, quantity=Decimal(1), find_number=n) for n in (10, 20, 30, 40)])
        assert len((await kept.find(read, await place_of(read, desk, parts[0]))).lines) == 6


async def test_who_asks_for_what_is_being_read_waits_for_it_and_reads_it_where_that_broke_off(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, parts = await chain(database, 3)
    kept, begun, reads = Networks(2**20), asyncio.Event(), 0
    really = networks._read

    async def slowly(read: Read, place: Place) -> Network:
        nonlocal reads
        reads += 1
        begun.set()
        await asyncio.sleep(0.05)
        return await really(read, place)

    monkeypatch.setattr(networks, "_read", slowly)
    async with database.read() as read, database.read() as second, database.read() as third:
        place = await place_of(read, desk, parts[0])
        leader = asyncio.create_task(kept.find(read, place))
        await begun.wait()
        others = [asyncio.create_task(kept.find(connection, place)) for connection in (second, third)]
        await asyncio.sleep(0)
        leader.cancel()
        one, two = await asyncio.gather(*others)
        assert one is two
        assert reads == 2
        with pytest.raises(asyncio.CancelledError):
            await leader


async def test_what_was_asked_for_longest_ago_makes_room(database: Database) -> None:
    desk, parts = await chain(database, 4)
    async with database.read() as read:
        places = [await place_of(read, desk, part) for part in parts[:3]]
        sizes = [(await Networks(2**20).find(read, place)).size for place in places]
        kept = Networks(sum(sizes) - 1)
        found = [await kept.find(read, place) for place in places]
        assert kept.bytes == sum(sizes[1:])
        assert await kept.find(read, places[1]) is found[1]
        assert await kept.find(read, places[0]) is not found[0]
        assert await kept.find(read, places[1]) is found[1]
        assert await kept.find(read, places[2]) is not found[2]
        small = Networks(0)
        assert len((await small.find(read, places[0])).lines) == 3
        assert small.bytes == 0


async def test_the_items_of_a_network_stand_after_what_uses_them(database: Database) -> None:
    desk, parts = await chain(database, 3)
    async with database.read() as read:
        network = await Networks(0).find(read, await place_of(read, desk, parts[0]))
    assert network.graph.depth.tolist() == [0, 1, 2]
    assert np.array_equal(network.graph.line, [0, 1])
    assert json.loads(network.json)["parent"] == [0, 1]
