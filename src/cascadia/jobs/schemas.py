"""How a job is shown."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from cascadia.jobs.model import JobState, named
from cascadia.jobs.queries import JobRow

OPEN = (JobState.QUEUED, JobState.RUNNING)


class JobError(BaseModel):
    """Why the last attempt failed, for the person who asked."""

    code: str
    message: str


class JobWait(BaseModel):
    """What a job waits for, because it does not answer or has no room."""

    what: str = Field(description="`storage`, `database`, `mail`, `disk` (of the server that does the work), or `address HOST`.")
    name: str = Field(description="The same in words.")
    since: datetime


class JobSubject(BaseModel):
    """What the job is about: a file, a proposal."""

    kind: str
    id: UUID
    name: str | None


class JobPerson(BaseModel):
    """On whose behalf it runs."""

    id: UUID
    name: str


class JobProgram(BaseModel):
    """The program whose members see it."""

    id: UUID
    code: str
    name: str


class JobView(BaseModel):
    """One piece of background work."""

    id: UUID
    type: str
    family: str
    state: JobState
    progress: float | None = Field(description="0 to 1, while it runs.")
    note: str | None = Field(description="What it is doing.")
    attempt: int = Field(description="How often it was begun.")
    failures: int = Field(description="How often it failed.")
    deferrals: int = Field(description="How often it was put off because something that it needs did not answer.")
    waiting_for: JobWait | None = Field(description="What it waits for at this moment; no failure is counted meanwhile.")
    error: JobError | None
    result: dict[str, Any] | None
    subject: JobSubject | None
    actor: JobPerson | None
    program: JobProgram | None
    parent: UUID | None = Field(description="The job that asked for this one.")
    children: int = Field(description="How many jobs this one asked for.")
    children_open: int = Field(description="How many of them have not ended.")
    created_at: datetime
    run_at: datetime | None = Field(description="When it is due; null while it waits for other jobs.")
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested: bool

    @classmethod
    def of(cls, row: JobRow) -> "JobView":
        return cls(
            id=row.uid,
            type=row.type,
            family=row.family,
            state=JobState(row.state),
            progress=row.progress,
            note=row.note,
            attempt=row.attempt,
            failures=row.failures,
            deferrals=row.deferrals,
            waiting_for=_wait(row),
            error=JobError(**row.error) if row.error else None,
            result=row.result,
            subject=JobSubject(kind=row.subject_kind, id=row.subject, name=row.subject_name) if row.subject_kind and row.subject else None,
            actor=JobPerson(id=row.actor_uid, name=row.actor_name) if row.actor_uid and row.actor_name else None,
            program=_program(row),
            parent=row.parent_uid,
            children=row.children,
            children_open=row.children_open,
            created_at=row.created_at,
            run_at=row.run_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            cancel_requested=row.cancel_requested,
        )


class JobPage(BaseModel):
    """Jobs, newest first."""

    items: list[JobView]
    next: str | None
    total: int | None


def _wait(row: JobRow) -> JobWait | None:
    if row.state not in OPEN or row.away is None or row.away_since is None:
        return None
    return JobWait(what=row.away, name=named(row.away), since=row.away_since)


def _program(row: JobRow) -> JobProgram | None:
    if row.program_uid is None or row.program_code is None or row.program_name is None:
        return None
    return JobProgram(id=row.program_uid, code=row.program_code, name=row.program_name)
