"""Shapes of multi-level BOMs: columns of distinct items, distinct lines and occurrences; flattened lists."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic_core import to_json

from cascadia.bom import explode
from cascadia.bom.model import QuantityKind, designator_list, plain
from cascadia.bom.networks import OCCURRENCES_MAX
from cascadia.bom.schemas import Measured
from cascadia.bom.service import Tree, TreeItem
from cascadia.items.model import Phase, RevisionStatus, revision_status
from cascadia.parts.schemas import thumbnail_url
from cascadia.vault.model import derivative_url
from cascadia.versioning.schemas import PointView

MISSING_NAMED: Final = 20
PIECE: Final = 10_000


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


def tree_items(tree: Tree) -> TreeItems:
    """The distinct items of a tree as columns."""
    shown = tree.items
    masses = [tree.masses.get(i.item_id) for i in shown]
    return TreeItems(
        id=[i.uid for i in shown],
        number=[i.number for i in shown],
        name=[i.name for i in shown],
        revision=[i.revision for i in shown],
        revision_status=[revision_status(i.revision) if i.visible else None for i in shown],
        phase=[Phase(i.phase) if i.phase else None for i in shown],
        restricted=[not i.visible for i in shown],
        unit=[i.unit for i in shown],
        mass=[Measured.model_validate(i.mass) if i.mass else None for i in shown],
        rolled_mass=[plain(m.value) if m and m.value is not None else None for m in masses],
        mass_complete=[bool(m and m.complete) for m in masses],
        thumbnail=[thumbnail(i) for i in shown],
    )


def tree_lines(tree: Tree) -> TreeLines:
    """The distinct lines of a tree as columns."""
    index = {item.item_id: n for n, item in enumerate(tree.items)}
    rows = tree.rows
    return TreeLines(
        id=[r.uid for r in rows],
        version=[f"{tree.head.branch_id}-{r.from_seq}" for r in rows],
        parent=[index[r.parent_id] for r in rows],
        child=[index[r.child_id] for r in rows],
        quantity=[plain(r.quantity) for r in rows],
        unit=[r.unit for r in rows],
        quantity_kind=[QuantityKind(r.quantity_kind) for r in rows],
        find_number=[r.find_number for r in rows],
        designators=[designator_list(r.designators) for r in rows],
        note=[r.note for r in rows],
        instances=[r.instances for r in rows],
    )


def thumbnail(item: TreeItem) -> str | None:
    """Where the item's picture is, if it has one."""
    return thumbnail_url(item.file_uid, item.component) if item.visible and item.has_thumbnail else None


def bom_tree(tree: Tree, depth: int) -> BomTree:
    """A tree as it is sent: `depth` levels of occurrences, everything else whole."""
    index = {item.item_id: n for n, item in enumerate(tree.items)}
    found = explode.occurrences(tree.root, tree.edges, depth=depth, limit=OCCURRENCES_MAX)
    root = tree.items[0]
    return BomTree(
        at=PointView(branch=tree.head.branch, seq=tree.head.seq, head=tree.head.head, time=tree.head.time),
        rule="in-work",
        root=0,
        items=tree_items(tree),
        lines=tree_lines(tree),
        occurrences=TreeOccurrences.model_construct(
            level=found.level, line=found.line, extended_quantity=[plain(q) for q in found.extended]
        ),
        totals=_totals(tree, found),
        bom_etags={str(index[item]): f'"{tree.head.branch_id}-{seq}.0"' for item, seq in tree.bom_seqs.items()},
        model=derivative_url(root.file_uid, "glb") if root.file_uid and root.has_model else None,
        model_component=root.component if root.has_model else None,
    )


def tree_json(tree: BomTree) -> bytes:
    """The tree as JSON. Its long columns are written piece by piece: other threads get their turn in between."""
    rest = tree.model_dump_json(exclude={"occurrences"}).encode()
    columns = (b'"%s":[%s]' % (name.encode(), b",".join(_pieces(column))) for name, column in tree.occurrences)
    return b'%s,"occurrences":{%s}}' % (rest[:-1], b",".join(columns))


def _pieces(column: Sequence[object]) -> Iterator[bytes]:
    for start in range(0, len(column), PIECE):
        yield to_json(column[start : start + PIECE])[1:-1]


def _totals(tree: Tree, found: explode.Occurrences) -> TreeTotals:
    parents = {edge.parent for edge in tree.edges}
    totals = explode.flatten(tree.root, tree.edges)
    leaves = [item for item in tree.items if item.item_id not in parents and item.item_id in totals]
    mass = tree.masses[tree.root]
    missing = [item.number for item in leaves if not tree.masses[item.item_id].complete and item.number]
    return TreeTotals(
        rows=len(found.level),
        complete=found.complete,
        occurrences=plain(sum(totals.values(), Fraction(0))),
        leaf_occurrences=plain(sum((totals[item.item_id] for item in leaves), Fraction(0))),
        distinct_items=len(tree.items) - 1,
        mass=Measured(value=plain(mass.value), unit="kg") if mass.value is not None else None,
        mass_complete=mass.complete,
        missing_mass=sorted(missing)[:MISSING_NAMED],
    )
