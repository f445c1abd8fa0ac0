"""How many workers a queue needs: the rule by which examples scale, and which `./dev bench scaling` tries on a day of jobs. Pure."""

import math
from dataclasses import dataclass
from typing import Final

LOOK_SECONDS: Final = 30
"""How often to look."""
TARGET_SECONDS: Final = 60.0
"""Within which what waits should have begun."""
RECENT_SECONDS: Final = 120.0
"""What was busy and what waited so long ago decides whether workers go."""
SPARE: Final = 1.3
"""Slots to keep for each that was busy."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the ledger says of some families together.

    `queued` due jobs, the oldest of them `oldest_seconds` old; a job takes `mean_seconds`. Of the last two minutes: `busy` slots on
    average, and how long a job had to wait at most before it began.
    """

    queued: int
    oldest_seconds: float
    mean_seconds: float
    busy: float
    waited_seconds: float


def wanted(there: int, slots: int, load: Load, *, most: int) -> int:
    """Workers of `slots` slots each that there should be, where `there` are (or start); 1 to `most`.

    As many as clear the queue within the target, at most twice as many as there are; half of the idle ones go while nothing waits.
    """
    if load.queued:
        needed = math.ceil(load.queued * load.mean_seconds / (TARGET_SECONDS * slots))
        if needed > there or load.oldest_seconds > TARGET_SECONDS / 2:
            more = max(needed, there + (load.oldest_seconds > TARGET_SECONDS))
            return max(1, min(more, 2 * max(there, 1), most))
    elif load.waited_seconds <= TARGET_SECONDS / 2:
        idle = there - math.ceil(load.busy * SPARE / slots)
        return max(1, min(there - math.ceil(idle / 2) if idle > 0 else there, most))
    return max(1, min(there, most))
