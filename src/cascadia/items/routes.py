"""REST of number schemes."""

from typing import Annotated, Final

from fastapi import Path, Request, Response

from cascadia.access.http import CurrentActor
from cascadia.items import service
from cascadia.items.schemas import NumberScheme, NumberSchemePage, NumberSchemeView
from cascadia.kernel import idempotency
from cascadia.kernel.db import Write
from cascadia.kernel.http import Db, IdempotencyKey, Paging, page_answer, permission
from cascadia.kernel.route import routes

router: Final = routes("numbers")


@router.get("/number-schemes", response_model=NumberSchemePage)
@permission("signed_in")
async def list_number_schemes(request: Request, db: Db, _: CurrentActor, paging: Paging) -> Response:
    """How the numbers of each kind of item are made."""
    async with db.read() as read:
        rows, cursor = await service.schemes(read, paging)
    page = NumberSchemePage(items=[NumberSchemeView.model_validate(row) for row in rows], next=cursor)
    return page_answer(request, page, cursor)


@router.put("/number-schemes/{kind}", response_model=NumberSchemeView)
@permission("administrator")
async def set_number_scheme(
    request: Request,
    db: Db,
    actor: CurrentActor,
    kind: Annotated[str, Path(max_length=50, description="The kind of item.")],
    body: NumberScheme,
    key: IdempotencyKey = None,
) -> Response:
    """Changes how numbers of a kind are made from now on. Numbers that exist stay as they are."""

    async def effect(write: Write) -> NumberSchemeView:
        segments = [segment.model_dump() for segment in body.segments]
        await service.set_scheme(write, actor, kind, segments, typed_allowed=body.typed_allowed)
        return NumberSchemeView(kind=kind, segments=body.segments, typed_allowed=body.typed_allowed)

    return await idempotency.repeatable(request, db, actor.user_id, key, effect)
