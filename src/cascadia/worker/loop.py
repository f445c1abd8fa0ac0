"""One worker: claims jobs, runs them, keeps their leases, writes down how they ended, and relays events."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import psycopg
import structlog

from cascadia.jobs import metrics
from cascadia.jobs.ledger import Beat, Ledger
from cascadia.jobs.model import BACKOFF_SECONDS, LEASE_SECONDS, Claimed, Done, Failure, Fenced, LeaseLost, Lost, Outcome
from cascadia.jobs.registry import Registry
from cascadia.jobs.relay import Relay
from cascadia.jobs.runner import Runner, Running
from cascadia.jobs.schedules import Schedules
from cascadia.jobs.transport import Transport
from cascadia.jobs.zygotes import Zygotes
from cascadia.kernel import tasks
from cascadia.kernel.errors import Unavailable
from cascadia.worker.slots import Slots

log = structlog.get_logger()

CLAIMS_AFTER_A_MISS: Final = 4
"""Tries while others take what was due; a row that somebody holds for long is left to the next poll."""
DATABASE_TROUBLE: Final = (psycopg.Error, Unavailable, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of a worker, in seconds. Tests shorten some."""

    lease: float = LEASE_SECONDS
    backoff: float = BACKOFF_SECONDS
    heartbeat: float = 1.0
    poll: float = 2.0
    sweep: float = 5.0
    schedule: float = 20.0
    zygote_idle: float = 600.0
    settle_at_end: float = 10.0


