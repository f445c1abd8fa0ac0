"""Tables as files: what a spreadsheet reads back, and what it must never run."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from cascadia.reports.model import Cell, ExportFormat, Row, Table, fits_a_float, harmless
from cascadia.reports.writers import CellTooLong, write

ROWS: list[list[Cell]] = [
    ["=HYPERLINK(1)", 1, Decimal("0.1"), None, 'ü,"x"\nnew line'],
    ["-5", 2, Decimal("12345678901234567890.123"), "@cmd", "plain"],
]


GUARDED: list[Cell] = ["'+5V", '="00123"', "=1", ("+A", "B"), ()]


def table() -> Table:
    return Table("T", ("Text", "Number", "Decimal", "Nothing", "More"), [Row(cells, level) for level, cells in enumerate(ROWS, 1)])


def test_csv_is_read_back_and_harmless(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    assert write(table(), ExportFormat.CSV, path) == 2
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == 3
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert rows[1] == ["'=HYPERLINK(1)", "1", "0.1", "", 'ü,"x"\nnew line']
    assert rows[2] == ["-5", "2", "12345678901234567890.123", "'@cmd", "plain"]


def test_xlsx_is_read_back_with_numbers_and_outline(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    assert write(table(), ExportFormat.XLSX, path) == 2
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["Text", "Number", "Decimal", "Nothing", "More"]
    assert rows[1] == ["=HYPERLINK(1)", 1, 0.1, None, 'ü,"x"\nnew line']
    assert rows[2][2] == "12345678901234567890.123"
    assert sheet["A2"].data_type == "s"
    assert sheet.row_dimensions[3].outlineLevel == 1
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize(
    ("text", "wanted"),
    (
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "-1"),
        ("-1.5", "-1.5"),
        ("-x", "'-x"),
        ("@a", "'@a"),
        ("a=1", "a=1"),
        ("", ""),
        ("'+1", "''+1"),
        ("'-1", "''-1"),
        ("it's", "it's"),
        ("''=x", "'''=x"),
    ),
)
def test_what_a_spreadsheet_would_run_is_marked(text: str, wanted: str) -> None:
    assert harmless(text) == wanted


@pytest.mark.parametrize(("number", "fits"), (("0.1", True), ("1E+20", True), ("0.1234567890123456789", False), ("3", True)))
def test_numbers_that_a_sheet_would_round_are_told(number: str, fits: bool) -> None:  # noqa: FBT001
    assert fits_a_float(Decimal(number)) is fits


def test_a_text_longer_than_a_cell_is_refused_by_its_place_and_whole_in_csv(tmp_path: Path) -> None:
    long = Table("T", ("Number", "Designators"), [Row(["P-1", "R" * 32_767]), Row(["P-2", "R" * 32_768])])
    with pytest.raises(CellTooLong) as refused:
        write(long, ExportFormat.XLSX, tmp_path / "t.xlsx")
    assert refused.value.args == ("Designators", 2)
    assert write(long, ExportFormat.CSV, tmp_path / "t.csv") == 2
    assert (tmp_path / "t.csv").read_text().count("R") == 65_535


def test_json_has_texts_as_they_are_and_decimals_with_all_digits(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    assert write(table(), ExportFormat.JSON, path) == 2
    document = json.loads(path.read_text(encoding="utf-8"))
    assert (document["format"], document["version"], document["title"]) == ("cascadia-table", 1, "T")
    assert [list(row.values()) for row in document["rows"]] == [
        ["=HYPERLINK(1)", 1, "0.1", None, 'ü,"x"\nnew line'],
        ["-5", 2, "12345678901234567890.123", "@cmd", "plain"],
    ]
    empty = tmp_path / "empty.json"
    assert write(Table("T", ("Mass (kg)", "Quantity in all"), [Row([(), ("R1", "R2")])]), ExportFormat.JSON, empty) == 1
    assert json.loads(empty.read_text())["rows"] == [{"mass_kg": [], "quantity_in_all": ["R1", "R2"]}]


def test_a_guard_is_told_from_an_apostrophe_in_every_format(tmp_path: Path) -> None:
    """Who reads a sheet takes one apostrophe away, and what a spreadsheet is told by `="…"`."""
    columns = ("A", "B", "C", "D", "E")
    for form in (ExportFormat.CSV, ExportFormat.XLSX):
        write(Table("T", columns, [Row(GUARDED)]), form, tmp_path / form)
    assert list(csv.reader(io.StringIO((tmp_path / "csv").read_text("utf-8-sig"))))[1] == ["''+5V", '\'="00123"', "'=1", "'+A, B", ""]
    sheet = openpyxl.load_workbook(io.BytesIO((tmp_path / "xlsx").read_bytes())).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:4] == ["''+5V", '\'="00123"', "=1", "+A, B"]
