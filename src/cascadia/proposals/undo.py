"""Undoing an import: what accepting its proposal wrote is taken back as one commit, while nothing builds on it."""

from collections.abc import Sequence
from typing import Final

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.items import service as items
from cascadia.items.model import ItemRow
from cascadia.kernel.db import Primary
from cascadia.kernel.errors import Conflict, Forbidden
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.naming import listed
from cascadia.kernel.statements import Statement
from cascadia.parts.model import PART
from cascadia.proposals import queries
from cascadia.proposals.opening import may_change
from cascadia.proposals.service import ProposalRow
from cascadia.versioning.model import Author, Change, Unchanged
from cascadia.versioning.undo import Builder, inverse

NAMED: Final = 5


async def judge(primary: Primary, actor: Actor, proposal: ProposalRow, message: str | None) -> Change:
    """What undoes an accepted proposal; 409 `import_built_on` where later commits rest on what it wrote.

    Raises `Unchanged` where it is undone already.
    """
    actor.require("proposal.accept", proposal.program_id)
    if proposal.undone_uid is not None:
        raise Unchanged
    if proposal.state != "accepted" or proposal.commit_seq is None:
        raise Conflict("Only what was accepted and wrote a commit can be undone.", code="nothing_to_undo")
    undo = await inverse(primary, proposal.commit_seq)
    aliases = await primary.rows(queries.ALIASES_GIVEN, {"proposal_id": proposal.proposal_id})
    owners = undo.owners | {alias["item_id"] for alias in aliases}
    asked = sorted(owners | {builder.owner_id for builder in undo.builders})
    seen = {row.item_id: row for row in await items.by_ids(primary, actor, asked)}
    if undo.builders:
        before = await primary.value(queries.BEFORE, {"proposal_id": proposal.proposal_id, "seq": proposal.commit_seq})
        raise _built_on(undo.builders, seen, before)
    fixed = sorted(seen[item].number for item in owners if item in seen and not may_change(actor, seen[item]))
    if fixed or owners - seen.keys():
        raise Forbidden(f"You may not edit {listed(fixed, NAMED) or 'parts of another program'}, which this import had changed.")
    uid, gone = new_uid(), [seen[item] for item in sorted(undo.made)]
    marked = {"proposal_id": proposal.proposal_id, "commit_uid": uid, "seq": proposal.commit_seq, "made": sorted(undo.made)}
    return Change(
        author=Author(actor.user_id, actor.uid),
        message=message or f"Undo the import of {proposal.file_name}",
        programs=frozenset({proposal.program_id, *(row.program_id for row in seen.values())}),
        deltas=undo.deltas,
        kind="revert",
        uid=uid,
        before=(Statement(queries.UNDO, marked), Statement(queries.TAKE_ALIASES, {"aliases": Jsonb(aliases)})),
        checks=undo.checks,
        events=(
            *(Event(f"{PART.name}.deleted", row.uid, actor.user_id, row.program_id, {"number": row.number}) for row in gone),
            Event("proposal.undone", proposal.uid, actor.user_id, proposal.program_id, {"undone": proposal.commit_seq}),
        ),
    )


def _built_on(builders: Sequence[Builder], seen: dict[int, ItemRow], before: str | None) -> Conflict:
    """Who rests on it, as far as the person may see, and what to do instead."""
    names = [f"{seen[b.owner_id].number} (main@{b.seq})" if b.owner_id in seen else f"a hidden part (main@{b.seq})" for b in builders]
    instead = (
        f"Import the file before it again ({before}): its proposal takes back what this one did, and keeps what people changed since."
        if before
        else "Take back what you do not want by hand, or undo the later changes first."
    )
    said = listed(list(dict.fromkeys(names)), NAMED)
    return Conflict(f"Something rests on this import: {said} changed since. {instead}", code="import_built_on")
