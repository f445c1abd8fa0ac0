"""A file that comes again beside what people changed since: three-way by field and line, from values alone."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cascadia.bom.bulk import OpenLine
from cascadia.bom.model import QuantityKind
from cascadia.proposals.matching import EDITED, UNFITTED, LineRow, as_group, changed_fields, group_json, match_lines
from cascadia.proposals.standing import ADDED, GONE, NOBODY, STANDS, Said, as_applied, said_of
from cascadia.structures.model import LineGroup

ITEMS = {"top": 1, "r": 2, "c": 3}


def group(child: str = "r", quantity: str = "4", designators: str = "", **members: Any) -> LineGroup:
    names = frozenset(designators.split())
    return LineGroup("top", child, Decimal(len(names) or quantity), {}, names, **members)


def line(of: LineGroup, line_id: int = 10, **members: Any) -> OpenLine:
    """The line that accepting a group makes, and what people made of it."""
    made = OpenLine(
        line_id, NOBODY, 1, 1, NOBODY, ITEMS[of.child], NOBODY, of.child.upper(), of.quantity, of.unit or "ea", of.kind or "counted",
        of.find or line_id, {name: {} for name in of.designators}, of.note, {},
    )  # fmt: skip
    return replace(made, **members)


def said(*groups: LineGroup) -> dict[int, Said]:
    return {n: said_of(n, 1, ITEMS[each.child], each) for n, each in enumerate(groups, start=10)}


def match(now: Sequence[LineGroup], lines: Sequence[OpenLine], before: Sequence[LineGroup]) -> list[LineRow]:
    return match_lines(now, ITEMS, lines, said=said(*before))


def told(row: LineRow) -> tuple[str, str, list[str], bool]:
    """Verdict, choice, the fields that stand, whether a person must look."""
    return row.verdict, row.choice, [each.field for each in row.kept], bool(row.doubts)


ONE = group(note="a", find=10)


@pytest.mark.parametrize(
    ("by_hand", "in_the_file", "wanted"),
    (
        ({}, {}, ("same", "apply", [], False)),
        ({"quantity": Decimal(6)}, {}, ("same", "apply", ["quantity"], False)),
        ({}, {"quantity": Decimal(5)}, ("change", "apply", [], False)),
        ({"quantity": Decimal(6)}, {"quantity": Decimal(5)}, ("same", "apply", ["quantity"], True)),
        ({"quantity": Decimal(5)}, {"quantity": Decimal(5)}, ("same", "apply", [], False)),
        ({"quantity": Decimal(6)}, {"note": "b"}, ("change", "apply", ["quantity"], False)),
        ({"note": "mine"}, {"quantity": Decimal(5), "note": "theirs"}, ("change", "apply", ["note"], True)),
        ({"find_number": 70}, {}, ("same", "apply", ["find"], False)),
        ({"quantity": Decimal("0.4"), "unit": "cm"}, {"unit": "mm"}, ("same", "apply", [], False)),
        ({"child_id": 3, "child_number": "C"}, {}, ("same", "apply", ["child"], False)),
        ({"child_id": 3, "child_number": "C"}, {"quantity": Decimal(5)}, ("change", "apply", ["child"], False)),
    ),
)
def test_fields_of_a_line(by_hand: dict[str, Any], in_the_file: dict[str, Any], wanted: tuple[str, str, list[str], bool]) -> None:
    before = replace(ONE, unit="mm") if "unit" in by_hand else ONE
    (row,) = match([replace(before, **in_the_file)], [line(before, **by_hand)], [before])
    assert told(row) == wanted


def test_what_stands_is_said_with_both_values_and_a_clash_with_all_three() -> None:
    (row,) = match([ONE], [line(ONE, quantity=Decimal(6))], [ONE])
    assert [(each.old, each.new, each.words, each.apply) for each in row.kept] == [("6 ea", "4", STANDS, False)]
    (row,) = match([replace(ONE, quantity=Decimal(5))], [line(ONE, quantity=Decimal(6))], [ONE])
    assert row.doubts == ["quantity: was 4, the file has 5, by hand it became 6 ea"]


def test_designators_are_merged_as_a_set_and_the_quantity_is_their_number() -> None:
    before, now = group(designators="R1 R2 R3"), group(designators="R2 R3 R4")
    (row,) = match([now], [line(before, designators={"R1": {}, "R2": {}, "R9": {}})], [before])
    assert told(row) == ("change", "apply", ["designators"], False)
    assert row.kept[0].instead == {"designators": ["R2", "R4", "R9"], "quantity": "3"}


def test_lines_that_somebody_took_out_stay_out_and_those_that_the_file_lost_go() -> None:
    two = group("c", find=20)
    rows = match([ONE], [line(two, 11)], [ONE, two])
    assert [told(row) for row in rows] == [("add", "skip", ["line"], False), ("remove", "apply", [], False)]
    assert (rows[0].gone_id, rows[0].kept[0].words) == (10, GONE)


def test_a_line_that_one_side_took_out_and_the_other_changed_is_a_clash() -> None:
    two = group("c", find=20)
    rows = match([replace(ONE, quantity=Decimal(5))], [line(two, 11, quantity=Decimal(9))], [ONE, two])
    assert [told(row) for row in rows] == [("add", "skip", ["line"], True), ("remove", "skip", [], True)]
    assert rows[1].doubts == [f"{EDITED}: quantity 9 ea, was 4"]


@pytest.mark.parametrize(
    ("by_hand", "words"),
    (
        ({"quantity": Decimal(6)}, "quantity 6 ea, was 4"),
        ({"note": "by hand"}, "note by hand"),
        ({"designators": {"R7": {}}}, "designators R7"),
        ({"quantity_kind": QuantityKind.AS_REQUIRED}, "kind of quantity as_required"),
        ({"child_id": 3, "child_number": "C"}, "child C, was another part"),
        ({"find_number": 70, "unit": "ea"}, ""),
    ),
)
@pytest.mark.parametrize("unfitted", (False, True))
def test_a_line_that_goes_with_what_people_made_of_it_is_to_be_checked(by_hand: dict[str, Any], words: str, *, unfitted: bool) -> None:
    before, other = group(), group("c")
    now = [*([replace(before, fitted=False)] if unfitted else []), other]
    rows = match(now, [line(before, **by_hand), line(other, 11)], [before, other])
    row = next(row for row in rows if row.line is not None and row.line.line_id == 10)
    assert (row.verdict, row.choice) == ("remove", "skip" if words else "apply")
    assert row.doubts == ([f"{UNFITTED if unfitted else EDITED}: {words}"] if words else [])


@pytest.mark.parametrize(
    ("by_hand", "in_the_file", "fields", "words"),
    (
        (group(quantity="2"), group(quantity="3"), ["quantity"], "quantity is 2 ea, the file has 3"),
        (group(quantity="2"), group(quantity="2"), [], ""),
        (group(quantity="2", note="mine"), group(quantity="2", note="theirs"), ["note"], "note is mine, the file has theirs"),
        (group(quantity="2"), group(quantity="2", note="theirs"), [], ""),
        (group(quantity="2"), group(designators="R1 R2"), [], ""),
        (group(quantity="2"), group(designators="R1 R2 R3"), ["designators"], "designators is none, the file has R1, R2, R3"),
        (group(designators="R1 R2"), group(designators="R1 R2 R3"), ["designators"], "designators is R1, R2, the file has R1, R2, R3"),
        (group(designators="R1"), replace(group("c", designators="R1")), ["child"], "child is R, the file has c"),
    ),
)
def test_a_line_that_both_added_is_to_be_checked_where_they_differ(
    by_hand: LineGroup, in_the_file: LineGroup, fields: list[str], words: str
) -> None:
    screw = LineGroup("top", "screw", Decimal(1), {})
    there = line(by_hand, 99, find_number=in_the_file.find)
    items = {**ITEMS, "screw": 4}
    row, _ = match_lines([in_the_file, screw], items, [there], said={10: said_of(10, 1, 4, screw)})
    assert told(row)[2:] == (fields, bool(words))
    assert row.doubts == ([f"{ADDED}: {words}"] if words else [])
    if fields:
        stays = as_applied(group_json(in_the_file), [{"instead": each.instead} | {"apply": False} for each in row.kept])
        assert (row.verdict, changed_fields(as_group(stays, "top", by_hand.child), there)) == ("same", {})


def test_a_line_taken_out_by_hand_that_the_file_has_otherwise_now_says_what_it_has() -> None:
    (row,) = match([group(designators="C1 C2", note="new")], [], [group(designators="C1")])
    assert row.doubts == [f"{GONE}, and the file has it otherwise now: quantity 2; designators C1, C2; note new"]


@pytest.mark.parametrize(
    ("before", "now", "doubts"),
    (
        (group(quantity="2.5", unit="m"), group(quantity="2500"), ["quantity: was 2.5 m, the file has 2500 and no unit"]),
        (group(quantity="2.5", unit="m"), group(quantity="2.5"), []),
        (group(quantity="2.5", unit="m"), group(quantity="2500", unit="mm"), []),
        (group(quantity="2", unit="ea"), group(quantity="3"), []),
    ),
)
def test_another_quantity_without_the_unit_of_the_file_before_is_to_be_checked(
    before: LineGroup, now: LineGroup, doubts: list[str]
) -> None:
    (row,) = match([now], [line(before, quantity_kind="measured")], [before])
    assert (row.doubts, row.verdict) == (doubts or [], "change" if before.unit == "ea" else "same")


def test_a_line_that_somebody_added_and_the_file_has_as_not_fitted_stays() -> None:
    rows = match([ONE, group("c", fitted=False)], [line(ONE), line(group("c"), 99)], [ONE])
    assert [told(row) for row in rows] == [("same", "apply", [], False), ("remove", "skip", [], False)]


def test_what_one_may_not_edit_leaves_nothing_to_decide() -> None:
    rows = match_lines([group("c")], ITEMS, [line(ONE, note="mine"), line(group("c"), 99, quantity=Decimal(2))], frozenset({1}), said(ONE))
    assert [(row.choice, row.doubts) for row in rows if row.verdict != "same"] == [("skip", ())]
    assert not any(row.doubts for row in rows)


def test_a_line_that_somebody_added_is_no_concern_of_the_file() -> None:
    rows = match([ONE], [line(ONE), line(group("c"), 99)], [ONE])
    assert [told(row) for row in rows] == [("same", "apply", [], False), ("remove", "skip", [], False)]


def test_without_a_file_before_everything_is_as_the_file_says() -> None:
    rows = match_lines([ONE], ITEMS, [line(ONE, quantity=Decimal(6)), line(group("c"), 99)])
    assert [told(row) for row in rows] == [("change", "apply", [], False), ("remove", "apply", [], False)]
