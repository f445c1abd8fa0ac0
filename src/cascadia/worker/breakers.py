"""What does not answer, as one worker knows it: a breaker for each dependency, open from the first job that was put off until one succeeds.

While it is open, a family that needs the dependency gets one trial job at a time, and after each that is put off none for a while: a slot
that waits for a dead storage serves nobody. An address is shared by few jobs of its family: only those that wait for it are held back.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cascadia.jobs.model import ADDRESS, Claimed

LONGEST_PAUSE: Final = 10.0
LONGEST_PAUSE_OF_ADDRESS: Final = 60.0
FORGOTTEN_SECONDS: Final = 180.0
"""After so long without another job put off nobody waits any more."""


@dataclass(slots=True)
class Breaker:
    """`again`: when the next trial may begin."""

    families: set[str] = field(default_factory=set)
    trials: int = 0
    again: float = 0.0
    last: float = 0.0


class Breakers:
    """The open breakers of one worker, by what does not answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[str, Breaker] = {}
        self._closed: set[str] = set()

    def open(self) -> list[str]:
        """What does not answer, by name."""
        self._forget()
        return sorted(self._open)

    def put_off(self, family: str, needs: str) -> None:
        """A job of the family did not get what it needs."""
        now = self._clock()
        breaker = self._open.setdefault(needs, Breaker())
        breaker.families.add(family)
        breaker.last = now
        if now >= breaker.again:  # those that began before it opened are no trials of their own
            breaker.trials += 1
            longest = LONGEST_PAUSE_OF_ADDRESS if needs.startswith(ADDRESS) else LONGEST_PAUSE
            breaker.again = now + min(longest, 2.0 ** min(breaker.trials, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter

    def answered(self, job: Claimed) -> bool:
        """A job got what it needs: closes the breakers that held it back; whether there was one."""
        closed = {needs for needs, breaker in self._open.items() if self._concerns(needs, breaker, job)}
        for needs in closed:
            del self._open[needs]
        self._closed |= closed
        return bool(closed)

    def closed(self) -> list[str]:
        """What answers again, each once: who waits for it need not wait longer."""
        closed, self._closed = sorted(self._closed), set()
        return closed

    def allow(self, room: Mapping[str, int], at_work: Iterable[Claimed]) -> dict[str, int]:
        """How many jobs of each family may be taken, beside those at work; families that may take none are left out."""
        self._forget()
        running, now = Counter(job.family for job in at_work), self._clock()
        allowed = dict(room)
        for needs, breaker in self._open.items():
            if not needs.startswith(ADDRESS):
                for family in breaker.families & allowed.keys():
                    trial = 0 if now < breaker.again or running[family] else 1
                    allowed[family] = min(allowed[family], trial)
        return {family: number for family, number in allowed.items() if number > 0}

    def held_back(self, at_work: Iterable[Claimed]) -> list[str]:
        """The addresses of which no waiting job may be taken now."""
        tried, now = {job.away for job in at_work}, self._clock()
        return sorted(
            needs for needs, breaker in self._open.items() if needs.startswith(ADDRESS) and (now < breaker.again or needs in tried)
        )

    def _concerns(self, needs: str, breaker: Breaker, job: Claimed) -> bool:
        return job.away == needs if needs.startswith(ADDRESS) else job.family in breaker.families

    def _forget(self) -> None:
        before = self._clock() - FORGOTTEN_SECONDS
        self._open = {needs: breaker for needs, breaker in self._open.items() if breaker.last > before}
