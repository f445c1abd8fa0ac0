"""Which parts a file means, and which lines it would change: from values alone."""

from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from cascadia.bom.bulk import OpenLine
from cascadia.proposals.matching import Choice, Hit, Verdict, changed_attributes, match_lines, match_parts
from cascadia.proposals.model import Component, Structure, Usage, bom_lines, totals
from tests.proposals.structures import component, small_assembly


def hit(component: str, item_id: int, match_by: str, **attributes: object) -> Hit:
    return Hit(component, item_id, UUID(int=item_id), f"P-{item_id}", "name", match_by, attributes)


def line(line_id: int, parent: int, child: int, quantity: int, placements: dict[str, list[float]]) -> OpenLine:
    uids = [UUID(int=n) for n in (line_id, parent, child)]
    return OpenLine(line_id, uids[0], 1, parent, uids[1], child, uids[2], Decimal(quantity), "ea", "counted", 10, {}, None, placements)


def test_equal_children_of_one_parent_are_one_line() -> None:
    structure = small_assembly()
    assert [(g.parent, g.child, g.quantity) for g in bom_lines(structure)] == [
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
    rows = [(r.parent, r.child, r.verdict, r.choice, r.line and r.line.line_id) for r in match_lines(structure, items, existing)]
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
