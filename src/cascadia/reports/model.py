"""A table as it is exported: named columns, rows of texts, numbers and nothing. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""

SEVERAL: Final = ", "

Cell = str | int | Decimal | tuple[str, ...] | None
"""Several texts are one cell of a sheet, with commas between, and a list in JSON."""


class ExportFormat(StrEnum):
    """What a table is written as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class ExportView(StrEnum):
    """Which rows of a BOM: each place by level, or each part once with its quantity in the whole."""

    INDENTED = "indented"
    FLAT = "flat"


MEDIA_TYPES: Final = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.JSON: "application/json",
}
SUFFIXES: Final = {ExportFormat.CSV: "csv", ExportFormat.XLSX: "xlsx", ExportFormat.JSON: "bom.json"}
"""How the files are called: by `.bom.json` the interface knows a BOM among other files."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `level` is its depth in an outline, 0 for none."""

    cells: Sequence[Cell]
    level: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A title, columns and rows, which are read once. `format` tells programs what the rows are."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Row]
    format: str = "cascadia-table"


def harmless(text: str) -> str:
    """The text as a cell of CSV that no spreadsheet takes for a formula: with an apostrophe in front where it would.

    An apostrophe that stands there already gets another one, so that whoever reads the file takes exactly one away (`importing`).
    """
    bare = text.lstrip("'")
    return f"'{text}" if bare.startswith(DANGEROUS) and not is_number(text) else text


def readable(text: str) -> str:
    """The text as a cell of a sheet that keeps texts as they are: guarded only where readers would take something of it away."""
    return harmless(text) if text.startswith(("'", '="')) else text


def is_number(text: str) -> bool:
    """Whether it is a plain decimal number, such as -1.5."""
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdecimal()


def texts(cells: Sequence[Cell]) -> Iterator[str]:
    """The cells of a row of CSV."""
    for cell in cells:
        match cell:
            case None:
                yield ""
            case str():
                yield harmless(cell)
            case Decimal():
                yield format(cell, "f")
            case tuple():
                yield harmless(SEVERAL.join(cell))
            case _:
                yield str(cell)


def members(columns: Sequence[str]) -> list[str]:
    """The columns as names of members: *Mass (kg)* is `mass_kg`."""
    return [re.sub(r"\W+", "_", column.lower()).strip("_") for column in columns]


def value_of(cell: Cell) -> str | int | list[str] | None:
    """The cell as a value of JSON; decimals are texts, which no reader rounds."""
    match cell:
        case Decimal():
            return format(cell, "f")
        case tuple():
            return list(cell)
        case _:
            return cell


def fits_a_float(number: Decimal) -> bool:
    """Whether a spreadsheet, which counts in binary floating point of 15 digits, shows exactly this number."""
    return Decimal(format(float(number), ".15g")) == number
