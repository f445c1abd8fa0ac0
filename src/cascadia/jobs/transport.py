"""How permits travel: the word that a family has work, which lets a worker look into the ledger. A lost permit heals by polling."""

from collections.abc import Callable, Collection
from typing import Protocol

from cascadia.jobs.listen import listen


class Transport(Protocol):
    """Where a worker gets its permits from."""

    async def take(self, families: Collection[str], permit: Callable[[], None], event: Callable[[], None]) -> None:
        """Until it is cancelled: calls `permit` when one of the families may have work, `event` when the outbox has something new."""
        ...


class PostgresTransport:
    """Permits as notices of the database: no broker. Every worker of a family hears each; the claim decides who takes the job."""

    def __init__(self, direct_url: str) -> None:
        self._direct_url = direct_url

    async def take(self, families: Collection[str], permit: Callable[[], None], event: Callable[[], None]) -> None:
        """See `Transport.take`."""

        def heard(channel: str, payload: str) -> None:
            if channel != "cascadia_jobs":
                event()
            if channel == "" or payload in families:
                permit()

        await listen(self._direct_url, ("cascadia_jobs", "cascadia_outbox"), heard, name="worker")
