"""Events that a subscription could not serve: each gets a job of its own, with its tries and its end, and the later ones go on."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from cascadia.jobs import service
from cascadia.jobs.model import PermanentJobError
from cascadia.kernel.declare import Enqueue, Incoming, JobContext, JobType, Payload, Subscription

FAMILY: Final = "maintenance"
TYPE: Final = "maintenance.follow"


def set_aside(subscription: Subscription, event: Incoming) -> Enqueue:
    """The job that serves the event instead of the relay."""
    told: dict[str, Any] = {
        "position": event.position,
        "uid": str(event.uid),
        "type": event.type,
        "subject": str(event.subject),
        "program_id": event.program_id,
        "actor_id": event.actor_id,
        "data": dict(event.data),
    }
    name = subscription.name
    return Enqueue(TYPE, {"subscription": name, "event": told}, key=f"{name} {event.uid}", subject_name=f"{name}: {event.type}")


def following(subscriptions: Mapping[str, Subscription]) -> JobType:
    """The job type: what follows from the event is enqueued with the job's own end, once."""

    async def run(context: JobContext, payload: Payload) -> Payload:
        subscription, told = subscriptions.get(payload["subscription"]), payload["event"]
        if subscription is None:
            message = f"No part of this release follows events as {payload['subscription']}: nothing is left to be done for it."
            raise PermanentJobError("no_subscription", message)
        event = Incoming(**{**told, "uid": UUID(told["uid"]), "subject": UUID(told["subject"])})
        async with context.finish() as write:
            for job in await subscription.handle(write, event):
                await service.enqueue(write, job)
        return {}

    return JobType(TYPE, FAMILY, run=run)
