"""Items as values: phases, attribute classes, revision letters, numbers. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from cascadia.kernel.errors import Invalid
from cascadia.kernel.text import INVISIBLE, lines, one_line, spelled, unseen
from cascadia.versioning.model import Control


class Phase(StrEnum):
    """Where an item stands in its life, apart from any revision."""

    PROTOTYPE = "prototype"
    PRODUCTION = "production"
    NOT_FOR_NEW_DESIGN = "not_for_new_design"
    SERVICE_ONLY = "service_only"
    OBSOLETE = "obsolete"


BLOCKS_NEW_USE: Final = frozenset({Phase.NOT_FOR_NEW_DESIGN, Phase.OBSOLETE})


class RevisionStatus(StrEnum):
    """Derived from revisions at the point of reading; never stored."""

    IN_WORK = "in_work"
    IN_REVIEW = "in_review"
    RELEASED = "released"
    PENDING = "pending"
    SUPERSEDED = "superseded"


class AttributeType(StrEnum):
    """The shapes that an attribute's value can have."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    QUANTITY = "quantity"
    MONEY = "money"
    TAGS = "tags"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class AttributeField:
    """One attribute of a kind: its type and its control class (rule 8). `dimension` for quantities, `choices` for choices.

    `derived`: a rule sets it (measured from CAD, or follows from another attribute); no person types it.
    """

    name: str
    title: str
    type: AttributeType
    control: Control
    dimension: str | None = None
    choices: tuple[str, ...] = ()
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of item: its name, its attributes, and the permissions of its routes."""

    name: str
    title: str
    fields: tuple[AttributeField, ...]

    def field(self, name: str) -> AttributeField | None:
        """The attribute of that name, or None."""
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item at one point, as queries return it."""

    item_id: int
    uid: UUID
    kind: str
    number: str
    aliases: list[str]
    branch_id: int
    from_seq: int
    name: str
    description: str | None
    phase: Phase
    attributes: dict[str, Any]
    owner_id: int | None
    owner_uid: UUID | None
    owner_name: str | None
    project_id: int
    project_uid: UUID
    project_code: str
    project_name: str
    program_id: int
    revision: str | None
    created_at: datetime
    updated_at: datetime
    updated_by_uid: UUID
    updated_by_name: str
    at_branch: str
    at_seq: int
    at_head: bool
    at_time: datetime
    model_file: UUID | None
    model_component: str | None
    has_thumbnail: bool
    has_model: bool

    @property
    def version(self) -> str:
        """What `If-Match` compares: branch and seq of the row that is read."""
        return f"{self.branch_id}-{self.from_seq}"


NUMBER_MAX: Final = 100
NAME_MAX: Final = 300
DESCRIPTION_MAX: Final = 10_000
PLAIN_HYPHEN: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2212"), "-")
"""What programs write for the hyphen of a number: they look the same, and a plain one is typed to find it."""
SEQUENCE_DIGITS: Final = 19
"""A sequence counts in 64 bits: it outgrows the width that its scheme gives it."""
LETTERS: Final = "ABCDEFGHJKLMNPRTUVWY"
"""Revision letters without I, O, Q, S, X, Z (ASME Y14.35)."""


def read_number(text: str) -> str:
    """A part number in one spelling, the same wherever it comes from: composed, single blanks, plain hyphens.

    ValueError says why it cannot be one: empty, too long, or with a character that cannot be seen.
    """
    number = spelled(text).translate(PLAIN_HYPHEN)
    if not number:
        raise ValueError("a number has at least one character that can be seen")
    if len(number) > NUMBER_MAX:
        raise ValueError(f"a number has at most {NUMBER_MAX} characters, this one has {len(number)}")
    hidden = unseen(number, INVISIBLE) or next((f"U+{ord(c):04X}" for c in number if unicodedata.category(c).startswith("C")), None)
    if hidden:
        raise ValueError(f"a number may not hold the character {hidden}, which cannot be seen")
    return number


def read_name(text: str) -> str:
    """A name in one spelling, the same wherever it comes from; ValueError says why it cannot be one."""
    name = spelled(text)
    if not name:
        raise ValueError("a name has at least one character that can be seen")
    if len(name) > NAME_MAX:
        raise ValueError(f"a name has at most {NAME_MAX} characters, this one has {len(name)}")
    if hidden := unseen(name):
        raise ValueError(f"a name may not hold the character {hidden}, which cannot be seen")
    return one_line(name)


def read_description(text: str) -> str:
    """A description as it came; ValueError says why it cannot be one."""
    if len(text) > DESCRIPTION_MAX:
        raise ValueError(f"a description has at most {DESCRIPTION_MAX} characters, this one has {len(text)}")
    return lines(text)


def clean_number(text: str) -> str:
    """`read_number`, refused as 422."""
    try:
        return read_number(text)
    except ValueError as wrong:
        errors = [{"pointer": "/number", "message": str(wrong)}]
        raise Invalid(f"This cannot be a number: {wrong}.", code="bad_number", errors=errors) from wrong


def clean_name(text: str) -> str:
    """`read_name`, refused as 422."""
    try:
        return read_name(text)
    except ValueError as wrong:
        errors = [{"pointer": "/name", "message": str(wrong)}]
        raise Invalid(f"This cannot be a name: {wrong}.", code="bad_name", errors=errors) from wrong


def longest_number(segments: Sequence[Mapping[str, Any]], code_max: int) -> str:
    """The longest number that a scheme (literal, sequence, project, year) can ever make; `code_max`: of a project's code."""
    return "".join(_longest(segment, code_max) for segment in segments)


def _longest(segment: Mapping[str, Any], code_max: int) -> str:
    if "literal" in segment:
        return str(segment["literal"])
    if "sequence" in segment:
        return "9" * max(int(segment["sequence"]), SEQUENCE_DIGITS)
    return "9" * int(segment["year"]) if "year" in segment else "X" * code_max


def next_revision(current: str | None) -> str:
    """The letter after `current`: A…Y without I, O, Q, S, X, Z, then AA…AY, BA… and so on."""
    if current is None:
        return LETTERS[0]
    digits = [LETTERS.index(c) for c in current]
    for position in reversed(range(len(digits))):
        if digits[position] + 1 < len(LETTERS):
            digits[position] += 1
            return "".join(LETTERS[d] for d in digits)
        digits[position] = 0
    return LETTERS[0] * (len(digits) + 1)


def revision_status(revision: str | None) -> RevisionStatus:
    """In work until the first release; released from then on (orders add review, pending and superseded)."""
    return RevisionStatus.IN_WORK if revision is None else RevisionStatus.RELEASED
