"""BOM lines as values, and the rules of one line. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from cascadia.items import units
from cascadia.items.model import BLOCKS_NEW_USE, Phase
from cascadia.kernel import decimals
from cascadia.kernel.errors import Conflict, Invalid

QUANTITY_WHOLE: Final = 12
QUANTITY_PLACES: Final = 12
DESIGNATOR: Final = re.compile(r"[A-Za-z0-9_.+/$*#µ-]{1,40}")
DESIGNATORS_MAX: Final = 10_000
INSTANCE_MAX: Final = 500
"""Characters of the name of one placement."""
FIND_STEP: Final = 10
FIND_MAX: Final = 2**31 - 1


class QuantityKind(StrEnum):
    """What a line's quantity means."""

    COUNTED = "counted"
    MEASURED = "measured"
    AS_REQUIRED = "as_required"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line at one point, as queries return it. `child_visible` false = a restricted line."""

    line_id: int
    uid: UUID
    branch_id: int
    from_seq: int
    parent_id: int
    parent_uid: UUID
    parent_number: str
    parent_name: str
    parent_program: int
    child_id: int
    child_uid: UUID
    child_number: str
    child_name: str | None
    child_phase: str | None
    child_revision: str | None
    child_visible: bool
    child_file: UUID | None
    child_component: str | None
    child_thumbnail: bool
    quantity: Decimal
    unit: str
    quantity_kind: str
    find_number: int | None
    designators: dict[str, Any]
    note: str | None
    placements: dict[str, list[float]]
    at_branch: str
    at_seq: int
    at_head: bool
    at_time: Any

    @property
    def version(self) -> str:
        """What `If-Match` compares."""
        return f"{self.branch_id}-{self.from_seq}"


@dataclass(frozen=True, slots=True)
class Usable:
    """What adding a line needs to know of its child."""

    item_id: int
    uid: UUID
    number: str
    phase: str
    unit: str
    program_id: int


def read_quantity(value: object) -> Decimal:
    """A quantity that means something: at most 12 digits before its point and 12 after it; ValueError for anything else."""
    return decimals.read(value, whole=QUANTITY_WHOLE, places=QUANTITY_PLACES)


def plain(value: Decimal | Fraction) -> str:
    """A decimal without exponent and without trailing zeros: all its digits, and a fraction as `units.as_decimal` has it."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return str(Decimal(value.numerator))  # an int of more than 4,300 digits does not become text by itself
    return decimals.plain(units.as_decimal(value) if isinstance(value, Fraction) else value)


def quantity(value: Decimal) -> Decimal:
    """The quantity; 422 where it is below zero."""
    if value < 0:
        raise Invalid(
            "A quantity is not below zero.",
            code="bad_quantity",
            errors=[{"pointer": "/quantity", "message": "not below zero"}],
        )
    return value


def check_unit(unit: str, child_unit: str) -> None:
    """Rule 25: a line's unit must convert exactly to the child's own."""
    if units.factor(unit, child_unit) is None:
        raise Invalid(
            f"The unit {unit} does not convert to the part's own unit {child_unit}. Choose a unit of the same kind.",
            code="unit_mismatch",
            errors=[{"pointer": "/unit", "message": f"does not convert to {child_unit}"}],
        )


def check_phase(child: Usable) -> None:
    """Rule 5: obsolete and not-for-new-design parts take no new lines."""
    if Phase(child.phase) in BLOCKS_NEW_USE:
        words = child.phase.replace("_", " ")
        raise Invalid(f"{child.number} is {words}, so no new line may use it. Use its replacement.", code="phase_blocks_use")


def designator_map(names: Sequence[str]) -> dict[str, dict[str, bool]]:
    """Designators as they are stored, fitted everywhere; 422 for a wrong or double one."""
    try:
        check_designators(names)
    except ValueError as wrong:
        raise Invalid(
            f"These cannot be the designators of a line: {wrong}.",
            code="bad_designators",
            errors=[{"pointer": "/designators", "message": str(wrong)}],
        ) from wrong
    return {name: {} for name in names}


def check_designators(names: Collection[str]) -> None:
    """ValueError says why these cannot be the designators of a line: too many, a wrong one, one twice."""
    if len(names) > DESIGNATORS_MAX:
        raise ValueError(f"a line has at most {DESIGNATORS_MAX} designators, this one {len(names)}")
    if wrong := next((name for name in names if not DESIGNATOR.fullmatch(name)), None):
        raise ValueError(f"“{wrong[:40]}” is no designator: they are like R12 or C4")
    if len(set(names)) != len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise ValueError(f"{twice} stands twice")


def designator_list(stored: Iterable[str]) -> list[str]:
    """Designators in the order in which people read them: R2 before R10."""
    return sorted(stored, key=_natural)


def _natural(text: str) -> list[tuple[int, int, str]]:
    return [(1, int(piece), "") if piece.isdigit() else (0, 0, piece) for piece in re.split(r"(\d+)", text) if piece]


class FindNumbers:
    """The find numbers of one parent while its lines change. Asking for the next one costs the same however many there are."""

    def __init__(self, taken: Iterable[int]) -> None:
        self._count = Counter(taken)
        self._highest: int | None = None
        self._free_from = FIND_STEP

    def take(self, number: int) -> None:
        """Another line has it, too."""
        self._count[number] += 1
        if self._highest is not None:
            self._highest = max(self._highest, number)

    def free(self, number: int) -> None:
        """One line fewer has it."""
        self._count[number] -= 1
        if not self._count[number]:
            del self._count[number]
            self._free_from = FIND_STEP
            if number == self._highest:
                self._highest = None

    def next(self) -> int:
        """The next ten after the highest one in use; where none is left behind it, the first ten that is free."""
        if self._highest is None:
            self._highest = max(self._count, default=0)
        following = (self._highest // FIND_STEP + 1) * FIND_STEP
        if following <= FIND_MAX:
            return following
        self._free_from = next(ten for ten in range(self._free_from, FIND_MAX, FIND_STEP) if ten not in self._count)
        return self._free_from

    @property
    def twice(self) -> int | None:
        """One that several lines have, if there is one."""
        return next((number for number, count in self._count.items() if count > 1), None)


def find_number_taken(number: int) -> Conflict:
    """The refusal of a find number that another line of the parent has."""
    return Conflict(f"The find number {number} is taken in this BOM. Choose another one.", code="find_number_taken")


def cycle(path: Sequence[Mapping[str, Any]]) -> Invalid:
    """The refusal of a line that would make an item its own part; `path` from the parent down to itself."""
    words = " → ".join(str(step["number"] or "restricted") for step in path)
    return Invalid(f"This line would close a cycle: {words}.", code="bom_cycle", path=list(path))
