"""Items as values: phases, attribute classes, revision letters, numbers. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from cascadia.kernel.errors import Invalid
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
_SPACES: Final = re.compile(r"\s+")
LETTERS: Final = "ABCDEFGHJKLMNPRTUVWY"
"""Revision letters without I, O, Q, S, X, Z (ASME Y14.35)."""


def clean_number(text: str) -> str:
    """A typed number in one spelling: NFKC, no outer or double spaces; refused when empty, too long or with control characters."""
    number = _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    if not number or len(number) > NUMBER_MAX or any(unicodedata.category(c).startswith("C") for c in number):
        raise Invalid(
            f"A number has 1 to {NUMBER_MAX} visible characters.",
            code="bad_number",
            errors=[{"pointer": "/number", "message": "not usable"}],
        )
    return number


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
