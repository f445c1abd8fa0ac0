"""A table as it is exported: named columns, rows of texts, numbers and nothing. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""

Cell = str | int | Decimal | None


class ExportFormat(StrEnum):
    """What a table is written as."""

    CSV = "csv"
    XLSX = "xlsx"


class ExportView(StrEnum):
    """Which rows of a BOM: each place by level, or each part once with its quantity in the whole."""

    INDENTED = "indented"
    FLAT = "flat"


MEDIA_TYPES: Final = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `level` is its depth in an outline, 0 for none."""

    cells: Sequence[Cell]
    level: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A title, columns and rows, which are read once."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Row]


def harmless(text: str) -> str:
    """The text as a cell of CSV that no spreadsheet takes for a formula: with an apostrophe in front where it would."""
    return f"'{text}" if text.startswith(DANGEROUS) and not is_number(text) else text


def is_number(text: str) -> bool:
    """Whether it is a plain decimal number, such as -1.5."""
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdecimal()


def texts(cells: Sequence[Cell]) -> Iterator[str]:
    """The cells of a row of CSV."""
    for cell in cells:
        yield (
            ""
            if cell is None
            else harmless(cell)
            if isinstance(cell, str)
            else format(cell, "f")
            if isinstance(cell, Decimal)
            else str(cell)
        )


def fits_a_float(number: Decimal) -> bool:
    """Whether a spreadsheet, which counts in binary floating point of 15 digits, shows exactly this number."""
    return Decimal(format(float(number), ".15g")) == number
