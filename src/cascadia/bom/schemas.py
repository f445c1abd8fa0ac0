"""Shapes of requests and answers about BOMs."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from cascadia.bom.edit import OPERATIONS_MAX, AddLine, ChangeLine, Operation, RemoveLine
from cascadia.bom.model import FIND_MAX, INSTANCE_MAX, LineRow, QuantityKind, designator_list, plain, read_quantity
from cascadia.bom.service import Use
from cascadia.items.model import NUMBER_MAX, Phase, RevisionStatus, revision_status
from cascadia.kernel import decimals
from cascadia.kernel.bodies import one_by_one
from cascadia.kernel.schemas import OneLine
from cascadia.kernel.text import lines, one_line
from cascadia.parts.schemas import thumbnail_url
from cascadia.versioning.schemas import PointView

DecimalText = Annotated[Decimal, PlainSerializer(plain, return_type=str)]
Quantity = Annotated[
    Decimal,
    BeforeValidator(read_quantity),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": decimals.SPELLING.pattern}, {"type": "number"}, decimals.AS_TYPED]}),
]
Unit = Annotated[str, StringConstraints(min_length=1, max_length=20), AfterValidator(one_line)]
Note = Annotated[str, StringConstraints(max_length=4000), AfterValidator(lines)]
Instance = Annotated[str, StringConstraints(min_length=1, max_length=INSTANCE_MAX), AfterValidator(one_line)]
FindNumber = Annotated[int, Field(ge=1, le=FIND_MAX)]
Placement = Annotated[list[float], Field(min_length=16, max_length=16, fail_fast=True)]


class Measured(BaseModel):
    """A value with its unit (UCUM)."""

    value: str
    unit: str


class ItemRef(BaseModel):
    """An item by id, number and name."""

    id: UUID
    number: str
    name: str


class LineChild(BaseModel):
    """The child of a line; nothing but `restricted` where one may not see it."""

    restricted: bool
    id: UUID | None = None
    number: str | None = None
    name: str | None = None
    phase: Phase | None = None
    revision: str | None = None
    revision_status: RevisionStatus | None = None
    thumbnail: str | None = None


class Line(BaseModel):
    """One BOM line at one point. `placements`: instance → 4×4 matrix, row by row, millimetres."""

    id: UUID
    parent: ItemRef
    child: LineChild
    quantity: DecimalText
    unit: str
    quantity_kind: QuantityKind
    find_number: int | None
    designators: list[str]
    note: str | None
    placements: dict[str, list[float]]
    version: str
    at: PointView

    @classmethod
    def of(cls, row: LineRow) -> "Line":
        """The answer for one row."""
        return cls(
            id=row.uid,
            parent=ItemRef(id=row.parent_uid, number=row.parent_number, name=row.parent_name),
            child=_child(row),
            quantity=row.quantity,
            unit=row.unit,
            quantity_kind=QuantityKind(row.quantity_kind),
            find_number=row.find_number,
            designators=designator_list(row.designators),
            note=row.note,
            placements=row.placements,
            version=row.version,
            at=PointView(branch=row.at_branch, seq=row.at_seq, head=row.at_head, time=row.at_time),
        )


def _child(row: LineRow) -> LineChild:
    if not row.child_visible:
        return LineChild(restricted=True)
    return LineChild(
        restricted=False,
        id=row.child_uid,
        number=row.child_number,
        name=row.child_name,
        phase=Phase(row.child_phase) if row.child_phase else None,
        revision=row.child_revision,
        revision_status=revision_status(row.child_revision),
        thumbnail=thumbnail_url(row.child_file, row.child_component) if row.child_thumbnail else None,
    )


class LinePage(BaseModel):
    """One page of a parent's lines. `etag` is the BOM's as a whole: adding to it needs it."""

    items: list[Line]
    next: str | None
    total: int | None = None
    etag: str
    at: PointView


class NewLine(BaseModel):
    """A line to be added. The child by `child` (id) or `child_number`; the unit is the child's own when absent."""

    model_config = ConfigDict(extra="forbid")

    child: UUID | None = None
    child_number: Annotated[OneLine, Field(max_length=NUMBER_MAX)] | None = None
    quantity: Quantity = Decimal(1)
    unit: Unit | None = None
    quantity_kind: QuantityKind = QuantityKind.COUNTED
    find_number: FindNumber | None = None
    designators: Annotated[list[str], Field(fail_fast=True)] = []
    note: Note | None = None
    placements: dict[Instance, Placement] = {}

    @model_validator(mode="after")
    def _one_child(self) -> "NewLine":
        if (self.child is None) == (self.child_number is None):
            raise ValueError("name the child by `child` or by `child_number`")
        return self

    def operation(self) -> AddLine:
        """What the judge takes."""
        return AddLine(
            self.child,
            self.child_number,
            self.quantity,
            self.unit,
            self.quantity_kind,
            self.find_number,
            self.designators,
            self.note,
            self.placements,
        )


