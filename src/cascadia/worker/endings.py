"""How an attempt ended, written into the ledger."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

import psycopg
import structlog

from cascadia.jobs import metrics
from cascadia.jobs.ledger import Ledger
from cascadia.jobs.model import ADDRESS, Claimed, Done, Failure, Fenced, Lost, Outage, Outcome, Retry
from cascadia.jobs.registry import Registry
from cascadia.jobs.runner import Running
from cascadia.kernel.errors import Unavailable
from cascadia.worker.breakers import Breakers

log = structlog.get_logger()

DATABASE_TROUBLE: Final = (psycopg.Error, Unavailable, OSError, TimeoutError)


class Endings:
    """`finish` ends what came out well, and says whether the ledger let it."""

    def __init__(self, ledger: Ledger, registry: Registry, breakers: Breakers, finish: Callable[[Claimed, Done], Awaitable[bool]]) -> None:
        self._ledger = ledger
        self._registry = registry
        self._breakers = breakers
        self._finish = finish

    async def settle(self, running: Running, outcome: Outcome) -> None:
        """Writes down how the job ended; as long as the database is away the lease is at stake, not the outcome."""
        self._tell_breakers(running, outcome)
        while True:
            try:
                ended = await self._write(running, outcome)
            except DATABASE_TROUBLE as error:
                log.warning("end_not_written_yet", job=str(running.job.uid), reason=str(error).strip())
                await asyncio.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - jitter
                continue
            metrics.FINISHED.labels(running.job.family, ended).inc()
            log.info("job_ended", job=str(running.job.uid), type=running.job.type, attempt=running.job.attempt, outcome=ended)
            return

    def _tell_breakers(self, running: Running, outcome: Outcome) -> None:
        """What was stopped from outside says nothing of what it needs."""
        job = running.job
        match outcome:
            case _ if running.stopped_for:
                return
            case Outage(needs=needs):
                self._breakers.put_off(job.family, needs)
                metrics.DEFERRED.labels(job.family, kind_of(needs)).inc()
            case Done():
                self._breakers.answered(job)
            case Failure() if (job.away or "").startswith(ADDRESS):  # it answered, though not well
                self._breakers.answered(job)

    async def _write(self, running: Running, outcome: Outcome) -> str:
        job = running.job
        if running.stopped_for:
            metrics.CHILD_KILLED.labels(running.stopped_for).inc()
        match running.stopped_for, outcome:
            case "lease_lost", _:
                return "succeeded" if await self._ledger.succeeded(job) else "lease_lost"
            case "cancelled", _:
                return await self._ledger.end_cancelled(job) or "ended_before"
            case "shutdown", _:
                return "released" if await self._ledger.give_back(job, lost=False) else "ended_before"
            case _:
                return await self._write_outcome(job, outcome)

    async def _write_outcome(self, job: Claimed, outcome: Outcome) -> str:
        match outcome:
            case Lost():
                return "lost" if await self._ledger.give_back(job, lost=True) else "ended_before"
            case Outage() as why:
                state = await self._ledger.defer(job, why, self._registry.types[job.type].patience)
                return f"waits_for_{kind_of(why.needs)}" if state else "ended_before"
            case Failure() as why:
                retry = Retry(self._registry.families[job.family].max_failures, self._registry.types[job.type].retry)
                state = await self._ledger.fail(job, why, retry)
                return f"failed_{why.code}" if state else "ended_before"
            case Done(finished=True):
                return "succeeded"
            case Done() as done:
                return "succeeded" if await self._finish(job, done) else await self._refused(job)
            case Fenced():
                return await self._refused(job)

    async def _refused(self, job: Claimed) -> str:
        """The ledger refused a finish: another has the job, or it was this attempt's own finish whose answer was lost."""
        if await self._ledger.succeeded(job):
            return "succeeded"
        metrics.FENCED.inc()
        return "fenced"


def kind_of(needs: str) -> str:
    """A dependency as metrics name it: all addresses are one."""
    return needs.partition(" ")[0]
