"""Reading the list of a proposal once more, as its person says now."""

from typing import Any

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.kernel.db import Read, Write
from cascadia.proposals import queries, service
from cascadia.proposals.reading import reading_for
from cascadia.proposals.service import ProposalRow
from cascadia.structures.model import reader_of
from cascadia.structures.reading import Options
from cascadia.vault import service as vault


async def reading_of(read: Read, proposal: ProposalRow) -> dict[str, Any]:
    """What its person said of the reading (`reading`), and how it was read (`report`, None before)."""
    (row,) = await read.rows(queries.READING, {"proposal_id": proposal.proposal_id})
    return row


async def read_again(write: Write, actor: Actor, proposal: ProposalRow, options: Options) -> None:
    """The proposal waits again, for its file read otherwise. What was chosen for its rows is lost."""
    actor.require("proposal.create", proposal.program_id)
    reader = reader_of(proposal.file_name, proposal.media_type)
    assert reader
    reading = reading_for(reader, options)
    await service.require_state(write, proposal, "open", "waiting", "failed")
    await write.execute(queries.DELETE_ROWS, {"proposal_id": proposal.proposal_id, "kind": None})
    await write.execute(queries.READ_AGAIN, {"proposal_id": proposal.proposal_id, "reading": Jsonb(reading)})
    source = await vault.file_by_uid(write, actor, proposal.file_uid)
    await write.emit(service.requested(actor, proposal.uid, proposal.program_id, source, proposal.project_uid, reader, reading))
