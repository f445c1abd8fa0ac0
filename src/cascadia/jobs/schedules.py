"""Jobs that the clock asks for. Every worker looks; a tick leads to one job, for ever, whoever is first.

Workers that were off catch up the last tick that they missed, once. While an earlier tick's job is open the next one waits.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from cronsim import CronSim

from cascadia.jobs import queries
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Schedule

log = structlog.get_logger()


def last_tick(schedule: Schedule, now: datetime) -> datetime:
    """The latest tick that is not after `now`, in UTC. Where clocks are put forward or back, as Debian's cron does it."""
    local = now.astimezone(ZoneInfo(schedule.time_zone)).replace(microsecond=0)
    return next(CronSim(schedule.cron, local + timedelta(seconds=1), reverse=True)).astimezone(UTC)


class Schedules:
    """The schedules as one worker looks at them. Time is the database's; ticks from before the instance began are nobody's."""

    def __init__(self, database: Database, schedules: Iterable[Schedule]) -> None:
        self._database = database
        self._schedules = list(schedules)
        self._fired: dict[str, datetime] = {}

    async def fire(self) -> int:
        """Enqueues the jobs of all due ticks; how many were new."""
        if not self._schedules:
            return 0
        async with self._database.primary() as primary:
            moment = await primary.one(queries.MOMENT, queries.Moment)
        assert moment is not None
        new = 0
        for schedule in self._schedules:
            tick = last_tick(schedule, moment.now)
            if tick > moment.began and self._fired.get(schedule.name) != tick:
                new += await self._fire(schedule, tick)
        return new

    async def _fire(self, schedule: Schedule, tick: datetime) -> int:
        """1 where this worker was the first. Where the tick before is still at work, it is asked again at the next look."""
        async with self._database.write() as write:
            statement = queries.enqueue_tick(schedule.job_type, schedule.name, tick)
            inserted = await write.execute(statement.query, statement.params)
            known = inserted or await write.value(queries.TICK_EXISTS, {"dedupe": statement.params["dedupe"]})
            if inserted:
                log.info("schedule_fired", schedule=schedule.name, tick=tick.isoformat())
                write.notify("cascadia_outbox")
        if known:
            self._fired[schedule.name] = tick
        return inserted
