"""A file that comes again beside what people changed since: three-way by field and line, from values alone."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cascadia.bom.bulk import OpenLine
from cascadia.proposals.matching import EDITED, LineRow, match_lines
from cascadia.proposals.standing import GONE, NOBODY, STANDS, Said, said_of
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
    assert rows[1].doubts == [EDITED]


def test_a_line_that_somebody_added_is_no_concern_of_the_file() -> None:
    rows = match([ONE], [line(ONE), line(group("c"), 99)], [ONE])
    assert [told(row) for row in rows] == [("same", "apply", [], False), ("remove", "skip", [], False)]


def test_without_a_file_before_everything_is_as_the_file_says() -> None:
    rows = match_lines([ONE], ITEMS, [line(ONE, quantity=Decimal(6)), line(group("c"), 99)])
    assert [told(row) for row in rows] == [("change", "apply", [], False), ("remove", "apply", [], False)]
