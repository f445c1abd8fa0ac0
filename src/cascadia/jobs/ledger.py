"""The worker's side of the ledger: claim, heartbeat, finish, fail, give back. Each is one statement outside of any transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from cascadia.jobs import queries
from cascadia.jobs.model import BACKOFF_SECONDS, LEASE_SECONDS, Claimed, Failure, JobState, LeaseLost
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
class Ledger:
    """The ledger as one worker uses it."""

    database: Database
    worker: str
    lease_seconds: float = LEASE_SECONDS
    backoff_seconds: float = BACKOFF_SECONDS

    async def claim(self, room: Mapping[str, int], types: Sequence[str], free: int) -> tuple[list[Claimed], bool]:
        """Up to `free` due jobs, at most `room` of each family; and whether there were due ones that somebody else took meanwhile."""
        families = [{"family": family, "room": number} for family, number in room.items()]
        params = {"families": Jsonb(families), "types": list(types), "free": free, "worker": self.worker, "lease": self.lease_seconds}
        async with self.database.messages() as write:
            rows = await write.rows(queries.CLAIM, params)
        seen = rows[0]["seen"]
        claimed = [Claimed(**{k: v for k, v in row.items() if k != "seen"}) for row in rows if row["id"] is not None]
        return claimed, seen > 0 and not claimed

    async def heartbeat(self, beats: Sequence[Beat]) -> dict[tuple[int, int], bool]:
        """Renews the leases: (id, attempt) → cancel requested. What is absent from the answer has been lost."""
        listed = [{"id": b.id, "attempt": b.attempt, "progress": b.progress, "note": b.note, "moved": b.moved} for b in beats]
        async with self.database.messages() as write:
            rows = await write.rows(queries.HEARTBEAT, {"beats": Jsonb(listed), "lease": self.lease_seconds})
        return {(row["id"], row["attempt"]): row["cancel_requested"] for row in rows}

    async def finish(self, job: Claimed, result: Mapping[str, Any] | None) -> None:
        """Ends the job as succeeded; `LeaseLost` where this attempt does not run it any more."""
        statement = finish_statement(job.id, job.attempt, result)
        async with self.database.messages() as write:
            await run_fenced(write, statement)

    async def succeeded(self, job: Claimed) -> bool:
        """Whether this attempt is the one that succeeded."""
        async with self.database.primary() as primary:
            return bool(await primary.value(queries.ENDED_ATTEMPT, {"id": job.id, "attempt": job.attempt}))

    async def fail(self, job: Claimed, why: Failure, max_failures: int) -> JobState | None:
        """Counts a failure; the state that the job has now, or None where it was lost meanwhile."""
        return await self._end(
            queries.FAIL,
            job,
            error=Jsonb(why.words()),
            permanent=why.permanent,
            max_failures=max_failures,
            backoff=self.backoff_seconds,
        )

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
