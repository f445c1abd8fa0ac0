"""Units of measure with exact factors (UCUM codes inside). A conversion that is not exact does not exist here. Pure."""

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

PLACES: Final = 12
DIGITS: Final = 6
CONVERTED: Final = 20_000
"""Conversions that are remembered: the masses of a large tree."""
EXACT: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Arithmetic that rounds nothing; only for what ends, such as moving a point."""

UNITS: Final[dict[str, tuple[str, Fraction]]] = {
    "ea": ("count", Fraction(1)),
    "mm": ("length", Fraction(1, 1000)),
    "cm": ("length", Fraction(1, 100)),
    "m": ("length", Fraction(1)),
    "km": ("length", Fraction(1000)),
    "[in_i]": ("length", Fraction(254, 10000)),
    "[ft_i]": ("length", Fraction(3048, 10000)),
    "mm2": ("area", Fraction(1, 10**6)),
    "cm2": ("area", Fraction(1, 10**4)),
    "m2": ("area", Fraction(1)),
    "mm3": ("volume", Fraction(1, 10**9)),
    "cm3": ("volume", Fraction(1, 10**6)),
    "mL": ("volume", Fraction(1, 10**6)),
    "L": ("volume", Fraction(1, 1000)),
    "m3": ("volume", Fraction(1)),
    "mg": ("mass", Fraction(1, 10**6)),
    "g": ("mass", Fraction(1, 1000)),
    "kg": ("mass", Fraction(1)),
    "t": ("mass", Fraction(1000)),
    "[lb_av]": ("mass", Fraction(45359237, 10**8)),
    "[oz_av]": ("mass", Fraction(45359237, 16 * 10**8)),
    "s": ("time", Fraction(1)),
    "min": ("time", Fraction(60)),
    "h": ("time", Fraction(3600)),
}
"""UCUM code → (dimension, factor to the dimension's base unit). `ea` counts pieces."""


def dimension(unit: str) -> str | None:
    """What the unit measures, or None where it is unknown."""
    found = UNITS.get(unit)
    return found[0] if found else None


@lru_cache
def factor(unit: str, to: str) -> Fraction | None:
    """The exact factor from one unit to another, or None where they measure different things or are unknown."""
    a, b = UNITS.get(unit), UNITS.get(to)
    if a is None or b is None or a[0] != b[0]:
        return None
    return a[1] / b[1]


@lru_cache(CONVERTED)
def convert(value: Decimal, unit: str, to: str) -> Fraction | None:
    """The value in another unit, exactly, or None where that has no meaning."""
    scale = factor(unit, to)
    return None if scale is None else Fraction(value) * scale


def as_decimal(value: Fraction) -> Decimal:
    """The fraction as a plain decimal: exact where it ends.

    Else it is rounded to `PLACES` after the point, or to as many as it takes to show `DIGITS` that are not leading zeros: never to 0.
    """
    top, bottom = value.numerator, value.denominator
    places = bottom.bit_length()  # 2^a·5^b has fewer bits than this, so this many places show all of a fraction that ends
    scaled, rest = divmod(top * 10**places, bottom)
    if rest:
        places = max(PLACES, Decimal(bottom // abs(top)).adjusted() + DIGITS) if abs(top) < bottom else PLACES
        scaled = round(value * 10**places)
    return Decimal(scaled).scaleb(-places, EXACT).normalize(EXACT)
