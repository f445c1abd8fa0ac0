"""Which parts a file means, and which lines it would change: from values alone."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from cascadia.bom.bulk import OpenLine
from cascadia.proposals.identity import decide
from cascadia.proposals.matching import changed_fields, match_lines
from cascadia.proposals.model import Choice, Verdict
from cascadia.proposals.parts import changed_attributes, part_rows
from cascadia.proposals.products import products_of
from cascadia.structures.model import Component, LineGroup, Structure, Usage, bom_lines, totals
from tests.proposals.structures import component, small_assembly


def line(line_id: int, parent: int, child: int, quantity: int, placements: dict[str, list[float]], *designators: str) -> OpenLine:
    uids = [UUID(int=n) for n in (line_id, parent, child)]
    return OpenLine(
        line_id,
        uids[0],
        1,
        parent,
        uids[1],
        child,
        uids[2],
        f"P-{child}",
        Decimal(quantity),
        "ea",
        "counted",
        10,
        {n: {} for n in designators},
        None,
        placements,
    )


def test_equal_children_of_one_parent_are_one_line() -> None:
    structure = small_assembly()
    assert [(g.parent, g.child, int(g.quantity)) for g in bom_lines(structure)] == [
        ("top", "bracket", 2),
        ("top", "plate", 1),
        ("bracket", "bolt", 3),
    ]
    assert totals(structure).counts == {
        "components": 4,
        "leaf_parts": 2,
        "usages": 6,
        "lines": 3,
        "occurrences": 9,
        "leaf_occurrences": 7,
    }


@pytest.mark.parametrize("source", ({"mass_source": "typed"}, {}), ids=("said to be typed", "older than the question"))
def test_a_typed_mass_is_never_overwritten(source: dict[str, str]) -> None:
    typed = {"mass": {"value": "0.3", "unit": "kg"}, **source}
    assert changed_attributes(component("bolt", volume="10", mass="0.2"), typed) == {"volume": {"value": "10", "unit": "mm3"}}


def test_a_mass_that_was_taken_away_by_hand_is_not_measured_anew() -> None:
    assert changed_attributes(component("bolt", mass="0.2"), {"mass_source": "typed"}) == {}


def test_a_measured_mass_follows_the_file() -> None:
    measured = component("bolt", volume="10", mass="0.2")
    assert changed_attributes(measured, {"mass": {"value": "0.3", "unit": "kg"}, "mass_source": "cad"}) == {
        "volume": {"value": "10", "unit": "mm3"},
        "mass": {"value": "0.2", "unit": "kg"},
    }
    same = {"volume": {"value": "10", "unit": "mm3"}, "mass": {"value": "0.2", "unit": "kg"}, "mass_source": "cad"}
    assert changed_attributes(measured, same) == {}


def test_lines_are_compared_with_what_is_there() -> None:
    structure = small_assembly()
    groups = {(g.parent, g.child): dict(g.placements) for g in bom_lines(structure)}
    items = {"top": 1, "bracket": 2, "plate": 3, "bolt": 4}
    existing = [
        line(10, 1, 2, 2, groups["top", "bracket"]),
        line(11, 2, 4, 5, groups["bracket", "bolt"]),
        line(12, 1, 9, 1, {"glue": [0.0] * 16}),
        line(13, 1, 8, 1, {}),
        line(14, 7, 8, 1, {}),
    ]
    rows = [(r.parent, r.child, r.verdict, r.choice, r.line and r.line.line_id) for r in match_lines(bom_lines(structure), items, existing)]
    assert rows == [
        ("top", "bracket", Verdict.SAME, Choice.APPLY, 10),
        ("top", "plate", Verdict.ADD, Choice.APPLY, None),
        ("bracket", "bolt", Verdict.CHANGE, Choice.APPLY, 11),
        ("top", None, Verdict.REMOVE, Choice.APPLY, 12),
        ("top", None, Verdict.REMOVE, Choice.SKIP, 13),
    ]


def test_order_of_a_file_changes_no_line() -> None:
    structure = small_assembly()
    turned = Structure(source_schema="AP214", unit="mm", root="top", components=structure.components[::-1], usages=structure.usages[::-1])
    assert {(g.parent, g.child): dict(g.placements) for g in bom_lines(structure)} == {
        (g.parent, g.child): dict(g.placements) for g in bom_lines(turned)
    }


def test_deep_shared_structures_are_counted_without_walking_every_path() -> None:
    keys = [f"c{n}" for n in range(60)]
    usages = [Usage(parent=a, child=b, key=f"{b}_{n}", name=b, placement=[0.0] * 16) for a, b in pairwise(keys) for n in (1, 2)]
    components = [Component(key=k, number=k, name=k, is_assembly=k != "c59") for k in keys]
    structure = Structure(source_schema="AP214", unit="mm", root="c0", components=components, usages=usages)
    assert totals(structure).counts["leaf_occurrences"] == 2**59


def board(**parts: str) -> Structure:
    """A parts list: component → its designators; a name that ends in `_dnp` is the same component, not fitted."""
    usages = [
        Usage(parent="top", child=key.removesuffix("_dnp"), key=name, name=name, designator=name, fitted=not key.endswith("_dnp"))
        for key, names in parts.items()
        for name in names.split()
    ]
    components = [component("top", is_assembly=True), *(component(k) for k in dict.fromkeys(k.removesuffix("_dnp") for k in parts))]
    return Structure(source_schema="table", unit="mm", root="top", components=components, usages=usages)


def verdicts(structure: Structure, existing: list[OpenLine]) -> list[tuple[str | None, Verdict, Choice, int | None]]:
    items = {"top": 1, "a": 2, "b": 3, "c": 4}
    return [(r.child, r.verdict, r.choice, r.line.line_id if r.line else None) for r in match_lines(bom_lines(structure), items, existing)]


def test_a_line_is_known_by_its_designators_whatever_part_stands_there() -> None:
    existing = [line(10, 1, 2, 2, {}, "R1", "R2"), line(11, 1, 3, 1, {}, "R9")]
    assert verdicts(board(b="R1 R2", a="R9"), existing) == [
        ("b", Verdict.CHANGE, Choice.APPLY, 10),
        ("a", Verdict.CHANGE, Choice.APPLY, 11),
    ]


def test_on_a_split_the_part_that_keeps_most_designators_keeps_the_line() -> None:
    existing = [line(10, 1, 2, 5, {}, "R1", "R2", "R3", "R4", "R5")]
    assert verdicts(board(b="R1 R2", a="R3 R4 R5"), existing) == [
        ("b", Verdict.ADD, Choice.APPLY, None),
        ("a", Verdict.CHANGE, Choice.APPLY, 10),
    ]


def test_order_of_designators_is_no_change_and_what_a_list_had_put_in_goes_with_it() -> None:
    existing = [line(10, 1, 2, 2, {}, "R2", "R1"), line(11, 1, 3, 1, {}, "R9"), line(12, 1, 4, 1, {})]
    assert verdicts(board(a="R1 R2"), existing) == [
        ("a", Verdict.SAME, Choice.APPLY, 10),
        ("b", Verdict.REMOVE, Choice.APPLY, 11),
        ("c", Verdict.REMOVE, Choice.SKIP, 12),
    ]


def test_what_is_not_fitted_is_left_out_and_taken_out() -> None:
    structure = board(a="R1", a_dnp="R2", b_dnp="R3")
    assert verdicts(structure, []) == [
        ("a", Verdict.ADD, Choice.APPLY, None),
        ("a", Verdict.ADD, Choice.SKIP, None),
        ("b", Verdict.ADD, Choice.SKIP, None),
    ]
    existing = [line(10, 1, 2, 1, {}, "R1"), line(11, 1, 3, 1, {}, "R3")]
    assert (("b", Verdict.REMOVE, Choice.APPLY, 11)) in verdicts(structure, existing)
    rows = part_rows(structure.components, decide(products_of(structure, titled=True), []))
    assert {r.component: r.choice for r in rows} == {"top": Choice.CREATE, "a": Choice.CREATE, "b": Choice.SKIP}


def test_a_cad_file_leaves_designators_alone_and_a_list_leaves_placements_alone() -> None:
    placed = {"bracket_1": [0.0] * 16, "bracket_2": [1.0] * 16}
    assert changed_fields(LineGroup("top", "a", Decimal(2), placed), line(10, 1, 2, 2, placed, "R1", "R2")) == {}
    listed = LineGroup("top", "a", Decimal(2), {}, frozenset({"R1", "R3"}))
    assert changed_fields(listed, line(10, 1, 2, 2, placed, "R1", "R2")) == {"designators": {"R1": {}, "R3": {}}}
    more = LineGroup("top", "a", Decimal(3), {}, frozenset({"R1", "R2", "R3"}))
    assert changed_fields(more, line(10, 1, 2, 2, placed, "R1", "R2"))["placements"] == {}


def group(quantity: str = "2", designators: str = "", **placements: list[float]) -> LineGroup:
    return LineGroup("top", "a", Decimal(quantity), placements, frozenset(designators.split()))


@pytest.mark.parametrize(
    ("was", "kind", "found", "changes"),
    (
        (Decimal(2), "counted", "1.5", {"quantity": Decimal("1.5"), "quantity_kind": "measured"}),
        (Decimal("1.5"), "measured", "2", {"quantity": Decimal(2), "quantity_kind": "counted"}),
        (Decimal(2), "counted", "3", {"quantity": Decimal(3), "quantity_kind": "counted"}),
        (Decimal("2.0"), "counted", "2", {}),
        (Decimal(1), "as_required", "1", {}),
    ),
    ids=("counted to measured", "measured to counted", "counted", "written otherwise", "a kind of its own"),
)
def test_a_quantity_changes_with_its_kind_or_not_at_all(was: Decimal, kind: str, found: str, changes: dict[str, Any]) -> None:
    there = replace(line(10, 1, 2, 1, {}), quantity=was, quantity_kind=kind)
    assert changed_fields(group(found), there) == changes


def test_what_is_not_fitted_in_a_variant_stays_so_when_designators_come_and_go() -> None:
    there = replace(line(10, 1, 2, 3, {}), designators={"R1": {"lite": False}, "R2": {}, "R3": {"lite": False}})
    assert changed_fields(group("3", "R1 R2 R4"), there) == {"designators": {"R1": {"lite": False}, "R2": {}, "R4": {}}}
    assert changed_fields(group("3", "R3 R2 R1"), there) == {}


def test_a_part_that_moved_is_a_change_of_its_placement() -> None:
    was, now = [0.0] * 16, [1.0] * 16
    there = line(10, 1, 2, 2, {"a_1": was, "a_2": was})
    assert changed_fields(group(a_1=was, a_2=now), there) == {"placements": {"a_1": was, "a_2": now}}
    assert changed_fields(group(a_1=was, a_2=was), there) == {}
    structure = Structure(
        source_schema="AP214",
        unit="mm",
        root="top",
        components=[component("top", is_assembly=True), component("a")],
        usages=[Usage(parent="top", child="a", key=key, name=key, placement=place) for key, place in (("a_1", was), ("a_2", now))],
    )
    assert verdicts(structure, [there]) == [("a", Verdict.CHANGE, Choice.APPLY, 10)]


def nested(*rows: tuple[str, str, str]) -> Structure:
    """A parts list of assemblies: (parent, child, designators)."""
    names = dict.fromkeys(name for row in rows for name in row[:2])
    usages = [
        Usage(parent=parent, child=child, key=f"{child} {name}", name=name, designator=name)
        for parent, child, designators in rows
        for name in designators.split()
    ]
    return Structure(source_schema="table", unit="mm", root=rows[0][0], components=[component(name) for name in names], usages=usages)


def test_a_designator_names_a_line_in_its_own_assembly_only() -> None:
    structure = nested(("top", "a", "U1"), ("a", "b", "R1"), ("top", "c", "R1"))
    existing = [line(10, 1, 2, 1, {}, "U1"), line(11, 2, 3, 1, {}, "R1")]
    assert verdicts(structure, existing) == [
        ("a", Verdict.SAME, Choice.APPLY, 10),
        ("b", Verdict.SAME, Choice.APPLY, 11),
        ("c", Verdict.ADD, Choice.APPLY, None),
    ]


def test_designators_of_a_new_assembly_name_no_line() -> None:
    structure = nested(("fresh", "a", "R1"))
    assert verdicts(structure, [line(10, 1, 2, 1, {}, "R1")]) == [("a", Verdict.ADD, Choice.APPLY, None)]


def test_where_two_parts_share_as_many_designators_the_one_that_stands_there_keeps_the_line() -> None:
    existing = [line(10, 1, 3, 2, {}, "R1", "R2")]
    assert verdicts(board(a="R1", b="R2"), existing) == [
        ("a", Verdict.ADD, Choice.APPLY, None),
        ("b", Verdict.CHANGE, Choice.APPLY, 10),
    ]


def test_where_two_parts_share_as_many_and_neither_stands_there_the_first_of_the_file_takes_the_line() -> None:
    existing = [line(10, 1, 4, 2, {}, "R1", "R2")]
    assert verdicts(board(a="R1", b="R2"), existing) == [
        ("a", Verdict.CHANGE, Choice.APPLY, 10),
        ("b", Verdict.ADD, Choice.APPLY, None),
    ]


def test_a_part_whose_designators_stood_on_two_lines_takes_the_closer_one_and_the_other_goes() -> None:
    existing = [line(10, 1, 3, 1, {}, "R1"), line(11, 1, 4, 2, {}, "R2", "R3")]
    assert verdicts(board(a="R1 R2 R3"), existing) == [
        ("a", Verdict.CHANGE, Choice.APPLY, 11),
        ("b", Verdict.REMOVE, Choice.APPLY, 10),
    ]


def test_a_part_that_shares_as_many_designators_with_two_lines_takes_the_older_one() -> None:
    existing = [line(n, 1, 4, 1, {}, f"R{n}") for n in range(10, 20)]
    found = verdicts(board(a=" ".join(f"R{n}" for n in reversed(range(10, 20)))), existing)
    assert found[0] == ("a", Verdict.CHANGE, Choice.APPLY, 10)


def test_a_designator_that_moves_to_another_line_takes_no_line_along() -> None:
    existing = [line(10, 1, 2, 3, {}, "R1", "R2", "R3"), line(11, 1, 3, 1, {}, "R4")]
    assert verdicts(board(a="R1 R2", b="R3 R4"), existing) == [
        ("a", Verdict.CHANGE, Choice.APPLY, 10),
        ("b", Verdict.CHANGE, Choice.APPLY, 11),
    ]


def test_two_lines_of_one_part_are_each_taken_once() -> None:
    existing = [line(10, 1, 2, 1, {}, "R1"), line(11, 1, 2, 1, {}, "R8")]
    assert verdicts(board(a="R1"), existing) == [("a", Verdict.SAME, Choice.APPLY, 10), ("a", Verdict.REMOVE, Choice.APPLY, 11)]
    assert verdicts(board(a="R9"), existing) == [("a", Verdict.CHANGE, Choice.APPLY, 10), ("a", Verdict.REMOVE, Choice.APPLY, 11)]


@pytest.mark.parametrize(
    ("designator", "placed", "choices"),
    (
        (None, False, {10: Choice.APPLY, 11: Choice.SKIP, 12: Choice.APPLY}),
        (None, True, {10: Choice.SKIP, 11: Choice.APPLY, 12: Choice.SKIP}),
        ("R9", False, {10: Choice.APPLY, 11: Choice.SKIP, 12: Choice.SKIP}),
    ),
    ids=("a plain list", "a CAD file", "a list with designators"),
)
def test_a_file_takes_out_what_a_file_of_its_kind_had_put_in(designator: str | None, placed: bool, choices: dict[int, Choice]) -> None:  # noqa: FBT001
    existing = [line(10, 1, 2, 1, {}, "R1"), line(11, 1, 2, 1, {"a_1": [0.0] * 16}), line(12, 1, 2, 1, {})]
    here = Usage(parent="top", child="b", key="b_1", name="b", designator=designator, placement=[0.0] * 16 if placed else None)
    components = [component("top", is_assembly=True), component("b")]
    structure = Structure(source_schema="any", unit="mm", root="top", components=components, usages=[here])
    rows = match_lines(bom_lines(structure), {"top": 1, "b": 3}, existing)
    assert {row.line.line_id: row.choice for row in rows if row.line} == choices
    assert [row.verdict for row in rows] == [Verdict.ADD, Verdict.REMOVE, Verdict.REMOVE, Verdict.REMOVE]


def test_changes_to_lines_of_a_fixed_assembly_are_shown_and_skipped() -> None:
    structure = board(a="R1", b="R2")
    existing = [line(10, 1, 2, 1, {}, "R1"), line(11, 1, 4, 1, {}, "R9")]
    rows = match_lines(bom_lines(structure), {"top": 1, "a": 2, "b": 3}, existing, frozenset({1}))
    assert [(r.verdict, r.choice) for r in rows] == [
        (Verdict.SAME, Choice.APPLY),
        (Verdict.ADD, Choice.SKIP),
        (Verdict.REMOVE, Choice.SKIP),
    ]
