"""Reviewing a proposal: what a person decides about its rows, and what follows from that for others."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.items.model import clean_number
from cascadia.items.service import clean_name
from cascadia.kernel.db import Write
from cascadia.kernel.errors import Invalid, NotFound
from cascadia.proposals import queries, service
from cascadia.proposals.matching import Choice, Hit, Verdict, matched_row
from cascadia.proposals.service import ProposalRow, Row


async def choose(write: Write, actor: Actor, proposal: ProposalRow, row_uid: UUID, patch: Mapping[str, Any]) -> Row:
    """Sets what a row does: `choice`, for parts `use` (an item), `number`, `name`. Line rows follow from the parts' choices."""
    actor.require("proposal.create", proposal.program_id)
    await _require_open(write, proposal)
    params = {"proposal_id": proposal.proposal_id, "row": row_uid}
    row = await write.one(queries.ONE_ROW, Row, params)
    if row is None:
        raise NotFound("This proposal has no such row.")
    values = {"verdict": row.verdict, "match_id": row.match_id, "match_by": row.match_by, "changes": row.changes, "choice": row.choice}
    if row.kind == "line":
        values |= _line_choice(patch)
    else:
        values |= await _part_choice(write, actor, row, patch)
    await write.execute(
        queries.UPDATE_ROW,
        {
            **values,
            "changes": Jsonb(values["changes"]),
            "row_id": row.row_id,
            "number": clean_number(patch["number"]) if patch.get("number") else None if "number" in patch else row.number,
            "name": clean_name(patch["name"]) if patch.get("name") else None if "name" in patch else row.name,
        },
    )
    if row.kind == "part" and values["match_id"] != row.match_id:
        await _match_lines_again(write, actor, proposal.proposal_id)
    changed = await write.one(queries.ONE_ROW, Row, params)
    assert changed
    return changed


def _line_choice(patch: Mapping[str, Any]) -> dict[str, Any]:
    choice = patch.get("choice", Choice.APPLY)
    if choice not in (Choice.APPLY, Choice.SKIP):
        raise Invalid("A line is applied or skipped.", code="bad_choice", errors=[{"pointer": "/choice", "message": "apply or skip"}])
    return {"choice": choice}


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
