"""Jobs that a worker claims before a slot is free for them, where its jobs are over in a moment: a slot then waits for no database.

Without this a short job costs its slot a round trip to the ledger. What is claimed ahead is some milliseconds of work, so it is kept from
no other worker for long; it has a lease like any other, and goes back where a slot does not come to it.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator
from typing import Final

from cascadia.jobs.runner import Running
from cascadia.worker.slots import Slots

AHEAD_SECONDS: Final = 0.02
"""Work that may wait here, by how long jobs of the family took lately."""
MOST_FOR_A_SLOT: Final = 4
OVERDUE_SECONDS: Final = 0.25
WEIGHT: Final = 0.2
"""Of the newest job in the mean."""


class Ahead:
    """The jobs that wait for one of the `slots`, oldest first."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._waiting: deque[Running] = deque()
        self._seconds: dict[str, float] = {}

    def __iter__(self) -> Iterator[Running]:
        return iter(list(self._waiting))

    def __len__(self) -> int:
        return len(self._waiting)

    def note(self, family: str, seconds: float) -> None:
        """Learns how long a job took."""
        mean = self._seconds.get(family, seconds)
        self._seconds[family] = mean + WEIGHT * (seconds - mean)

    def room(self) -> tuple[int, dict[str, int]]:
        """How many jobs may be claimed now in all, and of each family: for free slots any, ahead only quick ones."""
        free, room = self._slots.free, self._slots.room()
        ahead = Counter(running.job.family for running in self)
        free -= len(self._waiting)
        quick = {family: self._ahead_of(family) - ahead[family] for family in self._seconds if self._slots.serves(family)}
        extra = max((0, *quick.values())) if self._are_quick() else 0
        wanted = {family: min(number - ahead[family], max(0, free)) for family, number in room.items()}
        for family, more in quick.items():
            if extra and more > 0:
                wanted[family] = max(0, wanted.get(family, 0)) + more
        return max(0, free) + extra, {family: number for family, number in wanted.items() if number > 0}

    def _are_quick(self) -> bool:
        """Whether the slots are free or will be in a moment: nothing is claimed ahead behind a long job."""
        before = time.monotonic() - OVERDUE_SECONDS
        return all(r.began > before and self._seconds.get(r.job.family, 1.0) <= AHEAD_SECONDS for r in self._slots)

    def _ahead_of(self, family: str) -> int:
        """Quick jobs of a family that may wait here."""
        slots = self._slots.number
        return min(MOST_FOR_A_SLOT * slots, int(AHEAD_SECONDS / max(self._seconds[family], 1e-6) * slots))

    def add(self, running: Running) -> None:
        """Waits for a slot."""
        self._waiting.append(running)

    def take(self) -> Running | None:
        """The next one that a slot may run now."""
        if not self._slots.free:
            return None
        room = self._slots.room()
        for running in self._waiting:
            if running.job.family in room:
                self._waiting.remove(running)
                running.began = time.monotonic()
                return running
        return None

    def overdue(self) -> list[Running]:
        """Those to whom no slot came; they wait no more."""
        before = time.monotonic() - OVERDUE_SECONDS
        late = [running for running in self._waiting if running.began < before]
        for running in late:
            self._waiting.remove(running)
        return late

    def clear(self) -> list[Running]:
        """All of them; nobody waits any more."""
        left = list(self)
        self._waiting.clear()
        return left
