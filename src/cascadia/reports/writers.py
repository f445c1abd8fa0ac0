"""Writes tables row by row: CSV as RFC 4180 (UTF-8 with a mark, as spreadsheets need it), XLSX in constant memory, JSON a row a line."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from cascadia.reports.model import SEVERAL, ExportFormat, Table, fits_a_float, members, readable, texts, value_of

DEEPEST_OUTLINE: Final = 7
LONGEST_CELL: Final = 32_767
MOST_ROWS: Final = 1_048_575
"""Of a sheet, below its header."""


class TooManyRows(Exception):
    """A sheet holds no more."""


class CellTooLong(Exception):
    """A cell of a sheet holds no more; its arguments are the column and the row."""


def write(table: Table, form: ExportFormat, path: Path) -> int:
    """Writes the table to a new file; how many rows."""
    return {ExportFormat.CSV: _write_csv, ExportFormat.XLSX: _write_xlsx, ExportFormat.JSON: _write_json}[form](table, path)


def _write_csv(table: Table, path: Path) -> int:
    written = 0
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        for row in table.rows:
            writer.writerow(texts(row.cells))
            written += 1
    return written


def _write_json(table: Table, path: Path) -> int:
    written = 0
    names = members(table.columns)
    head = {"format": table.format, "version": 1, "title": table.title}
    with path.open("x", encoding="utf-8") as file:
        file.write(f'{json.dumps(head, ensure_ascii=False)[:-1]}, "rows": [')
        for row in table.rows:
            values = dict(zip(names, map(value_of, row.cells), strict=True))
            file.write(f"{',' if written else ''}\n{json.dumps(values, ensure_ascii=False)}")
            written += 1
        file.write("\n]}\n")
    return written


def _write_xlsx(table: Table, path: Path) -> int:
    written = 0
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, bold = book.add_worksheet("BOM"), book.add_format({"bold": True})
        book.set_properties({"title": table.title})
        sheet.freeze_panes(1, 0)
        sheet.outline_settings(symbols_below=False)
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name, bold)
        for row in table.rows:
            written += 1
            if written > MOST_ROWS:
                raise TooManyRows
            if row.level > 1:
                sheet.set_row(written, None, None, {"level": min(row.level - 1, DEEPEST_OUTLINE)})
            for column, cell in enumerate(row.cells):
                text = SEVERAL.join(cell) if isinstance(cell, tuple) else cell
                if isinstance(text, str) and len(text) > LONGEST_CELL:
                    raise CellTooLong(table.columns[column], written)
                _write_cell(sheet, written, column, text)
    return written


def _write_cell(sheet: Any, row: int, column: int, cell: str | Decimal | int | None) -> None:
    """Numbers as numbers where the sheet shows exactly them, else as text."""
    match cell:
        case None:
            return
        case str():
            sheet.write_string(row, column, readable(cell))
        case Decimal() if not fits_a_float(cell):
            sheet.write_string(row, column, format(cell, "f"))
        case _:
            sheet.write_number(row, column, float(cell))
