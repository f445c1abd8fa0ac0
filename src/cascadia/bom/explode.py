"""Expansion and roll-up over the graph of distinct items, exactly. Pure: edges in, numbers out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

DEPTH_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Edge:
    """One line: `quantity` counts in the child's own unit; `counts` is false for reference lines, which add to nothing."""

    parent: int
    child: int
    quantity: Fraction
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Occurrences:
    """A tree in depth-first order, as columns: level (1 = below the root), index of the edge, quantity in the whole root."""

    level: list[int]
    line: list[int]
    extended: list[Fraction]
    complete: bool


@dataclass(frozen=True, slots=True)
class Mass:
    """A rolled-up mass in kilograms; `complete` is false where some part below has none."""

    value: Fraction | None
    complete: bool


def by_parent(edges: Sequence[Edge]) -> Mapping[int, list[int]]:
    """Item → indexes of its lines, in their given order."""
    lines: dict[int, list[int]] = defaultdict(list)
    for index, edge in enumerate(edges):
        lines[edge.parent].append(index)
    return lines


def places(root: int, edges: Sequence[Edge]) -> int:
    """How many places there are below the root, on all levels: counted, however many they are, not walked."""
    below = by_parent(edges)
    paths: dict[int, int] = defaultdict(int, {root: 1})
    for item in reversed(children_first(root, edges)):
        for index in below.get(item, []):
            paths[edges[index].child] += paths[item]
    return sum(paths.values()) - 1


def occurrences(root: int, edges: Sequence[Edge], *, depth: int | None, limit: int) -> Occurrences:
    """Every place below the root, at most `depth` levels (None: all) and `limit` rows; `complete` says whether those were all."""
    below = by_parent(edges)
    found, deeper = Occurrences([], [], [], complete=True), False
    stack = [(1, index, Fraction(1)) for index in reversed(below.get(root, []))]
    while stack:
        level, index, factor = stack.pop()
        if len(found.level) >= limit:
            return Occurrences(found.level, found.line, found.extended, complete=False)
        extended = factor * edges[index].quantity
        found.level.append(level)
        found.line.append(index)
        found.extended.append(extended)
        following = below.get(edges[index].child, [])
        if depth is None or level < depth:
            stack.extend((level + 1, child, extended) for child in reversed(following))
        else:
            deeper = deeper or bool(following)
    return Occurrences(found.level, found.line, found.extended, complete=not deeper)


def children_first(root: int, edges: Sequence[Edge]) -> list[int]:
    """Distinct items reachable from the root, each after everything below it."""
    below = by_parent(edges)
    order: list[int] = []
    seen: set[int] = set()
    stack: list[tuple[int, bool]] = [(root, False)]
    while stack:
        item, done = stack.pop()
        if done:
            order.append(item)
        elif item not in seen:
            seen.add(item)
            stack.append((item, True))
            stack.extend((edges[i].child, False) for i in below.get(item, []) if edges[i].child not in seen)
    return order


def roll_up(root: int, edges: Sequence[Edge], own: Mapping[int, Fraction], hidden: Iterable[int] = ()) -> dict[int, Mass]:
    """Mass of each item: its own where it has no lines, else the sum below. What is hidden or missing makes it incomplete."""
    below, closed = by_parent(edges), set(hidden)
    masses: dict[int, Mass] = {}
    for item in children_first(root, edges):
        lines = [edges[i] for i in below.get(item, []) if edges[i].counts]
        if item in closed:
            masses[item] = Mass(None, complete=False)
        elif not lines:
            masses[item] = Mass(own.get(item), complete=item in own)
        else:
            masses[item] = _sum(lines, masses)
    return masses


def _sum(lines: Sequence[Edge], masses: Mapping[int, Mass]) -> Mass:
    parts = [(line.quantity, masses[line.child]) for line in lines]
    known = [quantity * mass.value for quantity, mass in parts if mass.value is not None]
    return Mass(sum(known, Fraction(0)) if known else None, complete=all(mass.complete for _, mass in parts))


def flatten(root: int, edges: Sequence[Edge]) -> dict[int, Fraction]:
    """Quantity of each distinct item in one root, over all places, without the root; reference lines add nothing."""
    below = by_parent(edges)
    totals: dict[int, Fraction] = defaultdict(Fraction)
    totals[root] = Fraction(1)
    for item in reversed(children_first(root, edges)):
        for index in below.get(item, []):
            edge = edges[index]
            totals[edge.child] += totals[item] * edge.quantity if edge.counts else 0
    del totals[root]
    return dict(totals)
