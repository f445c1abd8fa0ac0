"""The relay: numbers the outbox and lets each subscription enqueue the jobs that follow from its events.

It runs in every worker. One at a time numbers; each subscription is served by whoever gets its cursor's lock.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import psycopg
import structlog
from psycopg.types.json import Jsonb

from cascadia.jobs import queries, service
from cascadia.jobs.following import set_aside
from cascadia.kernel.db import Database, Write
from cascadia.kernel.declare import Incoming, Subscription
from cascadia.kernel.errors import Unavailable

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.1
"""Between two turns at least: under load a turn numbers many events with one commit, not each with its own."""
LOOK_AGAIN_SECONDS: Final = 10.0
"""A cursor that another relay held is its to serve; should it die, the next look finds the cursor behind."""
BATCH: Final = 500
EVENTS_AT_ONCE: Final = 100


class _NotServed(Exception):
    """The handler of a subscription raised, for this event."""

    def __init__(self, event: Incoming) -> None:
        super().__init__(event.type)
        self.event = event


class Relay:
    """Serves the subscriptions of one registry, beside the relays of all other workers. `queued` hears of families with new jobs."""

    def __init__(self, database: Database, subscriptions: Iterable[Subscription]) -> None:
        self._database = database
        self._subscriptions: Mapping[str, Subscription] = {s.name: s for s in subscriptions}
        self._declared = Jsonb([_declared(s) for s in self._subscriptions.values()])
        self._handled = -1
        self._look_again = 0.0
        self._careful: set[str] = set()
        self.wake = asyncio.Event()
        self.queued: Callable[[Sequence[str]], Awaitable[None]] = _nobody

    async def run(self) -> None:
        """Until it is cancelled."""
        await self._report_missing()
        while True:
            began = time.monotonic()
            try:
                await self.turn()
            except (psycopg.Error, Unavailable) as error:
                log.warning("relay_turn_failed", reason=str(error).strip())
            await asyncio.sleep(max(0.0, began + PAUSE_SECONDS - time.monotonic()))
            try:
                async with asyncio.timeout(POLL_SECONDS * random.uniform(0.9, 1.1)):  # noqa: S311 - jitter
                    await self.wake.wait()
            except TimeoutError:
                continue

    async def turn(self) -> None:
        """Numbers all that waits, and hands it to the subscriptions."""
        self.wake.clear()
        numbered = BATCH
        last = 0
        while numbered == BATCH:
            async with self._database.messages() as write:
                step = await write.one(queries.RELAY_STEP, queries.Step, {"batch": BATCH})
            assert step is not None
            numbered, last = step.numbered, step.last
            if step.families:
                await self.queued(step.families)
        if (last > self._handled or time.monotonic() > self._look_again) and await self._hand_out(last):
            self._handled = last
            self._look_again = time.monotonic() + LOOK_AGAIN_SECONDS

    async def _hand_out(self, last: int) -> bool:
        """Whether no subscription has anything left up to `last` that this relay could have served."""
        async with self._database.messages() as write:
            due = [row["name"] for row in await write.rows(queries.ADVANCE, {"subscriptions": self._declared, "last": last})]
        complete = True
        for name in due:
            complete &= await self._serve(self._subscriptions[name], last)
        return complete

    async def _serve(self, subscription: Subscription, last: int) -> bool:
        """Hands the events to one subscription, in order; False where that could not be recorded, and is tried again at the next turn.

        Where its handler raises, the events go to it one by one, and the one that it cannot serve goes into a job.
        """
        while True:
            limit = 1 if subscription.name in self._careful else EVENTS_AT_ONCE
            try:
                async with self._database.write() as write:
                    if not await _serve_some(write, subscription, last, limit):
                        self._careful.discard(subscription.name)
                        return True
            except (psycopg.OperationalError, Unavailable):
                raise
            except _NotServed as failure:
                if limit == 1:
                    await self._set_aside(subscription, failure, last)
                self._careful.add(subscription.name)
            except psycopg.Error as error:
                log.exception("subscription_failed", subscription=subscription.name, reason=str(error).strip())
                return False

    async def _set_aside(self, subscription: Subscription, failure: "_NotServed", last: int) -> None:
        """Moves the cursor past the event, with a job for it; nothing where another relay was faster."""
        event = failure.event
        async with self._database.write() as write:
            after = await write.value(queries.CURSOR, {"name": subscription.name, "last": last})
            if after is None or after >= event.position:
                return
            await service.enqueue(write, set_aside(subscription, event))
            await write.execute(queries.MOVE_CURSOR, {"name": subscription.name, "position": event.position})
        failed = f"{event.type} {event.uid} at {event.position}"
        remedy = "it is tried again by a job (maintenance.follow); where that ends dead, mend what the traceback names and retry it"
        log.error("subscription_failed", subscription=subscription.name, failed=failed, remedy=remedy, exc_info=failure.__cause__)

    async def _report_missing(self) -> None:
        try:
            async with self._database.read() as read:
                missing = [row["name"] for row in await read.rows(queries.MISSING_CURSORS, {"names": list(self._subscriptions)})]
        except (psycopg.Error, Unavailable):
            return
        if missing:
            log.error("subscriptions_without_cursor", names=missing, remedy="run `cascadia migrate`")


def _declared(subscription: Subscription) -> dict[str, Any]:
    """What the database needs to know of it."""
    return {
        "name": subscription.name,
        "events": list(subscription.events),
        "without": list(subscription.without),
        "where": dict(subscription.where),
    }


async def _nobody(_families: Sequence[str]) -> None:
    """Nobody is to hear of queued jobs."""


async def _serve_some(write: Write, subscription: Subscription, last: int, limit: int) -> bool:
    """One transaction under the cursor's lock: events to jobs. False where nothing is left, or another relay is at it."""
    after = await write.value(queries.CURSOR, {"name": subscription.name, "last": last})
    if after is None:
        return False
    found = await write.all(
        queries.INCOMING,
        Incoming,
        {
            "after": after,
            "last": last,
            "events": list(subscription.events),
            "without": list(subscription.without),
            "where": Jsonb(dict(subscription.where)),
            "limit": limit,
        },
    )
    for event in found:
        try:
            for job in await subscription.handle(write, event):
                await service.enqueue(write, job)
        except (psycopg.OperationalError, Unavailable):
            raise
        except Exception as error:  # whatever a domain's own code raises
            raise _NotServed(event) from error
    reached = found[-1].position if len(found) == limit else last
    await write.execute(queries.MOVE_CURSOR, {"name": subscription.name, "position": reached})
    return reached < last
