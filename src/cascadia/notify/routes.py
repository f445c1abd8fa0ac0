"""REST of the event feed and of webhooks."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Body, Query, Request, Response

from cascadia.access.http import CurrentActor
from cascadia.kernel.db import Write
from cascadia.kernel.http import Db, IdempotencyKey, IfMatch, Paging, answer, check_version, page_answer, permission
from cascadia.kernel.idempotency import repeatable
from cascadia.kernel.route import routes
from cascadia.notify import feed, preferences, webhooks
from cascadia.notify.schemas import (
    DeliveryPage,
    DeliveryView,
    EventPage,
    EventsReplayView,
    EventsReplayWanted,
    EventView,
    NewWebhook,
    NotificationSettings,
    WebhookPage,
    WebhookPatch,
    WebhookView,
    WebhookWithSecret,
)
from cascadia.notify.webhooks import MANAGE, Wanted

router = routes("events")

After = Annotated[int, Query(ge=0, le=2**63 - 1, description="Only events behind this position.")]
Types = Annotated[list[Annotated[str, Query(max_length=100)]], Query(alias="type", max_length=50, description="Globs of types: `part.*`.")]
DeliveryState = Annotated[Literal["waiting", "delivered", "failed"] | None, Query(description="Only deliveries in this state.")]


@router.get("/events", response_model=EventPage)
@permission("signed_in")
async def list_events(request: Request, db: Db, actor: CurrentActor, paging: Paging, after: After = 0, types: Types = []) -> Response:  # noqa: B006 - FastAPI copies it
    """All that happened and that I may see, oldest first, in one order without gaps: what comes later always has a higher position."""
    (start,) = paging.after(int)
    async with db.primary() as primary:
        found = await feed.read_feed(primary, actor, after if start is None else start, types, paging.limit)
    following = paging.cursor_after([found.position]) if found.more else None
    page = EventPage(items=[EventView.of(event) for event in found.events], next=following, total=None, position=found.position)
    return page_answer(request, page, following)


@router.get("/notifications/settings", response_model=NotificationSettings)
@permission("signed_in")
async def read_notification_settings(request: Request, db: Db, actor: CurrentActor) -> Response:
    """What I am told of."""
    async with db.primary() as primary:
        return answer(request, NotificationSettings(mail_failures=await preferences.wants_mail(primary, actor)))


@router.put("/notifications/settings", response_model=NotificationSettings)
@permission("signed_in")
async def set_notification_settings(
    request: Request, db: Db, actor: CurrentActor, body: NotificationSettings, key: IdempotencyKey = None
) -> Response:
    """Changes what I am told of."""

    async def effect(write: Write) -> NotificationSettings:
        await preferences.set_wants_mail(write, actor, wanted=body.mail_failures)
        return body

    return await repeatable(request, db, actor.user_id, key, effect)


@router.get("/webhooks", response_model=WebhookPage)
@permission(MANAGE)
async def list_webhooks(request: Request, db: Db, actor: CurrentActor, paging: Paging) -> Response:
    """Webhooks of the programs that I lead; all for administrators."""
    async with db.primary() as primary:
        rows, following, total = await webhooks.list_webhooks(primary, actor, paging)
    return page_answer(request, WebhookPage(items=[WebhookView.of(row) for row in rows], next=following, total=total), following)


@router.post("/webhooks", response_model=WebhookWithSecret, status_code=201)
@permission(MANAGE)
async def create_webhook(request: Request, db: Db, actor: CurrentActor, body: NewWebhook, key: IdempotencyKey = None) -> Response:
    """Has somebody outside told of events. A repeat under the same key is refused (409): the secret is shown once."""

    async def effect(write: Write) -> WebhookWithSecret:
        row, secret = await webhooks.create_webhook(write, actor, Wanted(body.url, body.types, body.description, body.program))
        return WebhookWithSecret(**WebhookView.of(row).model_dump(), secret=secret)

    return await repeatable(request, db, actor.user_id, key, effect, status=201, location="/api/v1/webhooks", secret=True)


@router.get("/webhooks/{webhook_id}", response_model=WebhookView)
@permission(MANAGE)
async def read_webhook(request: Request, db: Db, actor: CurrentActor, webhook_id: UUID) -> Response:
    """One webhook."""
    async with db.primary() as primary:
        row = await webhooks.get_webhook(primary, actor, webhook_id)
    return answer(request, WebhookView.of(row), version=str(row.version))


@router.patch("/webhooks/{webhook_id}", response_model=WebhookView)
@permission(MANAGE)
async def edit_webhook(
    request: Request,
    db: Db,
    actor: CurrentActor,
    webhook_id: UUID,
    body: WebhookPatch,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Changes a webhook, or switches it on or off."""

    async def effect(write: Write) -> WebhookView:
        seen = await webhooks.get_webhook(write, actor, webhook_id)
        check_version(if_match, str(seen.version))
        new = {name: value for name, value in body.model_dump().items() if value is not None}
        old = {"url": seen.url, "types": seen.types, "description": seen.description, "enabled": seen.enabled}
        return WebhookView.of(await webhooks.edit_webhook(write, actor, seen, Wanted(**{**old, **new})))

    return await repeatable(request, db, actor.user_id, key, effect)


