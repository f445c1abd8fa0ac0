"""Use cases of proposals: ask for one, match it, read its rows, discard it. `review` and `accept` have the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.bom import bulk
from cascadia.bom.bulk import OpenLine
from cascadia.bom.model import QuantityKind, designator_list
from cascadia.items import service as items
from cascadia.items.model import ItemRow
from cascadia.kernel.db import Read, Write
from cascadia.kernel.errors import Conflict, Invalid, NotFound
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.kernel.text import alike
from cascadia.proposals import problems, queries
from cascadia.proposals.matching import Choice, Hit, LineRow, PartRow, Verdict, match_lines, match_parts
from cascadia.structures.limits import Problem
from cascadia.structures.model import Component, LineGroup, Structure, Totals, bom_lines, name_of, reader_of, titled, totals
from cascadia.vault import service as vault

ROWS_MAX: Final = 10_000
CURSOR_START: Final = -1


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as queries return it."""

    proposal_id: int
    uid: UUID
    file_uid: UUID
    file_name: str
    media_type: str
    project_uid: UUID
    project_code: str
    project_name: str
    program_id: int
    branch: str
    base_seq: int | None
    state: str
    error: dict[str, str] | None
    counts: dict[str, int] | None
    notes: list[dict[str, Any]]
    created_at: datetime
    changed_at: datetime
    created_by_uid: UUID
    created_by_name: str
    commit_seq: int | None
    commit_uid: UUID | None
    root_row: UUID | None
    root_uid: UUID | None
    root_number: str | None
    job: UUID | None
    to_mend: int


@dataclass(frozen=True, slots=True)
class Source:
    """A proposal with its file, as a job works on it."""

    proposal_id: int
    uid: UUID
    waits: bool
    created_by: int
    project_id: int
    program_id: int
    project_code: str
    file_id: int
    file_uid: UUID
    file_name: str
    blob_id: int
    base_seq: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a proposal as queries return it."""

    row_id: int
    uid: UUID
    ordinal: int
    kind: str
    component: str | None
    parent: str | None
    child: str | None
    found: dict[str, Any]
    verdict: str
    match_id: int | None
    match_by: str | None
    candidates: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    line_id: int | None
    choice: str
    number: str | None
    name: str | None
    description: str | None
    problems: list[dict[str, Any]]
    match_uid: UUID | None
    match_number: str | None
    match_name: str | None
    parent_row: UUID | None
    child_row: UUID | None


async def request(write: Write, actor: Actor, file: UUID, project: UUID) -> UUID:
    """A proposal in state `waiting`: its file is converted and matched by jobs. 422 for a file that nothing can read."""
    source = await vault.file_by_uid(write, actor, file)
    reader = reader_of(source.name, source.media_type)
    if reader is None:
        raise Invalid(
            f"{source.name} is neither a STEP file nor a CSV parts list, so no product structure can be read from it.",
            code="unreadable_file",
            errors=[{"pointer": "/file", "message": "no STEP or CSV file"}],
        )
    rows = await write.rows(queries.PROJECT, {"uid": project, "programs": actor.programs})
    if not rows:
        raise NotFound("There is no such project, or you may not see it.")
    place = rows[0]
    actor.require("proposal.create", place["program_id"])
    uid = new_uid()
    await write.execute(
        queries.INSERT, {"uid": uid, "file_id": source.file_id, "project_id": place["project_id"], "actor_id": actor.user_id}
    )
    data = {"file": str(file), "name": source.name, "sha256": source.sha256, "project": str(project), "reader": reader.value}
    await write.emit(Event("proposal.requested", uid, actor.user_id, place["program_id"], data))
    return uid


async def find(read: Read, actor: Actor, uid: UUID) -> ProposalRow:
    """The proposal; 404 where there is none that the actor may see."""
    row = await read.one(queries.ONE, ProposalRow, {"uid": uid, "programs": actor.programs})
    if row is None:
        raise NotFound("There is no such proposal, or you may not see it.")
    return row


async def page(
    read: Read, actor: Actor, paging: PageRequest, *, project: UUID | None, state: str | None
) -> tuple[list[ProposalRow], str | None]:
    """One page of proposals, newest first."""
    params = {"programs": actor.programs, "project": project, "state": state, "before": paging.after(int)[0]}
    rows = await read.all(queries.PAGE, ProposalRow, {**params, "limit": paging.limit + 1})
    return paging.cut(rows, lambda row: [row.proposal_id])


async def rows_page(read: Read, proposal: ProposalRow, paging: PageRequest, kind: str | None) -> tuple[list[Row], str | None]:
    """One page of a proposal's rows: parts first, then lines, in the order of the file."""
    (after,) = paging.after(int)
    params = {"proposal_id": proposal.proposal_id, "kind": kind, "after": CURSOR_START if after is None else after}
    rows = await read.all(queries.ROW_PAGE, Row, {**params, "limit": paging.limit + 1})
    return paging.cut(rows, lambda row: [row.ordinal])


