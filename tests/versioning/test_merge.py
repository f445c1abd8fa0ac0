"""Three-way merge by field and member (rule 10)."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cascadia.versioning.merge import MISSING, Clash, Merged, merge_rows
from cascadia.versioning.model import FieldKind

KINDS = {"note": FieldKind.SCALAR, "quantity": FieldKind.QUANTITY, "tags": FieldKind.SET, "designators": FieldKind.MAP}
BASE: dict[str, Any] = {"note": "a", "quantity": Decimal(4), "tags": ["x", "y"], "designators": {"R1": {}, "R2": {}}}

ROW = st.fixed_dictionaries(
    {},
    optional={
        "note": st.sampled_from(["a", "b", None]),
        "quantity": st.sampled_from([Decimal(4), Decimal(5)]),
        "tags": st.sets(st.sampled_from("xyz")).map(sorted),
        "designators": st.dictionaries(st.sampled_from(["R1", "R2", "R3"]), st.sampled_from([{}, {"V": False}])),
    },
)
ROWS = st.none() | ROW
ONCE = settings(max_examples=60, deadline=None)


def of(merged: Merged) -> tuple[Any, list[tuple[str | None, str | None]]]:
    return merged.row, [(conflict.field, conflict.member) for conflict in merged.conflicts]


def test_fields_that_one_side_changed_are_taken_from_it() -> None:
    assert of(merge_rows(KINDS, BASE, {**BASE, "note": "b"}, {**BASE, "quantity": Decimal(5)})) == (
        {**BASE, "note": "b", "quantity": Decimal(5)},
        [],
    )


def test_a_field_that_both_changed_otherwise_conflicts_and_stays_ours() -> None:
    merged = merge_rows(KINDS, BASE, {**BASE, "note": "b"}, {**BASE, "note": "c"})
    assert merged.row == {**BASE, "note": "b"}
    assert merged.conflicts == (Clash("note", "a", "b", "c"),)


def test_the_same_quantity_on_both_sides_may_mean_one_more_twice() -> None:
    both = {**BASE, "quantity": Decimal(5), "note": "b"}
    assert of(merge_rows(KINDS, BASE, both, both)) == (both, [("quantity", None)])


def test_sets_and_maps_merge_by_member() -> None:
    ours = {**BASE, "tags": ["y", "z"], "designators": {"R1": {}, "R3": {}}}
    theirs = {**BASE, "tags": ["w", "x", "y"], "designators": {"R1": {"V": False}, "R2": {}, "R4": {}}}
    assert of(merge_rows(KINDS, BASE, ours, theirs)) == (
        {**BASE, "tags": ["w", "y", "z"], "designators": {"R1": {"V": False}, "R3": {}, "R4": {}}},
        [],
    )
    removed = {**BASE, "designators": {"R1": {}}}
    changed = {**BASE, "designators": {"R1": {}, "R2": {"V": False}}}
    assert merge_rows(KINDS, BASE, removed, changed).conflicts == (Clash("designators", {}, MISSING, {"V": False}, "R2"),)


def test_what_one_side_removed_goes_unless_the_other_changed_it() -> None:
    assert of(merge_rows(KINDS, BASE, BASE, None)) == (None, [])
    assert of(merge_rows(KINDS, BASE, None, BASE)) == (None, [])
    edited = {**BASE, "note": "b"}
    assert of(merge_rows(KINDS, BASE, edited, None)) == (edited, [(None, None)])
    assert of(merge_rows(KINDS, BASE, None, edited)) == (None, [(None, None)])


def test_what_was_never_there_is_added_by_either_side() -> None:
    assert of(merge_rows(KINDS, None, BASE, None)) == (BASE, [])
    assert of(merge_rows(KINDS, None, None, BASE)) == (BASE, [])
    assert of(merge_rows(KINDS, None, BASE, {**BASE, "note": "b"})) == (BASE, [("note", None)])


@ONCE
@given(ROWS, ROWS)
def test_one_side_alone_is_taken_whole(base: Any, side: Any) -> None:
    assert of(merge_rows(KINDS, base, side, base)) == (side, [])
    assert of(merge_rows(KINDS, base, base, side)) == (side, [])


@ONCE
@given(ROWS, ROWS, ROWS)
def test_swapping_the_sides_swaps_the_conflicts(base: Any, one: Any, two: Any) -> None:
    there, back = merge_rows(KINDS, base, one, two), merge_rows(KINDS, base, two, one)
    turned = {(c.field, c.member): (c.theirs, c.ours) for c in back.conflicts}
    assert {(c.field, c.member): (c.ours, c.theirs) for c in there.conflicts} == turned
    if not there.conflicts:
        assert there.row == back.row
