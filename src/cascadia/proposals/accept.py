"""Accepting a proposal: its rows become one `Change`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.bom import bulk
from cascadia.bom.bulk import OpenLine
from cascadia.bom.model import FindNumbers, check_unit, designator_list
from cascadia.items import service as items
from cascadia.items.attributes import merge_attributes
from cascadia.items.model import ItemRow, clean_name
from cascadia.items.service import fields_of
from cascadia.kernel.aside import beside
from cascadia.kernel.db import Primary
from cascadia.kernel.errors import Conflict, Forbidden, Invalid
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.naming import listed
from cascadia.kernel.statements import Statement
from cascadia.kernel.text import fold
from cascadia.parts.model import DEFAULT_UNIT, PART
from cascadia.proposals import opening, queries, service
from cascadia.proposals.finds import free_finds
from cascadia.proposals.matching import changed_fields
from cascadia.proposals.model import Choice, Verdict
from cascadia.proposals.opening import may_change
from cascadia.proposals.parts import measured
from cascadia.proposals.reading import refuse_wrong
from cascadia.proposals.rereading import reading_of
from cascadia.proposals.rows import (
    Row,
    component_of,
    default_of,
    file_group_of,
    group_of,
    keeps_child,
    problems_of,
    product_of_row,
    used_items,
)
from cascadia.proposals.service import ProposalRow, Source
from cascadia.proposals.standing import Said, said_of
from cascadia.structures.model import LineGroup, Reader, reader_of
from cascadia.vault import service as vault
from cascadia.vault.model import AttachmentRole, NewAttachment
from cascadia.vault.service import CadAttachment
from cascadia.versioning.model import Author, Change, Delta, Ref, Unchanged

NAMED: Final = 5
NAMED_ROWS: Final = 100
"""Rows that a refusal names by their ids."""
NAMED_LENGTH: Final = 60


@dataclass(frozen=True, slots=True)
class _Drawn:
    items: list[int] | None
    lines: list[int] | None
    numbers: list[str] | None
    taken: list[str]


class NoChange(Exception):
    """Accepting writes nothing: everything is as the file says. `statements` close the proposal, and remember what its file became."""

    def __init__(self, statements: Sequence[Statement], event: Event) -> None:
        self.statements, self.event = statements, event


@dataclass(slots=True)
class _Plan:
    """A change in the making."""

    deltas: list[Delta] = field(default_factory=list)
    created: list[dict[str, Any]] = field(default_factory=list)
    aliases: list[dict[str, Any]] = field(default_factory=list)
    row_items: list[tuple[int, int]] = field(default_factory=list)
    lines: list[tuple[int, UUID]] = field(default_factory=list)
    attachments: list[NewAttachment] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    edited: set[int] = field(default_factory=set)


async def judge(primary: Primary, actor: Actor, proposal: ProposalRow, message: str | None) -> Change:
    """What accepting the proposal writes; 409 `proposal_moved` where its parts changed since it was matched.

    Raises `NoChange` where that is nothing, and `Unchanged` where it was nothing before.
    """
    actor.require("proposal.accept", proposal.program_id)
    if proposal.state == "accepted" and proposal.commit_uid is None:
        raise Unchanged
    if proposal.state != "open":
        raise service.not_open(proposal.state)
    refuse_wrong((await reading_of(primary, proposal))["report"])
    source = await service.source_of(primary, proposal.uid)
    assert source
    rows = await service.all_rows(primary, proposal.proposal_id)
    await beside(lambda: _refuse_unready([row for row in rows if not row.left_out]))
    return await _Accepting(primary, actor, proposal, source, rows).run(message)


def _refuse_unready(rows: Sequence[Row]) -> None:
    """What cannot be written is mended or skipped before, what was guessed is confirmed: the refusal names all rows, by their ids too."""
    parts = {row.component: row.name or row.found["name"] or row.found["number"] for row in rows if row.kind == "part"}
    wrong = [(row, problem.field, problem.message) for row in rows for problem in problems_of(row)]
    if wrong:
        raise Invalid(
            f"Rows cannot be accepted as they are: {_named(parts, wrong)}. Mend or skip them, then accept.",
            code="rows_to_mend",
            errors=_pointers(wrong),
        )
    unseen = [row for row in rows if not row.confirmed and (row.kind == "line" or row.choice != Choice.SKIP)]
    guessed = [(row, "match" if row.kind == "part" else "choice", "; ".join(row.doubts)) for row in unseen]
    if guessed:
        raise Invalid(
            f"Rows are to be checked first: {_named(parts, guessed)}. Confirm them, or say otherwise what they are, then accept.",
            code="rows_to_check",
            errors=_pointers(guessed),
        )


def _named(parts: Mapping[str | None, str], rows: Sequence[tuple[Row, str, str]]) -> str:
    return listed([f"{parts.get(row.component or row.child, '')[:NAMED_LENGTH]}: {words}" for row, _, words in rows], NAMED)


def _pointers(rows: Sequence[tuple[Row, str, str]]) -> list[dict[str, str]]:
    return [{"pointer": f"/rows/{row.uid}/{field}", "message": words} for row, field, words in rows[:NAMED_ROWS]]


def _moved(names: Sequence[str]) -> Conflict:
    return Conflict(
        f"{listed(names, NAMED)} changed since this proposal was made. It was matched again: look at it, then accept.",
        code="proposal_moved",
    )


def _is_other(row: Row, now: Mapping[str, Any]) -> bool:
    """Whether something else would be proposed for the part today than was."""
    return row.choice != Choice.SKIP and row.found.get("default") not in (None, now)


def _applied(row: Row, field: str) -> list[Any]:
    return [change["new"] for change in row.changes if change["field"] == field and change.get("apply", True)]


def _attributes(row: Row) -> dict[str, Any]:
    """Of the changes of the row that are applied, those of attributes."""
    return {c["field"]: c["new"] for c in row.changes if c.get("apply", True) and c["field"] not in ("name", "alias")}


def _changed(row: Row, item: ItemRow) -> dict[str, Any]:
    """Every field of the item, with the changes of the row that are applied."""
    attributes = _attributes(row)
    names = _applied(row, "name")
    fields = {**fields_of(item), "attributes": merge_attributes(PART, item.attributes, attributes) if attributes else item.attributes}
    return {**fields, "name": clean_name(names[0])} if names else fields


class _Accepting:
    """One accept: reads what the rows refer to, then builds the change."""

    def __init__(self, primary: Primary, actor: Actor, proposal: ProposalRow, source: Source, rows: Sequence[Row]) -> None:
        self.primary, self.actor, self.proposal, self.source = primary, actor, proposal, source
        self.rows = rows
        self.parts = [r for r in rows if r.kind == "part" and not r.left_out]
        self.line_rows = [r for r in rows if r.kind == "line" and not r.left_out and r.choice == Choice.APPLY and r.verdict != Verdict.SAME]
        self.plan = _Plan()
        self.refs: dict[str, Ref] = {}
        self.units: dict[str, str] = {}
        self.line_ids: dict[int, int] = {}
        self.found: dict[int, tuple[int, int]] = {}

    async def run(self, message: str | None) -> Change:
        used = used_items(self.parts)
        present = {row.item_id: row for row in await items.by_ids(self.primary, self.actor, sorted(set(used.values())))}
        existing = await bulk.open_lines(self.primary, sorted(present))
        seen = await bulk.bom_versions(self.primary, sorted(present), 2**62)
        self._refuse_moved(used, present, seen)
        head = await self._refuse_found()
        self._refuse_fixed(used, present)
        creating = [r for r in self.parts if r.choice == Choice.CREATE]
        drawn = await self._draw(creating)
        await beside(lambda: self._apply(creating, present, existing, drawn))
        await self._attach(present)
        changed = {present[i].program_id for i in self.plan.touched | self.plan.edited if i in present}
        programs = frozenset({self.proposal.program_id, *changed})
        if not (self.plan.deltas or self.plan.created or self.plan.aliases or self.plan.attachments):
            closing = Statement(queries.CLOSE, {"proposal_id": self.proposal.proposal_id})
            raise NoChange((closing, self._remember(head), self._remember_lines(head)), self._events()[-1])
        return await beside(lambda: self._change(message, programs, {i: seen.get(i, 0) for i in self.plan.touched if i in present}, head))

    async def _refuse_found(self) -> int:
        """What was accepted meanwhile may be what this file's parts are: they are looked for again. Returns the newest commit seen."""
        head = int(await self.primary.value(queries.HEAD_SEQ))
        if head > (self.proposal.base_seq or 0):
            parts = [r for r in self.rows if r.kind == "part"]
            found = await opening.find(self.primary, self.actor, self.source, opening.given_of(parts), self.rows)
            moved = [row.name or row.found["name"] for row, now in zip(parts, found.rows, strict=True) if _is_other(row, default_of(now))]
            if moved:
                raise _moved(moved)
        return head

    def _refuse_moved(self, used: Mapping[str, int], present: Mapping[int, ItemRow], seen: Mapping[int, int]) -> None:
        base = self.proposal.base_seq or 0
        gone = [key for key, item in used.items() if item not in present]
        moved = [row.number for row in present.values() if row.from_seq > base or seen.get(row.item_id, 0) > base]
        if gone or moved:
            raise _moved([*moved, *gone])

    def _refuse_fixed(self, used: Mapping[str, int], present: Mapping[int, ItemRow]) -> None:
        """Lines are proposed as skipped where their assembly may not be edited: here somebody applies them all the same."""
        parents = {used.get(row.parent or "") for row in self.line_rows}
        fixed = sorted(row.number for row in present.values() if row.item_id in parents and not may_change(self.actor, row))
        if fixed:
            raise Forbidden(f"You may not edit {listed(fixed, NAMED)}, or it is released. Skip its lines, then accept.")

    async def _draw(self, creating: Sequence[Row]) -> _Drawn:
        typed = [r.number for r in creating if r.number]
        params = {
            "items": len(creating),
            "lines": sum(r.verdict == Verdict.ADD for r in self.line_rows),
            "project_code": self.source.project_code,
            "numbers": len(creating) - len(typed),
            "typed": typed,
        }
        drawn = await self.primary.one(queries.DRAWN, _Drawn, params)
        assert drawn
        if drawn.taken:
            raise items.number_taken(drawn.taken[0])
        if len({fold(n) for n in typed}) != len(typed):
            raise Invalid("Two rows would be created under one number. Give each its own.", code="number_twice")
        return drawn

    def _apply(self, creating: Sequence[Row], present: Mapping[int, ItemRow], existing: Sequence[OpenLine], drawn: _Drawn) -> None:
        self._create(creating, drawn)
        self._use(present)
        self._apply_lines(existing, list(drawn.lines or ()))

    def _create(self, creating: Sequence[Row], drawn: _Drawn) -> None:
        numbers, ids = list(drawn.numbers or ()), list(drawn.items or ())
        for row in creating:
            assert row.component
            component, item_id, uid = component_of(row), ids.pop(0), new_uid()
            number = row.number or numbers.pop(0)
            self.refs[row.component], self.units[row.component] = Ref(item_id, uid), component.unit or DEFAULT_UNIT
            self.plan.row_items.append((row.row_id, item_id))
            self.plan.created.append(
                {"item_id": item_id, "uid": str(uid), "kind": PART.name, "project_id": self.source.project_id, "number": number}
            )
            described = component.description if row.description is None else row.description
            attributes = measured(component) | ({"unit": component.unit} if component.unit else {}) | _attributes(row)
            fields = items.new_fields(row.name or component.name, described, merge_attributes(PART, {}, attributes))
            self.plan.deltas.append(items.item_delta(item_id, uid, None, fields))
            self._add_aliases(row, item_id)

    def _add_aliases(self, row: Row, item_id: int) -> None:
        self.plan.aliases += [{"item_id": item_id, "number": alias} for alias in _applied(row, "alias")]

    def _use(self, present: Mapping[int, ItemRow]) -> None:
        for row in self.parts:
            if row.choice != Choice.USE or row.match_id is None or row.component is None:
                continue
            item = present[row.match_id]
            self.refs[row.component] = Ref(item.item_id, item.uid)
            self.units[row.component] = item.attributes.get("unit", DEFAULT_UNIT)
            self.plan.used.add(item.item_id)
            if not may_change(self.actor, item) or item.item_id in self.plan.edited:
                continue
            self._add_aliases(row, item.item_id)
            fields = _changed(row, item)
            if fields != fields_of(item):
                self.plan.edited.add(item.item_id)
                self.plan.deltas.append(items.item_delta(item.item_id, item.uid, item.from_seq, fields))

    def _apply_lines(self, existing: Sequence[OpenLine], ids: list[int]) -> None:
        by_id = {line.line_id: line for line in existing}
        taken: dict[int, FindNumbers] = defaultdict(lambda: FindNumbers(()))
        for line in existing:
            taken[line.parent_id].take(line.find_number or 0)
        self.found = free_finds(self.line_rows, by_id, self.refs)
        for parent_id, found in self.found.values():
            taken[parent_id].take(found)
        for row in self.line_rows:
            parent, child = self.refs.get(row.parent or ""), self.refs.get(row.child or "")
            if row.verdict == Verdict.ADD and parent and child:
                number = self.found[row.row_id][1] if row.row_id in self.found else taken[parent.id].next()
                taken[parent.id].take(number)
                fields = self._new_fields(row, parent, child, number)
                self._line(ids.pop(0), new_uid(), None, fields, parent)
                self.line_ids[row.row_id] = self.plan.deltas[-1].id
                self.plan.lines.append((self.plan.deltas[-1].id, self.plan.deltas[-1].uid))
            elif row.line_id in by_id:
                self._existing(row, by_id[row.line_id])

    def _new_fields(self, row: Row, parent: Ref, child: Ref, find_number: int) -> dict[str, Any]:
        group = group_of(row)
        assert group
        fields = bulk.new_line(parent, child, find_number, self._unit(row, group), group.quantity)
        fields |= {"note": group.note, **({"quantity_kind": group.kind.value} if group.kind else {})}
        return {**fields, "placements": dict(group.placements), "designators": {name: {} for name in designator_list(group.designators)}}

    def _existing(self, row: Row, line: OpenLine) -> None:
        parent = Ref(line.parent_id, line.parent_uid)
        group, child = group_of(row), self.refs.get(row.child or "")
        if row.verdict == Verdict.REMOVE or group is None:
            self._line(line.line_id, line.uid, line.from_seq, None, parent)
        elif child is not None:
            fields = {**line.fields(), **changed_fields(group, line)}
            child = Ref(line.child_id, line.child_uid) if keeps_child(row) else child
            if row.row_id not in self.found:
                fields["find_number"] = line.find_number
            if child.id != line.child_id:
                fields |= {"child_id": child, "unit": self._unit(row, group)}
            elif fields["unit"] != line.unit:
                self._unit(row, group)
            self._line(line.line_id, line.uid, line.from_seq, fields, parent)

    def _unit(self, row: Row, group: LineGroup) -> str:
        """The unit of a line: the file's, which has to convert exactly to the part's own (rule 25), else the part's own."""
        own = self.units[row.child or ""]
        if group.unit is not None:
            check_unit(group.unit, own)
        return group.unit or own

    def _line(self, line_id: int, uid: UUID, seen: int | None, fields: Mapping[str, Any] | None, parent: Ref) -> None:
        self.plan.deltas.append(bulk.line_delta(line_id, uid, seen, fields))
        self.plan.touched.add(parent.id)

    async def _attach(self, present: Mapping[int, ItemRow]) -> None:
        """A CAD file shows each part: the root as a whole, the others as a component of it; a newer file of that name is checked in."""
        if reader_of(self.source.file_name, self.proposal.media_type) is not Reader.STEP:
            return
        shown = await vault.cad_attachments(self.primary, sorted(present))
        missing = await beside(lambda: self._missing(present, shown))
        ids = await vault.draw_attachment_ids(self.primary, len(missing)) if missing else []
        file = Ref(self.source.file_id, self.source.file_uid)
        for attachment_id, (ref, component) in zip(ids, missing, strict=True):
            self.plan.attachments.append(NewAttachment(attachment_id, new_uid(), ref, file, AttachmentRole.CAD, None, component))
            self.plan.edited.add(ref.id)

    def _missing(self, present: Mapping[int, ItemRow], shown: Sequence[CadAttachment]) -> list[tuple[Ref, str | None]]:
        """The parts that no CAD file shows yet, each with its component; older files of this name are replaced."""
        by_item: dict[int, list[CadAttachment]] = defaultdict(list)
        for attachment in shown:
            by_item[attachment.item_id].append(attachment)
        wanted = [(self.refs[r.component], None if r.found.get("is_root") else r.component) for r in self.parts if r.component in self.refs]
        mine = {ref: component for ref, component in wanted if self._is_mine(ref, present)}
        return [(ref, component) for ref, component in mine.items() if not self._checked_in(ref, component, by_item[ref.id])]

    def _is_mine(self, ref: Ref, present: Mapping[int, ItemRow]) -> bool:
        item = present.get(ref.id)
        return item is None or may_change(self.actor, item)

    def _checked_in(self, ref: Ref, component: str | None, mine: Sequence[CadAttachment]) -> bool:
        """Whether one of its attachments shows the item: this file's, another one's, or an older file of this name, which is replaced."""
        if not mine or any(a.blob_id == self.source.blob_id for a in mine):
            return bool(mine)
        older = next((a for a in mine if a.name == self.source.file_name), None)
        if older:
            fields = {
                "item_id": ref,
                "file_id": Ref(self.source.file_id, self.source.file_uid),
                "role": AttachmentRole.CAD.value,
                "category": older.category,
                "component": component,
            }
            self.plan.edited.add(ref.id)
            self.plan.deltas.append(vault.attachment_delta(older.attachment_id, older.uid, older.from_seq, fields))
        return True

    def _place(self) -> dict[str, Any]:
        root = next((self.refs[r.component].id for r in self.parts if r.found.get("is_root") and r.component in self.refs), None)
        return {"project_id": self.source.project_id, "file_name": self.source.file_name, "root": root}

    def _remember_lines(self, seq: int | None) -> Statement:
        """What the file says of each line that is there, or was taken out by hand, whatever was applied of it."""
        made = dict(self.line_ids)
        said: dict[int, Said] = {}
        for row in (row for row in self.rows if row.kind == "line" and not row.left_out):
            group, parent, child = file_group_of(row), self.refs.get(row.parent or ""), self.refs.get(row.child or "")
            line_id = row.line_id or made.get(row.row_id) or row.found.get("gone")
            if group is not None and group.fitted and parent and child and line_id:
                said[line_id] = said_of(line_id, parent.id, child.id, group)
        lines = [{**asdict(each), "quantity": f"{each.quantity:f}", "designators": list(each.designators)} for each in said.values()]
        return Statement(queries.REMEMBER_LINES, {**self._place(), "seq": seq, "lines": Jsonb(lines)})

    def _remember(self, seq: int | None) -> Statement:
        """What each component became, for the next state of the file."""
        sources = [
            {
                "key": product_of_row(row).sources[0],
                "item_id": self.refs[row.component].id,
                "number": row.found["number"],
                "name": row.found["name"],
                "geometry": row.found.get("shape") or row.found.get("geometry_hash"),
                "match_by": row.match_by if row.choice == Choice.USE else None,
            }
            for row in self.parts
            if row.component in self.refs
        ]
        return Statement(queries.REMEMBER, {**self._place(), "seq": seq, "sources": Jsonb(sources)})

    def _change(self, message: str | None, programs: frozenset[int], seen: Mapping[int, int], head: int) -> Change:
        plan, proposal = self.plan, self.proposal
        uid = new_uid()
        before = [Statement(queries.ACCEPT, {"proposal_id": proposal.proposal_id, "commit_uid": uid})]
        if plan.created:
            before += items.identities(plan.created)
            rows, ids = zip(*plan.row_items, strict=True)
            before.append(Statement(queries.CREATED, {"rows": list(rows), "items": list(ids)}))
        if plan.aliases:
            before.append(items.more_aliases(plan.aliases))
        before += bulk.identities(plan.lines)
        deltas = list(plan.deltas)
        if plan.attachments:
            statement, more = vault.attachment_rows(plan.attachments)
            before.append(statement)
            deltas += more
        expectations, checks = bulk.guards(seen, sorted(plan.used), sorted(plan.touched))
        return Change(
            author=Author(self.actor.user_id, self.actor.uid),
            message=message or f"Import {self.source.file_name}",
            programs=programs,
            deltas=tuple(deltas),
            kind="import",
            uid=uid,
            before=tuple(before),
            expectations=(
                Statement(queries.EXPECT_NO_IMPORT, {"project_id": self.source.project_id, "seq": head}),
                *expectations,
                self._remember(None),
                self._remember_lines(None),
            ),
            checks=checks,
            events=tuple(self._events()),
        )

    def _events(self) -> list[Event]:
        actor, program = self.actor.user_id, self.proposal.program_id
        data = {"file": str(self.source.file_uid), "created": len(self.plan.created), "rows": len(self.plan.deltas)}
        made = [Event(f"{PART.name}.created", UUID(i["uid"]), actor, program, {"number": i["number"]}) for i in self.plan.created]
        return [*made, Event("proposal.accepted", self.proposal.uid, actor, program, data)]
