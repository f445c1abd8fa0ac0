"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) as rows of texts."""

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from cascadia.importing.delimited import Line
from cascadia.importing.formats import PADDED, Formats, Place, formats_of
from cascadia.importing.model import TableError

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CELLS_MAX: Final = 10_000_000
EXACT_DIGITS: Final = 15


class Exact(str):
    """A cell that is a number in its sheet: a point stands before its decimals, whatever the others say."""

    __slots__ = ()


class Dated(str):
    """A cell that is a date in its sheet, as ISO 8601: a spreadsheet makes one of `MAR1` or `1-3`."""

    __slots__ = ()


class Shown(str):
    """A number that its sheet shows otherwise. `code`: the format that makes it so; empty where the text is the one that is shown."""

    __slots__ = ("code",)

    def __new__(cls, text: str, code: str = "") -> Self:
        """The text as it is read."""
        made = super().__new__(cls, text)
        made.code = code
        return made

    code: str


class Merged(str):
    """An empty cell that is one with the cell above it, where `above` stands."""

    __slots__ = ("above",)

    def __new__(cls, above: str) -> Self:
        """Empty, whatever stands above."""
        made = super().__new__(cls, "")
        made.above = above
        return made

    above: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet that holds anything."""

    name: str
    rows: list[Line]


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are of a workbook, whatever the file is called."""
    return data.startswith((ZIP, OLE))


def format_of(data: bytes) -> str:
    """What the workbook is: xls, ods or xlsx."""
    if data.startswith(OLE):
        return "xls"
    return "ods" if b"opendocument.spreadsheet" in data[:200] else "xlsx"


class Workbook:
    """A workbook whose sheets are read as they are asked for. `TableError` where it cannot be opened."""

    def __init__(self, data: bytes) -> None:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum  # noqa: PLC0415 - as long as it is needed

        self._error, self._data = CalamineError, data
        self._formats: dict[str, Formats] = {}
        try:
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        except PasswordError:
            raise TableError("table_unreadable", "The workbook is locked by a password. Save it without one.") from None
        except CalamineError as error:
            raise TableError("table_unreadable", f"The workbook cannot be opened ({error}). Save it anew, as XLSX or CSV.") from None
        self.names = [sheet.name for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]

    def read(self, name: str, limit: int | None = None) -> list[Line]:
        """The rows of a sheet that hold anything, with their places; `limit`: from the first that many rows only."""
        try:
            sheet = self._book.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width > CELLS_MAX and limit is None:
                raise TableError(
                    "table_too_large", f"The sheet “{name}” has more than {CELLS_MAX:,} cells. Delete what is empty, or split it."
                )
            rows = sheet.to_python(skip_empty_area=False, nrows=limit)
            merged = sheet.merged_cell_ranges or []
        except self._error as error:
            raise TableError("table_unreadable", f"The sheet “{name}” cannot be read ({error}). Save the workbook anew.") from None
        formats = self.formats_of(name)
        texts = [[value if type(value) is str else text_of(value) for value in row] for row in rows]
        _show(texts, formats)
        _merge(texts, merged)
        return [Line(place, cells) for place, cells in enumerate(texts, start=1) if any(cell and not cell.isspace() for cell in cells)]

    def formats_of(self, name: str) -> Formats:
        """What the sheet says of its cells besides their values."""
        if name not in self._formats:
            self._formats[name] = formats_of(self._data, name)
        return self._formats[name]


def _show(texts: list[list[str]], formats: Formats) -> None:
    """Numbers as they are shown, and errors as they are written."""
    for (row, column), code in formats.shown.items():
        cell = texts[row - 1][column - 1] if row <= len(texts) and column <= len(texts[row - 1]) else ""
        if isinstance(cell, Exact):
            padded = PADDED.fullmatch(code) and cell.isdecimal()
            texts[row - 1][column - 1] = Shown(cell.zfill(len(code))) if padded else Shown(cell, code)
    formulas = {place: Shown(formula, "a formula without its value") for place, formula in formats.uncalculated.items()}
    for (row, column), text in (*formats.errors.items(), *formulas.items()):
        if row <= len(texts) and column <= len(texts[row - 1]) and not texts[row - 1][column - 1]:
            texts[row - 1][column - 1] = text


def _merge(texts: list[list[str]], merged: Sequence[tuple[Place, Place]]) -> None:
    """Says of the cells below the first of several that are one what stands there. Places are from 0."""
    for (top, column), (bottom, _) in merged:
        above = texts[top][column] if top < len(texts) and column < len(texts[top]) else ""
        for row in texts[top + 1 : bottom + 1]:
            if above and column < len(row) and not row[column]:
                row[column] = Merged(above)


def text_of(value: object) -> str:
    """A cell as text: numbers exactly as a sheet shows them with all their digits, dates as ISO 8601."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return Exact(value)
        case float():
            return Exact(int(value)) if value.is_integer() and abs(value) < 10**EXACT_DIGITS else Exact(format(value, f".{EXACT_DIGITS}g"))
        case dt.datetime():
            return Dated(value.isoformat(sep=" ").removesuffix(" 00:00:00"))
        case dt.date() | dt.time():
            return Dated(value.isoformat())
        case _:
            return str(value)
