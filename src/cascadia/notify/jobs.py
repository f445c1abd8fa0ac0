"""Delivering events to webhooks, and forgetting old deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from cascadia.jobs.model import ADDRESS, PermanentJobError
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobContext, JobType, Payload, Schedule, Subscription
from cascadia.kernel.errors import Unavailable
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.tls import trust
from cascadia.notify import queries
from cascadia.notify.calling import Answer, call
from cascadia.notify.model import NOT_TOLD, TRIES_AFTER, sign
from cascadia.notify.webhooks import DELIVER, delivery_job
from cascadia.settings import load

GONE: Final = 410
LEFT: Final = "Who answered for it does not lead the program any more. Whoever enables it answers for it."
ACCESS_EVENTS: Final = frozenset({"role.granted", "role.revoked", "user.changed"})
"""After one of them somebody may see less."""
PATIENCE: Final = timedelta(days=3)
"""How long a receiver may be away: as long as all tries of a delivery take together."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery with all that is told."""

    uid: UUID
    state: str
    webhook_id: int
    url: str
    enabled: bool
    kept: bool
    secret: str
    old_secret: str | None
    event_uid: UUID
    type: str
    subject: UUID
    at: datetime
    data: dict[str, Any]
    program_uid: UUID | None
    actor_uid: UUID | None

    def body(self) -> bytes:
        """What is posted."""
        told = {"id": self.event_uid, "subject": self.subject, "program": self.program_uid, "actor": self.actor_uid, **self.data}
        return msgspec.json.encode({"type": self.type, "timestamp": self.at.isoformat(), "data": told})

    def headers(self, now: int, body: bytes) -> dict[str, str]:
        """Those of Standard Webhooks; the id stays the same however often it is told."""
        secrets = [secret for secret in (self.secret, self.old_secret) if secret]
        return {
            "Content-Type": "application/json",
            "User-Agent": "Cascadia-Webhooks",
            "webhook-id": f"msg_{self.uid}",
            "webhook-timestamp": str(now),
            "webhook-signature": " ".join(sign(secret, f"msg_{self.uid}", now, body) for secret in secrets),
        }


async def deliver(context: JobContext, payload: Payload) -> Payload | None:
    """One try; what came of it is recorded whether or not it was taken."""
    async with context.database.primary() as primary:
        outgoing = await primary.one(queries.OUTGOING, Outgoing, {"uid": payload["delivery"]})
        now = int(await primary.value("SELECT extract(epoch FROM clock_timestamp())"))
    if outgoing is None or not outgoing.enabled:
        raise PermanentJobError("webhook_off", "The webhook was switched off or removed meanwhile.")
    if not outgoing.kept:
        async with context.database.write() as write:
            await disable(write, outgoing.webhook_id, LEFT)
        raise PermanentJobError("webhook_off", LEFT)
    settings = load()
    body = outgoing.body()
    answer = await call(
        outgoing.url, outgoing.headers(now, body), body, allowed=settings.webhook_allowed_networks, trust=trust(settings.ca_bundle)
    )
    if answer.ok:
        async with context.finish({"status": answer.status}) as write:
            await _record(write, outgoing, answer, "delivered")
            await write.execute(queries.RECOVERED, {"webhook_id": outgoing.webhook_id})
        return None
    async with context.database.write() as write:
        await _record(write, outgoing, answer, "waiting")
        if answer.status == GONE:
            await disable(write, outgoing.webhook_id, "Its receiver answered 410: it is gone for good.")
    if answer.status == GONE:
        raise PermanentJobError("webhook_gone", "The receiver is gone for good (410); the webhook was switched off.")
    needs = f"{ADDRESS}{urlsplit(outgoing.url).netloc}" if answer.away else None
    raise Unavailable(f"The receiver did not take it: {answer.error}. It is tried again for three days.", code="not_delivered", needs=needs)


async def _record(write: Write, outgoing: Outgoing, answer: Answer, state: str) -> None:
    await write.execute(
        queries.RECORD,
        {
            "uid": outgoing.uid,
            "state": state,
            "status": answer.status,
            "milliseconds": answer.milliseconds,
            "error": answer.error,
            "answer": answer.text,
        },
    )


async def given_up(write: Write, payload: Payload, error: Mapping[str, str]) -> None:  # noqa: ARG001 - the delivery's own row says why
    """A delivery that will not be tried again; after five days without any success the webhook is switched off."""
    for row in await write.rows(queries.FAILED, {"uid": payload["delivery"]}):
        if row["for_long"]:
            await disable(write, row["webhook_id"], "Nothing was delivered for five days.")


async def disable(write: Write, webhook_id: int, reason: str) -> None:
    """Switches a webhook off, and leaves an event."""
    for row in await write.rows(queries.DISABLE, {"webhook_id": webhook_id, "reason": reason}):
        await write.emit(Event("webhook.disabled", row["uid"], None, row["program_id"], {"reason": reason}))


async def told(write: Write, event: Incoming) -> list[Enqueue]:
    """The deliveries that follow from an event; a webhook hears of nothing that happened before it was there.

    Nor of what whoever answers for it may not see any more: it is switched off.
    """
    if event.type in ACCESS_EVENTS:
        for row in await write.rows(queries.LEFT_ALONE):
            await disable(write, row["webhook_id"], LEFT)
    wanted = []
    for row in await write.rows(queries.TAKES, {"uid": event.uid}):
        params = {"uid": new_uid(), "webhook_id": row["webhook_id"], "event_uid": event.uid, "event_type": event.type}
        wanted.append(delivery_job(await write.value(queries.DELIVER, params)))
    return wanted


async def _forget(context: JobContext, payload: Payload) -> Payload:  # noqa: ARG001 - the same every time
    async with context.database.write() as write:
        return {"deliveries": await write.execute(queries.FORGET)}


DECLARED: Final = Declared(
    families=(Family("webhook", Isolation.TRUSTED, memory_mb=128, wall_seconds=30, cpu_seconds=600),),
    types=(
        JobType(DELIVER, "webhook", run=deliver, failed=given_up, retry=TRIES_AFTER, patience=PATIENCE),
        JobType("maintenance.webhook_log", "maintenance", run=_forget),
    ),
    subscriptions=(Subscription("webhook.events", (), told, without=(*NOT_TOLD, "webhook.test")),),
    schedules=(Schedule("maintenance.webhook_log", "53 2 * * *", "maintenance.webhook_log"),),
)
