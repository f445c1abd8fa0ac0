"""Use cases of webhooks: who is told, of what; what was told; telling it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cascadia.access import service as access
from cascadia.access.model import Actor
from cascadia.jobs import service as jobs
from cascadia.kernel.db import Read, Write
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.errors import Conflict, Forbidden, NotFound, Stale
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.notify import queries
from cascadia.notify.model import NOT_TOLD, Delivery, Webhook, new_secret, pattern

MANAGE = "program.manage"
DELIVER = "webhook.deliver"
REPLAYED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a webhook is to be. `program`: whose events it is told; None: those of no program."""

    url: str
    types: Sequence[str]
    description: str
    program: UUID | None = None
    enabled: bool = True


def _eyes(actor: Actor) -> dict[str, object]:
    managed = [program for program in actor.programs if actor.may(MANAGE, program)]
    if not (managed or actor.administrator):
        raise Forbidden("Webhooks are for those who lead a program, and for administrators.")
    return {"everything": actor.administrator, "programs": managed}


async def list_webhooks(read: Read, actor: Actor, page: PageRequest) -> tuple[list[Webhook], str | None, int | None]:
    """Those of the programs that the actor leads; all for administrators."""
    params = {**_eyes(actor), "after": page.after(int)[0] or 0, "limit": page.limit + 1}
    rows = await read.all(queries.WEBHOOKS, Webhook, params)
    total = await read.value(queries.WEBHOOK_COUNT, params) if page.count else None
    return *page.cut(rows, lambda row: [row.webhook_id]), total


async def get_webhook(read: Read, actor: Actor, uid: UUID) -> Webhook:
    """The webhook, or a refusal where the actor does not manage it."""
    found = await read.one(queries.WEBHOOK, Webhook, {"everything": actor.administrator, "programs": actor.programs, "uid": uid})
    if found is None:
        raise NotFound("There is no such webhook, or you may not see it.")
    if found.program_id is not None and not actor.administrator:
        actor.require(MANAGE, found.program_id)
    return found


async def create_webhook(write: Write, actor: Actor, wanted: Wanted) -> tuple[Webhook, str]:
    """The new webhook and its secret, which is not shown again."""
    program_id = None
    if wanted.program is None:
        actor.require_administrator()
    else:
        program_id = (await access.find_program(write, actor, uid=wanted.program)).program_id
        if not actor.administrator:
            actor.require(MANAGE, program_id)
    uid, secret = new_uid(), new_secret()
    params = {**_columns(wanted), "uid": uid, "program_id": program_id, "secret": secret, "actor": actor.user_id}
    await write.execute(queries.INSERT, params)
    made = await get_webhook(write, actor, uid)
    await _emit(write, actor, made, "webhook.created")
    return made, secret


async def edit_webhook(write: Write, actor: Actor, seen: Webhook, wanted: Wanted) -> Webhook:
    """Changes a webhook as it was seen; a disabled one that is enabled begins anew, and the actor answers for it from then on."""
    params = {**_columns(wanted), "enabled": wanted.enabled, "uid": seen.uid, "version": seen.version, "actor": actor.user_id}
    changed = await write.execute(queries.EDIT, params)
    if not changed:
        raise Stale("Somebody changed this webhook since you read it. Look at it again.")
    await _emit(write, actor, seen, "webhook.changed")
    return await get_webhook(write, actor, seen.uid)


async def rotate_secret(write: Write, actor: Actor, uid: UUID) -> tuple[Webhook, str]:
    """A new secret; for 24 hours deliveries are signed with the old one too."""
    seen, secret = await get_webhook(write, actor, uid), new_secret()
    await write.execute(queries.ROTATE, {"uid": uid, "secret": secret})
    await _emit(write, actor, seen, "webhook.changed")
    return await get_webhook(write, actor, uid), secret


async def delete_webhook(write: Write, actor: Actor, seen: Webhook) -> None:
    """Removes the webhook with its log."""
    if not await write.execute(queries.DELETE, {"uid": seen.uid, "version": seen.version}):
        raise Stale("Somebody changed this webhook since you read it. Look at it again.")
    await _emit(write, actor, seen, "webhook.deleted")


