"""What is wrong with a member of a request, in words: for people who read it in a form or a terminal."""

from collections.abc import Mapping
from typing import Any, Final

AN_ID: Final = "must be an id, such as 01a214c0-0000-7000-8000-000000000000"
A_TIME: Final = "must be a time, such as 2026-01-31T12:00:00Z"
WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_type": "must be a text",
    "string_unicode": "holds half of a character (a lone surrogate), which no text can",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "is not written as it must be: {pattern}",
    "uuid_type": AN_ID,
    "uuid_parsing": AN_ID,
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "too_short": "must have at least {min_length} members",
    "too_long": "must have at most {max_length} members",
    "datetime_type": A_TIME,
    "datetime_parsing": A_TIME,
    "datetime_from_date_parsing": A_TIME,
    "timezone_aware": "must name its time zone, such as 2026-01-31T12:00:00Z",
    "union_tag_not_found": "must say by {discriminator} what it is",
    "union_tag_invalid": "must say by {discriminator} what it is: one of {expected_tags}",
}
"""By pydantic's type of the error; the words in braces are what it tells besides."""


def of(error: Mapping[str, Any]) -> str:
    """The words for one error."""
    kind, told = error["type"], error.get("ctx") or {}
    # What pydantic measures behind a check of ours is a "Value" to it: here such are texts, lists and objects are measured before.
    if kind in {"too_long", "too_short"} and told.get("field_type") == "Value":
        kind = f"string_{kind}"
    try:
        return WORDS[kind].format_map(told)
    except KeyError:
        return str(error["msg"]).removeprefix("Value error, ")
