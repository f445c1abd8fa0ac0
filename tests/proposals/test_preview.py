"""What accepting would write follows every choice. From values alone."""

from cascadia.proposals.model import Choice, Verdict
from cascadia.proposals.preview import LineEntry, PartEntry, Preview, preview

CREATE, USE, SKIP, APPLY = Choice


def shown(skip: str = "", *, root: str = "top", lines: tuple[tuple[str, str, int], ...] = ()) -> Preview:
    """top: 2 × arm (3 × bolt, 1 × chip), 1 × plate (1 × bolt)."""
    used = lines or (("top", "arm", 2), ("arm", "bolt", 3), ("arm", "chip", 1), ("top", "plate", 1), ("plate", "bolt", 1))
    keys = ("top", "arm", "bolt", "chip", "plate")
    parts = [PartEntry(key, SKIP if key in skip.split() else CREATE, key == root) for key in keys]
    return preview(parts, [LineEntry(parent, child, Verdict.ADD, APPLY, pieces) for parent, child, pieces in used])


def test_what_a_file_holds_is_counted() -> None:
    counts = shown().counts
    assert {name: counts[name] for name in ("components", "leaf_parts", "lines", "occurrences", "leaf_occurrences", "new", "added")} == {
        "components": 5,
        "leaf_parts": 2,
        "lines": 5,
        "occurrences": 2 + 6 + 2 + 1 + 1,
        "leaf_occurrences": 6 + 2 + 1,
        "new": 5,
        "added": 5,
    }


def test_a_part_goes_with_the_last_of_what_it_stands_in_and_a_line_with_either_end() -> None:
    seen = shown("arm")
    assert (seen.left_out, list(seen.lines_left_out)) == (frozenset({"chip"}), [True, True, True, False, False])
    assert (seen.counts["new"], seen.counts["added"], seen.counts["skipped"], seen.counts["leaf_occurrences"]) == (3, 2, 2, 1)
    assert shown("arm plate").left_out == {"chip", "bolt"}


def test_nothing_goes_with_the_root() -> None:
    seen = shown("top")
    assert (seen.left_out, list(seen.lines_left_out)) == (frozenset(), [True, False, False, True, False])
    assert seen.counts["new"] == 4


def test_lines_to_check_are_counted_as_such_and_as_nothing_else() -> None:
    parts = [PartEntry("top", USE, is_root=True), PartEntry("a", USE, is_root=False, is_confirmed=False)]
    lines = [LineEntry("top", "a", verdict, APPLY, 1, is_confirmed=False) for verdict in (Verdict.SAME, Verdict.CHANGE, Verdict.REMOVE)]
    counts = preview(parts, lines).counts
    assert (counts["clashes"], counts["to_check"]) == (3, 4)
    assert [counts[name] for name in ("lines_changed", "changed", "removed", "unchanged")] == [0, 0, 0, 0]


def test_lines_count_as_they_are_decided() -> None:
    parts = [PartEntry("top", USE, is_root=True, is_changed=True), PartEntry("a", USE, is_root=False, is_confirmed=False)]
    lines = [
        LineEntry("top", "a", Verdict.CHANGE, APPLY, 3),
        LineEntry("top", "a", Verdict.ADD, SKIP, 1),
        LineEntry("top", None, Verdict.REMOVE, APPLY, None),
        LineEntry("top", None, Verdict.REMOVE, SKIP, None),
        LineEntry("top", "a", Verdict.SAME, APPLY, 1),
    ]
    counts = preview(parts, lines).counts
    assert [counts[name] for name in ("lines_changed", "added", "removed", "unchanged", "lines", "parts_changed", "to_check")] == [
        1,
        0,
        1,
        1,
        2,
        1,
        1,
    ]
    assert (counts["matched"], counts["changed"], counts["occurrences"]) == (2, 3, 4)
