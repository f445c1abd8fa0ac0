"""REST of verifying what is stored."""

from fastapi import Request, Response

from cascadia.access.http import CurrentActor
from cascadia.jobs import service as jobs
from cascadia.jobs.schemas import JobView
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.http import Db, IdempotencyKey, Paging, page_answer, permission
from cascadia.kernel.idempotency import repeatable
from cascadia.kernel.route import routes
from cascadia.vault import verification
from cascadia.vault.jobs import VERIFY
from cascadia.vault.schemas import DamagedFile, DamagedPage

router = routes("files")


@router.post("/vault/verifications", response_model=JobView, status_code=202)
@permission("administrator")
async def verify_files(request: Request, db: Db, actor: CurrentActor, key: IdempotencyKey = None) -> Response:
    """Reads stored contents again and compares them with their hashes, those first that were verified longest ago; 4 GiB at most."""
    actor.require_administrator()

    async def effect(write: Write) -> JobView:
        uid = await jobs.enqueue(write, Enqueue(VERIFY, {}, key=VERIFY, actor_id=actor.user_id))
        return JobView.of(await jobs.get_job(write, actor, uid))

    return await repeatable(request, db, actor.user_id, key, effect, status=202)


@router.get("/vault/damaged", response_model=DamagedPage)
@permission("administrator")
async def list_damaged_files(request: Request, db: Db, actor: CurrentActor, paging: Paging) -> Response:
    """Files whose stored bytes were found missing or changed, the last time that they were verified."""
    actor.require_administrator()
    async with db.read() as read:
        rows, following, total = await verification.list_damaged(read, paging)
    return page_answer(request, DamagedPage(items=[DamagedFile.of(row) for row in rows], next=following, total=total), following)
