"""A multi-level BOM and a flattened one for one person: worked out from a network, and written as `tree_schemas` says. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

import numpy as np
from pydantic_core import to_json

from cascadia.bom.columns import texts, written
from cascadia.bom.graph import SAFE, Amounts, Graph, Sums
from cascadia.bom.model import plain
from cascadia.bom.networks import OCCURRENCES_MAX, Network
from cascadia.bom.schemas import Measured
from cascadia.bom.service import Head, MassRow, TreeItem, own_mass
from cascadia.bom.tree_schemas import MISSING_NAMED, FlatItem, FlatLine, thumbnail
from cascadia.items import units
from cascadia.items.model import revision_status
from cascadia.vault.model import derivative_url

Item = TypeVar("Item", TreeItem, MassRow)


@dataclass(frozen=True)
class TreeView(Generic[Item]):
    """What somebody sees of a network: without what is below hidden items. `items` stand as in its graph."""

    network: Network
    items: Sequence[Item]

    @classmethod
    def of(cls, network: Network, found: Sequence[Item]) -> Self:
        """`found`: the items of the network in any order, as this person may see them."""
        by_id = {item.item_id: item for item in found}
        seen = network.seen(np.array([by_id[item].visible for item in network.graph.items.tolist()]))
        return cls(seen, [by_id[item] for item in seen.graph.items.tolist()])

    @cached_property
    def graph(self) -> Graph:
        """The graph with each quantity in the child's own unit."""
        graph, line_units = self.network.graph, self.network.lines.unit
        own = np.empty(len(self.items), object)
        own[:] = [item.unit for item in self.items]
        other = np.flatnonzero(line_units != own[graph.child])
        if not len(other):
            return graph
        scales = [units.factor(line_units[line], own[graph.child[line]]) or Fraction(1) for line in other.tolist()]
        common = math.lcm(*(scale.denominator for scale in scales))
        quantity = graph.quantity.astype(object) * common
        for line, scale in zip(other.tolist(), scales, strict=True):
            quantity[line] = int(graph.quantity[line]) * scale.numerator * (common // scale.denominator)
        return replace(graph, quantity=quantity.astype(np.int64) if quantity.max() < SAFE else quantity, base=graph.base * common)

    @cached_property
    def flat(self) -> Amounts:
        """The quantity of each item in the whole, in its own unit."""
        return self.network.flat if self.graph is self.network.graph else self.graph.flatten()

    @cached_property
    def masses(self) -> Sums:
        """The mass of each item, rolled up."""
        own = {index: mass for index, item in enumerate(self.items) if (mass := own_mass(item)) is not None}
        return self.graph.roll_up(own, np.array([not item.visible for item in self.items]))

    def mass(self, index: int) -> Fraction | None:
        """The rolled-up mass of an item in kilograms; None where nothing of it is known."""
        return self.masses.value[index] if self.masses.known[index] else None

    def order(self) -> list[int]:
        """The items below the root (by index) by number; hidden ones last."""
        keys = [(item.number is None, item.number or "", item.item_id) for item in self.items]
        return sorted(range(1, len(self.items)), key=keys.__getitem__)


def tree_json(head: Head, view: TreeView[TreeItem], depth: int) -> bytes:
    """`BomTree` as JSON: `depth` levels of places, everything else whole."""
    network, root = view.network, view.items[0]
    whole = view.graph is network.graph and depth >= int(network.graph.height[0])
    places = network.whole if whole else view.graph.expand(depth=depth, limit=OCCURRENCES_MAX)
    point = {"branch": head.branch, "seq": head.seq, "head": head.head, "time": head.time}
    has_lines = np.flatnonzero(network.graph.has_lines()).tolist()
    tail = {
        "totals": _totals(view, len(places.level), complete=places.complete),
        "bom_etags": {str(index): f'"{head.branch_id}-{network.versions[index]}.0"' for index in [0, *has_lines]},
        "model": derivative_url(root.file_uid, "glb") if root.file_uid and root.has_model else None,
        "model_component": root.component if root.has_model else None,
    }
    return b'{"at":%s,"rule":"in-work","root":0,"items":%s,"lines":%s,"occurrences":%s,%s' % (
        to_json(point),
        to_json(_items(view)),
        network.json,
        network.places_json if whole else written(places),
        to_json(tail)[1:],
    )


def _items(view: TreeView[TreeItem]) -> dict[str, list[Any]]:
    shown, masses = view.items, view.masses
    rolled = [text if known else None for text, known in zip(texts(masses.value), masses.known.tolist(), strict=True)]
    return {
        "id": [item.uid for item in shown],
        "number": [item.number for item in shown],
        "name": [item.name for item in shown],
        "revision": [item.revision for item in shown],
        "revision_status": [revision_status(item.revision) if item.visible else None for item in shown],
        "phase": [item.phase for item in shown],
        "restricted": [not item.visible for item in shown],
        "unit": [item.unit for item in shown],
        "mass": [item.mass for item in shown],
        "rolled_mass": rolled,
        "mass_complete": masses.complete.tolist(),
        "thumbnail": [thumbnail(item) for item in shown],
    }


def _totals(view: TreeView[TreeItem], rows: int, *, complete: bool) -> dict[str, Any]:
    below = np.ones(len(view.items), np.bool_)
    below[0] = False
    leaves = below & ~view.graph.has_lines()
    mass = view.mass(0)
    without = [view.items[index].number for index in np.flatnonzero(leaves & ~view.masses.complete).tolist()]
    return {
        "rows": rows,
        "complete": complete,
        "occurrences": plain(view.flat.total(below)),
        "leaf_occurrences": plain(view.flat.total(leaves)),
        "distinct_items": len(view.items) - 1,
        "mass": {"value": plain(mass), "unit": "kg"} if mass is not None else None,
        "mass_complete": bool(view.masses.complete[0]),
        "missing_mass": sorted(number for number in without if number)[:MISSING_NAMED],
    }


def flat_lines(view: TreeView[MassRow], chosen: Sequence[int], shown: Mapping[int, TreeItem]) -> list[FlatLine]:
    """Items of a flattened BOM (by index) as they are sent; `shown` has them by id."""
    has_lines = view.graph.has_lines()
    return [_flat_line(view, index, shown[view.items[index].item_id], has_lines=bool(has_lines[index])) for index in chosen]


def _flat_line(view: TreeView[MassRow], index: int, item: TreeItem, *, has_lines: bool) -> FlatLine:
    quantity, mass = view.flat[index], view.mass(index)
    return FlatLine(
        item=FlatItem.of(item),
        quantity=plain(quantity),
        unit=item.unit,
        mass=Measured(value=plain(mass * quantity), unit="kg") if mass is not None else None,
        mass_complete=bool(view.masses.complete[index]),
        has_lines=has_lines,
    )
