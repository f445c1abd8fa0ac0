"""How a parts list is read, as the options of `import` say it, and how it was read, for people."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cascadia.cli.remote.client import Refused
from cascadia.cli.remote.output import columns

SIGNS: Final = {"point": ".", "comma": ","}
DELIMITERS: Final = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|"}
QUOTES: Final = {"double": '"', "single": "'", "none": ""}
CELLS_SHOWN: Final = 60


class Levels(StrEnum):
    """Where levels stand."""

    NONE = "none"
    COLUMN = "column"
    ITEM_NUMBERS = "item_numbers"
    INDENTATION = "indentation"
    PARENTS = "parents"


FromFile = Annotated[Path | None, typer.Option("--reading", help="A JSON file that says how a parts list is read; options come before it.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Of a parts list: cp1252, gb18030, …")]
Delimiter = Annotated[str | None, typer.Option("--delimiter", help="Between cells: one character, or tab, comma, semicolon, pipe, space.")]
Quote = Annotated[str | None, typer.Option("--quote", help="The quotation mark: double, single or none.")]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Of a workbook.")]
HeadingRow = Annotated[int | None, typer.Option("--heading-row", help="The row that names the columns, from 1.")]
Column = Annotated[list[str] | None, typer.Option("--column", help='"Heading=meaning"; ignore: not used. Again for each column.')]
LevelsOption = Annotated[Levels | None, typer.Option("--levels", help="Where levels stand; none: the list is flat.")]
LeaveOut = Annotated[list[int] | None, typer.Option("--leave-out", help="A row to leave out. Again for each.")]
LeaveOutWrong = Annotated[bool, typer.Option("--leave-out-wrong", help="Leave out every row that cannot be meant.")]


def reading_of(
    *,
    file: Path | None,
    encoding: str | None,
    delimiter: str | None,
    quote: str | None,
    sheet: str | None,
    heading_row: int | None,
    column: list[str] | None,
    levels: Levels | None,
    leave_out: list[int] | None,
    leave_out_wrong: bool,
) -> dict[str, Any]:
    """The `reading` of a request: what the file says, and then what the options say; empty where nothing is said."""
    said = _from_file(file) if file else {}
    options = {
        "encoding": encoding,
        "delimiter": DELIMITERS.get(delimiter or "", delimiter),
        "quote": QUOTES.get(quote, quote) if quote is not None else None,
        "sheet": sheet,
        "heading_row": heading_row,
        "levels": levels.value if levels else None,
        "leave_out_wrong": leave_out_wrong or None,
    }
    said |= {name: value for name, value in options.items() if value is not None}
    if column:
        said["columns"] = {**said.get("columns", {}), **dict(map(_column, column))}
    if leave_out:
        said["leave_out"] = sorted({*said.get("leave_out", ()), *leave_out})
    return said


def _from_file(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(said, dict):
        raise Refused(f"{path} holds no JSON object. It says how a list is read, as the API's `reading` does.")
    return said


def _column(text: str) -> tuple[str, str]:
    heading, found, meaning = text.rpartition("=")
    if not found or not heading.strip():
        raise Refused(f'--column {text}: say which heading means what, as "Pos=find".')
    return heading.strip(), meaning.strip()


def reading_text(reading: dict[str, Any]) -> str:
    """How a list was read: the file, its columns, and the rows that were not simply taken; nothing where it was not, or is no list."""
    report = reading["report"]
    if not report:
        return ""
    rows = [(c["place"], c["heading"], c["meaning"] or "not used", c["by"] or "", " · ".join(c["examples"])) for c in report["columns"]]
    lines = [f"Read as {_how(report)}", columns(("COLUMN", "HEADING", "READ AS", "BY", "FIRST CELLS"), rows)]
    counts = {verdict.replace("_", " "): count for verdict, count in report["counts"].items() if count}
    lines.append("Rows: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    if report["rows"]:
        told = [(r["place"], r["verdict"].replace("_", " "), "; ".join(r["messages"]), _cells(r["cells"])) for r in report["rows"]]
        lines.append(columns(("ROW", "VERDICT", "WHY", "CELLS"), told))
    return "\n".join(lines)


def _how(report: dict[str, Any]) -> str:
    """`csv, cp1252 (guessed), delimiter “;”, heading in row 3, list of KiCad, levels by item numbers`."""
    guessed = report["guessed"]
    said = [
        report["format"],
        f"{report['encoding']}{' (guessed)' if 'encoding' in guessed else ''}" if report["encoding"] else "",
        f"delimiter {_named(report['delimiter'])}{' (guessed)' if 'delimiter' in guessed else ''}" if report["delimiter"] else "",
        "no quotation marks" if report["quote"] == "" else "",
        f"sheet “{report['sheet']}”{' (of several)' if 'sheet' in guessed else ''}" if report["sheet"] else "",
        f"heading in row {report['heading_row']}",
        f"list of {report['program']}" if report["program"] else "",
        f"“{report['decimals']}” before decimals" if report["decimals"] else "",
        f"levels by {report['levels'].replace('_', ' ')}" if report["levels"] != "none" else "",
    ]
    return ", ".join(filter(None, said))


def _named(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else f"“{delimiter}”"


def _cells(cells: list[str]) -> str:
    text = " | ".join(" ".join(cell.split()) for cell in cells)
    return text if len(text) <= CELLS_SHOWN else f"{text[: CELLS_SHOWN - 1]}…"