async def all_rows(read: Read, proposal_id: int) -> list[Row]:
    """Every row of a proposal; 422 where there are more than one commit may hold."""
    params = {"proposal_id": proposal_id, "kind": None, "after": CURSOR_START, "limit": ROWS_MAX + 1}
    rows = await read.all(queries.ROW_PAGE, Row, params)
    if len(rows) > ROWS_MAX:
        raise Invalid(
            f"A proposal of more than {ROWS_MAX} rows cannot be accepted at once. Import its sub-assemblies.", code="too_many_rows"
        )
    return rows


async def source_of(read: Read, uid: UUID) -> Source | None:
    """The proposal with its file, for a job; asks for no permission."""
    return await read.one(queries.WAITING, Source, {"uid": uid})


async def find_hits(read: Read, actor: Actor, project_id: int, structure: Structure) -> list[Hit]:
    """The items that the components may be, as far as the actor sees them."""
    wanted = [
        {"component": c.key, "number": c.number, "name": None if c.own_number else name_of(c), "hash": c.geometry_hash}
        for c in structure.components
    ]
    found = await read.all(queries.HITS, Hit, {"wanted": Jsonb(wanted), "project_id": project_id, "programs": actor.programs})
    names = {c.key: alike(c.name) for c in structure.components}
    return [hit for hit in found if hit.match_by != "name" or alike(hit.name) == names[hit.component]]


async def match(write: Write, actor: Actor, source: Source, structure: Structure) -> None:
    """Writes the proposal's rows anew from today's items and opens it. Choices that a person made before are lost."""
    base_seq = await write.value(queries.HEAD_SEQ)
    structure = titled(structure, PurePath(source.file_name).stem or source.file_name)
    parts = match_parts(structure, await find_hits(write, actor, source.project_id, structure))
    used = {row.component: row.match_id for row in parts if row.match_id is not None}
    lines = await lines_of(write, actor, bom_lines(structure), used)
    sums = totals(structure)
    rows = [_part_json(sums, n, row) for n, row in enumerate(parts)]
    rows += [line_json(n, row) for n, row in enumerate(lines, start=len(rows))]
    await write.execute(queries.DELETE_ROWS, {"proposal_id": source.proposal_id, "kind": None})
    await write.execute(queries.INSERT_ROWS, {"proposal_id": source.proposal_id, "rows": Jsonb(rows)})
    counts = {**sums.counts, **_verdicts(parts, lines)}
    notes = [msgspec.structs.asdict(note) for note in structure.notes]
    opened = {"proposal_id": source.proposal_id, "base_seq": base_seq, "counts": Jsonb(counts), "notes": Jsonb(notes)}
    await write.execute(queries.OPEN, opened)
    await write.emit(Event("proposal.opened", source.uid, actor.user_id, source.program_id, {"file": str(source.file_uid)}))


async def lines_of(read: Read, actor: Actor, groups: Sequence[LineGroup], used: Mapping[str, int]) -> list[LineRow]:
    """Rows of the lines of a file, for the items that its components are taken for."""
    ids = sorted(set(used.values()))
    fixed = frozenset(item.item_id for item in await items.by_ids(read, actor, ids) if not may_change(actor, item))
    return match_lines(groups, used, await bulk.open_lines(read, ids), fixed)


def may_change(actor: Actor, item: ItemRow) -> bool:
    """A file changes only parts, and lines of parts, that its person may edit and that were never released."""
    return item.revision is None and actor.may("part.edit", item.program_id)


def _verdicts(parts: Sequence[PartRow], lines: Sequence[LineRow]) -> dict[str, int]:
    return {
        "new": sum(p.verdict is Verdict.NEW for p in parts),
        "matched": sum(p.verdict is Verdict.MATCHED for p in parts),
        "changed": sum(bool(p.changes) for p in parts) + sum(x.verdict in (Verdict.CHANGE, Verdict.REMOVE) for x in lines),
        "unchanged": sum(x.verdict is Verdict.SAME for x in lines),
    }


