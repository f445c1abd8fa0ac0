"""What the autoscaling rule would do with a day of jobs, at 10, 100 and 1000 times the arrivals: simulated, second by second.

The rule is the one that `cascadia scale` prints the answer of (`cascadia.jobs.scaling`). A worker takes 20 s to start. The day is a
working day of one site: arrivals rise at eight, fall at noon, end at six, with bursts where somebody drops a large assembly. The seed is
fixed, so two runs say the same.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.harness import Result, at_most
from cascadia.jobs import scaling
from cascadia.jobs.scaling import LOOK_SECONDS, RECENT_SECONDS, TARGET_SECONDS, Load

DAY: Final = 86_400
MOST: Final = 10_000
START: Final = 20
SLOTS: Final = 2
SEED: Final = 20_260_101
PROFILE: Final = (0, 0, 0, 0, 0, 0, 0.2, 0.6, 1.4, 1.8, 1.8, 1.4, 0.8, 1.4, 1.8, 1.6, 1.2, 0.6, 0.2, 0.1, 0, 0, 0, 0)
"""How busy each hour is; a mean working hour is 1."""


@dataclass(frozen=True, slots=True)
class Family:
    """Jobs of one family: how many in a mean working hour at 1×, the seconds of the middle one, and how far they spread (log-normal)."""

    name: str
    hourly: float
    seconds: float
    spread: float
    burst: int


FAMILIES: Final = (
    Family("conversion.cad", 4, 25.0, 0.9, 30),
    Family("conversion.document", 12, 1.5, 0.6, 60),
    Family("notification", 40, 0.2, 0.4, 20),
)


@dataclass
class Fleet:
    """Workers of one family. `free` are slots that wait, `busy` a heap of (end, slots of which worker)."""

    workers: int = 1
    starting: list[float] = field(default_factory=list)
    free: int = SLOTS
    most: int = 1
    seconds: float = 0.0
    begun: deque[tuple[float, float, float]] = field(default_factory=deque)
    """(moment, seconds, how long it had waited) of the jobs that began lately."""

    def recent(self, now: float) -> tuple[float, float]:
        """How many slots were busy on average lately, and the longest wait of a job that began then."""
        since = now - RECENT_SECONDS
        self.begun = deque(job for job in self.begun if job[0] + job[1] > since)
        used = sum(min(at + seconds, now) - max(at, since) for at, seconds, _ in self.begun)
        return used / RECENT_SECONDS, max((waited for at, _, waited in self.begun if at > since), default=0.0)


def run(size: str) -> list[Result]:
    """A day for each factor; `size` adds the largest."""
    factors = {"10k": (10, 100), "100k": (10, 100, 1000), "1M": (10, 100, 1000)}[size]
    return [result for factor in factors for family in FAMILIES for result in _day(family, factor)]


def _day(family: Family, factor: int) -> Iterator[Result]:
    chance = random.Random(f"{SEED}{family.name}{factor}")
    jobs = _arrivals(family, factor, chance)
    waits, fleet = simulate(jobs)
    waits.sort()
    work = sum(seconds for _, seconds in jobs)
    name = f"{family.name} {factor}×, {len(jobs)} jobs"
    yield at_most(f"{name}: wait, p95", waits[int(len(waits) * 0.95)], "s", 3 * TARGET_SECONDS)
    yield Result(f"{name}: longest wait", waits[-1], "s")
    yield Result(f"{name}: most workers", fleet.most, "workers")
    yield Result(f"{name}: slots paid for / slots needed", fleet.seconds * SLOTS / work, "times")


def _arrivals(family: Family, factor: int, chance: random.Random) -> list[tuple[float, float]]:
    """(moment, seconds) of every job of the day, in order."""
    jobs = []
    for hour, share in enumerate(PROFILE):
        number = _poisson(family.hourly * factor * share, chance)
        jobs += [(hour * 3600 + chance.random() * 3600, _seconds(family, chance)) for _ in range(number)]
    for _ in range(4):
        at = chance.uniform(8, 17) * 3600
        jobs += [(at + chance.random() * 5, _seconds(family, chance)) for _ in range(int(family.burst * math.sqrt(factor)))]
    return sorted(jobs)


def _seconds(family: Family, chance: random.Random) -> float:
    return chance.lognormvariate(math.log(family.seconds), family.spread)


def _poisson(mean: float, chance: random.Random) -> int:
    return max(0, round(chance.gauss(mean, math.sqrt(mean)))) if mean > 0 else 0


def simulate(jobs: Sequence[tuple[float, float]]) -> tuple[list[float], Fleet]:
    """Runs the jobs through a fleet that the rule scales; returns every job's wait, and the fleet as it was at the end of the day."""
    fleet, waiting, busy = Fleet(), deque[tuple[float, float]](), list[float]()
    waits: list[float] = []
    recent: deque[float] = deque([jobs[0][1]], maxlen=200)
    coming = iter(jobs)
    nearest = next(coming, None)
    now = 0.0
    while nearest or waiting or busy:
        end = now + LOOK_SECONDS
        while True:
            moments = [
                m for m in (nearest[0] if nearest else None, busy[0] if busy else None, min(fleet.starting, default=None)) if m is not None
            ]
            now = min([*moments, end])
            if now >= end:
                break
            if nearest and nearest[0] <= now:
                waiting.append(nearest)
                nearest = next(coming, None)
            elif busy and busy[0] <= now:
                heapq.heappop(busy)
                fleet.free += 1
            else:
                fleet.starting.remove(now)
                fleet.workers += 1
                fleet.free += SLOTS
            while waiting and fleet.free:
                arrived, seconds = waiting.popleft()
                waits.append(now - arrived)
                recent.append(seconds)
                heapq.heappush(busy, now + seconds)
                fleet.free -= 1
                fleet.begun.append((now, seconds, now - arrived))
        now = end
        fleet.seconds += LOOK_SECONDS * (fleet.workers + len(fleet.starting))
        _look(fleet, now, waiting, sum(recent) / len(recent))
    return waits, fleet


def _look(fleet: Fleet, now: float, waiting: Sequence[tuple[float, float]], mean: float) -> None:
    """Does what the rule says."""
    there = fleet.workers + len(fleet.starting)
    load = Load(len(waiting), now - waiting[0][0] if waiting else 0.0, mean, *fleet.recent(now))
    wanted = scaling.wanted(there, SLOTS, load, most=MOST)
    fleet.starting += [now + START] * (wanted - there)
    gone = min(there - wanted, fleet.free // SLOTS) if wanted < there else 0
    fleet.workers -= gone
    fleet.free -= gone * SLOTS
    fleet.most = max(fleet.most, fleet.workers + len(fleet.starting))