class Worker:
    """Runs until it is told to stop, then for `grace_seconds` at most; what has not ended by then goes back into the queue."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        registry: Registry,
        families: frozenset[str],
        slots: Slots,
        runner: Runner,
        zygotes: Zygotes,
        relay: Relay,
        schedules: Schedules,
        transport: Transport,
        grace_seconds: float,
        pace: Pace,
    ) -> None:
        self._ledger = ledger
        self._registry = registry
        self._families = families
        self._types = registry.types_of(families)
        self._slots = slots
        self._runner = runner
        self._zygotes = zygotes
        self._relay = relay
        self._schedules = schedules
        self._transport = transport
        self._grace_seconds = grace_seconds
        self._pace = pace
        self._permit = asyncio.Event()
        self._stopping = asyncio.Event()
        self._jobs: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Takes no more jobs and lets `run` come to its end."""
        self._stopping.set()
        self._permit.set()

    async def run(self) -> None:
        """Until `stop`."""
        background = [
            asyncio.create_task(self._transport.take(self._families, self._permit.set, self._relay.wake.set), name="transport"),
            asyncio.create_task(self._relay.run(), name="relay"),
            asyncio.create_task(self._every(self._pace.heartbeat, self._beat), name="heartbeat"),
            asyncio.create_task(self._every(self._pace.sweep, self._sweep), name="sweep"),
            asyncio.create_task(self._every(self._pace.schedule, self._fire), name="schedules"),
        ]
        claiming = asyncio.create_task(self._claim_until_stopped(), name="claim")
        try:
            await asyncio.wait([claiming, *background], return_when=asyncio.FIRST_COMPLETED)
            await _finish_or_raise(claiming, background)
            await self._end_jobs()
            await self._relay_last()
        finally:
            await tasks.end([claiming, *background, *self._jobs])
            await self._zygotes.close()

    async def _claim_until_stopped(self) -> None:
        """Not ended by cancelling: a claim whose answer nobody reads would hold its jobs until their leases run out."""
        while not self._stopping.is_set():
            self._permit.clear()
            try:
                await self._claim()
            except DATABASE_TROUBLE as error:
                log.warning("claim_failed", reason=str(error).strip())
            if not self._stopping.is_set():
                await _wait(self._permit, _jittered(self._pace.poll))

    async def _claim(self) -> None:
        """Fills the free slots."""
        misses = 0
        while (free := self._slots.free) > 0 and not self._stopping.is_set():
            room = self._slots.room()
            if not room:
                return
            claimed, missed = await self._ledger.claim(room, self._types, free)
            for job in claimed:
                self._start(job)
            misses = misses + 1 if missed else 0
            if not claimed and not 0 < misses < CLAIMS_AFTER_A_MISS:
                return
            if missed:
                await asyncio.sleep(random.uniform(0.01, 0.05))  # noqa: S311 - jitter

    def _start(self, job: Claimed) -> None:
        metrics.WAIT.labels(job.family).observe(max(0.0, job.waited_seconds))
        running = Running(job)
        self._slots.add(running)
        task = asyncio.create_task(self._run(running))
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        self._relay.wake.set()

    async def _run(self, running: Running) -> None:
        job, began = running.job, time.monotonic()
        try:
            try:
                outcome = await self._runner.run(running)
            except Exception:
                log.exception("runner_failed", job=str(job.uid), type=job.type)
                outcome = Failure("runner_broken", "The server could not run this work. Tell your administrator.")
            await self._settle(running, outcome)
        finally:
            self._slots.remove(running)
            metrics.RUN.labels(job.family).observe(time.monotonic() - began)
            self._permit.set()
            self._relay.wake.set()

    async def _settle(self, running: Running, outcome: Outcome) -> None:
        """Writes down how the job ended; as long as the database is away the lease is at stake, not the outcome."""
        while True:
            try:
                ended = await self._write_end(running, outcome)
            except DATABASE_TROUBLE as error:
                log.warning("end_not_written_yet", job=str(running.job.uid), reason=str(error).strip())
                await asyncio.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - jitter
                continue
            metrics.FINISHED.labels(running.job.family, ended).inc()
            log.info("job_ended", job=str(running.job.uid), type=running.job.type, attempt=running.job.attempt, outcome=ended)
            return

    async def _write_end(self, running: Running, outcome: Outcome) -> str:
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
            case _, Lost():
                return "lost" if await self._ledger.give_back(job, lost=True) else "ended_before"
            case _, Failure() as why:
                state = await self._ledger.fail(job, why, self._registry.families[job.family].max_failures)
                return f"failed_{why.code}" if state else "ended_before"
            case _, Done(finished=True):
                return "succeeded"
            case _, Done() as done:
                return await self._finish(job, done)
            case _, Fenced():
                return await self._refused(job)
        raise AssertionError(outcome)

    async def _finish(self, job: Claimed, done: Done) -> str:
        try:
            await self._ledger.finish(job, done.result)
        except LeaseLost:
            return await self._refused(job)
        return "succeeded"

    async def _refused(self, job: Claimed) -> str:
        """The ledger refused a finish: another has the job, or it was this attempt's own finish whose answer was lost."""
        if await self._ledger.succeeded(job):
            return "succeeded"
        metrics.FENCED.inc()
        return "fenced"

    async def _beat(self) -> None:
        """Renews the leases, and ends what was cancelled or lost."""
        running = list(self._slots)
        if not running:
            return
        beats = [Beat(r.job.id, r.job.attempt, r.progress, r.note, r.moved) for r in running]
        for r in running:
            r.moved = False
        held = await self._ledger.heartbeat(beats)
        for r in running:
            cancelled = held.get((r.job.id, r.job.attempt))
            if cancelled is None:
                r.stop("lease_lost")
            elif cancelled:
                r.stop("cancelled")

    async def _sweep(self) -> None:
        """Gives back the jobs of workers that are gone, and ends idle zygotes."""
        lost = await self._ledger.sweep()
        if lost:
            log.warning("leases_ran_out", families=sorted(set(lost)), jobs=len(lost))
            metrics.LEASE_LOST.inc(len(lost))
            self._permit.set()
            self._relay.wake.set()
        await self._zygotes.end_idle()

    async def _fire(self) -> None:
        """Asks for what the clock says."""
        if await self._schedules.fire():
            self._relay.wake.set()

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except DATABASE_TROUBLE as error:
                log.warning("database_trouble", work=work.__name__.strip("_"), reason=str(error).strip())
            await asyncio.sleep(_jittered(seconds))

    async def _end_jobs(self) -> None:
        """Lets the jobs end within the grace, then kills and releases them."""
        if self._jobs:
            log.info("waiting_for_jobs", jobs=len(self._jobs), seconds=self._grace_seconds)
            await asyncio.wait(self._jobs, timeout=self._grace_seconds)
        for running in self._slots:
            running.stop("shutdown")
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=self._pace.settle_at_end)

    async def _relay_last(self) -> None:
        """Numbers what this worker wrote at last: released jobs need not wait for the next poll of another worker."""
        try:
            await self._relay.turn()
        except DATABASE_TROUBLE as error:
            log.warning("relay_turn_failed", reason=str(error).strip())


async def _finish_or_raise(claiming: "asyncio.Task[None]", background: "list[asyncio.Task[None]]") -> None:
    """The claims end when the worker stops; anything else that ends has failed, and takes the worker with it."""
    for task in background:
        if task.done():
            task.result()
            raise RuntimeError(f"{task.get_name()} ended")
    await claiming


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.9, 1.1)  # noqa: S311 - so that workers do not move in step
