"""The worker's side of the ledger: claim, heartbeat, finish, fail, give back. Each is one statement outside of any transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from cascadia import __version__
from cascadia.jobs import queries
from cascadia.jobs.model import BACKOFF_SECONDS, LEASE_SECONDS, Claimed, Failure, JobState, LeaseLost, Outage, Retry
from cascadia.jobs.scaling import Load
from cascadia.kernel.db import Database, Write
from cascadia.kernel.statements import Statement

FENCED = "CA410"


@dataclass(frozen=True, slots=True)
class Beat:
    """What a heartbeat says about one attempt; `moved` where progress or note changed since the last one."""

    id: int
    attempt: int
    progress: float | None
    note: str | None
    moved: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """An attempt that came out well, with what its function returned."""

    job: Claimed
    result: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn brought: jobs taken, ids of jobs that were let end, and whether all that was due was taken by somebody else."""

    claimed: list[Claimed]
    ended: frozenset[int]
    missed: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """What others may know of a worker."""

    families: list[str]
    slots: int
    running: int
    stopping: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger as one worker uses it."""

    database: Database
    worker: str
    lease_seconds: float = LEASE_SECONDS
    backoff_seconds: float = BACKOFF_SECONDS

    async def turn(
        self, done: Sequence[Finish], room: Mapping[str, int], types: Sequence[str], free: int, skipped: Sequence[str] = ()
    ) -> Turn:
        """Ends what came out well and takes up to `free` due jobs, at most `room` of each family: one statement.

        Jobs that wait for one of `skipped` are passed by; of those that wait for one address it takes one.
        """
        families = [{"family": family, "room": number} for family, number in room.items()]
        ended = [{"id": f.job.id, "attempt": f.job.attempt, "result": f.result} for f in done]
        params = {"done": Jsonb(ended), "families": Jsonb(families), "types": list(types), "free": free, "skipped": list(skipped)}
        async with self.database.messages() as write:
            rows = await write.rows(queries.TURN, {**params, "worker": self.worker, "lease": self.lease_seconds})
        seen, finished = rows[0]["seen"], frozenset(rows[0]["ended"])
        for row in rows:
            del row["seen"], row["ended"]
        claimed = [Claimed(**row) for row in rows if row["id"] is not None]
        return Turn(claimed, finished, missed=seen > 0 and not claimed)

    async def heartbeat(self, beats: Sequence[Beat]) -> dict[tuple[int, int], bool]:
        """Renews the leases: (id, attempt) → cancel requested. What is absent from the answer has been lost."""
        listed = [{"id": b.id, "attempt": b.attempt, "progress": b.progress, "note": b.note, "moved": b.moved} for b in beats]
        async with self.database.messages() as write:
            rows = await write.rows(queries.HEARTBEAT, {"beats": Jsonb(listed), "lease": self.lease_seconds})
        return {(row["id"], row["attempt"]): row["cancel_requested"] for row in rows}

    async def succeeded(self, job: Claimed) -> bool:
        """Whether this attempt is the one that succeeded."""
        async with self.database.primary() as primary:
            return bool(await primary.value(queries.ENDED_ATTEMPT, {"id": job.id, "attempt": job.attempt}))

    async def fail(self, job: Claimed, why: Failure, retry: Retry) -> JobState | None:
        """Counts a failure; the state that the job has now, or None where it was lost meanwhile."""
        return await self._end(
            queries.FAIL,
            job,
            error=Jsonb(why.words()),
            permanent=why.permanent,
            max_failures=retry.max_failures,
            backoff=self.backoff_seconds,
            delays=list(retry.delays) if retry.delays is not None else None,
        )

    async def defer(self, job: Claimed, why: Outage, patience: timedelta) -> JobState | None:
        """Has the job wait for what is away; no failure is counted. Dead where that has gone on for `patience`."""
        return await self._end(queries.DEFER, job, away=why.needs, error=Jsonb(why.words()), patience=patience)

    async def bring_forward(self, away: Sequence[str]) -> list[str]:
        """What waits for these is due now; the families of those jobs."""
        async with self.database.messages() as write:
            return [row["family"] for row in await write.rows(queries.BRING_FORWARD, {"away": list(away)})]

    async def give_back(self, job: Claimed, *, lost: bool) -> JobState | None:
        """Queues the job again, at once and without blame."""
        return await self._end(queries.GIVE_BACK, job, lost=lost)

    async def end_cancelled(self, job: Claimed) -> JobState | None:
        """Ends a job whose child was killed because somebody cancelled it."""
        return await self._end(queries.END_CANCELLED, job)

    async def sweep(self) -> list[str]:
        """Gives back the jobs of workers that are gone; their families."""
        async with self.database.messages() as write:
            return [row["family"] for row in await write.rows(queries.SWEEP)]

    async def write_log(self, lines: Sequence[tuple[int, int, str]]) -> None:
        """Keeps lines of attempts: (job, attempt, line)."""
        listed = [{"job_id": job, "attempt": attempt, "line": line} for job, attempt, line in lines]
        async with self.database.messages() as write:
            await write.execute(queries.WRITE_LOG, {"lines": Jsonb(listed)})

    async def show_presence(self, presence: Presence) -> None:
        """Renews this worker's row."""
        params = {"name": self.worker, "release": __version__, **asdict(presence)}
        async with self.database.messages() as write:
            await write.execute(queries.SHOW_PRESENCE, params)

    async def leave(self) -> None:
        """Takes this worker's row away."""
        async with self.database.messages() as write:
            await write.execute(queries.LEAVE, {"name": self.worker})

    async def due(self, families: Sequence[str], most: int = 200) -> dict[str, int]:
        """How many jobs of each family are due, counted up to `most`."""
        async with self.database.messages() as write:
            rows = await write.rows(queries.DUE, {"families": list(families), "most": most})
        return {row["family"]: row["number"] for row in rows}

    async def load(self, families: Sequence[str]) -> Load:
        """What these families have to do together."""
        async with self.database.read() as read:
            found = await read.one(queries.LOAD, Load, {"families": list(families)})
        assert found is not None
        return found

    async def depth(self) -> list[queries.Depth]:
        """What waits and runs, by family."""
        async with self.database.read() as read:
            return await read.all(queries.DEPTH, queries.Depth)

    async def _end(self, query: Any, job: Claimed, **params: Any) -> JobState | None:
        async with self.database.messages() as write:
            state = await write.value(query, {"id": job.id, "attempt": job.attempt, **params})
        return JobState(state) if state else None


def finish_statement(job_id: int, attempt: int, result: Mapping[str, Any] | None) -> Statement:
    """The fence as a statement."""
    return queries.finish(job_id, attempt, result)


async def run_fenced(write: Write, statement: Statement) -> None:
    """Runs the fence; `LeaseLost` where the ledger refuses it."""
    try:
        await write.execute(statement.query, statement.params)
    except psycopg.DatabaseError as error:
        if error.sqlstate == FENCED:
            raise LeaseLost from error
        raise
