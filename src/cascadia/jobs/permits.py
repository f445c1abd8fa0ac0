"""Permits over RabbitMQ: durable quorum queues, one per family, persistent messages without content, confirmed by the broker.

The ledger is the truth: a permit that is lost is made up for (`top_up`), one too many finds nothing to do.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

import psycopg
import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import DeliveryError

from cascadia.jobs.listen import listen
from cascadia.jobs.transport import OUTBOX_CHANNEL, Due, Heard
from cascadia.kernel import tasks
from cascadia.kernel.broker import TROUBLE, Broker, why_not
from cascadia.kernel.db import Database
from cascadia.kernel.errors import Unavailable
from cascadia.kernel.instance import instance_of

log = structlog.get_logger()

TOPOLOGY: Final = 1
"""Grows when the arguments of the queues change: two releases share a broker, each with its own queues."""
ARGUMENTS: Final = {"x-queue-type": "quorum"}
PERMIT: Final = Message(b"", delivery_mode=DeliveryMode.PERSISTENT)
CONFIRM_SECONDS: Final = 5.0
TRIES: Final = 3
MOST_AT_ONCE: Final = 200
MOST_WAKES: Final = 16
"""Permits of a family for jobs queued in the same moment: a worker that is awake keeps taking jobs, and `top_up` finds the rest."""
RENEW_SECONDS: Final = 30.0
OFFER_SECONDS: Final = 0.1
"""How long the relay waits before it offers permits itself: those who enqueued the jobs have usually sent them by then."""
FULL_SECONDS: Final = 0.5
"""How long all slots must be taken before the consumers are cancelled: to cancel nine of them takes longer than many jobs do."""


def queue_name(instance: UUID, family: str) -> str:
    """Two fleets may share a broker, hence the instance."""
    return f"cascadia.{instance}.{TOPOLOGY}.{family}"


class Permits:
    """The publishing end, for app servers and workers."""

    def __init__(self, instance: UUID) -> None:
        self._instance = instance
        self._channel: AbstractChannel | None = None
        self._declared: set[str] = set()

    async def open(self, connection: AbstractConnection) -> None:
        """Publishes over this connection from now on."""
        self._declared.clear()
        self._channel = await connection.channel(publisher_confirms=True, on_return_raises=True)

    def close(self) -> None:
        """The connection is gone."""
        self._channel = None

    async def offer(self, families: Collection[str]) -> None:
        """A permit for each mention of a family, confirmed; without a broker none: lost permits heal."""
        if self._channel is None or self._channel.is_closed:
            return
        wakes = [family for family, jobs in Counter(families).items() for _ in range(min(jobs, MOST_WAKES))]
        try:
            await asyncio.gather(*(self.publish(family) for family in wakes))
        except TROUBLE as error:
            log.info("permit_not_offered", families=sorted(set(families)), reason=why_not(error))

    async def publish(self, family: str) -> None:
        """One permit; tries again where the broker refuses it (a leader is being elected), makes the queue where there is none."""
        for attempt in range(TRIES):
            channel = self._channel
            if channel is None:
                raise ConnectionError("there is no broker")
            try:
                if family not in self._declared:
                    await self.declare(family)
                await channel.default_exchange.publish(PERMIT, queue_name(self._instance, family), timeout=CONFIRM_SECONDS)
            except DeliveryError:
                self._declared.discard(family)
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(random.uniform(0.02, 0.2))  # noqa: S311 - jitter
            else:
                return

    async def declare(self, family: str) -> int:
        """Makes the queue, where it is not there; the permits that are ready in it."""
        channel = self._channel
        if channel is None:
            raise ConnectionError("there is no broker")
        queue = await declared(channel, self._instance, family)
        self._declared.add(family)
        return queue.declaration_result.message_count or 0


async def declared(channel: AbstractChannel, instance: UUID, family: str) -> AbstractQueue:
    """The family's queue, made where it is not there."""
    return await channel.declare_queue(queue_name(instance, family), durable=True, arguments=dict(ARGUMENTS), timeout=CONFIRM_SECONDS)


