"""Units as lists write them, in UCUM codes. Pure."""

from typing import Final

from cascadia.items.units import UNITS

WORDS: Final[dict[str, str]] = {
    word: unit
    for unit, words in {
        "ea": "ea|each|pcs|pc|pcs.|pc.|pce|pces|piece|pieces|nos|nos.|no|unit|units|u|un|st|st.|stk|stk.|stck|stück|stücke|pz|pza|pièce|"
        "pièces|szt|szt.|шт|шт.|个|個|只|件|pcs/each|count|qty|c62|h87|item|items|off|x",
        "mm": "mm|millimeter|millimetre|millimeters|millimetres|mmt",
        "cm": "cm|centimeter|centimetre|centimeters|centimetres|cmt",
        "m": "m|meter|metre|meters|metres|mtr|mtrs|lfm|lm|mtk|м|米",
        "km": "km|kilometer|kilometre",
        "[in_i]": "in|in.|inch|inches|\"|″|zoll|inh|''",
        "[ft_i]": "ft|ft.|foot|feet|fot",
        "mm2": "mm2|mm²|sq mm|mm^2",
        "cm2": "cm2|cm²|sq cm|cm^2",
        "m2": "m2|m²|sqm|sq m|m^2|qm|mtk2",
        "mm3": "mm3|mm³|mm^3",
        "cm3": "cm3|cm³|ccm|cc|cm^3",
        "mL": "ml|milliliter|millilitre|mlt",
        "L": "l|ltr|liter|litre|liters|litres",
        "m3": "m3|m³|cbm|m^3|mtq",
        "mg": "mg|milligram|milligrams|mgm",
        "g": "g|gr|gram|grams|gm|gramm|grm",
        "kg": "kg|kgs|kilogram|kilograms|kilo|kgm|кг",
        "t": "t|tonne|tonnes|to|tne",
        "[lb_av]": "lb|lbs|lb.|pound|pounds|lbr",
        "[oz_av]": "oz|oz.|ounce|ounces|onz",
        "s": "s|sec|second|seconds",
        "min": "min|minute|minutes",
        "h": "h|hr|hrs|hour|hours|std|hur",
    }.items()
    for word in words.split("|")
}
"""Folded words of English, German and others, and the common codes of UN/ECE Rec 20."""
NONE: Final = frozenset({"", "-", "n/a", "na", "normal"})


def unit_of(text: str) -> str | None:
    """The UCUM code of a unit as people write it, None where it is not known."""
    plain = " ".join(text.split()).strip("()")
    if plain in UNITS:
        return plain
    return WORDS.get(plain.casefold())
