"""What may be kept of parts and lines that a file names: the API's own rules, asked while a file is read and while it is reviewed. Pure."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

from cascadia.bom.model import INSTANCE_MAX, check_designators, read_quantity
from cascadia.items.attributes import merge_attributes
from cascadia.items.model import read_description, read_name, read_number
from cascadia.kernel.errors import Invalid
from cascadia.parts.model import PART
from cascadia.vault.model import COMPONENT_MAX

Value = TypeVar("Value")
KEY_LENGTH: Final = min(INSTANCE_MAX, COMPONENT_MAX) - 30
"""What is behind it has room for `#2`, `#3`."""
DIGEST: Final = 16
PROPOSAL_ROWS_MAX: Final = 10_000
"""Parts and lines of a proposal that one commit may write."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a part or line cannot be written as it is: its member, and words that begin small.

    `readings`: of a number that has two, with a point before its decimals and with a comma.
    """

    field: str
    message: str
    readings: tuple[str, ...] = ()


def key_of(text: str) -> str:
    """A key for what a file calls so: the text, or its beginning and a digest of the whole, so that no two become one."""
    if len(text) <= KEY_LENGTH:
        return text
    return f"{text[: KEY_LENGTH - DIGEST - 1]}~{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:DIGEST]}"


def new_part_problems(number: str | None, name: str, description: str | None) -> list[Problem]:
    """Why no part can be made so; `number` None is drawn by the scheme."""
    return [
        *(_asked("number", read_number, number) if number else ()),
        *_asked("name", read_name, name),
        *(_asked("description", read_description, description) if description else ()),
    ]


def measure_problems(attributes: Mapping[str, Any]) -> list[Problem]:
    """What a file measured and no part can hold."""
    try:
        merge_attributes(PART, {}, attributes)
    except Invalid as refusal:
        names = [error["pointer"].rpartition("/")[2] for error in refusal.errors]
        return [
            Problem(name, f"its {name.replace('_', ' ')} is not {error['message']}")
            for name, error in zip(names, refusal.errors, strict=True)
        ]
    return []


def line_problems(quantity: Decimal, designators: Collection[str], instances: Iterable[str]) -> list[Problem]:
    """Why no line can be made so."""
    long = next((name for name in instances if len(name) > INSTANCE_MAX), None)
    return [
        *_asked("quantity", read_quantity, f"{quantity:f}"),
        *_asked("designators", check_designators, designators),
        *([Problem("instances", f"the instance {long[:40]}… has more than {INSTANCE_MAX} characters")] if long else []),
    ]


def _asked(field: str, rule: Callable[[Value], object], value: Value) -> Iterator[Problem]:
    try:
        rule(value)
    except ValueError as wrong:
        yield Problem(field, str(wrong))
