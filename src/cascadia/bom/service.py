"""Reading BOMs: lines, trees, sums, where-used; and what else stands or falls with them (delete, phase)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple
from uuid import UUID

from cascadia.access.model import Actor
from cascadia.bom import bulk, edit, explode, queries
from cascadia.bom.model import LineRow, QuantityKind
from cascadia.items import service as items
from cascadia.items import units
from cascadia.items.model import ItemRow, Kind, Phase
from cascadia.kernel.db import Primary, Read
from cascadia.kernel.errors import Conflict, Invalid, NotFound
from cascadia.kernel.paging import PageRequest
from cascadia.kernel.statements import Statement
from cascadia.versioning.model import At, Change, CommitSeq

NO_FIND: Final = 2147483647

judge_lines = edit.judge


@dataclass(frozen=True, slots=True)
class Head:
    """The parent of a BOM at a point, and the version of its BOM there."""

    branch_id: int
    branch: str
    seq: int
    head: bool
    time: datetime
    item_id: int
    uid: UUID
    number: str
    kind: str
    program_id: int
    bom_seq: int

    @property
    def bom_version(self) -> str:
        """What adding a line compares."""
        return f"{self.branch_id}-{self.bom_seq}"


@dataclass(frozen=True, slots=True)
class Batch:
    """What a commit did to the lines of a part; `added` in the order of its operations."""

    uid: UUID
    bom_seq: int
    commit: UUID | None
    added: list[UUID]
    changed: list[UUID]
    removed: list[UUID]

    @property
    def bom_version(self) -> str:
        """What the next write to the BOM compares."""
        return f"0-{self.bom_seq}"


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One distinct line of a tree."""

    uid: UUID
    from_seq: int
    parent_id: int
    child_id: int
    quantity: Decimal
    unit: str
    quantity_kind: str
    find_number: int | None
    note: str | None
    designators: list[str]
    instances: list[str]


class TreeItem(NamedTuple):
    """One distinct item of a tree; everything None where it is hidden."""

    item_id: int
    uid: UUID | None
    number: str | None
    name: str | None
    phase: str | None
    visible: bool
    mass: dict[str, str] | None
    unit: str
    revision: str | None
    file_uid: UUID | None
    component: str | None
    has_thumbnail: bool
    has_model: bool


class MassRow(NamedTuple):
    """What sums over a tree and its order need of an item; number and mass are None where it is hidden."""

    item_id: int
    number: str | None
    visible: bool
    mass: dict[str, str] | None
    unit: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A BOM as a graph of distinct items and lines at one point."""

    head: Head
    items: list[TreeItem]
    rows: list[EdgeRow]
    edges: list[explode.Edge]
    masses: Mapping[int, explode.Mass]

    @property
    def root(self) -> int:
        return self.head.item_id


@dataclass(frozen=True, slots=True)
class Use:
    """One item that uses another, at `level` above it."""

    uid: UUID
    number: str
    name: str
    phase: str
    level: int
    top: bool
    quantity: Decimal | None
    unit: str | None
    revision: str | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class _UseRow:
    uid: UUID | None
    number: str | None
    name: str | None
    phase: str | None
    level: int | None
    top: bool | None
    quantity: Decimal | None
    unit: str | None
    revision: str | None
    hidden: bool


def line_statement(actor: Actor, uid: UUID, seq: CommitSeq | int | None, at: At | None = None) -> Statement:
    """The query for one line; `seq` may be that of a commit in the same message."""
    params = (at or At()).params()
    if seq is not None:
        params["at_seq"] = seq
    return Statement(queries.LINE, {**params, "uid": uid, "programs": actor.programs})


def batch_statement(actor: Actor, parent: UUID, seq: CommitSeq | int | None) -> Statement:
    """The query for what a commit did to one BOM, as `Batch`; `seq` may be that of a commit in the same message."""
    return Statement(queries.BATCH, {"uid": parent, "seq": seq, "programs": actor.programs})


async def find_line(read: Read, actor: Actor, uid: UUID, at: At) -> LineRow:
    """The line at the point; 404 where there is none that the actor may see."""
    statement = line_statement(actor, uid, None, at)
    row = await read.one(statement.query, LineRow, statement.params)
    if row is None:
        raise NotFound("There is no such line at this point, or you may not see it.")
    return row


async def head_of(read: Read, actor: Actor, uid: UUID, at: At) -> Head:
    """The item at the point with the version of its BOM; 404 where there is none that the actor may see."""
    head = await read.one(queries.HEAD, Head, {**at.params(), "uid": uid, "programs": actor.programs})
    if head is None:
        raise NotFound("There is no such part at this point, or you may not see it.")
    return head


async def page_lines(read: Read, actor: Actor, head: Head, paging: PageRequest) -> tuple[list[LineRow], str | None]:
    """One page of the parent's own lines, by find number."""
    after_find, after_id = paging.after(int, int)
    params = {
        **At(head.branch, head.seq).params(),
        "parent_id": head.item_id,
        "programs": actor.programs,
        "after_find": after_find,
        "after_id": after_id,
        "limit": paging.limit + 1,
    }
    rows = await read.all(queries.LINES, LineRow, params)
    return paging.cut(rows, lambda row: [NO_FIND if row.find_number is None else row.find_number, row.line_id])


