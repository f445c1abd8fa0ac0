"""What the next release brings: a type, a subscription, and queues of another version."""

from typing import Any

from cascadia.jobs import permits
from cascadia.jobs.registry import Registry, collect
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Incoming, JobType, Subscription
from tests.jobs import sample


async def on_ping(write: Write, event: Incoming) -> list[Enqueue]:
    payload: dict[str, Any] = {"number": event.data["number"]}
    return [Enqueue("sample.brand_new", payload)]


NEWER = Declared(
    types=(JobType("sample.brand_new", "sample", run=sample.effect),), subscriptions=(Subscription("newer.pings", ("ping",), on_ping),)
)


def registry() -> Registry:
    return collect([sample.DECLARED, NEWER])


def with_other_queues() -> Registry:
    """The same, in a process whose queues have other arguments, hence another version."""
    permits.TOPOLOGY = 2  # type: ignore[misc]  # as the next release will have it
    permits.ARGUMENTS["x-delivery-limit"] = 7  # type: ignore[assignment]  # AMQP wants a number
    return registry()
