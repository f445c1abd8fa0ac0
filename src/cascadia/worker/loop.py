"""One worker: claims jobs, runs them, keeps their leases, writes down how they ended, and relays events."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from cascadia.jobs import metrics
from cascadia.jobs.kept import Kept
from cascadia.jobs.ledger import Beat, Finish, Ledger, Presence, Turn
from cascadia.jobs.model import BACKOFF_SECONDS, LEASE_SECONDS, Claimed, Done, Failure
from cascadia.jobs.registry import Registry
from cascadia.jobs.relay import Relay
from cascadia.jobs.runner import Runner, Running
from cascadia.jobs.schedules import Schedules
from cascadia.jobs.transport import Transport
from cascadia.jobs.zygotes import Zygotes
from cascadia.kernel import tasks
from cascadia.worker.ahead import OVERDUE_SECONDS, Ahead
from cascadia.worker.breakers import Breakers
from cascadia.worker.endings import DATABASE_TROUBLE, Endings
from cascadia.worker.slots import Slots

log = structlog.get_logger()

CLAIMS_AFTER_A_MISS: Final = 4
"""Tries while others take what was due; a row that somebody holds for long is left to the next poll."""
TURN_PAUSE_SECONDS: Final = 0.01
"""Between two turns at least, where the last one took all that was due."""
STEP_BACK_SECONDS: Final = 0.004
LONGEST_STEP_BACK: Final = 0.02
AFTER_TROUBLE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of a worker, in seconds. Tests shorten some."""

    lease: float = LEASE_SECONDS
    backoff: float = BACKOFF_SECONDS
    heartbeat: float = 1.0
    poll: float = 2.5
    sweep: float = 5.0
    schedule: float = 20.0
    presence: float = 10.0
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
        kept: Kept,
        relay: Relay,
        schedules: Schedules,
        transport: Transport,
        breakers: Breakers,
        grace_seconds: float,
        pace: Pace,
    ) -> None:
        self._ledger = ledger
        self._registry = registry
        self._families = families
        self._types = registry.types_of(families)
        self._slots = slots
        self._ahead = Ahead(slots)
        self._runner = runner
        self._zygotes = zygotes
        self._kept = kept
        self._relay = relay
        self._schedules = schedules
        self._transport = transport
        self._grace_seconds = grace_seconds
        self._pace = pace
        self._permit = asyncio.Event()
        self._stopping = asyncio.Event()
        self._drained = False
        self._too_late = 0
        self._turned = 0.0
        self._more_is_due = False
        self._jobs: set[asyncio.Task[None]] = set()
        self._done: list[tuple[Finish, asyncio.Future[bool]]] = []
        self._ending: dict[int, Running] = {}
        self._breakers = breakers
        self._endings = Endings(ledger, registry, breakers, self._finish)
        relay.queued = self._queued
        runner.fetched = self._fetched

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
            asyncio.create_task(self._every(OVERDUE_SECONDS, self._let_go_overdue), name="overdue"),
            asyncio.create_task(self._every(self._pace.sweep, self._sweep), name="sweep"),
            asyncio.create_task(self._every(self._pace.schedule, self._fire), name="schedules"),
            asyncio.create_task(self._every(self._pace.presence, self._show_presence), name="presence"),
            asyncio.create_task(self._take_turns(), name="turns"),
        ]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stopping, *background], return_when=asyncio.FIRST_COMPLETED)
            _raise_ended(background)
            await self._end_jobs()
            self._drained = True
            self._permit.set()
            await background[-1]
            if self._jobs:
                await asyncio.wait(self._jobs, timeout=self._pace.settle_at_end)
            await self._leave()
        finally:
            await tasks.end([stopping, *background, *self._jobs])
            self._kept.close()
            await self._zygotes.close()

    async def _take_turns(self) -> None:
        """Not ended by cancelling: a claim whose answer nobody reads would hold its jobs until their leases run out."""
        while not (self._drained and not self._done):
            self._permit.clear()
            try:
                await self._take_turn()
            except DATABASE_TROUBLE as error:
                log.warning("turn_failed", reason=str(error).strip())
                if self._drained:
                    return
                await asyncio.sleep(_jittered(AFTER_TROUBLE_SECONDS))
            if not self._drained and not self._done:
                await _wait(self._permit, _jittered(self._pace.poll))
                await self._stand_back()

    async def _stand_back(self) -> None:
        """A notice wakes every worker for one job. One that came too late last time waits some milliseconds, so that others ask first."""
        if self._too_late and not self._done and not self._stopping.is_set():
            await asyncio.sleep(random.random() * min(LONGEST_STEP_BACK, STEP_BACK_SECONDS * self._too_late))  # noqa: S311 - jitter

    async def _take_turn(self) -> None:
        """Ends what came out well and fills the free slots, until there is nothing of either."""
        misses = 0
        while True:
            await self._keep_pace()
            await self._bring_forward()
            free, room = (0, {}) if self._stopping.is_set() else self._ahead.room()
            at_work = [running.job for running in (*self._slots, *self._ahead)]
            room, skipped = self._breakers.allow(room, at_work), self._breakers.held_back(at_work)
            if not self._done and not room:
                return
            turn = await self._turn(room, free, skipped)
            self._more_is_due = 0 < free <= len(turn.claimed)
            self._transport.answered()
            for job in turn.claimed:
                metrics.WAIT.labels(job.family).observe(max(0.0, job.waited_seconds))
                self._ahead.add(Running(job))
            if self._stopping.is_set():
                self._let_go(self._ahead.clear())
            self._begin()
            misses = misses + 1 if turn.missed else 0
            if free:
                self._too_late = 0 if turn.claimed else self._too_late + 1
            if not turn.claimed and not self._done and not 0 < misses < CLAIMS_AFTER_A_MISS:
                return
            if turn.missed:
                await asyncio.sleep(random.uniform(0.01, 0.05))  # noqa: S311 - jitter

    async def _keep_pace(self) -> None:
        """Under load a turn ends and takes several jobs instead of one. Where more is known to be due, or none runs, it comes at once."""
        idle = not (self._slots or self._ahead or self._done)
        if not (self._more_is_due or idle):
            await asyncio.sleep(max(0.0, self._turned + TURN_PAUSE_SECONDS - time.monotonic()))
        self._turned = time.monotonic()

    async def _turn(self, room: Mapping[str, int], free: int, skipped: Sequence[str]) -> Turn:
        done, self._done = self._done, []
        try:
            turn = await self._ledger.turn([finish for finish, _ in done], room, self._types, free, skipped)
        except BaseException:
            self._done = [*done, *self._done]
            raise
        for finish, answer in done:
            answer.set_result(finish.job.id in turn.ended)
        return turn

    async def _bring_forward(self) -> None:
        """Jobs that waited for something are due as soon as it answers again, on every worker."""
        if closed := self._breakers.closed():
            log.info("answers_again", needs=closed)
            await self._transport.offer(await self._ledger.bring_forward(closed))

    def _fetched(self, job: Claimed) -> None:
        """Its input is there: the rest of the work may take long, and nobody need wait for that."""
        if self._breakers.answered(job):
            self._permit.set()

    async def _queued(self, families: Sequence[str]) -> None:
        """The relay saw jobs queued: what this worker may take it looks for itself, and others hear of all."""
        if self._families & set(families):
            self._permit.set()
        await self._transport.offer(families)

    def _begin(self) -> None:
        """Starts what waits, as far as slots are free."""
        while running := self._ahead.take():
            self._slots.add(running)
            self._transport.show_room(free=self._slots.free > 0)
            self._start(running)

    def _start(self, running: Running) -> None:
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
            self._ahead.note(job.family, time.monotonic() - began)
            self._free_slot(running)
            await self._endings.settle(running, outcome)
            if running.lines:
                await self._keep_log(running)
        finally:
            self._free_slot(running)
            self._ending.pop(job.id, None)
            metrics.RUN.labels(job.family).observe(time.monotonic() - began)
            self._permit.set()
            self._relay.wake.set()

    def _free_slot(self, running: Running) -> None:
        """Its child is gone; the lease is kept until the end is written."""
        if running in self._slots:
            self._slots.remove(running)
            self._ending[running.job.id] = running
            self._transport.show_room(free=True)
            self._begin()

    async def _keep_log(self, running: Running) -> None:
        job = running.job
        try:
            await self._ledger.write_log([(job.id, job.attempt, line) for line in running.lines])
        except DATABASE_TROUBLE as error:
            log.warning("log_not_kept", job=str(job.uid), reason=str(error).strip())

    async def _finish(self, job: Claimed, done: Done) -> bool:
        """Leaves the end to the next turn, which takes other jobs with the same statement; whether the ledger let it end."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._done.append((Finish(job, done.result), answer))
        self._permit.set()
        return await answer

    async def _beat(self) -> None:
        """Renews the leases, and ends what was cancelled or lost."""
        running = [*self._slots, *self._ahead, *self._ending.values()]
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
        await self._transport.top_up()
        self._kept.end_idle()
        await self._zygotes.end_idle()

    async def _show_presence(self) -> None:
        """Lets the others know that this worker is there."""
        await self._ledger.show_presence(self._presence())

    def _presence(self) -> Presence:
        return Presence(sorted(self._families), self._slots.number, len(self._slots), stopping=self._stopping.is_set())

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
        """Lets the jobs end within the grace, then kills and releases them; those that did not begin at once."""
        self._let_go(self._ahead.clear())
        if self._jobs:
            log.info("waiting_for_jobs", jobs=len(self._jobs), seconds=self._grace_seconds)
            await asyncio.wait(self._jobs, timeout=self._grace_seconds)
        for running in self._slots:
            running.stop("shutdown")
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=self._pace.settle_at_end)

    async def _let_go_overdue(self) -> None:
        """What no slot came to goes back."""
        self._let_go(self._ahead.overdue())

    def _let_go(self, waiting: Sequence[Running]) -> None:
        for running in waiting:
            running.stop("shutdown")
            self._start(running)

    async def _leave(self) -> None:
        """Numbers what this worker wrote at last, so that released jobs wait for no poll of another one, and says that it goes."""
        try:
            await self._relay.turn()
            await self._ledger.leave()
        except DATABASE_TROUBLE as error:
            log.warning("left_without_a_word", reason=str(error).strip())


def _raise_ended(background: "list[asyncio.Task[None]]") -> None:
    """What works in the background ends only by an error, which takes the worker with it."""
    for task in background:
        if task.done():
            task.result()
            raise RuntimeError(f"{task.get_name()} ended")


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.9, 1.1)  # noqa: S311 - so that workers do not move in step
