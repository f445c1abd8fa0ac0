"""Reviewing a proposal: what a person decides about its rows, and what follows from that for others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.items.model import clean_name, clean_number
from cascadia.kernel.db import Write
from cascadia.kernel.errors import Invalid, NotFound
from cascadia.proposals import finding, opening, queries, service
from cascadia.proposals.model import Choice, Verdict
from cascadia.proposals.parts import PartRow, together, used_row
from cascadia.proposals.problems import as_json
from cascadia.proposals.rows import Row, component_of, file_group_of, problems_of, product_of_row, proposed, used_items
from cascadia.proposals.service import ProposalRow, Source
from cascadia.structures.model import LineGroup

DECIDED: Final = (
    *("verdict", "match_id", "match_by", "certainty", "doubts", "confirmed", "decided", "candidates", "changes", "choice"),
    *("number", "name", "description", "found"),
)
"""What a decision may set of a row."""


async def choose(write: Write, actor: Actor, proposal: ProposalRow, row_uid: UUID, patch: Mapping[str, Any]) -> Row:
    """Sets what a row does: `choice`, for parts `use` (an item), `number`, `name`. Line rows follow from the parts' choices."""
    actor.require("proposal.create", proposal.program_id)
    await service.require_state(write, proposal, "open")
    params = {"proposal_id": proposal.proposal_id, "row": row_uid}
    row = await write.one(queries.ONE_ROW, Row, params)
    if row is None:
        raise NotFound("This proposal has no such row.")
    source = await service.source_of(write, proposal.uid)
    assert source
    if row.kind == "line":
        values = await _line_choice(write, actor, source, row, patch)
    else:
        values = {**await _part_choice(write, actor, source, row, patch), **_typed(patch)}
    await _update(write, row, values)
    if row.kind == "part" and ("choice" in patch or values.get("match_id", row.match_id) != row.match_id):
        await _follow(write, actor, source, row)
    await opening.count(write, source)
    changed = await write.one(queries.ONE_ROW, Row, params)
    assert changed
    return changed


async def confirm(write: Write, actor: Actor, proposal: ProposalRow, rows: Sequence[UUID] | None) -> None:
    """Says that rows marked *check* are right as they are: these, or (None) all of them."""
    actor.require("proposal.create", proposal.program_id)
    await service.require_state(write, proposal, "open")
    params = {"proposal_id": proposal.proposal_id, "rows": None if rows is None else list(rows)}
    if rows is not None and await write.value(queries.UNKNOWN_ROWS, params):
        raise NotFound("This proposal has no such row.")
    await write.execute(queries.CONFIRM, params)
    source = await service.source_of(write, proposal.uid)
    assert source
    await opening.count(write, source)


async def _follow(write: Write, actor: Actor, source: Source, row: Row) -> None:
    """What follows from the choice of a part: of the root, who all others are; of any, what its lines do."""
    rows = await service.every_row(write, source.proposal_id)
    if row.found.get("is_root"):
        await opening.match_again(write, actor, source, rows)
        return
    groups = [group for r in rows if r.kind == "line" and (group := file_group_of(r))]
    lines = await opening.lines_of(write, actor, source, groups, used_items(rows))
    made = opening.line_rows(lines, rows, start=sum(r.kind == "part" for r in rows))
    await write.execute(queries.DELETE_ROWS, {"proposal_id": source.proposal_id, "kind": "line"})
    await write.execute(queries.INSERT_ROWS, {"proposal_id": source.proposal_id, "rows": Jsonb(made)})


def _typed(patch: Mapping[str, Any]) -> dict[str, Any]:
    """What a person says of a part to be created; None: as in the file."""
    typed: dict[str, Any] = {}
    if "number" in patch:
        typed["number"] = clean_number(patch["number"]) if patch["number"] else None
    if "name" in patch:
        typed["name"] = clean_name(patch["name"]) if patch["name"] else None
    if "description" in patch:
        typed["description"] = patch["description"]
    return typed


async def _line_choice(write: Write, actor: Actor, source: Source, row: Row, patch: Mapping[str, Any]) -> dict[str, Any]:
    choice = patch.get("choice", row.choice if "quantity" in patch or "take" in patch else Choice.APPLY)
    if choice not in (Choice.APPLY, Choice.SKIP):
        raise Invalid("A line is applied or skipped.", code="bad_choice", errors=[{"pointer": "/choice", "message": "apply or skip"}])
    decided = {"choice": choice, "decided": True, "confirmed": True}
    if patch.get("take"):
        decided |= _taken(row, patch["take"])
    if patch.get("quantity") is None:
        return decided
    changes = [{**change, "apply": change["apply"] or change["field"] == "quantity"} for change in row.changes]
    return {"changes": changes, **decided, **await _with_quantity(write, actor, source, row, patch["quantity"])}


