"""Use cases of proposals: ask for one, match it, read its rows, discard it. `review` and `accept` have the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.kernel.db import Read, Write
from cascadia.kernel.errors import Conflict, Invalid, NotFound
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.proposals import queries
from cascadia.proposals.reading import converter_of, reading_for
from cascadia.proposals.rows import Row
from cascadia.structures.limits import PROPOSAL_ROWS_MAX
from cascadia.structures.model import Reader, reader_of
from cascadia.structures.reading import RECOGNISED, Options
from cascadia.vault import service as vault
from cascadia.vault.model import FileRow

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
    undone_seq: int | None
    undone_uid: UUID | None
    root_row: UUID | None
    root_uid: UUID | None
    root_number: str | None
    job: UUID | None
    to_mend: int
    to_check: int
    has_model: bool
    has_picture: bool
    is_drawn_now: bool


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
    media_type: str
    reading: dict[str, Any]

    @property
    def converter(self) -> str | None:
        """What makes the structure that it waits for: of a list, as its person says that it is read; None: any."""
        return converter_of(self.file_name, self.media_type, self.reading)


async def request(write: Write, actor: Actor, file: UUID, project: UUID, options: Options = RECOGNISED) -> UUID:
    """A proposal in state `waiting`: its file is converted and matched by jobs. 422 for a file that nothing can read.

    `options`: how a parts list is read, where its person says.
    """
    source = await vault.file_by_uid(write, actor, file)
    reader = reader_of(source.name, source.media_type)
    if reader is None:
        raise Invalid(
            f"{source.name} is neither a STEP file nor a parts list (CSV, TSV, XLSX, XLS, ODS): no product structure can be read.",
            code="unreadable_file",
            errors=[{"pointer": "/file", "message": "no STEP file and no parts list"}],
        )
    rows = await write.rows(queries.PROJECT, {"uid": project, "programs": actor.programs})
    if not rows:
        raise NotFound("There is no such project, or you may not see it.")
    place = rows[0]
    actor.require("proposal.create", place["program_id"])
    uid = new_uid()
    reading = reading_for(reader, options)
    values = {"uid": uid, "file_id": source.file_id, "project_id": place["project_id"], "actor_id": actor.user_id}
    await write.execute(queries.INSERT, {**values, "reading": Jsonb(reading)})
    await write.emit(requested(actor, uid, place["program_id"], source, project, reader, reading))
    return uid


def requested(actor: Actor, uid: UUID, program_id: int, file: FileRow, project: UUID, reader: Reader, reading: dict[str, Any]) -> Event:
    """Tells the jobs that a proposal waits for its file, read as it says."""
    data = {"file": str(file.uid), "name": file.name, "sha256": file.sha256, "project": str(project)}
    return Event("proposal.requested", uid, actor.user_id, program_id, {**data, "reader": reader.value, "reading": reading})


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
    rows = await every_row(read, proposal_id)
    if len(rows) > PROPOSAL_ROWS_MAX:
        raise Invalid(
            f"A proposal of more than {PROPOSAL_ROWS_MAX} rows cannot be accepted at once. Import its sub-assemblies.", code="too_many_rows"
        )
    return rows


async def every_row(read: Read, proposal_id: int) -> list[Row]:
    """Every row of a proposal, however many."""
    return await read.all(queries.ROW_PAGE, Row, {"proposal_id": proposal_id, "kind": None, "after": CURSOR_START, "limit": None})


async def source_of(read: Read, uid: UUID) -> Source | None:
    """The proposal with its file, for a job; asks for no permission."""
    return await read.one(queries.WAITING, Source, {"uid": uid})


def not_open(state: str) -> Conflict:
    """The refusal of what only an open proposal allows."""
    return Conflict(f"This proposal is {state}, so it does not change any more.", code="proposal_not_open")


async def require_state(write: Write, proposal: ProposalRow, *states: str) -> None:
    """Holds the proposal until the transaction ends; 409 where it is in none of these states."""
    state = await write.value(queries.LOCK, {"proposal_id": proposal.proposal_id})
    if state not in states:
        raise not_open(str(state))


async def discard(write: Write, actor: Actor, proposal: ProposalRow) -> None:
    """Closes a proposal that nobody wants; nothing was changed by it."""
    actor.require("proposal.create", proposal.program_id)
    await require_state(write, proposal, "open", "waiting", "failed", "stale")
    await write.execute(queries.DISCARD, {"proposal_id": proposal.proposal_id})
    await write.emit(Event("proposal.discarded", proposal.uid, actor.user_id, proposal.program_id))


async def fail(write: Write, uid: UUID, program_id: int, actor_id: int | None, error: Mapping[str, str]) -> None:
    """Ends a waiting proposal whose file could not be read, with the words for the person."""
    if await write.value(queries.FAIL, {"uid": uid, "error": Jsonb(dict(error))}):
        await write.emit(Event("proposal.failed", uid, actor_id, program_id, {"code": error.get("code", "")}))
