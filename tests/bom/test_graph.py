"""The graph of arrays beside the walk over edges of `explode`: the same numbers, to the last digit."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadia.bom import explode
from cascadia.bom.explode import Edge, Mass
from cascadia.bom.graph import Graph

UNITS = (Fraction(1), Fraction(1, 1000), Fraction(254, 10_000), Fraction(1, 12), Fraction(10**9))
"""How many of a child's unit one of a line's is."""
QUANTITIES = st.one_of(st.integers(0, 4), st.decimals(0, 10**6, places=9, allow_nan=False, allow_infinity=False)).map(Fraction)
MASSES = st.decimals(0, 10**4, places=6, allow_nan=False, allow_infinity=False).map(Fraction)


@st.composite
def trees(draw: st.DrawFn) -> list[Edge]:
    """Lines below item 0, each leading to a higher item: shared sub-assemblies, several lines of one pair, reference lines, units."""
    places = st.tuples(st.integers(0, 6), st.integers(1, 4), QUANTITIES, st.sampled_from(UNITS), st.booleans())
    drawn = [
        Edge(parent, min(parent + step, 8), quantity * unit, counts)
        for parent, step, quantity, unit, counts in draw(st.lists(places, max_size=16))
    ]
    reached = {0}
    for parent in range(9):
        reached |= {edge.child for edge in drawn if edge.parent == parent and parent in reached}
    return [edge for edge in drawn if edge.parent in reached]


def graph_of(edges: Sequence[Edge]) -> Graph:
    return Graph.of(0, [e.parent for e in edges], [e.child for e in edges], [e.quantity for e in edges], [e.counts for e in edges])


@given(trees())
def test_it_counts_and_sums_as_the_walk_does(edges: list[Edge]) -> None:
    graph = graph_of(edges)
    assert graph.places() == explode.places(0, edges)
    below = zip(graph.items.tolist(), graph.flatten(), strict=True)
    assert dict(list(below)[1:]) == explode.flatten(0, edges)


@given(trees(), st.dictionaries(st.integers(0, 8), MASSES, max_size=9), st.sets(st.integers(0, 8), max_size=3))
def test_it_rolls_up_as_the_walk_does(edges: list[Edge], own: dict[int, Fraction], closed: set[int]) -> None:
    graph = graph_of(edges)
    items = graph.items.tolist()
    stated = {items.index(item): mass for item, mass in own.items() if item in items}
    sums = graph.roll_up(stated, np.isin(graph.items, list(closed)))
    found = [Mass(sums.value[i] if sums.known[i] else None, complete=bool(sums.complete[i])) for i in range(len(items))]
    assert dict(zip(items, found, strict=True)) == explode.roll_up(0, edges, own, closed)


@given(trees(), st.one_of(st.none(), st.integers(1, 9)), st.integers(1, 60))
def test_it_expands_as_the_walk_does(edges: list[Edge], depth: int | None, limit: int) -> None:
    found, expected = graph_of(edges).expand(depth=depth, limit=limit), explode.occurrences(0, edges, depth=depth, limit=limit)
    assert (found.level.tolist(), found.line.tolist(), found.complete) == (expected.level, expected.line, expected.complete)
    assert list(found.extended) == expected.extended


@pytest.mark.parametrize("quantity", (Fraction(2), Fraction(2, 3), Fraction(10**9), Fraction(10**40, 7)))
def test_what_does_not_fit_64_bits_is_exact_all_the_same(quantity: Fraction) -> None:
    edges = [Edge(level, level + 1, quantity) for level in range(100) for _ in range(2)]
    graph = graph_of(edges)
    assert graph.places() == 2**101 - 2
    assert graph.flatten()[100] == (2 * quantity) ** 100
    mass = graph.roll_up({100: Fraction(3, 1000)}, np.zeros(101, np.bool_))
    assert mass.value[0] == Fraction(3, 1000) * (2 * quantity) ** 100
    places = graph.expand(depth=None, limit=1000)
    assert (len(places.level), places.complete) == (1000, False)
    assert places.extended[99] == quantity**100


def test_nothing_of_a_thing_with_more_below_than_64_bits_hold_is_nothing() -> None:
    edges = [Edge(0, 1, Fraction(0)), Edge(1, 2, Fraction(10**40)), Edge(0, 3, Fraction(1), counts=False), Edge(3, 4, Fraction(10**30, 7))]
    graph = graph_of(edges)
    assert dict(zip(graph.items.tolist(), graph.flatten(), strict=True)) == {0: 1, **explode.flatten(0, edges)}
    assert list(graph.expand(depth=None, limit=9).extended) == explode.occurrences(0, edges, depth=None, limit=9).extended


def test_a_part_without_lines_is_a_tree_of_one() -> None:
    graph = graph_of([])
    assert (graph.places(), list(graph.flatten()), len(graph.expand(depth=None, limit=10).level)) == (0, [Fraction(1)], 0)
    assert graph.roll_up({0: Fraction(5)}, np.zeros(1, np.bool_)).value[0] == 5
