"""REST of proposals: ask for one, review its rows, accept or discard it."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from cascadia.access.http import CurrentActor
from cascadia.access.model import Actor
from cascadia.items import service as items
from cascadia.kernel import idempotency
from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database, Primary, Write
from cascadia.kernel.errors import Conflict
from cascadia.kernel.http import Db, IdempotencyKey, Paging, answer, page_answer, permission
from cascadia.kernel.route import routes
from cascadia.kernel.statements import Statement
from cascadia.parts.model import PART
from cascadia.parts.routes import part_view
from cascadia.parts.schemas import Part
from cascadia.proposals import accept, joined, opening, queries, rereading, review, service, undo
from cascadia.proposals.accept import NoChange
from cascadia.proposals.reading import structures_of
from cascadia.proposals.reading_schemas import ProposalReading, ReadingOptions
from cascadia.proposals.schemas import (
    Acceptance,
    Confirmation,
    JoinedPage,
    JoinedPart,
    NewProposal,
    PartSplit,
    Proposal,
    ProposalPage,
    ProposalRowPage,
    ProposalRowView,
    RowPatch,
    State,
    picture_of,
)
from cascadia.proposals.service import ProposalRow
from cascadia.proposals.shapes import compared
from cascadia.structures.model import decode
from cascadia.structures.reading import RECOGNISED
from cascadia.vault import service as vault
from cascadia.vault.routes import Blobs
from cascadia.versioning.http import Judged, VersionedWrite, View, Writing, write_versioned

router: Final = routes("proposals")


def proposal_view(actor: Actor) -> View:
    """How a proposal is answered to this actor."""

    def build(row: Any) -> tuple[Proposal, str]:
        return Proposal.of(ProposalRow(**row)), "0"

    return View(
        statement=lambda uid, _: Statement(queries.ONE, {"uid": uid, "programs": actor.programs}),
        build=build,
        path=lambda uid: f"/api/v1/proposals/{uid}",
    )


@router.post("/proposals", response_model=Proposal, status_code=202)
@permission("proposal.create")
async def create_proposal(request: Request, db: Db, actor: CurrentActor, body: NewProposal, key: IdempotencyKey = None) -> Response:
    """Asks what a file would change in a project. The answer is `waiting`; jobs convert and match it, then it is `open`."""

    async def effect(write: Write) -> Proposal:
        options = body.reading.options() if body.reading else RECOGNISED
        uid = await service.request(write, actor, body.file, body.project, options)
        return Proposal.of(await service.find(write, actor, uid))

    return await idempotency.repeatable(request, db, actor.user_id, key, effect, status=202, location="/api/v1/proposals")


@router.get("/proposals", response_model=ProposalPage)
@permission("proposal.read")
async def list_proposals(
    request: Request,
    db: Db,
    actor: CurrentActor,
    paging: Paging,
    project: Annotated[UUID | None, Query(description="Only for this project.")] = None,
    state: Annotated[State | None, Query(description="Only in this state.")] = None,
) -> Response:
    """One page of proposals, newest first."""
    async with db.read() as read:
        rows, cursor = await service.page(read, actor, paging, project=project, state=state)
    return page_answer(request, ProposalPage(items=[Proposal.of(row) for row in rows], next=cursor), cursor)


@router.get("/joined-parts", response_model=JoinedPage)
@permission("proposal.read")
async def list_joined_parts(request: Request, db: Db, actor: CurrentActor, paging: Paging) -> Response:
    """Parts that imports joined with something else by shape or placeholder alone, or with several parts of one file, and nobody split."""
    async with db.read() as read:
        rows, cursor = await joined.page(read, actor, paging)
    return page_answer(request, JoinedPage(items=[JoinedPart.of(row) for row in rows], next=cursor), cursor)


@router.post("/parts/{part_id}/split", response_model=Part, status_code=201)
@permission("part.create")
async def split_part(
    request: Request, db: Db, actor: CurrentActor, writing: Writing, part_id: UUID, body: PartSplit, key: IdempotencyKey = None
) -> Response:
    """Makes two parts of one that was joined wrongly: a new part takes the named lines, and is found by what the row of a proposal says."""

    async def judge(primary: Primary) -> Judged:
        part = await items.find(primary, actor, [PART.name], uid=part_id)
        wanted = joined.Split(body.name, body.number, body.lines, body.row)
        created = await joined.judge_split(primary, actor, part, wanted, writing.message)
        return Judged(created.change, created.uid)

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, part_view(actor), status=201))


@router.get("/proposals/{proposal_id}", response_model=Proposal)
@permission("proposal.read")
async def get_proposal(request: Request, db: Db, actor: CurrentActor, proposal_id: UUID) -> Response:
    """One proposal."""
    async with db.read() as read:
        return answer(request, Proposal.of(await service.find(read, actor, proposal_id)))


@router.get("/proposals/{proposal_id}/reading", response_model=ProposalReading)
@permission("proposal.read")
async def get_proposal_reading(request: Request, db: Db, actor: CurrentActor, proposal_id: UUID) -> Response:
    """How the parts list of a proposal was read: encoding, columns with what is not used, rows that are wrong or left out."""
    async with db.read() as read:
        proposal = await service.find(read, actor, proposal_id)
        return answer(request, ProposalReading.of(await rereading.reading_of(read, proposal)))


@router.put("/proposals/{proposal_id}/reading", response_model=Proposal, status_code=202)
@permission("proposal.create")
async def read_proposal_again(
    request: Request, db: Db, actor: CurrentActor, proposal_id: UUID, body: ReadingOptions, key: IdempotencyKey = None
) -> Response:
    """Reads the parts list again, as is said now. The proposal is `waiting` meanwhile; what was chosen for its rows is lost."""

    async def effect(write: Write) -> Proposal:
        await rereading.read_again(write, actor, await service.find(write, actor, proposal_id), body.options())
        return Proposal.of(await service.find(write, actor, proposal_id))

    return await idempotency.repeatable(request, db, actor.user_id, key, effect, status=202)


@router.get("/proposals/{proposal_id}/rows", response_model=ProposalRowPage)
@permission("proposal.read")
async def list_proposal_rows(
    request: Request,
    db: Db,
    actor: CurrentActor,
    proposal_id: UUID,
    paging: Paging,
    kind: Annotated[Literal["part", "line"] | None, Query(description="Only rows of this kind.")] = None,
) -> Response:
    """One page of a proposal's rows: parts first, then lines."""
    async with db.read() as read:
        proposal = await service.find(read, actor, proposal_id)
        rows, cursor = await service.rows_page(read, proposal, paging, kind)
        pictured = await vault.pictured(read, proposal.file_uid, [picture_of(row) for row in rows if row.kind == "part"])
    page = ProposalRowPage(items=[ProposalRowView.of(row, proposal.file_uid, pictured) for row in rows], next=cursor)
    return page_answer(request, page, cursor)


