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
    found = explode.occurrences(0, edges)
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


def test_a_tree_that_is_cut_says_so() -> None:
    edges = [Edge(0, 1, Fraction(1)), Edge(1, 2, Fraction(3)), Edge(0, 2, Fraction(1))]
    assert explode.occurrences(0, edges, limit=2).complete is False
    cut = explode.occurrences(0, edges, depth=1)
    assert (cut.level, cut.line) == ([1, 1], [0, 2])


def test_what_is_hidden_makes_the_sum_incomplete() -> None:
    edges = [Edge(0, 1, Fraction(2)), Edge(0, 2, Fraction(1))]
    masses = explode.roll_up(0, edges, {1: Fraction(3), 2: Fraction(5)}, hidden=[2])
    assert masses[0] == Mass(Fraction(6), complete=False)
