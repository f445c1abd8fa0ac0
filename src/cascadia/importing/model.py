"""Which columns a parts list may have, and what its cells mean. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cascadia.bom.model import DESIGNATOR, read_quantity
from cascadia.items.model import PLAIN_HYPHEN
from cascadia.jobs.model import PermanentJobError
from cascadia.kernel import decimals
from cascadia.kernel.text import INVISIBLE, SPOILING, seen, unseen

CONVERTER_VERSION: Final = "table-2"
"""Part of every derivative's key: raise it when the structure of the same file changes."""

ROWS_MAX: Final = 9_000
"""What one proposal can hold, with a part and a line a row."""
DESIGNATORS_MAX: Final = 50_000
HEADER_WITHIN: Final = 20
"""A table begins within this many rows; some programs write a title above it."""
WORDS_MAX: Final = 3
"""How many bad rows one message names."""

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "designators": (
        "reference",
        "references",
        "ref",
        "refs",
        "ref des",
        "refdes",
        "reference(s)",
        "designator",
        "designators",
        "reference designator",
        "reference designators",
    ),
    "quantity": ("quantity", "qty", "qnty", "count", "quantity per assembly", "qty per assembly", "quantity per pcb"),
    "number": ("part number", "partnumber", "part no", "part num", "pn", "p/n", "internal part number", "ipn", "item number", "number"),
    "mpn": (
        "mpn",
        "manufacturer part number",
        "manufacturer part",
        "manufacturer pn",
        "mfr part number",
        "mfr part no",
        "mfr pn",
        "mfg part number",
        "mfg pn",
    ),
    "name": ("name", "part name", "title", "description"),
    "value": ("value", "val", "comment"),
    "footprint": ("footprint", "package", "case"),
    "manufacturer": ("mfg", "mfr", "manufacturer", "maker"),
    "datasheet": ("datasheet",),
    "unfitted": ("dnp", "dnf", "dni", "do not populate", "do not fit", "not fitted"),
    "fitted": ("fitted", "populate", "populated"),
    "level": ("level", "indent", "indent level", "bom level"),
}
"""The names of columns that are known, of KiCad, Altium and others. Case, dots, underscores and outer spaces do not count."""

PART_COLUMNS: Final = frozenset({"number", "mpn", "name", "value"})
NO: Final = frozenset({"", "0", "no", "n", "false", "-"})
UNFITTED_WORDS: Final = NO | {"dnp", "dnf", "not fitted"} - {"", "-"}
_DASHES: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2212"), "-")
_RANGE: Final = re.compile(r"([A-Za-z_]+)(\d+)\s*(?:-|\.\.)\s*([A-Za-z_]*)(\d+)")
_RANGE_MAX: Final = 10_000
_RANGE_DIGITS: Final = 12


class TableError(PermanentJobError):
    """A table that is no parts list, or one with rows that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a parts list. `quantity` is None where the row has designators only; `place` is its row in the file, from 1.

    `otherwise`: the quantity where a comma stands before decimals, if the list does not say; `quantity` is then that of a point.
    `notes`: how the row was read otherwise than it is written.
    """

    place: int
    number: str | None
    name: str
    description: str | None
    designators: tuple[str, ...]
    quantity: Decimal | None
    fitted: bool
    otherwise: Decimal | None = None
    notes: tuple[str, ...] = ()


def column_of(heading: str) -> str | None:
    """What a column with this heading holds, or None where it is not known."""
    words = re.sub(r"[\s_.]+", " ", heading.strip().lstrip("\ufeff").casefold().replace("#", " ")).strip()
    return next((column for column, names in COLUMNS.items() if words in names), None)


def is_heading(cells: Sequence[str]) -> bool:
    """Whether a row names the columns of a parts list: how often, and what."""
    found = {column_of(cell) for cell in cells}
    return bool(found & {"designators", "quantity"}) and bool(found & PART_COLUMNS)


def clean(text: str) -> str:
    """A cell in one spelling that means the same (`²` stays), without what cannot be seen."""
    return seen(text)


def clean_number(text: str) -> str:
    """The cell of a part number: plain hyphens besides, and nothing at all that cannot be seen."""
    return seen(text, INVISIBLE).translate(PLAIN_HYPHEN)


def left_out(column: str, text: str, *, number: bool = False) -> str | None:
    """What is said of a cell in which something could not be seen; None where all could."""
    hidden = unseen(text.strip().replace("\t", " ").replace("\n", " ").replace("\r", " "), INVISIBLE if number else SPOILING)
    return f"the {column} had {hidden}, which cannot be seen: it was left out" if hidden else None


def designators_of(text: str) -> tuple[str, ...]:
    """`R1 R2`, `R1,R2`, `R1;R2` and the range `R1-R4`, each once, in the order of the cell. `ValueError` names what is none."""
    joined = _RANGE.sub(lambda match: " ".join(_spelled_out(match)), text.translate(_DASHES))
    names = [piece for piece in re.split(r"[\s,;]+", joined) if piece]
    wrong = next((name for name in names if not DESIGNATOR.fullmatch(name)), None)
    if wrong is not None:
        raise ValueError(f"“{wrong[:40]}” is no designator")
    if len(set(names)) != len(names):
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)} stands twice")
    return tuple(names)


def _spelled_out(match: re.Match[str]) -> Iterator[str]:
    prefix, first, again, last = match.groups()
    if max(len(first), len(last)) > _RANGE_DIGITS:
        raise ValueError(f"{match[0][:40]} is no range")
    start, end = int(first), int(last)
    if again not in ("", prefix) or not start < end < start + _RANGE_MAX:
        raise ValueError(f"{match[0]} is no range")
    return (f"{prefix}{number}" for number in range(start, end + 1))


def quantity_of(text: str, sign: str | None = None) -> tuple[Decimal, ...]:
    """What a quantity means: one number above zero, none for an empty cell; two, with a point and with a comma before its decimals.

    `sign`: what stands before decimals in this column; None where nothing says so. `ValueError` says what is wrong.
    """
    if not text.strip():
        return ()
    try:
        found = [value for of in decimals.SIGNS if (value := decimals.reading(text, of)) is not None and sign in (None, of)]
        found = found or list(decimals.readings(text))
    except ValueError:
        raise ValueError(f"the quantity “{text.strip()[:40]}” is no number") from None
    meant = tuple(dict.fromkeys(found))
    try:
        usable = all(read_quantity(value) > 0 for value in meant)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"the quantity {text.strip()[:40]} cannot be meant")
    return meant


def sign_of(cells: Iterable[tuple[str, int]]) -> str | None:
    """What stands before decimals in a column of quantities, by the cells with one reading; None where these say nothing or both.

    `cells`: each text with the number of its row's designators; a quantity that is their number has the reading of that number.
    """
    told: set[str] = set()
    for text, designators in cells:
        with suppress(ValueError):
            signs = decimals.signs(text) if text.strip() else frozenset(decimals.SIGNS)
            fitting = {sign for sign in signs if designators and decimals.reading(text, sign) == designators}
            told |= next((found for found in (signs, fitting) if len(found) == 1), frozenset())
    return told.pop() if len(told) == 1 else None


def is_fitted(unfitted: str | None, fitted: str | None) -> bool:
    """What the columns *DNP* and *Fitted* say together; both absent: fitted."""
    if unfitted is not None and clean(unfitted).casefold() not in NO:
        return False
    return fitted is None or clean(fitted).casefold() not in UNFITTED_WORDS