@router.patch("/proposals/{proposal_id}/rows/{row_id}", response_model=ProposalRowView)
@permission("proposal.create")
async def choose_proposal_row(
    request: Request, db: Db, actor: CurrentActor, proposal_id: UUID, row_id: UUID, body: RowPatch, key: IdempotencyKey = None
) -> Response:
    """Sets what a row does when the proposal is accepted. Verdicts of lines follow from the choices of their parts."""

    async def effect(write: Write) -> ProposalRowView:
        proposal = await service.find(write, actor, proposal_id)
        row = await review.choose(write, actor, proposal, row_id, body.model_dump(exclude_unset=True))
        pictured = await vault.pictured(write, proposal.file_uid, [picture_of(row)])
        return ProposalRowView.of(row, proposal.file_uid, pictured)

    return await idempotency.repeatable(request, db, actor.user_id, key, effect)


@router.post("/proposals/{proposal_id}/confirm", response_model=Proposal)
@permission("proposal.create")
async def confirm_proposal_rows(
    request: Request, db: Db, actor: CurrentActor, proposal_id: UUID, body: Confirmation, key: IdempotencyKey = None
) -> Response:
    """Says that rows marked *check* are right as they are: some, or all of them."""

    async def effect(write: Write) -> Proposal:
        await review.confirm(write, actor, await service.find(write, actor, proposal_id), body.rows)
        return Proposal.of(await service.find(write, actor, proposal_id))

    return await idempotency.repeatable(request, db, actor.user_id, key, effect)


