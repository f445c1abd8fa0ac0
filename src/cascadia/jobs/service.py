"""Use cases of jobs: ask for work, look at it, cancel and retry it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg

from cascadia.access.model import Actor
from cascadia.jobs import queries
from cascadia.jobs.model import JobState, NotDead, SameWorkOpen, family_of
from cascadia.jobs.queries import JobRow
from cascadia.kernel.db import Read, Write
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.errors import Forbidden, NotFound
from cascadia.kernel.paging import PageRequest
from cascadia.kernel.sql import like_part
from cascadia.kernel.statements import Statement

MANAGE = "job.manage"


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list shows; None means any."""

    state: JobState | None = None
    family: str | None = None
    mine: bool = False
    parent: UUID | None = None
    text: str | None = None
    """In the name of what the job is about, or in its type."""


async def enqueue(write: Write, job: Enqueue) -> UUID:
    """Puts the job into the ledger with whatever this transaction does; returns the uid of the job that will do the work.

    That is an older one where the same work (family and key) is open already: the request is joined to it.
    """
    statement = queries.enqueue(job)
    found = await write.value(statement.query, statement.params)
    assert isinstance(found, UUID)
    write.notify("cascadia_outbox")
    write.notify("cascadia_jobs", family_of(job.type))
    return found


def enqueue_statement(job: Enqueue) -> Statement:
    """The same as a statement for `Change.after`; its one row has the uid as `job`. The relay wakes a worker for it."""
    return queries.enqueue(job)


async def get_job(read: Read, actor: Actor, uid: UUID) -> JobRow:
    """The job, also one of the archive; or `NotFound` where the actor may not see it."""
    params = {**_eyes(actor), "uid": uid}
    found = await read.one(queries.JOB, JobRow, params) or await read.one(queries.ARCHIVED, JobRow, params)
    if found is None:
        raise NotFound("There is no such job, or you may not see it.")
    return found


async def list_jobs(read: Read, actor: Actor, wanted: JobFilter, page: PageRequest) -> tuple[Sequence[JobRow], str | None, int | None]:
    """One page, newest first, the cursor of the next one, and the total where it was asked for."""
    (after,) = page.after(int)
    params = {
        **_eyes(actor),
        "state": wanted.state,
        "family": wanted.family,
        "mine": wanted.mine,
        "parent": wanted.parent,
        "q": like_part(wanted.text),
    }
    rows = await read.all(queries.JOB_PAGE, JobRow, {**params, "after": after, "limit": page.limit + 1})
    total = await read.value(queries.JOB_COUNT, params) if page.count else None
    return *page.cut(rows, lambda row: [row.id]), total


async def cancel(write: Write, actor: Actor, uid: UUID) -> None:
    """Withdraws the actor's request; the last one stops the job and its children: queued ones now, running ones within two seconds.

    Who asked for nothing but manages jobs of the program withdraws the program's requests.
    """
    standing = await standing_of(write, actor, uid)
    programs = [p for p in standing.programs if actor.may(MANAGE, p)]
    if not (standing.mine or programs or actor.administrator):
        raise Forbidden("You did not ask for this job, and you do not manage the jobs of its program.")
    params = {"actor": actor.user_id, "programs": programs, "everything": actor.administrator}
    await write.execute(queries.CANCEL, {**params, "uid": uid})
    await write.execute(queries.CANCEL_CHILDREN, {**params, "uid": uid})
    write.notify("cascadia_outbox")


async def retry(write: Write, actor: Actor, uid: UUID) -> None:
    """Queues a dead job again, with all its tries before it. Refuses any other state, and the same work open elsewhere."""
    standing = await standing_of(write, actor, uid)
    if not (standing.mine or actor.administrator or any(actor.may(MANAGE, p) for p in standing.programs)):
        raise Forbidden("You did not ask for this job, and you do not manage the jobs of its program.")
    try:
        family = await write.value(queries.RETRY, {"uid": uid})
    except psycopg.errors.UniqueViolation as error:
        raise SameWorkOpen("Somebody asked for the same work again meanwhile; that job is still open. Wait for it.") from error
    if standing.archived:
        raise NotDead("This job is in the archive, and what it worked on may be gone. Ask for the same work anew.")
    if family is None:
        raise NotDead(f"Only a job that failed for good can be tried again; this one is {standing.state}.")
    write.notify("cascadia_outbox")
    write.notify("cascadia_jobs", family)


async def standing_of(read: Read, actor: Actor, uid: UUID) -> queries.Standing:
    """What decides whether the actor may act on the job; `NotFound` where they may not see it."""
    params = {"uid": uid, "actor": actor.user_id, "seen": actor.programs}
    found = await read.one(queries.STANDING, queries.Standing, params) or await read.one(
        queries.ARCHIVED_STANDING, queries.Standing, params
    )
    if found is None or not (found.mine or actor.administrator or set(found.programs) & set(actor.programs)):
        raise NotFound("There is no such job, or you may not see it.")
    return found


def _eyes(actor: Actor) -> dict[str, object]:
    return {"actor": actor.user_id, "programs": actor.programs, "everything": actor.administrator}
