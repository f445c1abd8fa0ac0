"""Reading a parts list: bytes of unknown encoding and delimiter into rows that mean something."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from cascadia.importing.model import (
    DESIGNATORS_MAX,
    HEADER_WITHIN,
    ROWS_MAX,
    WORDS_MAX,
    Item,
    TableError,
    clean,
    clean_number,
    column_of,
    designators_of,
    is_fitted,
    is_heading,
    left_out,
    quantity_of,
    sign_of,
)
from cascadia.kernel import decimals

BYTES_MAX: Final = 50_000_000
DELIMITERS: Final = (",", ";", "\t", "|")
WORDS: Final = ("number", "mpn", "name", "value", "footprint", "manufacturer", "datasheet")
NUMBERS: Final = frozenset({"number", "mpn"})
NEEDED: Final = "It needs a heading row with Quantity or Reference (designators), and Part Number, MPN, Value or Name."


@dataclass(frozen=True, slots=True)
class _Table:
    """A file cut into cells; `columns`: what is known → where it stands."""

    delimiter: str
    columns: dict[str, int]
    rows: list[tuple[int, list[str]]]

    def cell(self, row: Sequence[str], column: str) -> str | None:
        """The cell's text, None where the table has no such column."""
        at = self.columns.get(column)
        return None if at is None else row[at] if at < len(row) else ""


def read_items(data: bytes) -> list[Item]:
    """The rows of a parts list in the order of the file; `TableError` names up to three rows that cannot be meant."""
    table = _table(data)
    sign = sign_of((table.cell(row, "quantity") or "", _count(table, row)) for _, row in table.rows)
    items: list[Item] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for place, row in table.rows:
        try:
            item = _item(table, place, row, sign)
            _note_designators(item, seen)
            items.append(item)
        except ValueError as error:
            problems.append(f"row {place}: {error}")
    if problems:
        more = f" (and {len(problems) - WORDS_MAX} more)" if len(problems) > WORDS_MAX else ""
        raise TableError(
            "table_rows", f"Rows cannot be read: {'; '.join(problems[:WORDS_MAX])}{more}. Correct the file and import it again."
        )
    if len(seen) > DESIGNATORS_MAX:
        raise TableError("table_too_large", f"The file has {len(seen)} designators, more than {DESIGNATORS_MAX}. Split it.")
    if not items:
        raise TableError("table_empty", "The file has a heading and no rows below it.")
    return items


def _note_designators(item: Item, seen: dict[str, int]) -> None:
    for name in item.designators:
        if name in seen:
            raise ValueError(f"{name} stands in row {seen[name]} too")
        seen[name] = item.place


def _table(data: bytes) -> _Table:
    if len(data) > BYTES_MAX:
        raise TableError("table_too_large", "The file is larger than 50 MB. Split it.")
    text = _decoded(data)
    if "\0" in text:
        raise TableError("table_unreadable", "The file is no text. Save it as CSV, in UTF-8.")
    best = max((_cut(text, delimiter) for delimiter in DELIMITERS), key=lambda found: len(found.columns))
    if not best.columns:
        raise TableError("table_heading", f"No parts list begins in the file's first {HEADER_WITHIN} rows that hold anything. {NEEDED}")
    if "level" in best.columns:
        raise TableError("table_levels", "The file has a Level column: only flat lists are read. Export one list for each assembly.")
    if len(best.rows) > ROWS_MAX:
        raise TableError("table_too_large", f"The file has more than {ROWS_MAX} rows. Split it.")
    return best


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _cut(text: str, delimiter: str) -> _Table:
    """The table as this delimiter cuts it; without columns where it finds no heading."""
    try:
        rows = _numbered(text, delimiter)
        heading = next((row for _, row in islice(rows, HEADER_WITHIN) if is_heading(row)), None)
        if heading is None:
            return _Table(delimiter, {}, [])
        return _Table(delimiter, _columns(heading), list(islice(rows, ROWS_MAX + 1)))
    except csv.Error:
        return _Table(delimiter, {}, [])


def _numbered(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with their line in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    return ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))


def _columns(heading: Sequence[str]) -> dict[str, int]:
    """Where each known column stands; of several with one meaning the first."""
    columns: dict[str, int] = {}
    for at, cell in enumerate(heading):
        column = column_of(cell)
        if column is not None:
            columns.setdefault(column, at)
    return columns


def _count(table: _Table, row: Sequence[str]) -> int:
    try:
        return len(designators_of(table.cell(row, "designators") or ""))
    except ValueError:
        return 0


def _item(table: _Table, place: int, row: Sequence[str], sign: str | None) -> Item:
    designators = designators_of(table.cell(row, "designators") or "")
    quantities = quantity_of(table.cell(row, "quantity") or "", sign)
    if designators and quantities and len(designators) not in quantities:
        raise ValueError(f"{len(designators)} designators, quantity {' or '.join(map(decimals.plain, quantities))}")
    if not designators and not quantities:
        raise ValueError("neither a quantity nor designators")
    quantities = (Decimal(len(designators)),) if designators and quantities else quantities
    cells = {name: table.cell(row, name) or "" for name in WORDS}
    words = {name: clean_number(cell) if name in NUMBERS else clean(cell) for name, cell in cells.items()}
    number = words["number"] or words["mpn"] or None
    footprint = words["footprint"].rsplit(":", 1)[-1]
    name = words["name"] or " ".join(filter(None, (words["value"], footprint))) or number
    if not name:
        raise ValueError("no part: fill in a part number, a value or a name")
    told = [words["manufacturer"], words["mpn"] if words["mpn"] != number else "", words["value"], footprint, words["datasheet"].strip("~")]
    description = ", ".join(word for word in told if word and word != name) or None
    return Item(
        place=place,
        number=number,
        name=name,
        description=description,
        designators=designators,
        quantity=quantities[0] if quantities else None,
        otherwise=quantities[1] if len(quantities) > 1 else None,
        notes=tuple(note for name, cell in cells.items() if (note := left_out(name, cell, number=name in NUMBERS))),
        fitted=is_fitted(table.cell(row, "unfitted"), table.cell(row, "fitted")),
    )