@router.delete("/webhooks/{webhook_id}", status_code=204, response_class=Response)
@permission(MANAGE)
async def delete_webhook(
    request: Request, db: Db, actor: CurrentActor, webhook_id: UUID, if_match: IfMatch = None, key: IdempotencyKey = None
) -> Response:
    """Removes a webhook with its log."""

    async def effect(write: Write) -> None:
        seen = await webhooks.get_webhook(write, actor, webhook_id)
        check_version(if_match, str(seen.version))
        await webhooks.delete_webhook(write, actor, seen)

    return await repeatable(request, db, actor.user_id, key, effect)


@router.post("/webhooks/{webhook_id}/rotate", response_model=WebhookWithSecret)
@permission(MANAGE)
async def rotate_webhook_secret(request: Request, db: Db, actor: CurrentActor, webhook_id: UUID, key: IdempotencyKey = None) -> Response:
    """A new secret. For 24 hours deliveries carry a signature by the old one too."""

    async def effect(write: Write) -> WebhookWithSecret:
        row, secret = await webhooks.rotate_secret(write, actor, webhook_id)
        return WebhookWithSecret(**WebhookView.of(row).model_dump(), secret=secret)

    return await repeatable(request, db, actor.user_id, key, effect, secret=True)


@router.post("/webhooks/{webhook_id}/test", status_code=202, response_model=DeliveryView)
@permission(MANAGE)
async def send_webhook_test(request: Request, db: Db, actor: CurrentActor, webhook_id: UUID, key: IdempotencyKey = None) -> Response:
    """Tells the webhook of a `webhook.test`."""

    async def effect(write: Write) -> DeliveryView:
        return DeliveryView.of(await webhooks.send_test(write, actor, webhook_id))

    return await repeatable(request, db, actor.user_id, key, effect, status=202)


@router.get("/webhooks/{webhook_id}/deliveries", response_model=DeliveryPage)
@permission(MANAGE)
async def list_deliveries(
    request: Request, db: Db, actor: CurrentActor, paging: Paging, webhook_id: UUID, state: DeliveryState = None
) -> Response:
    """What the webhook was told in the last thirty days, newest first, and what it answered."""
    async with db.primary() as primary:
        rows, following, total = await webhooks.list_deliveries(primary, actor, webhook_id, state, paging)
    return page_answer(request, DeliveryPage(items=[DeliveryView.of(row) for row in rows], next=following, total=total), following)


@router.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", status_code=202, response_model=DeliveryView)
@permission(MANAGE)
async def replay_delivery(
    request: Request, db: Db, actor: CurrentActor, webhook_id: UUID, delivery_id: UUID, key: IdempotencyKey = None
) -> Response:
    """Tells it once more, under the same `webhook-id`."""

    async def effect(write: Write) -> DeliveryView:
        return DeliveryView.of(await webhooks.replay_delivery(write, actor, webhook_id, delivery_id))

    return await repeatable(request, db, actor.user_id, key, effect, status=202)


@router.post("/webhooks/{webhook_id}/replay", status_code=202, response_model=EventsReplayView)
@permission(MANAGE)
async def replay_events(
    request: Request,
    db: Db,
    actor: CurrentActor,
    webhook_id: UUID,
    wanted: Annotated[EventsReplayWanted, Body()],
    key: IdempotencyKey = None,
) -> Response:
    """Tells again what the webhook takes of the events behind a position, up to a thousand at once; `reached` leads on."""

    async def effect(write: Write) -> EventsReplayView:
        matching = await webhooks.count_replayable(write, actor, webhook_id, wanted.after)
        none = (0, wanted.after)
        replayed, reached = none if wanted.dry_run else await webhooks.replay_from(write, actor, webhook_id, wanted.after)
        return EventsReplayView(replayed=replayed, matching=matching, reached=reached)

    return await repeatable(request, db, actor.user_id, key, effect, status=202)
