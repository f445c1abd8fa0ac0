"""A proposal on the command line: what is to be checked first, with names, and what is left out or only offered."""

from typing import Any

import pytest

from cascadia.cli.remote.proposal_text import proposal_text
from cascadia.cli.remote.proposals import refusal

COUNTS = dict.fromkeys(
    ("leaf_parts", "components", "usages", "lines", "occurrences", "leaf_occurrences", "new", "matched", "skipped", "parts_changed"), 1
)
PROPOSAL: dict[str, Any] = {
    "id": "p-1",
    "state": "open",
    "file": {"name": "top.stp"},
    "project": {"code": "rover"},
    "error": None,
    "counts": COUNTS,
    "to_check": 1,
    "to_mend": 0,
    "commit": None,
    "root_item": None,
    "no_change": False,
}


def part(name: str, **members: Any) -> dict[str, Any]:
    fixed = {"id": f"r-{name}", "kind": "part", "verdict": "new", "choice": "create", "name": name, "product_number": name, "match": None}
    told = {
        "candidates": [],
        "changes": [],
        "doubts": [],
        "confirmed": True,
        "left_out": False,
        "notes": [],
        "number": None,
        "problems": [],
    }
    return {**fixed, **told, "match_words": None, "quantity_total": 1, **members}


def test_what_was_guessed_stands_first_and_names_both_sides() -> None:
    bolt = {"id": "i", "number": "P-000012", "name": "Hex bolt"}
    guessed = part(
        "bolt", choice="use", verdict="matched", match=bolt, match_words="by name", confirmed=False, doubts=["by its name alone"]
    )
    lines = proposal_text(PROPOSAL, [part("plate"), {**guessed, "product_number": "4711", "name": "Hex bolt M6"}]).splitlines()
    assert lines[1].endswith("1 new, 1 matched, 1 skipped or left out, 1 changed")
    assert lines[2:4] == [
        "To check before it is accepted (1):",
        "  4711 Hex bolt M6 → P-000012 Hex bolt: by its name alone (row r-bolt)",
    ]
    assert lines[5].split("  ")[0] == "check"
    assert lines[5].endswith("P-000012 Hex bolt (by name)")


def test_suggestions_changes_and_what_is_left_out_are_said() -> None:
    candidates = [{"number": f"P-{n}", "name": "Bolt", "words": "same shape"} for n in range(3)]
    changes = [
        {"field": "alias", "old": None, "new": "R-10K", "apply": True, "words": None},
        {"field": "name", "old": "Lid", "new": "Cover", "apply": False, "words": None},
        {"field": "shape", "old": "a", "new": "b", "apply": True, "words": "a hole moved by 0.1 mm"},
    ]
    used = part("bolt", choice="use", changes=changes)
    text = proposal_text(PROPOSAL, [part("screw", candidates=candidates), used, part("nut", left_out=True)])
    assert "maybe P-0 Bolt (same shape), P-1 Bolt (same shape) and 1 more" in text
    assert "Changes: bolt: also known as R-10K; name Lid → Cover (offered, not applied); shape a hole moved by 0.1 mm" in text
    assert "Left out with what is skipped: nut" in text


def test_a_file_that_changes_nothing_says_so() -> None:
    nothing = {**PROPOSAL, "to_check": 0, "no_change": True, "root_item": {"number": "P-000001"}}
    assert proposal_text(nothing, []).endswith("No change: everything is as the file says, P-000001")


def line(child: str, **members: Any) -> dict[str, Any]:
    told = {"doubts": [], "confirmed": True, "left_out": False, "changes": [], "problems": [], "notes": [], "fitted": True, "name": None}
    said = {"quantity": "2", "old_quantity": "2", "designators": [], "old_designators": [], "old_child": child}
    return {
        "id": f"l-{child}",
        "kind": "line",
        "verdict": "same",
        "choice": "apply",
        "parent": "r-top",
        "child": f"r-{child}",
        **told,
        **said,
        **members,
    }


def test_a_line_to_check_is_counted_listed_and_marked_alike() -> None:
    clash = line("glue", verdict="clash", confirmed=False, doubts=["quantity: was 4, the file has 5, by hand it became 6 ea"])
    gone = line("nut", verdict="clash", choice="skip", confirmed=False, doubts=["gone"], quantity=None)
    proposal = {**PROPOSAL, "to_check": 2, "counts": {**COUNTS, "clashes": 2}}
    lines = proposal_text(proposal, [part("top"), part("glue"), clash, gone]).splitlines()
    assert lines[1].endswith("2 lines to check")
    assert lines[2] == "To check before it is accepted (2):"
    assert lines[3].startswith("  top → glue: quantity: was 4, the file has 5, by hand it became 6 ea (row l-glue; ")
    assert lines[4].startswith("  top → nut: gone (row l-nut; ")
    assert [row.split()[0] for row in lines if " apply " in row or " skip " in row] == ["clash", "clash"]
    assert next(row for row in lines if " skip " in row).rstrip().endswith("2 → 0")


def test_a_quantity_with_two_readings_shows_both_and_how_to_say_which() -> None:
    problem = {"field": "quantity", "message": "its quantity can be 1500 or 1.5", "readings": ["1500", "1.5"]}
    asked = line("wire", verdict="add", quantity="1500", old_quantity=None, problems=[problem])
    text = proposal_text({**PROPOSAL, "state": "discarded", "to_check": 0, "to_mend": 1}, [part("top"), part("wire"), asked])
    assert next(row for row in text.splitlines() if row.startswith("add")).rstrip().endswith("1500 or 1.5")
    assert "  wire: its quantity can be 1500 or 1.5 (row l-wire)" in text
    assert "--decimals point (1500) or --decimals comma (1.5)" in text


@pytest.mark.parametrize(
    ("to_check", "row", "likely", "refused"),
    (
        (1, line("glue", confirmed=False), True, "rows_to_check"),
        (0, line("glue", confirmed=False, left_out=True), False, None),
        (1, part("glue", confirmed=False), True, None),
        (1, part("glue", confirmed=False), False, "rows_to_check"),
        (0, line("glue", problems=[{"readings": ["1500", "1.5"]}]), True, "rows_to_mend"),
        (0, line("glue"), False, None),
    ),
)
def test_likely_decides_nothing_that_file_and_people_made_otherwise(
    to_check: int, row: dict[str, Any], *, likely: bool, refused: str | None
) -> None:
    found = refusal({**PROPOSAL, "to_check": to_check}, [row], likely=likely)
    assert (found.code if found else None) == refused
