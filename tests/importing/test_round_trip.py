"""What was exported is imported again: nothing is proposed, in every format, whatever texts a BOM has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadia.bom import explode
from cascadia.bom.bulk import OpenLine
from cascadia.bom.service import EdgeRow, Head, Tree, TreeItem
from cascadia.importing.model import TableError
from cascadia.importing.read_table import read_list
from cascadia.kernel.text import alike, fold
from cascadia.proposals.matching import match_lines
from cascadia.reports.boms import bom_table
from cascadia.reports.model import ExportFormat, ExportView
from cascadia.reports.writers import write
from cascadia.structures.model import Structure, bom_lines

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Line:
    """One line of a BOM: parent and child by their places among the parts."""

    parent: int
    child: int
    quantity: str
    unit: str = "ea"
    find: int | None = None
    designators: Sequence[str] = ()
    note: str | None = None
    kind: str = "counted"


@dataclass(frozen=True)
class Bom:
    """Numbers and names of parts, the root first, and lines between them."""

    parts: Sequence[tuple[str, str]]
    lines: Sequence[Line]


def tree_of(bom: Bom) -> Tree:
    head = Head(
        branch_id=0, branch="main", seq=7, head=True, time=datetime.now(UTC), item_id=0, uid=NOBODY, number=bom.parts[0][0], kind="part",
        program_id=1, bom_seq=7,
    )  # fmt: skip
    items = [
        TreeItem(n, NOBODY, number, name, "prototype", True, None, "ea", None, None, None, False, False)
        for n, (number, name) in enumerate(bom.parts)
    ]
    rows = [
        EdgeRow(NOBODY, 1, x.parent, x.child, Decimal(x.quantity), x.unit, x.kind, x.find, x.note, list(x.designators), [])
        for x in bom.lines
    ]
    edges = [explode.Edge(x.parent, x.child, Fraction(x.quantity)) for x in bom.lines]
    reached = {0, *(edges[n].child for n in explode.occurrences(0, edges, depth=None, limit=10_000).line)}
    return Tree(head, [i for i in items if i.item_id in reached], rows, edges, {})


def open_lines(bom: Bom) -> list[OpenLine]:
    return [
        OpenLine(
            n, NOBODY, 1, x.parent, NOBODY, x.child, NOBODY, bom.parts[x.child][0], Decimal(x.quantity), x.unit, x.kind, x.find,
            {name: {} for name in x.designators}, x.note, {},
        )
        for n, x in enumerate(bom.lines)
    ]  # fmt: skip


def exported(bom: Bom, form: ExportFormat) -> bytes:
    return written(tree_of(bom), form)


def written(tree: Tree, form: ExportFormat) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bom"
        write(bom_table(tree, ExportView.INDENTED), form, path)
        return path.read_bytes()


def proposed(bom: Bom, structure: Structure) -> list[Any]:
    """What importing the structure into the BOM's root would change: parts that are not there, other names, lines."""
    items = {fold(number): n for n, (number, _) in enumerate(bom.parts)}
    used = {c.key: items[fold(c.number)] for c in structure.components if fold(c.number) in items}
    found: list[Any] = [c for c in structure.components if c.key not in used]
    found += [c for c in structure.components if c.key in used and alike(c.name) != alike(bom.parts[used[c.key]][1])]
    found += [row for row in match_lines(bom_lines(structure), used, open_lines(bom)) if row.verdict != "same"]
    return found


TEXT = st.text(st.sampled_from("ab1Z -'\"=+@,;|.µ²Ω#\t"), min_size=1, max_size=8)
WORD = TEXT.map(lambda text: " ".join(text.split())).filter(lambda text: any(c.isalnum() for c in text))
QUANTITY = st.sampled_from(["1", "2", "0.5", "1000", "1.25", "0.000001", "123456789012.123456789012"])


