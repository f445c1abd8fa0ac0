"""BOMs that Cascadia itself exported as JSON, as rows of texts. Pure."""

from typing import Final

import msgspec

from cascadia.importing.cells import clean
from cascadia.importing.delimited import Line
from cascadia.importing.model import TableError

FORMATS: Final = ("cascadia-bom", "cascadia-bom-flat")
VERSION: Final = 1
DAMAGED: Final = "The file is no JSON that Cascadia exported: {}. Export the BOM again."


class Export(msgspec.Struct, frozen=True):
    """The file; rows have the same members in the same order."""

    format: str
    version: int
    rows: list[dict[str, str | int | list[str] | None]]


def is_export(data: bytes) -> bool:
    """Whether the bytes may be such a file: a JSON object."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def lines_of(data: bytes) -> list[Line]:
    """The names of the members as a heading, and the rows below it; places are those of the rows in the file, from 1."""
    try:
        export = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=Export)
    except msgspec.ValidationError as error:
        raise TableError("table_unreadable", DAMAGED.format(error)) from None
    except msgspec.DecodeError as error:
        raise TableError("table_unreadable", DAMAGED.format(error)) from None
    if export.format not in FORMATS or export.version != VERSION:
        raise TableError("table_unreadable", DAMAGED.format(f"it is {export.format[:40]} of version {export.version}"))
    names = list(dict.fromkeys(name for row in export.rows for name in row))
    heading = Line(1, names)
    return [heading, *(Line(place, [_text(row.get(name)) for name in names]) for place, row in enumerate(export.rows, start=2))]


def _text(value: str | int | list[str] | None) -> str:
    """A cell as a sheet has it: where reading takes a guard away, one is put there before."""
    match value:
        case None:
            return ""
        case list():
            return ", ".join(value)
        case str():
            plain = " ".join(value.split())
            return f"'{value}" if clean(value) != clean(f"'{value}") and clean(f"'{value}") == plain else value
        case _:
            return str(value)
