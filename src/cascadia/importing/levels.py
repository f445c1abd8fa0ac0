"""Where each row of a list stands: by a column, by dotted item numbers, by blanks before the name, by the parent's number. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cascadia.importing.cells import clean_number, is_placeholder
from cascadia.importing.columns import Columns
from cascadia.importing.items import Cells
from cascadia.importing.model import Judged
from cascadia.structures.meanings import Meaning
from cascadia.structures.reading import Levels, Verdict

DOTTED: Final = re.compile(r"\d+(\.\d+)*")
DOTS: Final = re.compile(r"([.\-+>\s]*)(\d{1,2})(?:\.0+)?")
TAB: Final = 4
LEAST_INDENT: Final = 2
TOP: Final = -1

Parents = dict[int, int]
"""Index of a row → index of the row that it stands below; `TOP` for none."""


def found(rows: Sequence[Judged], columns: Columns) -> Levels:
    """By what the list tells levels; `NONE` where it is flat."""
    if Meaning.LEVEL in columns.at:
        return Levels.COLUMN
    if Meaning.PARENT in columns.at and any(_cell(row, columns, Meaning.PARENT) for row in rows if row.item):
        return Levels.PARENTS
    if (meaning := _numbered(columns)) and _is_dotted(rows, columns, meaning):
        return Levels.ITEM_NUMBERS
    return Levels.INDENTATION if _is_indented(rows, columns) else Levels.NONE


def _numbered(columns: Columns) -> Meaning | None:
    return next((meaning for meaning in (Meaning.FIND, Meaning.INDEX) if meaning in columns.at), None)


def _cell(row: Judged, columns: Columns, meaning: Meaning) -> str:
    return Cells(row.cells, columns).text(meaning)


def parents_of(rows: Sequence[Judged], columns: Columns, levels: Levels) -> Parents:
    """The parent of each row that has an item, in the order of the file; rows that cannot stand anywhere are refused."""
    if levels is Levels.ITEM_NUMBERS:
        return _by_numbers(rows, columns)
    if levels in (Levels.COLUMN, Levels.INDENTATION):
        depth = _depths(rows, columns) if levels is Levels.COLUMN else _indents(rows, columns)
        return _by_depth(rows, depth, columns.name(Meaning.LEVEL))
    return {n: TOP for n, row in enumerate(rows) if row.item}


def _placed(row: Judged) -> bool:
    """Whether the row is one of a part, be it wrong or left out: what stands below it stands below nothing else."""
    return row.item is not None or row.verdict is Verdict.WRONG or row.excluded


def _by_depth(rows: Sequence[Judged], depths: Sequence[int | None], column: str | None) -> Parents:
    """A row stands below the last one above it that is less deep. One that goes down by two levels at once stands nowhere."""
    parents: Parents = {}
    stack: list[tuple[int, int]] = []
    least = min((depth for depth, row in zip(depths, rows, strict=True) if depth is not None and _placed(row)), default=0)
    for n, (row, depth) in enumerate(zip(rows, depths, strict=True)):
        if not _placed(row) or (depth is None and row.item is None):
            continue
        if depth is None:
            row.refuse("it has no level", column)
            continue
        while stack and stack[-1][0] >= depth:
            stack.pop()
        if (stack[-1][0] if stack else least - 1) < depth - 1:
            row.refuse(f"its level {depth} has no row of level {depth - 1} above it", column)
        elif _stands(row, rows[stack[-1][1]] if stack else None):
            parents[n] = stack[-1][1] if stack else TOP
        stack.append((depth, n))
    return parents


def _stands(row: Judged, above: Judged | None) -> bool:
    """Whether the row has an item, and what it stands below has one too; else it goes the way of that."""
    if row.item is None or above is None or above.item is not None:
        return row.item is not None
    if above.verdict is Verdict.WRONG:
        row.refuse(f"it stands below row {above.place}, which cannot be meant")
    else:
        row.leave_out(f"below row {above.place}, which is left out")
        row.excluded = True
    return False


def _depths(rows: Sequence[Judged], columns: Columns) -> list[int | None]:
    """`2`, `..2`, `+2`, `1.2.1` (its number of steps)."""
    texts = [_cell(row, columns, Meaning.LEVEL) for row in rows]
    stepped = any(re.fullmatch(r"\d+(\.\d+)+", text) and not text.endswith(".0") for text in texts)
    return [_depth(text, stepped=stepped) for text in texts]


def _depth(text: str, *, stepped: bool) -> int | None:
    if stepped:
        return len(text.strip(".").split(".")) if DOTTED.fullmatch(text.strip(".")) else None
    if match := DOTS.fullmatch(text):
        return int(match[2])
    return len(text) if text and set(text) in ({"."}, {"*"}) else None


def _is_dotted(rows: Sequence[Judged], columns: Columns, meaning: Meaning) -> bool:
    texts = [_cell(row, columns, meaning).strip(".") for row in rows if row.item]
    return any("." in text for text in texts) and "." not in texts[0] and all(map(DOTTED.fullmatch, filter(None, texts)))


def _by_numbers(rows: Sequence[Judged], columns: Columns) -> Parents:
    """`1.2` stands below `1`."""
    meaning = _numbered(columns) or Meaning.FIND
    places: dict[str, int] = {}
    parents: Parents = {}
    for n, row in enumerate(rows):
        if not _placed(row):
            continue
        text = _cell(row, columns, meaning).strip(".")
        above = text.rpartition(".")[0]
        if row.item is None and (not DOTTED.fullmatch(text) or text in places):
            continue
        if not DOTTED.fullmatch(text):
            row.refuse("it has no item number that says where it stands", columns.name(meaning))
        elif text in places:
            said = f"the item number {text} stands in row {rows[places[text]].place} too (a spreadsheet makes 1.1 of 1.10)"
            row.refuse(said, columns.name(meaning))
        elif above and above not in places:
            row.refuse(f"there is no item {above} above it that {text} could stand below", columns.name(meaning))
        else:
            places[text] = n
            if _stands(row, rows[places[above]] if above else None):
                parents[n] = places[above] if above else TOP
    return parents


def _indented_column(columns: Columns) -> int | None:
    return next(
        (columns.at[meaning] for meaning in (Meaning.NUMBER, Meaning.NAME, Meaning.DESCRIPTION, Meaning.MPN) if meaning in columns.at), None
    )


def _indent(row: Judged, at: int) -> int:
    """How far the cell is moved to the right, in blanks."""
    cell = row.cells[at].expandtabs(TAB) if at < len(row.cells) else ""
    return len(cell) - len(cell.lstrip())


def _is_indented(rows: Sequence[Judged], columns: Columns) -> bool:
    at = _indented_column(columns)
    widths = [] if at is None else [_indent(row, at) for row in rows if row.item]
    if not widths or widths[0] or not any(widths):
        return False
    return min(width for width in widths if width) >= LEAST_INDENT


def _indents(rows: Sequence[Judged], columns: Columns) -> list[int | None]:
    """Widths of blanks as levels: each wider one is one level down."""
    at = _indented_column(columns) or 0
    return list(_steps([_indent(row, at) if _placed(row) else None for row in rows]))


def _steps(widths: Sequence[int | None]) -> Iterator[int | None]:
    stack: list[int] = []
    for width in widths:
        if width is None:
            yield None
            continue
        while stack and stack[-1] >= width:
            stack.pop()
        stack.append(width)
        yield len(stack) - 1


def named_parents(rows: Sequence[Judged], columns: Columns) -> dict[int, str]:
    """The parent's number that each row names in a column of its own; empty where it names none."""
    texts = {n: clean_number(_cell(row, columns, Meaning.PARENT)) for n, row in enumerate(rows) if row.item}
    return {n: "" if is_placeholder(text) else text for n, text in texts.items()}
