"""What administrators see of the machinery: queues, workers, logs; and dead jobs put back, many at once."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from cascadia.access.model import Actor
from cascadia.jobs import queries
from cascadia.jobs.service import MANAGE, standing_of
from cascadia.kernel.db import Read, Write
from cascadia.kernel.errors import Forbidden
from cascadia.kernel.paging import PageRequest

REPLAYED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Queue:
    """One family: due, later and running jobs, the age of the oldest due one, what ended in the last hour, and who takes its jobs."""

    family: str
    queued: int
    later: int
    running: int
    oldest_seconds: float
    succeeded: int
    failed: int
    workers: int


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One worker that is there."""

    name: str
    release: str
    families: list[str]
    slots: int
    running: int
    stopping: bool
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class LogLine:
    """What an attempt said."""

    log_id: int
    attempt: int
    at: datetime
    line: str


@dataclass(frozen=True, slots=True)
class DeadJobs:
    """Which dead jobs are meant; None means any."""

    family: str | None = None
    type: str | None = None
    code: str | None = None
    since: datetime | None = None


async def list_queues(read: Read) -> list[Queue]:
    """Every family that a worker of the last day takes or that has open jobs, by name: as many as the program has."""
    return await read.all(queries.QUEUES, Queue)


async def list_workers(read: Read, page: PageRequest) -> tuple[list[WorkerRow], str | None, int | None]:
    """The workers that were seen in the last half minute, by name."""
    (after,) = page.after(str)
    rows = await read.all(queries.WORKERS, WorkerRow, {"after": after or "", "limit": page.limit + 1})
    total = await read.value(queries.WORKER_COUNT) if page.count else None
    return *page.cut(rows, lambda row: [row.name]), total


async def list_log(read: Read, actor: Actor, uid: UUID, page: PageRequest) -> tuple[list[LogLine], str | None, int | None]:
    """The lines of a job, oldest first; for those who manage the jobs of its program, and administrators."""
    standing = await standing_of(read, actor, uid)
    if not (actor.administrator or any(actor.may(MANAGE, p) for p in standing.programs)):
        raise Forbidden("Only those who manage the jobs of its program read a job's log.")
    (after,) = page.after(int)
    rows = await read.all(queries.JOB_LOG, LogLine, {"uid": uid, "after": after or 0, "limit": page.limit + 1})
    total = await read.value(queries.JOB_LOG_COUNT, {"uid": uid}) if page.count else None
    return *page.cut(rows, lambda row: [row.log_id]), total


async def count_dead(read: Read, wanted: DeadJobs) -> int:
    """How many dead jobs are meant."""
    return int(await read.value(queries.DEAD_COUNT, _dead(wanted)))


async def replay(write: Write, wanted: DeadJobs) -> int:
    """Queues up to `REPLAYED_AT_ONCE` dead jobs again, oldest first, with all their tries before them; how many.

    A job whose work somebody asked for again meanwhile stays dead.
    """
    rows = await write.rows(queries.REPLAY, {**_dead(wanted), "limit": REPLAYED_AT_ONCE})
    for family in sorted({row["family"] for row in rows}):
        write.notify("cascadia_jobs", family)
    write.notify("cascadia_outbox")
    return len(rows)


def _dead(wanted: DeadJobs) -> dict[str, object]:
    return asdict(wanted)
