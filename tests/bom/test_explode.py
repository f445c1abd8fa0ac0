"""Expansion and roll-up over graphs, exactly; beside a naive walk of every path."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from cascadia.bom import explode
from cascadia.bom.explode import Edge, Mass


@st.composite
def graphs(draw: st.DrawFn) -> list[Edge]:
    """Acyclic: a line leads to a higher item."""
    edges = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4), st.integers(1, 4), st.booleans()), max_size=14))
    return [Edge(parent, min(parent + step, 8), Fraction(quantity, 2), counts) for parent, step, quantity, counts in edges]


def walk(edges: list[Edge], item: int, factor: Fraction) -> list[tuple[int, Fraction]]:
    found = []
    for edge in edges:
        if edge.parent == item:
            found += [(edge.child, factor * edge.quantity), *walk(edges, edge.child, factor * edge.quantity)]
    return found


@given(graphs())
def test_occurrences_are_every_path_in_order(edges: list[Edge]) -> None:
    found = explode.occurrences(0, edges, depth=None, limit=1_000_000)
    assert [(edges[i].child, q) for i, q in zip(found.line, found.extended, strict=True)] == walk(edges, 0, Fraction(1))
    assert found.complete


@given(graphs())
def test_the_flattened_quantity_is_the_sum_over_all_paths(edges: list[Edge]) -> None:
    counted = [e for e in edges if e.counts]
    sums: dict[int, Fraction] = {}
    for item, quantity in walk(counted, 0, Fraction(1)):
        sums[item] = sums.get(item, Fraction(0)) + quantity
    assert {item: q for item, q in explode.flatten(0, edges).items() if q} == sums


@given(graphs(), st.dictionaries(st.integers(0, 8), st.fractions(0, 10), max_size=9))
def test_mass_rolls_up_exactly_and_says_what_is_missing(edges: list[Edge], own: dict[int, Fraction]) -> None:
    counted = [e for e in edges if e.counts]
    parents = {e.parent for e in counted}
    leaves = [(item, q) for item, q in walk(counted, 0, Fraction(1)) if item not in parents]
    mass = explode.roll_up(0, edges, own)[0]
    if 0 not in parents:
        assert mass == Mass(own.get(0), complete=0 in own)
        return
    known = [q * own[item] for item, q in leaves if item in own]
    assert mass == Mass(sum(known, Fraction(0)) if known else None, complete=all(item in own for item, _ in leaves))


@given(graphs())
def test_places_are_counted_without_walking_them(edges: list[Edge]) -> None:
    assert explode.places(0, edges) == len(walk(edges, 0, Fraction(1)))


def test_more_places_than_anybody_could_walk_are_counted() -> None:
    assert explode.places(0, [Edge(level, level + 1, Fraction(1)) for level in range(100) for _ in range(2)]) == 2**101 - 2


CUT = [Edge(0, 1, Fraction(1)), Edge(1, 2, Fraction(3)), Edge(0, 2, Fraction(2))]


def shown(edges: list[Edge], *, depth: int | None = None, limit: int = 100) -> tuple[list[int], list[int], list[int], bool]:
    found = explode.occurrences(0, edges, depth=depth, limit=limit)
    return found.level, found.line, [int(extended) for extended in found.extended], found.complete


def test_a_tree_that_is_cut_shows_its_first_rows_and_says_so() -> None:
    assert shown(CUT) == ([1, 2, 1], [0, 1, 2], [1, 3, 2], True)
    assert shown(CUT, limit=3) == ([1, 2, 1], [0, 1, 2], [1, 3, 2], True)
    assert shown(CUT, limit=2) == ([1, 2], [0, 1], [1, 3], False)
    assert shown(CUT, limit=1) == ([1], [0], [1], False)


def test_a_tree_that_goes_deeper_than_it_is_shown_says_so() -> None:
    assert shown(CUT, depth=2) == ([1, 2, 1], [0, 1, 2], [1, 3, 2], True)
    assert shown(CUT, depth=1) == ([1, 1], [0, 2], [1, 2], False)
    assert shown(CUT[2:], depth=1) == ([1], [0], [2], True)
    chain = [Edge(level, level + 1, Fraction(1)) for level in range(150)]
    assert shown(chain, limit=1000)[0] == list(range(1, 151))


def test_what_is_hidden_makes_the_sum_incomplete() -> None:
    edges = [Edge(0, 1, Fraction(2)), Edge(0, 2, Fraction(1))]
    masses = explode.roll_up(0, edges, {1: Fraction(3), 2: Fraction(5)}, hidden=[2])
    assert masses[0] == Mass(Fraction(6), complete=False)


def test_what_is_below_a_hidden_item_adds_nothing() -> None:
    edges = [Edge(0, 1, Fraction(2)), Edge(1, 2, Fraction(7))]
    masses = explode.roll_up(0, edges, {1: Fraction(3), 2: Fraction(5)}, hidden=[1])
    assert masses == {2: Mass(Fraction(5), complete=True), 1: Mass(None, complete=False), 0: Mass(None, complete=False)}