def _part_json(sums: Totals, ordinal: int, row: PartRow) -> dict[str, Any]:
    component = sums.structure.components[ordinal]
    place = {"is_root": component.key == sums.structure.root, "quantity": sums.per_component.get(component.key, 0)}
    found = {**_component_json(component), **place}
    number = component.number if component.own_number else None
    return {
        "uid": str(new_uid()),
        "ordinal": ordinal,
        "kind": "part",
        "component": row.component,
        "found": found,
        "verdict": row.verdict.value,
        "match_id": row.match_id,
        "match_by": row.match_by,
        "candidates": row.candidates,
        "changes": row.changes,
        "choice": row.choice.value,
        "number": number,
        "problems": problems.as_json(problems.of_part(component, row.choice, number, None, None)),
    }


def _component_json(component: Component) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(component)
    del found["key"]
    return found


def line_json(ordinal: int, row: LineRow) -> dict[str, Any]:
    return {
        "uid": str(new_uid()),
        "ordinal": ordinal,
        "kind": "line",
        "parent": row.parent,
        "child": row.child,
        "found": {
            **(_group_json(row.group) if row.group else {}),
            **(_old_json(row.line) if row.line else {}),
            "default": row.choice.value,
        },
        "verdict": row.verdict.value,
        "line_id": row.line.line_id if row.line else None,
        "candidates": [],
        "changes": [],
        "choice": row.choice.value,
        "problems": problems.as_json(problems.of_line(row.group, row.choice, row.verdict)),
    }


def _group_json(group: LineGroup) -> dict[str, Any]:
    return {
        "placements": dict(group.placements),
        "designators": designator_list(group.designators),
        "quantity": f"{group.quantity:f}",
        "fitted": group.fitted,
        "otherwise": None if group.otherwise is None else f"{group.otherwise:f}",
        "line": group.line,
        "unit": group.unit,
        "kind": group.kind,
        "find": group.find,
        "note": group.note,
    }


def _old_json(line: OpenLine) -> dict[str, Any]:
    return {
        "old_quantity": f"{line.quantity:f}",
        "old_designators": designator_list(line.designators),
        "old_child": line.child_number,
    }


def group_of(row: Row) -> LineGroup | None:
    """The line of the file that a row is about; None for a line that only the BOM has."""
    found = row.found
    if row.parent is None or row.child is None or found.get("quantity") is None:
        return None
    return LineGroup(
        row.parent,
        row.child,
        Decimal(found["quantity"]),
        found.get("placements", {}),
        frozenset(found.get("designators", ())),
        found.get("fitted", True),
        Decimal(found["otherwise"]) if found.get("otherwise") else None,
        found.get("line", ""),
        found.get("unit"),
        QuantityKind(found["kind"]) if found.get("kind") else None,
        found.get("find"),
        found.get("note"),
    )


def component_of(row: Row) -> Component:
    """The component that a part row is about."""
    known = {name: row.found[name] for name in Component.__struct_fields__ if name in row.found}
    return msgspec.convert({"key": row.component or "", **known}, Component)


def problems_of(row: Row) -> list[Problem]:
    """What the row has that cannot be written, as it is decided now."""
    if row.kind == "part":
        return problems.of_part(component_of(row), row.choice, row.number, row.name, row.description)
    return problems.of_line(group_of(row), row.choice, row.verdict)


def used_items(rows: Sequence[Row]) -> dict[str, int]:
    """Component → item, for the part rows that use one."""
    return {r.component: r.match_id for r in rows if r.kind == "part" and r.component and r.match_id and r.choice == Choice.USE}


def not_open(state: str) -> Conflict:
    """The refusal of what only an open proposal allows."""
    return Conflict(f"This proposal is {state}, so it does not change any more.", code="proposal_not_open")


async def discard(write: Write, actor: Actor, proposal: ProposalRow) -> None:
    """Closes a proposal that nobody wants; nothing was changed by it."""
    actor.require("proposal.create", proposal.program_id)
    state = await write.value(queries.LOCK, {"proposal_id": proposal.proposal_id})
    if state not in ("open", "waiting", "failed", "stale"):
        raise not_open(str(state))
    await write.execute(queries.DISCARD, {"proposal_id": proposal.proposal_id})
    await write.emit(Event("proposal.discarded", proposal.uid, actor.user_id, proposal.program_id))


async def fail(write: Write, uid: UUID, program_id: int, actor_id: int | None, error: Mapping[str, str]) -> None:
    """Ends a waiting proposal whose file could not be read, with the words for the person."""
    if await write.value(queries.FAIL, {"uid": uid, "error": Jsonb(dict(error))}):
        await write.emit(Event("proposal.failed", uid, actor_id, program_id, {"code": error.get("code", "")}))