@st.composite
def boms(draw: Any) -> Bom:
    numbers = draw(st.lists(WORD, min_size=3, max_size=6, unique_by=fold))
    parts = [(number, draw(WORD)) for number in numbers]
    lines: list[Line] = []
    designated = 0
    for child in range(1, len(parts)):
        for _ in range(draw(st.integers(1, 2))):
            count = draw(st.integers(0, 3))
            names = tuple(f"R{designated + n}" for n in range(count))
            designated += count
            quantity = str(count) if count else draw(QUANTITY)
            kind = draw(st.sampled_from(["counted", "measured", "as_required", "reference"]))
            parent = draw(st.integers(0, child - 1))
            lines.append(Line(parent, child, quantity, "ea", 10 * (len(lines) + 1), names, draw(st.none() | WORD), kind))
    return Bom(parts, [*lines, Line(0, len(parts) - 1, "1", find=5)])


@settings(max_examples=12, deadline=None)
@given(boms(), st.sampled_from(list(ExportFormat)))
def test_nothing_is_proposed_by_what_was_exported(bom: Bom, form: ExportFormat) -> None:
    assert proposed(bom, read_list(exported(bom, form)).structure) == []


GUARDED = Bom(
    [("TOP", "=1+1 board"), ("+RT-3", "-12V supply"), ("-RT5", "tab stop"), ("00123RT", 'Nut, M6 "x"'), ("1E5", "exp"), ("@RT-4", "'+x")],
    [
        Line(0, 1, "4", find=10, designators=("R1", "R2", "R3", "R10"), note="=note"),
        Line(0, 2, "1.5", unit="m", find=20, kind="measured", note="two\nlines"),
        Line(0, 3, "2", note="- a dash"),
        Line(1, 4, "2", find=10, kind="reference"),
        Line(1, 5, "3", find=20, designators=("+5V", "X1-2", "-1")),
        Line(0, 5, "0", find=30, kind="as_required"),
    ],
)


@pytest.mark.parametrize("form", ExportFormat)
def test_guarded_cells_units_kinds_designators_and_notes_come_back(form: ExportFormat) -> None:
    assert proposed(GUARDED, read_list(exported(GUARDED, form)).structure) == []


def test_a_change_in_the_file_is_the_only_one_proposed() -> None:
    data = exported(GUARDED, ExportFormat.CSV).replace(b"1.5,m", b"2.5,m")
    (row,) = proposed(GUARDED, read_list(data).structure)
    assert (row.verdict, row.group.quantity, row.group.unit) == ("change", Decimal("2.5"), "m")


PARTS = [("TOP", "Top"), ("A", "a"), ("NA", "n/a"), ("restricted", "Restricted area")]
ODD = {
    "no line at all": [],
    "two lines that nothing keeps apart": [Line(0, 1, "1", note="x"), Line(0, 1, "2", note="x")],
    "the same below an assembly that stands twice": [Line(0, 1, "1"), Line(0, 1, "2"), Line(1, 2, "3"), Line(1, 2, "4")],
    "what other lists mean by nothing": [Line(0, 2, "1", find=10), Line(0, 3, "1", find=20)],
    "designators that look like ranges": [Line(0, 1, "2", find=10, designators=("R1-R3", "R1..R2"))],
}


@pytest.mark.parametrize("form", ExportFormat)
@pytest.mark.parametrize("name", ODD)
def test_what_other_lists_leave_open_is_meant_as_it_stands_in_our_own(name: str, form: ExportFormat) -> None:
    bom = Bom(PARTS, ODD[name])
    assert proposed(bom, read_list(exported(bom, form)).structure) == []


def test_what_was_hidden_from_who_exported_is_no_part_called_restricted() -> None:
    bom = Bom(PARTS, [Line(0, 1, "1", find=10), Line(0, 2, "4", find=20)])
    tree = tree_of(bom)
    hidden = [item._replace(number=None, name=None, visible=False) if item.item_id == 2 else item for item in tree.items]
    read = read_list(written(replace(tree, items=hidden), ExportFormat.CSV))
    assert [c.number for c in read.structure.components] == ["TOP", "A"]
    assert [(row.place, row.messages) for row in read.report.rows] == [(4, ["a part that was not to be seen by who exported the list"])]


@pytest.mark.parametrize(
    "text", ('{"a": 1}', '{"format": "cascadia-bom", "version": 2, "rows": []}', '{"format": "x", "version": 1, "rows": []}', "{")
)
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(TableError) as refused:
        read_list(text.encode())
    assert refused.value.code == "table_unreadable"
    assert "no JSON that Cascadia exported" in refused.value.message
