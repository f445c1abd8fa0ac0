"""A file as rows of cells: what it is, how it was cut, and where its heading stands. What the caller says comes first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from cascadia.importing.columns import is_heading
from cascadia.importing.delimited import Line, Marks, filled, rows_of
from cascadia.importing.encodings import decoded
from cascadia.importing.exports import is_export, lines_of
from cascadia.importing.model import BYTES_MAX, HEADER_WITHIN, ROWS_MAX, TableError
from cascadia.importing.sheets import Workbook, format_of, is_workbook
from cascadia.kernel.naming import listed
from cascadia.structures.reading import Options

DELIMITERS: Final = (",", ";", "\t", "|")
SAMPLE: Final = 20_000
HEAD: Final = 1_000_000
"""Characters within which a heading stands."""
NEEDED: Final = (
    "It needs a heading row with Quantity or Reference (designators), and Part Number, MPN, Value or Name. Say which row is the heading, "
    "and which column holds what, if they are called otherwise."
)
SHEETS_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Grid:
    """A list cut into cells: its heading with its place, the rows below it, and how it was cut. `guessed`: what may be otherwise.

    `damaged`: which bytes could not be read. `has_levels_by_format`: its sheet has groups or indents, which are not read.
    """

    format: str
    heading: Line
    rows: list[Line] = field(repr=False)
    encoding: str | None = None
    marks: Marks | None = None
    sheet: str | None = None
    sheets: Sequence[str] = ()
    guessed: Sequence[str] = ()
    damaged: str | None = None
    has_levels_by_format: bool = False


def grid_of(data: bytes, options: Options) -> Grid:
    """The list in a file; `TableError` says why there is none."""
    if len(data) > BYTES_MAX:
        raise TableError("table_too_large", f"The file is larger than {BYTES_MAX // 10**6} MB. Split it.")
    if not data.strip():
        raise TableError("table_empty", "The file is empty.")
    grid = _of_export(data) if is_export(data) else _of_workbook(data, options) if is_workbook(data) else _of_text(data, options)
    if len(grid.rows) > ROWS_MAX:
        raise TableError("table_too_large", f"The file has more than {ROWS_MAX:,} rows. Split it.")
    return grid


def _of_export(data: bytes) -> Grid:
    heading, *rows = lines_of(data)
    return Grid("json", heading, rows, "utf-8")


def _of_workbook(data: bytes, options: Options) -> Grid:
    book = Workbook(data)
    if options.sheet is not None and options.sheet not in book.names:
        there = listed([f"“{name}”" for name in book.names], SHEETS_NAMED)
        raise TableError("table_sheet", f"The workbook has no sheet “{options.sheet}”. There are {there}.")
    names = [options.sheet] if options.sheet is not None else book.names
    headings = {name: _heading(book.read(name, HEADER_WITHIN * 5), options) for name in names}
    name = next((name for name, found in headings.items() if found), None)
    heading = headings[name] if name else None
    if name is None or heading is None:
        raise _no_heading(f" of its sheets {listed(names, SHEETS_NAMED)}" if len(names) > 1 else "")
    rows = [line for line in book.read(name) if line.place > heading.place]
    others = [other for other, found in headings.items() if found and other != name]
    by_format = book.formats_of(name).has_levels
    guessed = ["sheet"] if others else []
    return Grid(format_of(data), heading, rows, sheet=name, sheets=book.names, guessed=guessed, has_levels_by_format=by_format)


def _heading(rows: Sequence[Line], options: Options) -> Line | None:
    if options.heading_row is not None:
        return next((line for line in rows if line.place == options.heading_row), None)
    return next((line for line in rows[:HEADER_WITHIN] if is_heading(line.cells, options.columns)), None)


def _of_text(data: bytes, options: Options) -> Grid:
    text = decoded(data, options.encoding)
    if "\0" in text.text:
        raise TableError("table_unreadable", "The file is no text and no workbook. Save it as CSV in UTF-8, or as XLSX.")
    marks, heading, guessed = _cut(text.text, options)
    rows = [line for line in rows_of(text.text, marks, filled(heading.cells)) if line.place > heading.place]
    said = [*(["encoding"] if text.guessed else []), *(["delimiter"] if guessed else [])]
    return Grid("csv", heading, rows, text.encoding, marks, guessed=said, damaged=text.damaged)


def _cut(text: str, options: Options) -> tuple[Marks, Line, bool]:
    """How the text is cut, by the delimiter under which most headings are known; a library is asked where none is."""
    quote = '"' if options.quote is None else options.quote
    wanted = (options.delimiter,) if options.delimiter else DELIMITERS
    tried = [(marks, _heading_of(text, marks, options)) for marks in (Marks(delimiter, quote) for delimiter in wanted)]
    found = [(marks, heading) for marks, heading in tried if heading and (len(heading.cells) > 1 or len(wanted) == 1)]
    if not found and options.delimiter is None:
        found = [(marks, heading) for marks in _recognised(text) if (heading := _heading_of(text, marks, options))]
        if found:
            return *found[0], True
    if not found:
        raise _no_heading("")
    marks, heading = max(found, key=lambda each: filled(each[1].cells))
    return marks, heading, False


def _heading_of(text: str, marks: Marks, options: Options) -> Line | None:
    head, most = (text[:HEAD], HEADER_WITHIN) if options.heading_row is None else (text, None)
    return _heading(list(islice(rows_of(head, marks, 0), most)), options)


def _recognised(text: str) -> list[Marks]:
    """What clevercsv makes of the beginning of a text."""
    from clevercsv.detect import Detector  # noqa: PLC0415 - as long as it is needed, which is seldom

    dialect = Detector().detect(text[:SAMPLE])
    return [Marks(dialect.delimiter, dialect.quotechar or '"')] if dialect and dialect.delimiter else []


def _no_heading(where: str) -> TableError:
    return TableError("table_heading", f"No parts list begins in the file's first {HEADER_WITHIN} rows that hold anything{where}. {NEEDED}")
