"""Reviewing a proposal: what a person decides about its rows, and what follows from that for others."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.items.model import clean_name, clean_number
from cascadia.kernel.db import Write
from cascadia.kernel.errors import Invalid, NotFound
from cascadia.proposals import queries, service
from cascadia.proposals.matching import Choice, Hit, Verdict, matched_row
from cascadia.proposals.problems import as_json
from cascadia.proposals.service import ProposalRow, Row
from cascadia.structures.model import LineGroup

DECIDED: Final = ("verdict", "match_id", "match_by", "changes", "choice", "number", "name", "description", "found")
"""What a decision may set of a row."""


async def choose(write: Write, actor: Actor, proposal: ProposalRow, row_uid: UUID, patch: Mapping[str, Any]) -> Row:
    """Sets what a row does: `choice`, for parts `use` (an item), `number`, `name`. Line rows follow from the parts' choices."""
    actor.require("proposal.create", proposal.program_id)
    await _require_open(write, proposal)
    params = {"proposal_id": proposal.proposal_id, "row": row_uid}
    row = await write.one(queries.ONE_ROW, Row, params)
    if row is None:
        raise NotFound("This proposal has no such row.")
    if row.kind == "line":
        values = await _line_choice(write, actor, proposal.proposal_id, row, patch)
    else:
        values = {**await _part_choice(write, actor, row, patch), **_typed(patch)}
    await _update(write, row, values)
    if row.kind == "part" and values.get("match_id", row.match_id) != row.match_id:
        await _match_lines_again(write, actor, proposal.proposal_id)
    changed = await write.one(queries.ONE_ROW, Row, params)
    assert changed
    return changed


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


async def _line_choice(write: Write, actor: Actor, proposal_id: int, row: Row, patch: Mapping[str, Any]) -> dict[str, Any]:
    choice = patch.get("choice", row.choice if "quantity" in patch else Choice.APPLY)
    if choice not in (Choice.APPLY, Choice.SKIP):
        raise Invalid("A line is applied or skipped.", code="bad_choice", errors=[{"pointer": "/choice", "message": "apply or skip"}])
    if patch.get("quantity") is None:
        return {"choice": choice}
    return {**await _with_quantity(write, actor, proposal_id, row, patch["quantity"]), "choice": choice}


async def _with_quantity(write: Write, actor: Actor, proposal_id: int, row: Row, quantity: Decimal) -> dict[str, Any]:
    """The line with the quantity that a person says instead of the file's, and what it does then.

    Where that is one of two readings, it tells how the list's numbers are read: the other lines that ask the same follow.
    """
    group = service.group_of(row)
    if group is None or group.designators or group.placements or quantity <= 0:
        raise Invalid(
            "The quantity of this line is how many designators or placements it has, or none above zero was typed. Skip the line, "
            "or correct the file.",
            code="bad_choice",
            errors=[{"pointer": "/quantity", "message": "not of this line"}],
        )
    rows = await service.all_rows(write, proposal_id)
    found = [(other, of) for other in rows if other.kind == "line" and (of := service.group_of(other))]
    decided = [
        replace(of, quantity=quantity, otherwise=None) if other.row_id == row.row_id else _follows(of, group, quantity)
        for other, of in found
    ]
    lines = await service.lines_of(write, actor, decided, service.used_items(rows))
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
    problems = as_json(service.problems_of(replace(row, **values)))
    jsons = {"changes": Jsonb(values["changes"]), "found": Jsonb(values["found"]), "problems": Jsonb(problems)}
    await write.execute(queries.UPDATE_ROW, {**values, **jsons, "row_id": row.row_id})


async def _part_choice(write: Write, actor: Actor, row: Row, patch: Mapping[str, Any]) -> dict[str, Any]:
    choice = patch.get("choice", row.choice)
    if choice == Choice.CREATE:
        return {"choice": choice, "verdict": Verdict.NEW, "match_id": None, "match_by": None, "changes": []}
    if choice == Choice.SKIP:
        return {"choice": choice}
    uid = patch.get("use") or row.match_uid
    if choice != Choice.USE or uid is None:
        raise Invalid("A part is created, skipped, or an existing one is used (`use`: its id).", code="bad_choice")
    hit = await write.one(queries.ITEM_HIT, Hit, {"uid": uid, "component": row.component, "programs": actor.programs})
    if hit is None:
        raise Invalid(
            "There is no such part, or you may not see it.", code="unknown_part", errors=[{"pointer": "/use", "message": "no such part"}]
        )
    matched = matched_row(service.component_of(row), hit, [])
    return {"choice": choice, "verdict": Verdict.MATCHED, "match_id": hit.item_id, "match_by": "choice", "changes": matched.changes}


async def _match_lines_again(write: Write, actor: Actor, proposal_id: int) -> None:
    """Line rows follow from which items are used; what a person chose for a line stays where the line is still there."""
    rows = await service.all_rows(write, proposal_id)
    groups = [group for r in rows if r.kind == "line" and (group := service.group_of(r))]
    chosen = {(r.parent, r.child, r.line_id): r.choice for r in rows if r.kind == "line" and r.choice != r.found.get("default")}
    lines = await service.lines_of(write, actor, groups, service.used_items(rows))
    start = sum(r.kind == "part" for r in rows)
    made = [service.line_json(n, line) for n, line in enumerate(lines, start=start)]
    for row in made:
        row["choice"] = chosen.get((row["parent"], row["child"], row["line_id"]), row["choice"])
    await write.execute(queries.DELETE_ROWS, {"proposal_id": proposal_id, "kind": "line"})
    await write.execute(queries.INSERT_ROWS, {"proposal_id": proposal_id, "rows": Jsonb(made)})


async def _require_open(write: Write, proposal: ProposalRow) -> None:
    state = await write.value(queries.LOCK, {"proposal_id": proposal.proposal_id})
    if state != "open":
        raise service.not_open(str(state))
