"""Validation of attributes against a kind's schema: typed values in, canonical values out. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from cascadia.items import units
from cascadia.items.model import AttributeField, AttributeType, Kind
from cascadia.kernel import decimals, text
from cascadia.kernel.errors import Invalid

TEXT_MAX: Final = 4000
TAGS_MAX: Final = 50
TAG_MAX: Final = 100
WHOLE: Final = 15
PLACES: Final = 30
"""Digits of a number before and after its point: what is measured of the smallest part has its digits far behind."""
CURRENCY: Final = re.compile(r"[A-Z]{3}")


class _Wrong(ValueError):
    """Why one value is refused, in words."""


def merge_attributes(kind: Kind, current: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes after a JSON Merge Patch (null removes); 422 names every unknown or wrong member at once."""
    merged = dict(current)
    errors: list[dict[str, Any]] = []
    for name, value in patch.items():
        field = kind.field(name)
        if field is None:
            errors.append({"pointer": text.pointer("attributes", name), "message": f"a {kind.title.lower()} has no such attribute"})
        elif value is None:
            merged.pop(name, None)
        else:
            try:
                merged[name] = _CHECKS[field.type](field, value)
            except ValueError as wrong:
                asked = {"readings": wrong.readings} if isinstance(wrong, decimals.Ambiguous) else {}
                errors.append({"pointer": text.pointer("attributes", name), "message": str(wrong), **asked})
    if errors:
        raise Invalid("Some attributes are not as their kind says. Correct them and send again.", code="bad_attributes", errors=errors)
    return merged


def _number(value: object) -> str:
    return decimals.plain(decimals.read(value, whole=WHOLE, places=PLACES))


def _text(_: AttributeField, value: object) -> str:
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise _Wrong(f"a text of at most {TEXT_MAX} characters")
    return text.one_line(value)


def _integer(_: AttributeField, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**53:
        raise _Wrong("a whole number")
    return value


def _boolean(_: AttributeField, value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("true or false")
    return value


def _choice(field: AttributeField, value: object) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise _Wrong(f"one of {', '.join(field.choices)}")
    return value


def _members(value: object, *names: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or set(value) != set(names):
        raise _Wrong(f"an object with {' and '.join(names)}")
    return value


def _quantity(field: AttributeField, value: object) -> dict[str, str]:
    members = _members(value, "value", "unit")
    if not isinstance(members["unit"], str) or units.dimension(members["unit"]) != field.dimension:
        known = ", ".join(u for u, (d, _) in units.UNITS.items() if d == field.dimension)
        raise _Wrong(f"the unit must be one of {known}")
    number = _number(members["value"])
    if number.startswith("-"):
        raise _Wrong("not below zero")
    return {"value": number, "unit": members["unit"]}


def _money(_: AttributeField, value: object) -> dict[str, str]:
    members = _members(value, "value", "currency")
    if not isinstance(members["currency"], str) or not CURRENCY.fullmatch(members["currency"]):
        raise _Wrong("the currency is a code of three capital letters (ISO 4217)")
    return {"value": _number(members["value"]), "currency": members["currency"]}


def _tags(_: AttributeField, value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > TAGS_MAX or not all(isinstance(t, str) and 0 < len(t) <= TAG_MAX for t in value):
        raise _Wrong(f"a list of at most {TAGS_MAX} texts of 1 to {TAG_MAX} characters")
    return sorted({text.one_line(tag) for tag in value})


def _unit(_: AttributeField, value: object) -> str:
    if not isinstance(value, str) or units.dimension(value) is None:
        raise _Wrong(f"one of {', '.join(units.UNITS)}")
    return value


_CHECKS: Final[Mapping[AttributeType, Callable[[AttributeField, object], Any]]] = {
    AttributeType.TEXT: _text,
    AttributeType.INTEGER: _integer,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.CHOICE: _choice,
    AttributeType.QUANTITY: _quantity,
    AttributeType.MONEY: _money,
    AttributeType.TAGS: _tags,
    AttributeType.UNIT: _unit,
}
