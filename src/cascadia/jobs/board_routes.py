"""REST of queues, workers, logs and replays."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Request, Response

from cascadia.access.http import CurrentActor
from cascadia.jobs import board
from cascadia.jobs.board_schemas import LogLineView, LogPage, QueuePage, QueueView, ReplayView, ReplayWanted, WorkerPage, WorkerView
from cascadia.kernel import idempotency
from cascadia.kernel.db import Write
from cascadia.kernel.http import Db, IdempotencyKey, Paging, page_answer, permission
from cascadia.kernel.route import routes

router = routes("jobs")


@router.get("/jobs/queues", response_model=QueuePage)
@permission("administrator")
async def list_queues(request: Request, db: Db, actor: CurrentActor, paging: Paging) -> Response:
    """Each family of jobs: how many wait and run, for how long, what ended in the last hour, and how many workers take them."""
    actor.require_administrator()
    async with db.read() as read:
        rows = await board.list_queues(read)
    (after,) = paging.after(str)
    rest = [row for row in rows if after is None or row.family > after]
    page, following = paging.cut(rest, lambda row: [row.family])
    items = [QueueView.model_validate(row) for row in page]
    return page_answer(request, QueuePage(items=items, next=following, total=len(rows) if paging.count else None), following)


@router.get("/jobs/workers", response_model=WorkerPage)
@permission("administrator")
async def list_workers(request: Request, db: Db, actor: CurrentActor, paging: Paging) -> Response:
    """The workers that are there, with what they take and how busy they are."""
    actor.require_administrator()
    async with db.read() as read:
        rows, following, total = await board.list_workers(read, paging)
    items = [WorkerView.model_validate(row) for row in rows]
    return page_answer(request, WorkerPage(items=items, next=following, total=total), following)


@router.get("/jobs/{job_id}/log", response_model=LogPage)
@permission("job.manage")
async def list_job_log(request: Request, db: Db, actor: CurrentActor, paging: Paging, job_id: UUID) -> Response:
    """What the attempts at a job said, oldest first."""
    async with db.read() as read:
        rows, following, total = await board.list_log(read, actor, job_id, paging)
    items = [LogLineView.model_validate(row) for row in rows]
    return page_answer(request, LogPage(items=items, next=following, total=total), following)


@router.post("/jobs/replay", status_code=202, response_model=ReplayView)
@permission("administrator")
async def replay_jobs(
    request: Request, db: Db, actor: CurrentActor, wanted: Annotated[ReplayWanted, Body()], key: IdempotencyKey = None
) -> Response:
    """Queues jobs again that failed for good, up to a thousand at once. Repeating it does no harm: only what is dead is queued."""
    actor.require_administrator()
    meant = board.DeadJobs(wanted.family, wanted.type, wanted.code, wanted.since)

    async def effect(write: Write) -> ReplayView:
        replayed = 0 if wanted.dry_run else await board.replay(write, meant)
        return ReplayView(replayed=replayed, left=await board.count_dead(write, meant))

    return await idempotency.repeatable(request, db, actor.user_id, key, effect, status=202)