@router.post("/proposals/{proposal_id}/accept", response_model=Proposal)
@permission("proposal.accept")
async def accept_proposal(
    request: Request, db: Db, blobs: Blobs, actor: CurrentActor, proposal_id: UUID, body: Acceptance, key: IdempotencyKey = None
) -> Response:
    """Writes everything that the rows say as one commit, or none where that is nothing.

    422 `rows_to_check`: parts were guessed, and nobody confirmed them. 409 `proposal_moved`: parts changed meanwhile; it was matched again.
    """

    async def judge(primary: Primary) -> Judged:
        proposal = await service.find(primary, actor, proposal_id)
        return Judged(await accept.judge(primary, actor, proposal, body.message), proposal_id)

    write = VersionedWrite(request, db, actor, key, judge, proposal_view(actor), target=proposal_id)
    try:
        return await write_versioned(write)
    except NoChange as nothing:
        await _close(db, nothing)
        return await write_versioned(write)
    except Conflict as refusal:
        if refusal.code == "proposal_moved":
            await _match_again(db, blobs, actor, proposal_id)
        raise


async def _close(db: Database, nothing: NoChange) -> None:
    """The proposal as accepted, without a commit, unless somebody was faster."""
    async with db.write() as write:
        closing, *rest = nothing.statements
        if await write.value(closing.query, closing.params):
            for statement in rest:
                await write.execute(statement.query, statement.params)
            await write.emit(nothing.event)


async def _match_again(db: Database, blobs: BlobStore, actor: Actor, proposal_id: UUID) -> None:
    """Rows anew from today's parts, for the person to look at."""
    async with db.primary() as primary:
        source = await service.source_of(primary, proposal_id)
        found = await structures_of(primary, source.blob_id, source.converter) if source else []
    if source is None or not found:
        return
    structure = await compared(db, blobs, actor, source, decode(await vault.read_bytes(blobs, found[0].key)))
    async with db.write() as write:
        if await write.value(queries.LOCK, {"proposal_id": source.proposal_id}) == "open":
            await opening.match(write, actor, source, structure)


@router.post("/proposals/{proposal_id}/undo", response_model=Proposal)
@permission("proposal.accept")
async def undo_proposal(
    request: Request, db: Db, actor: CurrentActor, proposal_id: UUID, body: Acceptance, key: IdempotencyKey = None
) -> Response:
    """Takes back what accepting it wrote, as one commit. 409 `import_built_on`: later commits rest on it.

    Parts that it had made go, and their numbers are free again; other numbers that it gave to parts (aliases) stay.
    """

    async def judge(primary: Primary) -> Judged:
        proposal = await service.find(primary, actor, proposal_id)
        return Judged(await undo.judge(primary, actor, proposal, body.message), proposal_id)

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, proposal_view(actor), target=proposal_id))


@router.post("/proposals/{proposal_id}/discard", response_model=Proposal)
@permission("proposal.create")
async def discard_proposal(request: Request, db: Db, actor: CurrentActor, proposal_id: UUID, key: IdempotencyKey = None) -> Response:
    """Closes a proposal that nobody wants. Nothing was changed by it."""

    async def effect(write: Write) -> Proposal:
        await service.discard(write, actor, await service.find(write, actor, proposal_id))
        return Proposal.of(await service.find(write, actor, proposal_id))

    return await idempotency.repeatable(request, db, actor.user_id, key, effect)