def _taken(row: Row, take: Mapping[str, bool]) -> dict[str, Any]:
    """The line with what a person takes of the file although it was changed by hand since the file before."""
    changes = _applied(row.changes, take)
    taken = any(change["apply"] for change in changes)
    if row.verdict in (Verdict.SAME, Verdict.CHANGE):
        others = row.found.get("default_verdict", row.verdict)
        return {"changes": changes, "verdict": Verdict.CHANGE.value if taken else others}
    return {"changes": changes}


async def _with_quantity(write: Write, actor: Actor, source: Source, row: Row, quantity: Decimal) -> dict[str, Any]:
    """The line with the quantity that a person says instead of the file's, and what it does then.

    Where that is one of two readings, it tells how the list's numbers are read: the other lines that ask the same follow.
    """
    group = file_group_of(row)
    if group is None or group.designators or group.placements or quantity <= 0:
        raise Invalid(
            "The quantity of this line is how many designators or placements it has, or none above zero was typed. Skip the line, "
            "or correct the file.",
            code="bad_choice",
            errors=[{"pointer": "/quantity", "message": "not of this line"}],
        )
    rows = await service.all_rows(write, source.proposal_id)
    found = [(other, of) for other in rows if other.kind == "line" and (of := file_group_of(other))]
    decided = [
        replace(of, quantity=quantity, otherwise=None) if other.row_id == row.row_id else _follows(of, group, quantity)
        for other, of in found
    ]
    lines = await opening.lines_of(write, actor, source, decided, used_items(rows))
    changed = {
        other.row_id: {"found": {**other.found, "quantity": f"{now.quantity:f}", "otherwise": None}, "verdict": line.verdict}
        for (other, of), now, line in zip(found, decided, lines, strict=False)
        if now != of or other.row_id == row.row_id
    }
    mine = changed.pop(row.row_id)
    for other, _ in found:
        if other.row_id in changed:
            await _update(write, other, changed[other.row_id])
    return mine


def _follows(of: LineGroup, asked: LineGroup, answer: Decimal) -> LineGroup:
    """The line as it is read when `asked` was answered so."""
    if of.otherwise is None or asked.otherwise is None or answer not in (asked.quantity, asked.otherwise):
        return of
    return replace(of, quantity=of.quantity if answer == asked.quantity else of.otherwise, otherwise=None)


async def _update(write: Write, row: Row, decided: Mapping[str, Any]) -> None:
    values: dict[str, Any] = {**{name: getattr(row, name) for name in DECIDED}, **decided}
    problems = as_json(problems_of(replace(row, **values)))
    jsons = {"problems": Jsonb(problems), **{name: Jsonb(values[name]) for name in ("changes", "found", "doubts", "candidates")}}
    await write.execute(queries.UPDATE_ROW, {**values, **jsons, "row_id": row.row_id})


async def _part_choice(write: Write, actor: Actor, source: Source, row: Row, patch: Mapping[str, Any]) -> dict[str, Any]:
    if "choice" not in patch and "use" not in patch:
        return {"changes": _applied(row.changes, patch.get("take") or {}), "decided": True}
    choice = patch.get("choice", Choice.USE)
    product = product_of_row(row)
    if choice in (Choice.CREATE, Choice.SKIP):
        numbering, _ = await finding.numbers_of(write, [product])
        now = opening.not_used(product, _row_of(row), Choice(choice), numbering)
        return {**proposed(now), "number": row.number, "decided": True, "confirmed": True}
    uid = patch.get("use") or row.match_uid
    if choice != Choice.USE or uid is None:
        raise Invalid("A part is created, skipped, or an existing one is used (`use`: its id).", code="bad_choice")
    hit = await finding.hit_of(write, actor, source.project_id, product.key, uid)
    if hit is None:
        raise Invalid(
            "There is no such part, or you may not see it.", code="unknown_part", errors=[{"pointer": "/use", "message": "no such part"}]
        )
    numbering, _ = await finding.numbers_of(write, [product])
    used = replace(used_row(component_of(row), product, hit, None, numbering), candidates=row.candidates, number=row.number)
    values = proposed(used)
    if hit.item_id == row.match_id:
        values |= {"match_by": row.match_by, "changes": row.changes}
    values["changes"] = _applied(values["changes"], patch.get("take") or {})
    return {**values, "decided": True, "confirmed": True}


def _row_of(row: Row) -> PartRow:
    return PartRow(row.component or "", Verdict(row.verdict), Choice(row.choice), candidates=row.candidates, number=row.number)


def _applied(changes: Sequence[Mapping[str, Any]], take: Mapping[str, bool]) -> list[dict[str, Any]]:
    """The changes, each applied or not as a person says by its field; 422 for a field that does not change."""
    unknown = sorted(set(take) - {change["field"] for change in changes})
    if unknown:
        raise Invalid(f"{unknown[0][:40]} does not change.", code="bad_choice", errors=[{"pointer": "/take", "message": "no such change"}])
    said = together(take)
    return [{**change, "apply": said.get(change["field"], change.get("apply", True))} for change in changes]
