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
BLANKS: Final = "The list is read as flat: some cells of “{}” begin with blanks, which say no levels. Say that they do if they do."
TAB: Final = 4
LEAST_INDENT: Final = 2
ENOUGH: Final = 0.8
"""The share of item numbers that have to be some for them to say levels; the others are wrong then."""
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
    return Levels.INDENTATION if _indented_column(rows, columns) is not None else Levels.NONE


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


def _item_numbers(rows: Sequence[Judged], columns: Columns, meaning: Meaning) -> dict[int, str]:
    """The item number of each row that is one of a part; the `1.0` that a spreadsheet makes of `1` is `1`, where no row has that."""
    texts = {n: _cell(row, columns, meaning).strip(".") for n, row in enumerate(rows) if _placed(row)}
    there = set(texts.values())
    return {n: text if (whole := text.removesuffix(".0")) in there else whole for n, text in texts.items()}


def _above(number: str) -> str:
    """`1.2` → `1`; empty for what stands at the top."""
    return number.rpartition(".")[0]


def _is_dotted(rows: Sequence[Judged], columns: Columns, meaning: Meaning) -> bool:
    """Whether item numbers say levels, in whatever order their rows stand: some row's number is that of another with one step more."""
    filled = list(filter(None, _item_numbers(rows, columns, meaning).values()))
    told = {text for text in filled if DOTTED.fullmatch(text)}
    return len(filled) * ENOUGH <= sum(text in told for text in filled) and any(_above(text) in told for text in told)


def flattened(rows: Sequence[Judged], columns: Columns) -> str | None:
    """Words on what looks like levels in a list that is read as flat; None where nothing does."""
    uneven = next((at for at in _indentable(columns) if len({_indent(row, at) for row in rows if row.item}) > 1), None)
    return _dots_said(rows, columns) or (None if uneven is None else BLANKS.format(columns.heading[uneven].strip()))


def _dots_said(rows: Sequence[Judged], columns: Columns) -> str | None:
    meaning = _numbered(columns)
    found = set(_item_numbers(rows, columns, meaning).values()) if meaning else set()
    dotted = min((text for text in found if "." in text and DOTTED.fullmatch(text)), default=None)
    if dotted is None or meaning is None:
        return None
    why = "too many of its other cells are no such numbers" if _above(dotted) in found else f"no row has {_above(dotted)}"
    return f"The list is read as flat: “{columns.name(meaning)}” has {dotted}, but {why}. Say that it has levels if it has."


def _by_numbers(rows: Sequence[Judged], columns: Columns) -> Parents:
    """`1.2` stands below `1`, wherever that stands in the list."""
    meaning = _numbered(columns) or Meaning.FIND
    numbers = _item_numbers(rows, columns, meaning)
    places: dict[str, int] = {}
    for n, text in numbers.items():
        if not DOTTED.fullmatch(text):
            if rows[n].item is not None:
                rows[n].refuse("it has no item number that says where it stands", columns.name(meaning))
        elif places.setdefault(text, n) != n and rows[n].item is not None:
            said = f"the item number {text} stands in row {rows[places[text]].place} too (a spreadsheet makes 1.1 of 1.10)"
            rows[n].refuse(said, columns.name(meaning))
    parents: Parents = {}
    for text, n in sorted(places.items(), key=lambda place: place[0].count(".")):
        above = _above(text)
        if above and above not in places:
            if rows[n].item is not None:
                rows[n].refuse(f"there is no item {above} that {text} could stand below", columns.name(meaning))
        elif _stands(rows[n], rows[places[above]] if above else None):
            parents[n] = places[above] if above else TOP
    return dict(sorted(parents.items()))


def _indentable(columns: Columns) -> list[int]:
    return [columns.at[meaning] for meaning in (Meaning.NUMBER, Meaning.NAME, Meaning.DESCRIPTION, Meaning.MPN) if meaning in columns.at]


def _indented_column(rows: Sequence[Judged], columns: Columns) -> int | None:
    """The column before whose texts blanks say levels."""
    return next((at for at in _indentable(columns) if _is_indented(rows, at)), None)


def _indent(row: Judged, at: int) -> int:
    """How far the cell is moved to the right, in blanks."""
    cell = row.cells[at].expandtabs(TAB) if at < len(row.cells) else ""
    return len(cell) - len(cell.lstrip())


def _is_indented(rows: Sequence[Judged], at: int) -> bool:
    """Whether blanks say levels: the first row has none, and the others two or more, or one for each level."""
    widths = [_indent(row, at) for row in rows if _placed(row)]
    if not widths or widths[0] or not any(widths):
        return False
    stepped = set(widths) == set(range(max(widths) + 1)) and max(widths) >= LEAST_INDENT
    return stepped or min(width for width in widths if width) >= LEAST_INDENT


def _indents(rows: Sequence[Judged], columns: Columns) -> list[int | None]:
    """Widths of blanks as levels: each wider one is one level down."""
    at = _indented_column(rows, columns)
    at = next(iter(_indentable(columns)), 0) if at is None else at
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
