"""REST of jobs, and the stream of live events."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from psycopg.errors import UniqueViolation

from cascadia.access.http import CurrentActor, signed_in_now
from cascadia.access.model import Actor
from cascadia.jobs import service
from cascadia.jobs.model import JobState
from cascadia.jobs.schemas import JobPage, JobView
from cascadia.jobs.service import JobFilter
from cascadia.jobs.stream import EventHub
from cascadia.kernel import idempotency
from cascadia.kernel.db import Database, Write
from cascadia.kernel.errors import BadRequest, NotSignedIn
from cascadia.kernel.http import Db, IdempotencyKey, Paging, answer, page_answer, permission
from cascadia.kernel.route import routes

router = routes("jobs")

STREAMED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "`event: job` {id, state, progress, note} · `event: change` {type, id, seq} · `event: reset` (too much was missed: "
        "read again what is shown). State changes carry an id to resume from; progress does not.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
EVENT_ID: Final = re.compile(r"[0-9]{1,18}")
UNBUFFERED: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

Act = Callable[[Write, Actor, UUID], Awaitable[None]]


@router.get("/jobs", response_model=JobPage)
@permission("job.read")
async def list_jobs(
    request: Request,
    db: Db,
    actor: CurrentActor,
    paging: Paging,
    state: Annotated[JobState | None, Query(description="Only jobs in this state.")] = None,
    family: Annotated[str | None, Query(max_length=100, description="Only jobs of this family.")] = None,
    mine: Annotated[bool, Query(description="Only those that I asked for.")] = False,  # noqa: FBT002 - a query parameter
    parent: Annotated[UUID | None, Query(description="Only those that this job asked for.")] = None,
    q: Annotated[
        str | None, Query(max_length=100, description="Only those with this text in the name of their subject or in their type.")
    ] = None,
) -> Response:
    """Jobs of my programs and those that I asked for, newest first."""
    async with db.read() as read:
        rows, following, total = await service.list_jobs(read, actor, JobFilter(state, family, mine, parent, q), paging)
    return page_answer(request, JobPage(items=[JobView.of(row) for row in rows], next=following, total=total), following)


@router.get("/jobs/{job_id}", response_model=JobView)
@permission("job.read")
async def read_job(request: Request, db: Db, actor: CurrentActor, job_id: UUID) -> Response:
    """One job; those that ended more than a month ago come from the archive, which lists do not show."""
    async with db.read() as read:
        return answer(request, JobView.of(await service.get_job(read, actor, job_id)))


@router.post("/jobs/{job_id}/cancel", status_code=202, response_model=JobView)
@permission("job.read")
async def cancel_job(request: Request, db: Db, actor: CurrentActor, job_id: UUID, key: IdempotencyKey = None) -> Response:
    """Withdraws my request for the work. The last one to withdraw stops it: within two seconds where it runs."""
    return await _act(request, db, actor, job_id, key, service.cancel)


@router.post("/jobs/{job_id}/retry", status_code=202, response_model=JobView)
@permission("job.read")
async def retry_job(request: Request, db: Db, actor: CurrentActor, job_id: UUID, key: IdempotencyKey = None) -> Response:
    """Queues a job again that failed for good, with all its tries before it."""
    return await _act(request, db, actor, job_id, key, service.retry)


async def _act(request: Request, db: Database, actor: Actor, job_id: UUID, key: str | None, act: Act) -> Response:
    repeat = idempotency.Repeat.of(request, actor.user_id, key, await request.body()) if key else None
    try:
        async with db.write() as write:
            if repeat:
                claim = repeat.claim(status=202, uids=[job_id])
                await write.execute(claim.query, claim.params)
            await act(write, actor, job_id)
    except UniqueViolation as error:
        if repeat is None or error.diag.constraint_name != idempotency.CONSTRAINT:
            raise
    async with db.primary() as primary:
        if repeat:
            await idempotency.find(primary, repeat)
        row = await service.get_job(primary, actor, job_id)
    return answer(request, JobView.of(row), status=202)


@router.get("/events/stream", response_class=StreamingResponse, responses=STREAMED)
@permission("signed_in")
async def stream_events(
    request: Request,
    db: Db,
    actor: CurrentActor,
    last_event_id: Annotated[str | None, Header(description="Where the stream broke off: what came after it is sent first.")] = None,
) -> Response:
    """Live events that one may see, as server-sent events; 429 for a person who has a hundred open on one server."""
    if last_event_id and not EVENT_ID.fullmatch(last_event_id):
        raise BadRequest("`Last-Event-ID` is no id of this stream. Connect without it.", code="bad_event_id")
    hub: EventHub = request.app.state.events
    hub.admit(actor.user_id)

    async def still() -> Actor | None:
        try:
            return (await signed_in_now(request, db)).actor
        except NotSignedIn:
            return None

    stream = hub.watch(still, int(last_event_id) if last_event_id else None, actor.user_id)
    return StreamingResponse(stream, media_type="text/event-stream", headers=UNBUFFERED)