class LinePatch(BaseModel):
    """A JSON Merge Patch of a line: what is not mentioned stays, null clears note and find number."""

    model_config = ConfigDict(extra="forbid")

    child: UUID | None = None
    quantity: Quantity | None = None
    unit: Unit | None = None
    quantity_kind: QuantityKind | None = None
    find_number: FindNumber | None = None
    designators: Annotated[list[str], Field(fail_fast=True)] | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _not_cleared(self) -> "LinePatch":
        cleared = [
            name for name in ("child", "quantity", "unit", "quantity_kind") if name in self.model_fields_set and getattr(self, name) is None
        ]
        if cleared:
            raise ValueError(f"{', '.join(cleared)} cannot be null")
        return self


class AddOperation(NewLine):
    """Adds a line."""

    op: Literal["add"]


class ChangeOperation(BaseModel):
    """Patches a line of this BOM."""

    model_config = ConfigDict(extra="forbid")

    op: Literal["change"]
    line: UUID
    patch: LinePatch


class RemoveOperation(BaseModel):
    """Removes a line of this BOM."""

    model_config = ConfigDict(extra="forbid")

    op: Literal["remove"]
    line: UUID


class LineBatch(BaseModel):
    """Up to 10,000 operations on one BOM: all or nothing, one commit."""

    model_config = ConfigDict(extra="forbid")

    operations: Annotated[
        list[Annotated[AddOperation | ChangeOperation | RemoveOperation, Field(discriminator="op")]],
        Field(min_length=1, max_length=OPERATIONS_MAX),
        WrapValidator(one_by_one(OPERATIONS_MAX)),
    ]

    def as_operations(self) -> list[Operation]:
        """What the judge takes."""
        return [_operation(op) for op in self.operations]


def _operation(op: AddOperation | ChangeOperation | RemoveOperation) -> Operation:
    match op:
        case AddOperation():
            return op.operation()
        case ChangeOperation():
            return ChangeLine(op.line, op.patch.model_dump(exclude_unset=True))
        case RemoveOperation():
            return RemoveLine(op.line)


class NewPhase(BaseModel):
    """The phase that an item moves to."""

    model_config = ConfigDict(extra="forbid")

    phase: Phase


class UseView(BaseModel):
    """An item that uses another. `quantity` is that of its own lines (direct use only)."""

    id: UUID
    number: str
    name: str
    phase: Phase
    revision: str | None
    revision_status: RevisionStatus
    level: int
    top: bool
    quantity: DecimalText | None
    unit: str | None

    @classmethod
    def of(cls, use: Use) -> "UseView":
        """The answer for one row."""
        return cls(
            id=use.uid,
            number=use.number,
            name=use.name,
            phase=Phase(use.phase),
            revision=use.revision,
            revision_status=revision_status(use.revision),
            level=use.level,
            top=use.top,
            quantity=use.quantity,
            unit=use.unit,
        )


class UsePage(BaseModel):
    """One page of where-used. `hidden`: it is also used where one may not see."""

    items: list[UseView]
    next: str | None
    total: int | None = None
    hidden: bool
    at: PointView


class BatchResult(BaseModel):
    """What a batch did, by ids of lines, and the BOM's ETag afterwards. `commit` is null where nothing differed from before."""

    added: list[UUID] = Field(description="In the order of the operations.")
    changed: list[UUID]
    removed: list[UUID]
    etag: str
    commit: UUID | None
