"""Which parts a file means, and which lines it would change: from values alone."""

from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from cascadia.bom.bulk import OpenLine
from cascadia.proposals.matching import Choice, Hit, Verdict, changed_attributes, changed_fields, match_lines, match_parts
from cascadia.proposals.model import Component, LineGroup, Structure, Usage, bom_lines, totals
from tests.proposals.structures import component, small_assembly


def hit(component: str, item_id: int, match_by: str, **attributes: object) -> Hit:
    return Hit(component, item_id, UUID(int=item_id), f"P-{item_id}", "name", match_by, attributes)


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


def test_the_surest_way_decides_and_two_equal_ones_leave_it_open() -> None:
    hits = [
        hit("bolt", 1, "name"),
        hit("bolt", 2, "number"),
        hit("plate", 3, "geometry"),
        hit("plate", 4, "geometry"),
        hit("top", 5, "name"),
    ]
    rows = {row.component: row for row in match_parts(small_assembly(), hits)}
    assert (rows["bolt"].match_id, rows["bolt"].match_by, rows["bolt"].choice) == (2, "number", Choice.USE)
    assert (rows["plate"].verdict, rows["plate"].choice, rows["plate"].match_id) == (Verdict.NEW, Choice.CREATE, None)
    assert [c["number"] for c in rows["plate"].candidates] == ["P-3", "P-4"]
    assert (rows["top"].match_id, rows["top"].match_by) == (5, "name")
    assert rows["bracket"].candidates == []


def test_a_typed_mass_is_never_overwritten() -> None:
    measured = component("bolt", volume="10", mass="0.2")
    assert changed_attributes(measured, {"mass": {"value": "0.3", "unit": "kg"}}) == {"volume": {"value": "10", "unit": "mm3"}}
    changed = changed_attributes(measured, {"mass": {"value": "0.3", "unit": "kg"}, "mass_source": "cad"})
    assert changed == {"volume": {"value": "10", "unit": "mm3"}, "mass": {"value": "0.2", "unit": "kg"}}


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
    assert {r.component: r.choice for r in match_parts(structure, [])} == {"top": Choice.CREATE, "a": Choice.CREATE, "b": Choice.SKIP}


def test_a_cad_file_leaves_designators_alone_and_a_list_leaves_placements_alone() -> None:
    placed = {"bracket_1": [0.0] * 16, "bracket_2": [1.0] * 16}
    assert changed_fields(LineGroup("top", "a", Decimal(2), placed), line(10, 1, 2, 2, placed, "R1", "R2")) == {}
    listed = LineGroup("top", "a", Decimal(2), {}, frozenset({"R1", "R3"}))
    assert changed_fields(listed, line(10, 1, 2, 2, placed, "R1", "R2")) == {"designators": {"R1": {}, "R3": {}}}
    more = LineGroup("top", "a", Decimal(3), {}, frozenset({"R1", "R2", "R3"}))
    assert changed_fields(more, line(10, 1, 2, 2, placed, "R1", "R2"))["placements"] == {}
