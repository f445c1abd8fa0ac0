"""Shapes of multi-level BOMs: columns of distinct items, distinct lines and occurrences; flattened lists."""

from typing import Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from cascadia.bom.model import QuantityKind
from cascadia.bom.schemas import Measured
from cascadia.bom.service import TreeItem
from cascadia.items.model import Phase, RevisionStatus, revision_status
from cascadia.parts.schemas import thumbnail_url
from cascadia.versioning.schemas import PointView

MISSING_NAMED: Final = 20


class TreeItems(BaseModel):
    """Distinct items as columns, one entry per item; null where restricted."""

    id: list[UUID | None]
    number: list[str | None]
    name: list[str | None]
    revision: list[str | None]
    revision_status: list[RevisionStatus | None]
    phase: list[Phase | None]
    restricted: list[bool]
    unit: list[str]
    mass: list[Measured | None]
    rolled_mass: list[str | None] = Field(description="Kilograms.")
    mass_complete: list[bool]
    thumbnail: list[str | None]


class TreeLines(BaseModel):
    """Distinct lines as columns; `parent` and `child` are indexes into the items."""

    id: list[UUID]
    version: list[str]
    parent: list[int]
    child: list[int]
    quantity: list[str]
    unit: list[str]
    quantity_kind: list[QuantityKind]
    find_number: list[int | None]
    designators: list[list[str]]
    note: list[str | None]
    instances: list[list[str]]


class TreeOccurrences(BaseModel):
    """Every place in the tree, depth first, as columns; `line` is an index into the lines."""

    level: list[int]
    line: list[int]
    extended_quantity: list[str]


class TreeTotals(BaseModel):
    """What the whole tree sums up to. `rows` are places by line; `occurrences` count every instance, `leaf_occurrences` those of leaves."""

    rows: int
    complete: bool = Field(description="Whether all rows are here; false where the tree is deeper than `depth` or has more than 500,000.")
    occurrences: str
    leaf_occurrences: str
    distinct_items: int
    mass: Measured | None
    mass_complete: bool
    missing_mass: list[str] = Field(description="Numbers of parts without a mass, at most 20.")


class BomTree(BaseModel):
    """A multi-level BOM as columns at one point, under one revision rule."""

    at: PointView
    rule: Literal["in-work"]
    root: int
    items: TreeItems
    lines: TreeLines
    occurrences: TreeOccurrences
    totals: TreeTotals
    bom_etags: dict[str, str] = Field(description="Index of an item → ETag of its BOM.")
    model: str | None
    model_component: str | None


class FlatItem(BaseModel):
    """An item of a flattened BOM."""

    restricted: bool
    id: UUID | None = None
    number: str | None = None
    name: str | None = None
    phase: Phase | None = None
    revision: str | None = None
    revision_status: RevisionStatus | None = None
    thumbnail: str | None = None

    @classmethod
    def of(cls, item: TreeItem) -> Self:
        """The item as it is shown; nothing of it where it is hidden."""
        if not item.visible:
            return cls(restricted=True)
        return cls(
            restricted=False,
            id=item.uid,
            number=item.number,
            name=item.name,
            phase=Phase(item.phase) if item.phase else None,
            revision=item.revision,
            revision_status=revision_status(item.revision),
            thumbnail=thumbnail(item),
        )


class FlatLine(BaseModel):
    """An item with its quantity in one root. `mass` is that of the whole quantity."""

    item: FlatItem
    quantity: str
    unit: str
    mass: Measured | None
    mass_complete: bool
    has_lines: bool


class FlatPage(BaseModel):
    """One page of a flattened BOM, by number."""

    items: list[FlatLine]
    next: str | None
    total: int | None = None
    at: PointView


def thumbnail(item: TreeItem) -> str | None:
    """Where the item's picture is, if it has one."""
    return thumbnail_url(item.file_uid, item.component) if item.visible and item.has_thumbnail else None
