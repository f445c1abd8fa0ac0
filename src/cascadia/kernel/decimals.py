"""Decimals as the API takes and writes them: one spelling in, one spelling out. Pure."""

import re
from decimal import Decimal
from typing import Final

SPELLING: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")


def read(value: object, *, whole: int, places: int) -> Decimal:
    """A number in ASCII digits, or a JSON number; ValueError for anything else.

    `whole` and `places`: the digits before and after its point, at most. Trailing zeros do not count.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("a decimal number, as text or as a number")  # noqa: TRY004 - a refusal that pydantic tells
    text = str(value)
    if not SPELLING.fullmatch(text):
        raise ValueError("a decimal number such as 12.5: digits, one point, no spaces or other signs")
    number = Decimal(plain(Decimal(text)))
    digits, exponent = len(number.as_tuple().digits), int(number.as_tuple().exponent)
    if number and (digits + exponent > whole or -exponent > places):
        raise ValueError(f"a decimal number of at most {whole} digits before its point and {places} after it")
    return number


def plain(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros: "0.25", never "2.5E-1"."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