async def tree_items(read: Read, actor: Actor, head: Head, ids: Sequence[int]) -> list[TreeItem]:
    """What trees show of items to this actor, in any order."""
    point = {"branch_id": head.branch_id, "seq": head.seq, "programs": actor.programs}
    return await read.all(queries.TREE_ITEMS, TreeItem, {**point, "items": list(ids)})


async def mass_rows(read: Read, actor: Actor, head: Head, ids: Sequence[int]) -> list[MassRow]:
    """What sums over a tree and its order need of items, in any order."""
    point = {"branch_id": head.branch_id, "seq": head.seq, "programs": actor.programs}
    return await read.all(queries.TREE_MASSES, MassRow, {**point, "items": list(ids)})


async def tree(read: Read, actor: Actor, uid: UUID, at: At) -> Tree:
    """Everything below an item, row by row, in three statements: each distinct line and item once, with masses rolled up.

    For exports, where nobody waits for the event loop; pages are answered from `networks`.
    """
    head = await head_of(read, actor, uid, at)
    point = {"branch_id": head.branch_id, "seq": head.seq, "programs": actor.programs}
    rows = await read.all(queries.EDGES, EdgeRow, {**point, "root": head.item_id})
    ids = list(dict.fromkeys([head.item_id, *(row.child_id for row in rows)]))
    by_id = {item.item_id: item for item in await tree_items(read, actor, head, ids)}
    edges = [_edge(row, by_id[row.child_id].unit) for row in rows]
    own = {item.item_id: mass for item in by_id.values() if (mass := own_mass(item)) is not None}
    hidden = [item.item_id for item in by_id.values() if not item.visible]
    return Tree(head, [by_id[i] for i in ids], rows, edges, explode.roll_up(head.item_id, edges, own, hidden))


def _edge(row: EdgeRow, child_unit: str) -> explode.Edge:
    scale = None if row.unit == child_unit else units.factor(row.unit, child_unit)
    quantity = Fraction(row.quantity) if scale is None else Fraction(row.quantity) * scale
    return explode.Edge(row.parent_id, row.child_id, quantity, counts=row.quantity_kind != QuantityKind.REFERENCE)


def own_mass(item: "TreeItem | MassRow") -> Fraction | None:
    """Mass in kilograms of one unit of the item: stated, or the unit itself where it is one of mass."""
    if item.mass is not None:
        return units.convert(Decimal(item.mass["value"]), item.mass["unit"], "kg")
    return units.factor(item.unit, "kg") if units.dimension(item.unit) == "mass" else None


async def where_used(read: Read, actor: Actor, head: Head, levels: str, paging: PageRequest) -> tuple[list[Use], bool, str | None]:
    """Who uses the item: `direct`, `all` levels, or `top` items only; whether hidden ones do too; the next cursor."""
    after_level, after_number = paging.after(int, str)
    params = {
        "branch_id": head.branch_id,
        "seq": head.seq,
        "item_id": head.item_id,
        "programs": actor.programs,
        "levels": 1 if levels == "direct" else None,
        "top_only": levels == "top",
        "after_level": after_level,
        "after_number": after_number,
        "limit": paging.limit + 1,
    }
    rows = await read.all(queries.WHERE_USED, _UseRow, params)
    hidden = rows[0].hidden if rows else False
    uses, following = paging.cut([_use(row) for row in rows if row.uid is not None], lambda use: [use.level, use.number])
    return uses, hidden, following


