"""Judging writes of BOM lines: operations on one parent in, one `Change` out."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.bom import model, queries
from cascadia.bom.tables import BOM_V
from cascadia.items.service import expect_open
from cascadia.kernel.db import Primary
from cascadia.kernel.errors import Invalid, NotFound
from cascadia.kernel.events import Event
from cascadia.kernel.http import check_version
from cascadia.kernel.ids import new_uid
from cascadia.kernel.statements import Statement
from cascadia.kernel.text import spelled
from cascadia.versioning.model import Author, Change, Delta, Ref, Unchanged

OPERATIONS_MAX: Final = 10_000
TURN: Final = 100


@dataclass(frozen=True, slots=True)
class AddLine:
    """A new line; the child by uid or by number. `unit` None = the child's own, `find_number` None = the next ten."""

    child: UUID | None = None
    child_number: str | None = None
    quantity: Decimal = Decimal(1)
    unit: str | None = None
    quantity_kind: model.QuantityKind = model.QuantityKind.COUNTED
    find_number: int | None = None
    designators: Sequence[str] = ()
    note: str | None = None
    placements: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A merge patch of one line (members of `AddLine`, `child` included)."""

    line: UUID
    patch: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RemoveLine:
    """The line ends with this commit."""

    line: UUID


Operation = AddLine | ChangeLine | RemoveLine


@dataclass(frozen=True, slots=True)
class _Parent:
    branch_id: int
    item_id: int
    uid: UUID
    number: str
    kind: str
    program_id: int
    bom_seq: int
    find_numbers: list[int]
    ids: list[int] | None
    ancestors: list[int]
    children: list[dict[str, Any]] | None
    lines: list[dict[str, Any]] | None

    @property
    def bom_version(self) -> str:
        return f"{self.branch_id}-{self.bom_seq}"


@dataclass(frozen=True, slots=True)
class Edited:
    """A judged edit: the change, and the uid of each operation's line."""

    change: Change
    lines: list[UUID]


async def judge(
    primary: Primary,
    actor: Actor,
    operations: Sequence[Operation],
    *,
    parent: UUID | None = None,
    if_match: str | None,
    message: str | None,
) -> Edited:
    """All operations as one change of one parent.

    `parent` given: `if_match` is the version of its BOM. Absent: there is one operation on one line, whose version it is.
    """
    found = await _read(primary, actor, operations, parent)
    actor.require("bom.edit", found.program_id)
    return await _Editing(primary, actor, found).run(operations, if_match, message, whole=parent is not None)


async def _read(primary: Primary, actor: Actor, operations: Sequence[Operation], parent: UUID | None) -> _Parent:
    named = [op.line for op in operations if not isinstance(op, AddLine)]
    wanted: list[dict[str, str | None]] = []
    for op in operations:
        if isinstance(op, AddLine):
            wanted.append({"uid": str(op.child) if op.child else None, "number": spelled(op.child_number or "") if not op.child else None})
        elif isinstance(op, ChangeLine) and op.patch.get("child"):
            wanted.append({"uid": str(op.patch["child"]), "number": None})
    params = {
        "parent": parent,
        "line": None if parent else named[0],
        "lines": named,
        "children": Jsonb(wanted),
        "ids": sum(isinstance(op, AddLine) for op in operations),
        "programs": actor.programs,
    }
    found = await primary.one(queries.PARENT, _Parent, params, large=len(operations) > TURN)
    if found is None:
        raise NotFound("There is no such part or line, or you may not see it.")
    return found


