"""What the ledger does for itself by the clock: the archive of old jobs, statistics, workers that are forgotten."""

from datetime import timedelta
from typing import Final

from cascadia.jobs import queries
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Declared, JobContext, JobType, Payload, Schedule

KEPT: Final = timedelta(days=30)
BATCH: Final = 1000
COUNTED_AGAIN: Final = timedelta(hours=3)
"""Hours that statistics are made for anew: jobs of an hour may be counted late."""


async def archive(database: Database, kept: timedelta = KEPT) -> int:
    """Moves the jobs that ended longer ago than `kept` into the archive; how many."""
    moved, batch = 0, BATCH
    while batch == BATCH:
        async with database.write() as write:
            batch = int(await write.value(queries.ARCHIVE, {"kept": kept, "batch": BATCH}))
        moved += batch
    return moved


async def _archive(context: JobContext, payload: Payload) -> Payload:  # noqa: ARG001 - the same every time
    moved = await archive(context.database)
    async with context.database.write() as write:
        forgotten = await write.execute(queries.FORGET_WORKERS)
    return {"archived": moved, "workers_forgotten": forgotten}


async def _count(context: JobContext, payload: Payload) -> Payload:  # noqa: ARG001 - the same every time
    async with context.database.write() as write:
        return {"rows": await write.value(queries.COUNT_ENDED, {"again": COUNTED_AGAIN})}


DECLARED: Final = Declared(
    types=(
        JobType("maintenance.job_archive", "maintenance", run=_archive),
        JobType("maintenance.job_statistics", "maintenance", run=_count),
    ),
    schedules=(
        Schedule("maintenance.job_archive", "41 2 * * *", "maintenance.job_archive"),
        Schedule("maintenance.job_statistics", "7 * * * *", "maintenance.job_statistics"),
    ),
)