def _use(row: _UseRow) -> Use:
    assert row.uid
    assert row.number
    assert row.level
    return Use(
        row.uid, row.number, row.name or "", row.phase or "", row.level, bool(row.top), row.quantity, row.unit, row.revision, row.hidden
    )


async def judge_delete(primary: Primary, actor: Actor, kind: Kind, row: ItemRow, message: str | None) -> Change:
    """Deletes an item that no line uses, with its own lines; 409 naming where it is used."""
    await _refuse_use(primary, actor, row, "deleted")
    change = items.judge_delete(actor, kind, row, message)
    lines = await bulk.open_lines(primary, [row.item_id])
    seen = await bulk.bom_versions(primary, [row.item_id], row.at_seq)
    expectations, _ = bulk.guards(seen, (), ())
    unused = Statement(queries.EXPECT_UNUSED, {"branch_id": row.branch_id, "items": [row.item_id]})
    closed = tuple(bulk.line_delta(line.line_id, line.uid, line.from_seq, None) for line in lines)
    return replace(change, deltas=change.deltas + closed, expectations=(unused, *expectations))


async def judge_phase(primary: Primary, actor: Actor, kind: Kind, row: ItemRow, phase: Phase, message: str | None) -> Change:
    """Moves the item to another phase (rule 5): obsolete only what no line uses; never behind a parent that is further on."""
    actor.require(f"{kind.name}.edit", row.program_id)
    expectations: tuple[Statement, ...] = ()
    if phase is Phase.OBSOLETE:
        await _refuse_use(primary, actor, row, "obsolete")
        expectations = (Statement(queries.EXPECT_UNUSED, {"branch_id": row.branch_id, "items": [row.item_id]}),)
    elif phase is Phase.PROTOTYPE:
        await _refuse_lag(primary, actor, row)
    fields = {**items.fields_of(row), "phase": phase.value}
    return items.edit_change(actor, kind, row, fields, message or f"{row.number}: phase {phase.value}", expectations=expectations)


async def _uses(primary: Primary, actor: Actor, row: ItemRow) -> tuple[list[Use], bool]:
    head = Head(
        row.branch_id, row.at_branch, row.at_seq, row.at_head, row.at_time, row.item_id, row.uid, row.number, row.kind, row.program_id, 0
    )
    uses, hidden, _ = await where_used(primary, actor, head, "direct", PageRequest(limit=20))
    return uses, hidden


async def _refuse_use(primary: Primary, actor: Actor, row: ItemRow, what: str) -> None:
    uses, hidden = await _uses(primary, actor, row)
    if uses or hidden:
        used = ", ".join(u.number for u in uses) or "items that you may not see"
        raise Conflict(
            f"{row.number} cannot become {what} while it is used in {used}. Remove it there first.",
            code="in_use",
            used_in=[{"id": str(u.uid), "number": u.number} for u in uses],
            hidden=hidden,
        )


async def _refuse_lag(primary: Primary, actor: Actor, row: ItemRow) -> None:
    uses, _ = await _uses(primary, actor, row)
    ahead = [u.number for u in uses if u.phase != Phase.PROTOTYPE]
    if ahead:
        raise Invalid(f"{row.number} cannot go back to prototype: {', '.join(ahead)} uses it and is further on.", code="phase_lags")


def all_below(tree: Tree) -> list[tuple[TreeItem, Fraction]]:
    """The distinct items below the root with their quantity in one root, by number; hidden ones last."""
    totals = explode.flatten(tree.root, tree.edges)
    return sorted(
        ((i, totals[i.item_id]) for i in tree.items if i.item_id in totals),
        key=lambda p: (p[0].number is None, p[0].number or "", p[0].item_id),
    )
