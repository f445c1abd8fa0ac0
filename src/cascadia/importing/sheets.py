"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) as rows of texts."""

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cascadia.importing.delimited import Line
from cascadia.importing.model import TableError

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CELLS_MAX: Final = 10_000_000
EXACT_DIGITS: Final = 15


class Exact(str):
    """A cell that is a number in its sheet: a point stands before its decimals, whatever the others say."""

    __slots__ = ()


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

        self._error = CalamineError
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
        except self._error as error:
            raise TableError("table_unreadable", f"The sheet “{name}” cannot be read ({error}). Save the workbook anew.") from None
        return list(_lines(rows))


def _lines(rows: list[list[Any]]) -> Iterator[Line]:
    for place, row in enumerate(rows, start=1):
        cells = [value if type(value) is str else text_of(value) for value in row]
        if any(cell and not cell.isspace() for cell in cells):
            yield Line(place, cells)


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
            return value.isoformat(sep=" ").removesuffix(" 00:00:00")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)
