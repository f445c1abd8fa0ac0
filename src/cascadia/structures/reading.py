"""How a parts list is read: what its person says of that (`Options`), and what was made of it (`Report`). Pure."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from cascadia.structures.meanings import Meaning

TABLE_READER: Final = "table-5"
"""Part of every derivative's key: raise it when the structure of the same list changes."""
ROWS_NAMED: Final = 500
"""Rows that a report has with their cells: what is wrong first, then what was left out or read with a warning."""

Text = Annotated[str, msgspec.Meta(max_length=500)]
Place = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]


class Levels(StrEnum):
    """Where the levels of a list stand."""

    NONE = "none"
    COLUMN = "column"
    ITEM_NUMBERS = "item_numbers"
    INDENTATION = "indentation"
    PARENTS = "parents"


class Verdict(StrEnum):
    """What became of a row."""

    OK = "ok"
    WARNED = "warned"
    LEFT_OUT = "left_out"
    WRONG = "wrong"


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the person says; what is None or empty is recognised.

    `columns`: heading → meaning. `cells`: row → heading → what its cell should be. `leave_out`: rows; `leave_out_wrong`: all that cannot be
    meant. Rows are counted from 1, as a text editor or a spreadsheet does. `quote` is empty where quotation marks are text.
    """

    encoding: Text | None = None
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] | None = None
    quote: Annotated[str, msgspec.Meta(max_length=1)] | None = None
    sheet: Text | None = None
    heading_row: Place | None = None
    columns: dict[Text, Meaning] = {}
    decimals: Annotated[str, msgspec.Meta(pattern="^[.,]$")] | None = None
    levels: Levels | None = None
    cells: dict[Place, dict[Text, Annotated[str, msgspec.Meta(max_length=20_000)]]] = {}
    leave_out: list[Place] = []
    leave_out_wrong: bool = False

    @property
    def digest(self) -> str:
        """The same for the same options; empty for none."""
        data = msgspec.json.encode(msgspec.to_builtins(self, str_keys=True), order="deterministic")
        return "" if data == b"{}" else hashlib.sha256(data).hexdigest()[:16]


RECOGNISED: Final = Options()
"""Nothing is said: everything is recognised."""


def options_of(kept: Mapping[str, Any]) -> Options:
    """The options as they come back from where they were kept, or from a request."""
    return msgspec.convert(kept, Options, strict=False)


def reader_version(options: Options) -> str:
    """What makes the structure of a list that is read so: the same for the same options."""
    return f"{TABLE_READER}:{options.digest}" if options.digest else TABLE_READER


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column: its place from 1, what it is read as (None: it is not used), and by what that was told.

    `by`: said, name, preset or content. `examples`: its first cells that hold something.
    """

    place: int
    heading: str
    meaning: Meaning | None = None
    by: str | None = None
    examples: list[str] = []


class RowRead(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was not simply taken: why, and its cells as they stand in the file. `column`: the heading of the cell that is wrong."""

    place: int
    verdict: Verdict
    messages: list[str] = []
    column: str | None = None
    cells: list[str] = []


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How a list was read. `guessed`: what of it was recognised and may be otherwise. `counts`: rows by verdict.

    `rows`: those that are not ok, in the order of the file and `ROWS_NAMED` at most, the wrong ones before all others.
    """

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    sheet: str | None = None
    sheets: list[str] = []
    heading_row: int
    program: str | None = None
    decimals: str | None = None
    levels: Levels = Levels.NONE
    guessed: list[str] = []
    columns: list[Column] = []
    counts: dict[Verdict, int] = {}
    rows: list[RowRead] = []