async def send_test(write: Write, actor: Actor, uid: UUID) -> Delivery:
    """Tells this webhook, and no other, of a `webhook.test`."""
    seen = await get_webhook(write, actor, uid)
    _must_be_enabled(seen)
    event = Event("webhook.test", seen.uid, actor.user_id, seen.program_id, {"description": seen.description})
    await write.emit(event)
    return await _deliver(write, seen, event.uid, event.type)


async def list_deliveries(
    read: Read, actor: Actor, uid: UUID, state: str | None, page: PageRequest
) -> tuple[list[Delivery], str | None, int | None]:
    """What one webhook was told, newest first."""
    seen = await get_webhook(read, actor, uid)
    params = {"webhook_id": seen.webhook_id, "state": state, "after": page.after(int)[0], "limit": page.limit + 1}
    rows = await read.all(queries.DELIVERY_PAGE, Delivery, params)
    total = await read.value(queries.DELIVERY_COUNT, params) if page.count else None
    return *page.cut(rows, lambda row: [row.delivery_id]), total


async def replay_delivery(write: Write, actor: Actor, uid: UUID, delivery: UUID) -> Delivery:
    """Tells it once more."""
    seen = await get_webhook(write, actor, uid)
    _must_be_enabled(seen)
    found = await write.one(queries.DELIVERY, Delivery, {"webhook_id": seen.webhook_id, "state": None, "uid": delivery})
    if found is None:
        raise NotFound("There is no such delivery of this webhook any more.")
    return await _deliver(write, seen, found.event_uid, found.event_type)


async def count_replayable(read: Read, actor: Actor, uid: UUID, after: int) -> int:
    """How many events behind a position the webhook takes."""
    seen = await get_webhook(read, actor, uid)
    return int(await read.value(queries.REPLAY_COUNT, {"webhook_id": seen.webhook_id, "after": after, "not_told": list(NOT_TOLD)}))


async def replay_from(write: Write, actor: Actor, uid: UUID, after: int) -> tuple[int, int]:
    """Tells again what the webhook takes of the events behind a position, up to `REPLAYED_AT_ONCE`; how many, and the position reached."""
    seen = await get_webhook(write, actor, uid)
    _must_be_enabled(seen)
    params = {"webhook_id": seen.webhook_id, "after": after, "not_told": list(NOT_TOLD), "limit": REPLAYED_AT_ONCE}
    events = await write.rows(queries.REPLAY_PAGE, params)
    for event in events:
        await _deliver(write, seen, event["event_uid"], event["event_type"])
    return len(events), events[-1]["position"] if events else after


def _must_be_enabled(webhook: Webhook) -> None:
    if not webhook.enabled:
        raise Conflict(f"This webhook is off: {webhook.disabled_reason} Enable it first.", code="webhook_disabled")


async def _deliver(write: Write, webhook: Webhook, event_uid: UUID, event_type: str) -> Delivery:
    params = {"uid": new_uid(), "webhook_id": webhook.webhook_id, "event_uid": event_uid, "event_type": event_type}
    uid = await write.value(queries.DELIVER, params)
    await jobs.enqueue(write, delivery_job(uid))
    found = await write.one(queries.DELIVERY, Delivery, {"webhook_id": webhook.webhook_id, "state": None, "uid": uid})
    assert found
    return found


def delivery_job(uid: UUID) -> Enqueue:
    """The job that delivers; a second one for the same delivery joins it."""
    return Enqueue(DELIVER, {"delivery": str(uid)}, key=str(uid))


async def _emit(write: Write, actor: Actor, webhook: Webhook, event_type: str) -> None:
    await write.emit(Event(event_type, webhook.uid, actor.user_id, webhook.program_id, {"url": webhook.url}))


def _columns(wanted: Wanted) -> dict[str, Any]:
    return {
        "url": wanted.url,
        "description": wanted.description,
        "types": list(wanted.types),
        "patterns": [pattern(glob) for glob in wanted.types],
    }
