"""REST of what programs may hold."""

from uuid import UUID

from fastapi import Request, Response

from cascadia.access.http import CurrentActor
from cascadia.kernel.db import Write
from cascadia.kernel.http import Db, IdempotencyKey, Paging, answer, page_answer, permission
from cascadia.kernel.idempotency import repeatable
from cascadia.kernel.route import routes
from cascadia.vault import room
from cascadia.vault.schemas import QuotaBody, UsagePage, UsageView

router = routes("files")


@router.get("/programs/{program_id}/usage", response_model=UsageView)
@permission("program.read")
async def read_usage(request: Request, db: Db, actor: CurrentActor, program_id: UUID) -> Response:
    """How many bytes the files of a program take, and how many they may."""
    async with db.read() as read:
        return answer(request, UsageView.of(await room.usage(read, actor, program_id)))


@router.put("/programs/{program_id}/quota", response_model=UsageView)
@permission("administrator")
async def set_quota(
    request: Request, db: Db, actor: CurrentActor, program_id: UUID, body: QuotaBody, key: IdempotencyKey = None
) -> Response:
    """Bounds what the files of a program may take; null takes the bound away. Files that are there stay."""

    async def effect(write: Write) -> UsageView:
        return UsageView.of(await room.set_quota(write, actor, program_id, body.allowed))

    return await repeatable(request, db, actor.user_id, key, effect)


@router.get("/vault/usage", response_model=UsagePage)
@permission("administrator")
async def list_usage(request: Request, db: Db, actor: CurrentActor, paging: Paging) -> Response:
    """What the files of each program take and may take."""
    async with db.read() as read:
        rows, following, total = await room.usage_page(read, actor, paging)
    return page_answer(request, UsagePage(items=[UsageView.of(row) for row in rows], next=following, total=total), following)
