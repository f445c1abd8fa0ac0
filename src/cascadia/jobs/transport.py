"""How permits travel: the word that a family has work, which lets a worker look into the ledger. A lost permit heals by polling."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final, Protocol

from cascadia.jobs.listen import listen
from cascadia.kernel.db import Database

JOBS_CHANNEL: Final = "cascadia_jobs"
OUTBOX_CHANNEL: Final = "cascadia_outbox"

Heard = Callable[[], None]


class Transport(Protocol):
    """Where a worker gets its permits from, and where it leaves those for others."""

    @property
    def degraded(self) -> str | None:
        """What is missing; jobs are then found by polling."""
        ...

    async def take(self, families: Collection[str], permit: Heard, event: Heard) -> None:
        """Until it is cancelled: calls `permit` when one of the families may have work, `event` when the outbox has something new."""
        ...

    async def offer(self, families: Collection[str]) -> None:
        """Wakes workers of families in which jobs were queued."""
        ...

    async def top_up(self) -> None:
        """Makes up for permits that were lost."""
        ...

    def answered(self) -> None:
        """The ledger has answered a claim: permits that came before it have done their work."""
        ...

    def show_room(self, *, free: bool) -> None:
        """Whether this worker can take more: one that cannot keeps no permits from others."""
        ...


class PostgresTransport:
    """Permits as notices of the database: no broker. Every worker of a family hears each; the claim decides who takes the job."""

    degraded: str | None = None

    def __init__(self, database: Database, direct_url: str) -> None:
        self._database = database
        self._direct_url = direct_url

    async def take(self, families: Collection[str], permit: Heard, event: Heard) -> None:
        """See `Transport.take`."""

        def heard(channel: str, payload: str) -> None:
            if channel != JOBS_CHANNEL:
                event()
            if channel == "" or payload in families:
                permit()

        await listen(self._direct_url, (JOBS_CHANNEL, OUTBOX_CHANNEL), heard, name="worker")

    async def offer(self, families: Collection[str]) -> None:
        """See `Transport.offer`."""
        self._database.notify((JOBS_CHANNEL, family) for family in families)

    async def top_up(self) -> None:
        """A notice that was lost is made up for by the next poll."""

    def answered(self) -> None:
        """Notices are not held."""

    def show_room(self, *, free: bool) -> None:
        """Notices take no one's place."""


Due = Callable[[], Awaitable[dict[str, int]]]
