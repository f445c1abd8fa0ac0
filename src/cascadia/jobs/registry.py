"""All declarations of all domains as one value, checked when it is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from cascadia.jobs import queries
from cascadia.jobs.following import TYPE, following
from cascadia.jobs.model import family_of
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobType, Schedule, Subscription

Named = TypeVar("Named", Family, JobType, Subscription, Schedule)


@dataclass(frozen=True, slots=True)
class Registry:
    """What this process knows. A worker never claims a type that is not in here."""

    families: Mapping[str, Family]
    types: Mapping[str, JobType]
    subscriptions: Mapping[str, Subscription]
    schedules: Mapping[str, Schedule]

    def types_of(self, families: Iterable[str]) -> list[str]:
        """Names of the types that belong to the families."""
        wanted = set(families)
        return sorted(name for name, kind in self.types.items() if kind.family in wanted)

    def cursors(self) -> list[tuple[str, bool]]:
        """(name, from the beginning) of each subscription, for `migrate`."""
        return [(s.name, s.from_beginning) for s in self.subscriptions.values()]


def collect(declarations: Iterable[Declared]) -> Registry:
    """The registry of some domains; raises `ValueError` where they contradict each other."""
    everything = list(declarations)
    families = _by_name([f for d in everything for f in d.families])
    types = _by_name([t for d in everything for t in d.types])
    subscriptions = [s for d in everything for s in d.subscriptions]
    subscriptions += [_of_failures(t) for t in types.values() if t.failed]
    by_name = _by_name(subscriptions)
    types |= {TYPE: following(by_name)}
    for kind in types.values():
        _check(kind, families)
    schedules = _by_name([s for d in everything for s in d.schedules])
    for schedule in schedules.values():
        _check_schedule(schedule, types)
    return Registry(families, types, by_name, schedules)


def _by_name(values: list[Named]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for value in values:
        if value.name in found:
            raise ValueError(f"{value.name} is declared twice")
        found[value.name] = value
    return found


def _check(kind: JobType, families: Mapping[str, Family]) -> None:
    if family_of(kind.name) != kind.family or kind.family not in families:
        raise ValueError(f"{kind.name}: the name of a job type is its declared family and one word more")
    confined = (kind.prepare, kind.child, kind.complete)
    if families[kind.family].isolation is Isolation.SANDBOXED:
        if None in confined or kind.run:
            raise ValueError(f"{kind.name}: a type of a sandboxed family has prepare, child and complete, and no run")
    elif kind.run is None or any(confined):
        raise ValueError(f"{kind.name}: a type of a trusted family has run, and nothing for a confined child")


def _check_schedule(schedule: Schedule, types: Mapping[str, JobType]) -> None:
    try:
        CronSim(schedule.cron, datetime.now(ZoneInfo(schedule.time_zone)))
    except (CronSimError, ZoneInfoNotFoundError) as error:
        raise ValueError(f"{schedule.name}: the schedule cannot be read ({error})") from error
    if schedule.job_type not in types:
        raise ValueError(f"{schedule.name}: no job type is declared with the name {schedule.job_type}")


def _of_failures(kind: JobType) -> Subscription:
    """Jobs end badly in many ways, some without any process of theirs; the event covers them all."""
    tell = kind.failed
    assert tell is not None

    async def handle(write: Write, event: Incoming) -> list[Enqueue]:
        payload = await write.value(queries.PAYLOAD, {"uid": event.subject})
        if payload is not None:
            await tell(write, payload, event.data["error"])
        return []

    return Subscription(f"job.failed:{kind.name}", ("job.changed",), handle, where={"type": kind.name, "failed": True})
