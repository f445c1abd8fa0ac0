"""Which columns a parts list may have, and what its cells mean. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from cascadia.bom.model import DESIGNATOR
from cascadia.jobs.model import PermanentJobError

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
_GROUPED: Final = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")


class TableError(PermanentJobError):
    """A table that is no parts list, or one with rows that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a parts list. `quantity` is None where the row has designators only; `place` is its row in the file, from 1."""

    place: int
    number: str | None
    name: str
    description: str | None
    designators: tuple[str, ...]
    quantity: Decimal | None
    fitted: bool


def column_of(heading: str) -> str | None:
    """What a column with this heading holds, or None where it is not known."""
    words = re.sub(r"[\s_.]+", " ", heading.strip().lstrip("\ufeff").casefold().replace("#", " ")).strip()
    return next((column for column, names in COLUMNS.items() if words in names), None)


def is_heading(cells: Sequence[str]) -> bool:
    """Whether a row names the columns of a parts list: how often, and what."""
    found = {column_of(cell) for cell in cells}
    return bool(found & {"designators", "quantity"}) and bool(found & PART_COLUMNS)


def clean(text: str) -> str:
    """A cell in one spelling: NFKC, plain hyphens, single spaces, nothing that cannot be seen."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return " ".join("".join(c if unicodedata.category(c) != "Cc" else " " for c in plain).split())


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


def quantity_of(text: str, *, comma: bool) -> Decimal | None:
    """A number above zero, None for an empty cell; with `comma`, `1,5` is one and a half. `ValueError` says what is wrong."""
    plain = clean(text).replace(" ", "")
    if not plain:
        return None
    if comma:
        plain = plain.replace(".", "").replace(",", ".") if "," in plain else plain
    elif _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"the quantity “{text.strip()[:40]}” is no number") from None
    if not value.is_finite() or value <= 0 or value >= 10**12 or value != round(value, 9):
        raise ValueError(f"the quantity {text.strip()[:40]} cannot be meant")
    return value


def is_fitted(unfitted: str | None, fitted: str | None) -> bool:
    """What the columns *DNP* and *Fitted* say together; both absent: fitted."""
    if unfitted is not None and clean(unfitted).casefold() not in NO:
        return False
    return fitted is None or clean(fitted).casefold() not in UNFITTED_WORDS