class PermitSender:
    """What an app server has: a broker's connection of its own, kept in the background, and permits after commits."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._permits: Permits | None = None

    @property
    def degraded(self) -> str | None:
        """`broker` while it is not reached."""
        return None if self._broker.connected else "broker"

    async def run(self, database: Database) -> None:
        """Until it is cancelled."""
        permits = self._permits = Permits(await instance_of(database))

        async def use(connection: AbstractConnection) -> None:
            try:
                await permits.open(connection)
                await asyncio.Event().wait()
            finally:
                permits.close()

        await self._broker.keep(use)

    async def offer(self, families: Sequence[str]) -> None:
        """See `Permits.offer`."""
        if self._permits:
            await self._permits.offer(families)


class RabbitTransport:
    """A worker's end: consumes the permits of its families, one of each at a time, and tops up what the ledger says is missing."""

    def __init__(self, broker: Broker, instance: UUID, direct_url: str, due: Due) -> None:
        self._broker = broker
        self._instance = instance
        self._direct_url = direct_url
        self._due = due
        self._permits = Permits(instance)
        self._held: list[AbstractIncomingMessage] = []
        self._room = asyncio.Event()
        self._room.set()
        self._full_since: float | None = None
        self._offered: set[str] = set()
        self._offers = asyncio.Event()

    @property
    def degraded(self) -> str | None:
        """`broker` while it is not reached."""
        return None if self._broker.connected else "broker"

    async def take(self, families: Collection[str], permit: Heard, event: Heard) -> None:
        """See `Transport.take`."""

        async def use(connection: AbstractConnection) -> None:
            await self._consume(connection, sorted(families), permit)

        def heard(_channel: str, _payload: str) -> None:
            event()

        await tasks.together(
            self._broker.keep(use), self._keep_offering(), listen(self._direct_url, (OUTBOX_CHANNEL,), heard, name="worker")
        )

    async def _consume(self, connection: AbstractConnection, families: Sequence[str], permit: Heard) -> None:
        """Opens and closes the consumers as slots are free or not, until the channel or the connection is closed."""
        try:
            await self._permits.open(connection)
            channel = await connection.channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=1)
            permit()
            while not channel.is_closed:
                await self._room.wait()
                queues = [await declared(channel, self._instance, family) for family in families]
                tags = [await queue.consume(self._receiver(permit), timeout=CONFIRM_SECONDS) for queue in queues]
                await self._until_full(channel)
                if channel.is_closed:
                    return
                for queue, tag in zip(queues, tags, strict=True):
                    await queue.cancel(tag, timeout=CONFIRM_SECONDS)
                held, self._held = self._held, []
                for message in held:
                    await message.nack(requeue=True)
        finally:
            self._permits.close()
            self._held.clear()

    def _receiver(self, permit: Heard) -> Callable[[AbstractIncomingMessage], Awaitable[None]]:
        async def received(message: AbstractIncomingMessage) -> None:
            self._held.append(message)
            permit()

        return received

    async def _until_full(self, channel: AbstractChannel) -> None:
        """Or until the consumers are to be renewed: a broker may drop one without a word that reaches us."""
        renewal = time.monotonic() + RENEW_SECONDS
        while not channel.is_closed and time.monotonic() < renewal:
            if self._full_since is not None and time.monotonic() - self._full_since >= FULL_SECONDS:
                self._room.clear()
                return
            await asyncio.sleep(FULL_SECONDS / 5)

    async def offer(self, families: Collection[str]) -> None:
        """See `Transport.offer`: soon, as many permits as the ledger has due jobs more than the queues have ready permits."""
        self._offered.update(families)
        self._offers.set()

    async def _keep_offering(self) -> None:
        while True:
            await self._offers.wait()
            await asyncio.sleep(OFFER_SECONDS)
            self._offers.clear()
            families, self._offered = self._offered, set()
            await self._make_up(families)

    async def top_up(self) -> None:
        """See `Transport.top_up`."""
        await self._make_up(None)

    async def _make_up(self, families: set[str] | None) -> None:
        if not self._broker.connected:
            return
        try:
            due = {family: number for family, number in (await self._due()).items() if families is None or family in families}
            for family, number in due.items():
                missing = min(number - await self._permits.declare(family), MOST_AT_ONCE)
                await asyncio.gather(*(self._permits.publish(family) for _ in range(missing)))
        except (*TROUBLE, psycopg.Error, Unavailable) as error:
            log.info("permits_not_topped_up", reason=why_not(error))

    def answered(self) -> None:
        """See `Transport.answered`."""
        held, self._held = self._held, []
        for message in held:
            task = asyncio.ensure_future(_ack(message))
            task.add_done_callback(lambda t: t.cancelled() or t.exception())

    def show_room(self, *, free: bool) -> None:
        """See `Transport.show_room`."""
        if free:
            self._full_since = None
            self._room.set()
        elif self._full_since is None:
            self._full_since = time.monotonic()


async def _ack(message: AbstractIncomingMessage) -> None:
    """A permit that cannot be acknowledged comes back, and finds nothing."""
    with suppress(*TROUBLE):
        await message.ack()
