"""A parts list as it was read: its rows with their verdicts, and what the good ones say. Pure."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from cascadia.bom.model import QuantityKind
from cascadia.jobs.model import PermanentJobError
from cascadia.structures.model import MakerPart
from cascadia.structures.reading import Verdict

ROWS_MAX: Final = 100_000
DESIGNATORS_MAX: Final = 500_000
BYTES_MAX: Final = 100_000_000
HEADER_WITHIN: Final = 20
"""A table begins within this many rows; some programs write a title above it."""


class TableError(PermanentJobError):
    """A table that is no parts list."""


class Wrong(ValueError):
    """Why a row cannot be meant. `column`: the heading of the cell, where it is one."""

    def __init__(self, message: str, column: str | None = None) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a parts list. `quantity` is None where the row has neither one nor designators; `place` is its row in the file, from 1.

    `identity`: what tells a part without a number. `otherwise`: the quantity where a comma stands before decimals, if the list does not
    say; `quantity` is then that of a point. `level`: where it stands, as the list writes it (a level, a dotted number, blanks before the
    name, a parent's number). `others`: what else it is bought as. `by_mpn`: its number is a maker's, and it has no other.
    `maker_key`: which maker's, where the list has that number of several. `notes`: how the row was read otherwise than it is written.
    """

    place: int
    number: str | None
    name: str
    description: str | None
    designators: tuple[str, ...]
    quantity: Decimal | None
    fitted: bool = True
    otherwise: Decimal | None = None
    notes: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    unit: str | None = None
    kind: QuantityKind | None = None
    find: int | None = None
    note: str | None = None
    section: str | None = None
    revision: str | None = None
    mpn: str | None = None
    manufacturer: str | None = None
    others: tuple[MakerPart, ...] = ()
    by_mpn: bool = False
    maker_key: str | None = None
    level: str | None = None
    given_name: bool = False


@dataclass(slots=True)
class Judged:
    """A row with what became of it; `cells` as they are read. `excluded`: it names a part, and is left out with what is below it."""

    place: int
    cells: list[str] = field(repr=False)
    item: Item | None = None
    verdict: Verdict = Verdict.OK
    messages: list[str] = field(default_factory=list)
    column: str | None = None
    excluded: bool = False

    def warn(self, message: str) -> None:
        """The row is taken, and this is said of it."""
        self.messages.append(message)
        if self.verdict is Verdict.OK:
            self.verdict = Verdict.WARNED

    def refuse(self, message: str, column: str | None = None) -> None:
        """The row cannot be meant."""
        self.verdict, self.column, self.item = Verdict.WRONG, column, None
        self.messages.insert(0, message)

    def leave_out(self, message: str) -> None:
        """The row is none of a part, or none that is wanted."""
        self.verdict, self.item = Verdict.LEFT_OUT, None
        self.messages.append(message)
