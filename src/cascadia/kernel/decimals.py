"""Decimals: as the API takes and writes them, and as people write them. Pure.

The API's own spelling has one point for its decimals and nothing else. What a person wrote (in a cell, on the command line, in a list)
is read by `readings`: it may have two meanings, and then nobody chooses one in silence.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

SPELLING: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
TYPED: Final = "typed"
"""The member of an object that holds a number as a person wrote it: `{"typed": "1,5"}`."""
AS_TYPED: Final = {
    "type": "object",
    "description": "A number as a person wrote it. Where it has two readings it is refused, and `errors` names both.",
    "properties": {TYPED: {"type": "string", "maxLength": 100}},
    "required": [TYPED],
    "additionalProperties": False,
}
"""JSON Schema of such an object."""
SIGNS: Final = (".", ",")

_TYPED_MAX: Final = 100
_USUAL: Final = {
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **dict.fromkeys(map(ord, "\u2212\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000"), " "),
    **dict.fromkeys(map(ord, "\u2019\u02bc"), "'"),
    0xFF0C: ",",
    0xFF0E: ".",
}
_WHOLE: Final = r"[0-9]{1,40}"
_GROUPED: Final = r"[0-9]{1,3}(?:%s[0-9]{3})+"
_PARTS: Final = re.compile(r"(-?)([0-9][0-9.,' ]*|[.,][0-9]+)([eE][+-]?[0-9]{1,2})?")


class Ambiguous(ValueError):
    """A number that has two readings: the person says which. `readings` are the two, as the API spells them."""

    def __init__(self, text: str, readings: Iterable[Decimal]) -> None:
        self.readings = [plain(reading) for reading in readings]
        super().__init__(f"“{text.strip()}” can be {' or '.join(self.readings)}: write {' or '.join(map(_unmistakable, self.readings))}")


def read(value: object, *, whole: int, places: int) -> Decimal:
    """A number in ASCII digits, or a JSON number, or `{"typed": …}` as a person wrote it; ValueError for anything else.

    `whole` and `places`: the digits before and after its point, at most. Trailing zeros do not count. `Ambiguous` names both readings.
    """
    if isinstance(value, Mapping):
        return _bounded(_one(value), whole, places)
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("a decimal number, as text or as a number")  # noqa: TRY004 - a refusal that pydantic tells
    text = str(value)
    if not SPELLING.fullmatch(text):
        raise ValueError("a decimal number such as 12.5: digits, one point, no spaces or other signs")
    return _bounded(Decimal(text), whole, places)


def _one(value: Mapping[object, object]) -> Decimal:
    text = value.get(TYPED)
    if set(value) != {TYPED} or not isinstance(text, str):
        raise ValueError(f"a decimal number, or an object with its text as `{TYPED}`")
    found = readings(text)
    if len(found) > 1:
        raise Ambiguous(text, found)
    return found[0]


def _bounded(number: Decimal, whole: int, places: int) -> Decimal:
    number = Decimal(plain(number))
    digits, exponent = len(number.as_tuple().digits), int(number.as_tuple().exponent)
    if number and (digits + exponent > whole or -exponent > places):
        raise ValueError(f"a decimal number of at most {whole} digits before its point and {places} after it")
    return number


def readings(text: str) -> tuple[Decimal, ...]:
    """What a person may have meant: one number, or two where a lone sign before three digits is that of decimals or of thousands.

    `1,5`, `1.234,5`, `1 000,5`, `1'000`, `1,234,567`, `0.125` have one reading; `1,000` and `1.500` have two, the smaller one first.
    ValueError: it is no number.
    """
    return tuple(sorted({value for value, _ in _meanings(text)}))


def signs(text: str) -> frozenset[str]:
    """Which signs of decimals (`.`, `,`) the number can be read with: both where it says nothing, one where it has one reading."""
    return frozenset(sign for _, sign in _meanings(text))


def reading(text: str, sign: str) -> Decimal | None:
    """The number where `sign` stands before its decimals; None where it cannot be read so."""
    return next((value for value, of in _meanings(text) if of == sign), None)


def _shown(text: str) -> str:
    """Of a text that may hold anything, what can be written and read."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text.strip()[:40])


def _meanings(text: str) -> list[tuple[Decimal, str]]:
    """(value, sign of decimals) in each way in which the text can be read."""
    found = _PARTS.fullmatch(text.translate(_USUAL).strip()) if len(text) <= _TYPED_MAX else None
    if found is None:
        raise ValueError(f"“{_shown(text)}” is no number")
    minus, body, power = found.group(1), found.group(2), found.group(3) or ""
    made = [(Decimal(minus + digits + power), sign) for sign in SIGNS if (digits := _digits(body, sign, exact=bool(power)))]
    if not made:
        raise ValueError(f"“{_shown(text)}” is no number")
    return made


def _digits(body: str, sign: str, *, exact: bool) -> str | None:
    """The digits with a point before decimals, where `sign` stands before these and the others group thousands; None where it cannot be."""
    other = "," if sign == "." else "."
    before, found, decimals = body.partition(sign)
    if found and not re.fullmatch(r"[0-9]{1,40}", decimals):
        return None
    groups = "" if exact else "".join(character for character in dict.fromkeys(before) if character in f"{other}' ")
    if not before:
        return f"0.{decimals}"
    if re.fullmatch(_WHOLE, before):
        whole = before
    elif len(groups) == 1 and before[0] != "0" and re.fullmatch(_GROUPED % re.escape(groups), before):
        whole = before.replace(groups, "")
    else:
        return None
    return f"{whole}.{decimals}" if decimals else whole


def _unmistakable(spelled: str) -> str:
    """The spelling that has this reading alone: a zero more where three decimals could be thousands."""
    return spelled if len(readings(spelled)) == 1 else f"{spelled}0"


def plain(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros: "0.25", never "2.5E-1"."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
