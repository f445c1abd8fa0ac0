"""What a cell of quantities means: a number, with the unit that stands beside it, or in words (as required, reference). Pure."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from cascadia.bom.model import QuantityKind, read_quantity
from cascadia.importing.sheets import Exact
from cascadia.importing.unit_words import unit_of
from cascadia.kernel import decimals

AS_REQUIRED: Final = frozenset(
    {"ar", "a/r", "a.r.", "a.r", "as required", "as req", "as req'd", "as reqd", "as needed", "nach bedarf", "n.b.", "selon besoin"}
)
REFERENCE: Final = frozenset({"ref", "ref.", "reference", "(ref)", "(ref.)", "ref only", "reference only"})
VULGAR: Final[dict[str, str]] = {
    "½": "1/2", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅓": "1/3", "⅔": "2/3", "⅕": "1/5", "⅖": "2/5",
    "⅗": "3/5", "⅘": "4/5",
}  # fmt: skip
FRACTION: Final = re.compile(r"(?:(\d{1,6})[ -]+)?(\d{1,6})\s*[/\u2044]\s*(\d{1,6})")
TIMES: Final = re.compile(r"(?:x|×|\*)\s*(?=\d)|(?<=\d)\s*(?:x|×|\*)$", re.IGNORECASE)
"""The sign of pieces before or behind a number (`x 4`, `4x`); between two numbers it is a product, which is none."""
PRODUCT: Final = re.compile(r"(?<=[\d½¼¾⅛⅜⅝⅞⅓⅔⅕⅖⅗⅘])[^\d]*?(?:[x×*·⋅✕✖]|\bby\b|\bà\b|@)\s*(?=[\d.,½¼¾⅛⅜⅝⅞⅓⅔⅕⅖⅗⅘])", re.IGNORECASE)
WITH_UNIT: Final = re.compile(r"(.*?[\d½¼¾⅛⅜⅝⅞⅕⅖⅗⅘])\s*([^\W\d][^\d]*|\"|″|'')", re.DOTALL)
COUNTED_REFERENCE: Final = re.compile(r"([\d.,]+) ?\(?ref\.?\)?")
SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Amount:
    """What a cell says: one number, or two (with a point and with a comma before its decimals); its unit, and its kind where told."""

    values: tuple[Decimal, ...]
    unit: str | None = None
    kind: QuantityKind | None = None


NOTHING: Final = Amount(())


def amount_of(text: str, sign: str | None = None) -> Amount:
    """What a cell means; `sign` stands before decimals in its column (None: nothing says so). ValueError says what is wrong."""
    if isinstance(text, Exact):
        return Amount((_usable(Decimal(text), text),))
    return _amount_of(text, sign)


@lru_cache(maxsize=4096)
def _amount_of(text: str, sign: str | None) -> Amount:
    plain = " ".join(text.split())
    if not plain:
        return NOTHING
    folded = plain.casefold()
    if folded in AS_REQUIRED:
        return Amount((Decimal(0),), kind=QuantityKind.AS_REQUIRED)
    if folded in REFERENCE:
        return Amount((Decimal(0),), kind=QuantityKind.REFERENCE)
    number, kind = (
        (plain[: -len("ref")].strip(" ("), QuantityKind.REFERENCE) if re.fullmatch(r"[\d.,]+ \(?ref\.?\)?", folded) else (plain, None)
    )
    number = re.sub(r"\s*\(?ref\.?\)?$", "", plain, flags=re.IGNORECASE) if kind else number
    if PRODUCT.search(number):
        raise ValueError(f"the quantity “{plain[:SHOWN]}” is two numbers: write how many pieces, or how much in all with its unit")
    bare, unit = _without_unit(TIMES.sub("", number, count=1))
    return Amount(quantity_of(bare, sign, plain), unit, kind)


def _without_unit(text: str) -> tuple[str, str | None]:
    """`2 pcs` → `2` and `ea`; a word that is no unit stays, and the number is none."""
    found = WITH_UNIT.fullmatch(text)
    if not found or re.fullmatch(r"[eE]", found[2].strip()):
        return text, None
    unit = unit_of(found[2])
    return (found[1], unit) if unit else (text, None)


def quantity_of(text: str, sign: str | None = None, told: str | None = None) -> tuple[Decimal, ...]:
    """One number of zero or more, none for an empty cell; two, with a point and with a comma before its decimals.

    `sign`: what stands before decimals in this column; None where nothing says so. ValueError says what is wrong, of the whole cell
    (`told`) where the text is a part of it.
    """
    plain = text.strip()
    if not plain:
        return ()
    if fraction := _fraction(plain):
        return (fraction,)
    try:
        found = [value for of in decimals.SIGNS if (value := decimals.reading(plain, of)) is not None and sign in (None, of)]
        found = found or list(decimals.readings(plain))
    except ValueError:
        raise ValueError(f"the quantity “{(told or plain)[:SHOWN]}” is no number") from None
    return tuple(dict.fromkeys(_usable(value, plain) for value in found))


def _usable(value: Decimal, text: str) -> Decimal:
    try:
        read_quantity(value)
    except ValueError:
        raise ValueError(f"the quantity {text.strip()[:SHOWN]} cannot be meant") from None
    if value < 0:
        raise ValueError(f"the quantity {text.strip()[:SHOWN]} cannot be meant")
    return value


def _fraction(text: str) -> Decimal | None:
    """`1/2`, `1 1/2`, `½`, `1½`, exactly."""
    spelled = text
    for sign, meant in VULGAR.items():
        spelled = spelled.replace(sign, f" {meant}")
    found = FRACTION.fullmatch(spelled.strip())
    if not found:
        return None
    whole, top, bottom = int(found[1] or 0), int(found[2]), int(found[3])
    rest = bottom
    for factor in (2, 5):
        while rest and rest % factor == 0:
            rest //= factor
    if rest != 1:
        raise ValueError(f"the quantity {text[:SHOWN]} has no exact decimal: write it in a smaller unit")
    return _usable(Decimal(whole) + Decimal(top) / Decimal(bottom), text)


def sign_of(cells: Iterable[tuple[str, int]]) -> str | None:
    """What stands before decimals in a column of quantities, by the cells with one reading; None where these say nothing or both.

    `cells`: each text with the number of its row's designators; a quantity that is their number has the reading of that number.
    """
    told: set[str] = set()
    for text, designators in cells:
        if len(told) > 1:
            return None
        if isinstance(text, Exact) or not ("," in text or "." in text):
            continue
        told |= _told(_without_unit(" ".join(text.split()))[0], designators)
    return told.pop() if len(told) == 1 else None


def _told(text: str, designators: int) -> frozenset[str]:
    with suppress(ValueError):
        signs = decimals.signs(text)
        fitting = frozenset(sign for sign in signs if designators and decimals.reading(text, sign) == designators)
        return next((found for found in (signs, fitting) if len(found) == 1), frozenset())
    return frozenset()
