"""What transactions noted for others goes out after their commits and beside them; a notice that is lost heals by polling."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Generic, TypeVar

from cascadia.kernel import tasks

T = TypeVar("T")

CLOSE_SECONDS: Final = 5.0


class Lane(Generic[T]):
    """Delivers in the order of `add`, one call of `deliver` at a time: what gathers meanwhile goes with the next one.

    So nobody waits for a notice to arrive; the first one goes at once, and under load many share a message (`pause` seconds lie between
    two of them at least). `deliver` raises nothing.
    """

    def __init__(self, deliver: Callable[[Sequence[T]], Awaitable[None]], pause: float = 0.0) -> None:
        self._deliver = deliver
        self._pause = pause
        self._waiting: list[T] = []
        self._going: asyncio.Task[None] | None = None
        self._closing = False

    def add(self, notices: Iterable[T]) -> None:
        """Takes notices and returns at once; they are delivered in the background."""
        self._waiting.extend(notices)
        if self._waiting and (self._going is None or self._going.done()):
            self._going = asyncio.create_task(self._go())

    async def _go(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            await self._deliver(taken)
            if self._pause and not self._closing:
                await asyncio.sleep(self._pause)

    async def close(self) -> None:
        """Until all is delivered, for some seconds at most."""
        self._closing = True
        if self._going is not None:
            await asyncio.wait([self._going], timeout=CLOSE_SECONDS)
            await tasks.end([self._going])
