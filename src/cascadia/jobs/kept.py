"""Trusted children that are used again: what they loaded and their connection to the database serve the next job of the family.

A confined child is never kept: it has read somebody's file.
"""

import time
from typing import Final

from cascadia.jobs.zygotes import Child, Kind, Zygotes

IDLE_SECONDS: Final = 60.0


class Kept:
    """The idle trusted children of one worker, at most `most` of them."""

    def __init__(self, zygotes: Zygotes, most: int, idle_seconds: float = IDLE_SECONDS) -> None:
        self._zygotes = zygotes
        self._most = most
        self._idle_seconds = idle_seconds
        self._idle: list[tuple[str, Child, float]] = []

    async def take(self, kind: Kind, family: str) -> Child:
        """An idle child of the family, the one that was used last, else a new one."""
        for place in range(len(self._idle) - 1, -1, -1):
            known, child, _ = self._idle[place]
            if known == family:
                del self._idle[place]
                if not child.ended.done():
                    return child
        return await self._zygotes.fork(kind)

    def give(self, family: str, child: Child) -> None:
        """A child that has answered and waits for the next request."""
        self._idle.append((family, child, time.monotonic()))
        if len(self._idle) > self._most:
            _end(self._idle.pop(0)[1])

    def end_idle(self) -> None:
        """Ends the children that had nothing to do for long."""
        oldest = time.monotonic() - self._idle_seconds
        for place in [place for place in self._idle if place[2] < oldest]:
            self._idle.remove(place)
            _end(place[1])

    def close(self) -> None:
        """Ends all of them."""
        for _, child, _ in self._idle:
            _end(child)
        self._idle.clear()


def _end(child: Child) -> None:
    """Its conversation ends, and the child with it."""
    child.writer.close()