class _Editing:
    """One judged edit in the making: what is taken, what changes."""

    def __init__(self, primary: Primary, actor: Actor, parent: _Parent) -> None:
        self.primary, self.actor, self.parent = primary, actor, parent
        self.children = {c["wanted"]: c for c in parent.children or ()}
        self.lines = {UUID(row["uid"]): row for row in parent.lines or ()}
        self.taken = model.FindNumbers(parent.find_numbers)
        self.ids = list(parent.ids or ())
        self.deltas: list[Delta] = []
        self.added: list[tuple[int, UUID]] = []
        self.used: set[int] = set()

    async def run(self, operations: Sequence[Operation], if_match: str | None, message: str | None, *, whole: bool) -> Edited:
        self._check_seen(operations, if_match, whole=whole)
        _check_once(operations)
        uids = []
        for index, op in enumerate(operations):
            if index % TURN == TURN - 1:
                await asyncio.sleep(0)  # others get their turn on the event loop
            try:
                uids.append(await self._apply(op))
            except Invalid as refusal:
                if len(operations) > 1:
                    refusal.errors = [{"pointer": f"/operations/{index}", "message": refusal.detail}]
                raise
        if not self.deltas:
            raise Unchanged
        if (duplicate := self.taken.twice) is not None:
            raise model.find_number_taken(duplicate)
        return Edited(self._change(operations, message, whole=whole), uids)

    def _check_seen(self, operations: Sequence[Operation], if_match: str | None, *, whole: bool) -> None:
        if whole:
            check_version(if_match, self.parent.bom_version)
            return
        (op,) = operations
        assert not isinstance(op, AddLine)
        check_version(if_match, f"{self.parent.branch_id}-{self._line(op.line)['from_seq']}")

    async def _apply(self, op: Operation) -> UUID:
        match op:
            case AddLine():
                return await self._add(op)
            case ChangeLine():
                return await self._patch(op)
            case RemoveLine():
                row = self._line(op.line)
                self._free(row["find_number"])
                self.deltas.append(Delta(BOM_V.name, row["line_id"], op.line, row["from_seq"], None))
                return op.line

    async def _add(self, op: AddLine) -> UUID:
        child = await self._usable(str(op.child) if op.child else spelled(op.child_number or ""))
        unit = op.unit or child.unit
        model.check_unit(unit, child.unit)
        uid, line_id = new_uid(), self.ids.pop(0)
        self.added.append((line_id, uid))
        find_number = op.find_number if op.find_number is not None else self.taken.next()
        self._take(find_number)
        fields = {
            "parent_id": Ref(self.parent.item_id, self.parent.uid),
            "child_id": Ref(child.item_id, child.uid),
            "quantity": model.quantity(op.quantity),
            "unit": unit,
            "quantity_kind": op.quantity_kind.value,
            "find_number": find_number,
            "designators": model.designator_map(op.designators),
            "note": op.note,
            "placements": {k: list(v) for k, v in op.placements.items()},
        }
        self.deltas.append(Delta(BOM_V.name, line_id, uid, None, fields))
        return uid

    async def _patch(self, op: ChangeLine) -> UUID:
        row = self._line(op.line)
        old = self._fields(row)
        fields, patch, child_unit = dict(old), op.patch, row["child_unit"]
        if patch.get("child"):
            child = await self._usable(str(patch["child"]))
            fields["child_id"], child_unit = Ref(child.item_id, child.uid), child.unit
        for name in ("unit", "note", "quantity_kind", "find_number"):
            if name in patch:
                fields[name] = patch[name]
        if "quantity" in patch:
            fields["quantity"] = model.quantity(patch["quantity"])
        if "designators" in patch:
            fields["designators"] = model.designator_map(patch["designators"] or ())
        model.check_unit(fields["unit"], child_unit)
        if fields != old:
            self._free(old["find_number"])
            self._take(fields["find_number"])
            self.deltas.append(Delta(BOM_V.name, row["line_id"], op.line, row["from_seq"], fields))
        return op.line

    def _fields(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "parent_id": Ref(self.parent.item_id, self.parent.uid),
            "child_id": Ref(row["child_id"], UUID(row["child_uid"])),
            "quantity": Decimal(str(row["quantity"])),
            **{name: row[name] for name in ("unit", "quantity_kind", "find_number", "designators", "note", "placements")},
        }

    def _line(self, uid: UUID) -> dict[str, Any]:
        row = self.lines.get(uid)
        if row is None:
            raise NotFound("There is no such line in this BOM any more.")
        return row

    async def _usable(self, wanted: str) -> model.Usable:
        row = self.children.get(wanted)
        if row is None:
            raise Invalid(
                f"There is no part {wanted[:100]}, or you may not see it.",
                code="unknown_child",
                errors=[{"pointer": "/child", "message": "no such part"}],
            )
        child = model.Usable(row["item_id"], UUID(row["uid"]), row["number"], row["phase"], row["unit"], row["program_id"])
        model.check_phase(child)
        if child.item_id in self.parent.ancestors:
            raise model.cycle(await self._cycle_path(child))
        self.used.add(child.item_id)
        return child

    async def _cycle_path(self, child: model.Usable) -> list[dict[str, Any]]:
        """Parent → child → … → parent, with what the actor may not see left unnamed."""
        start = {"id": str(self.parent.uid), "number": self.parent.number}
        rows = await self.primary.rows(queries.EDGES_UP, {"item_id": self.parent.item_id, "programs": self.actor.programs})
        below = {row["parent_id"]: row["child_id"] for row in rows}
        names = {row["parent_id"]: {"id": str(row["uid"]) if row["uid"] else None, "number": row["number"]} for row in rows}
        path, item = [start], child.item_id
        while item != self.parent.item_id:
            path.append(names[item])
            item = below[item]
        return [*path, start]

    def _take(self, number: int | None) -> None:
        if number is not None:
            self.taken.take(number)

    def _free(self, number: int | None) -> None:
        if number is not None:
            self.taken.free(number)

    def _change(self, operations: Sequence[Operation], message: str | None, *, whole: bool) -> Change:
        parent, branch = self.parent, self.parent.branch_id
        expectations = (
            [Statement(queries.EXPECT_BOM, {"branch_id": branch, "parent_id": parent.item_id, "seen": parent.bom_seq})] if whole else []
        )
        checks = [Statement(queries.EXPECT_FIND_NUMBERS, {"branch_id": branch, "parents": [parent.item_id]})] if not whole else []
        if self.used:
            expectations.append(expect_open(branch, [parent.item_id, *sorted(self.used)]))
            checks.append(Statement(queries.EXPECT_ACYCLIC, {"branch_id": branch, "parents": [parent.item_id]}))
        lines = [{"ids": [i for i, _ in self.added], "uids": [u for _, u in self.added]}] if self.added else []
        return Change(
            author=Author(self.actor.user_id, self.actor.uid),
            message=message or f"{_words(operations)} of {parent.number}",
            programs=frozenset({parent.program_id}),
            deltas=tuple(self.deltas),
            before=tuple(Statement(queries.INSERT_LINES, p) for p in lines),
            expectations=tuple(expectations),
            checks=tuple(checks),
            events=(
                Event(
                    "bom.changed", parent.uid, self.actor.user_id, parent.program_id, {"number": parent.number, "lines": len(self.deltas)}
                ),
            ),
        )


def _check_once(operations: Sequence[Operation]) -> None:
    seen: set[UUID] = set()
    for index, op in enumerate(operations):
        if isinstance(op, AddLine):
            continue
        if op.line in seen:
            raise Invalid(
                "A line is named by two operations of one batch. Say everything about it in one.",
                code="line_named_twice",
                errors=[{"pointer": f"/operations/{index}/line", "message": "named before"}],
            )
        seen.add(op.line)


def _words(operations: Sequence[Operation]) -> str:
    if len(operations) > 1:
        return f"Change {len(operations)} lines"
    return {AddLine: "Add a line", ChangeLine: "Change a line", RemoveLine: "Remove a line"}[type(operations[0])]


__all__ = ["OPERATIONS_MAX", "AddLine", "ChangeLine", "Edited", "Operation", "RemoveLine", "judge"]
