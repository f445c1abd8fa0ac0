"""How queues, workers and logs are shown."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cascadia.kernel.schemas import OneLine

Word = Annotated[OneLine, Field(max_length=100)]


class QueueView(BaseModel):
    """One family of jobs."""

    model_config = ConfigDict(from_attributes=True)

    family: str
    queued: int = Field(description="Jobs that are due and wait for a worker.")
    later: int = Field(description="Jobs that wait for their time, or for other jobs.")
    running: int
    oldest_seconds: float = Field(description="How long the oldest due job has waited.")
    succeeded: int = Field(description="Jobs that succeeded in the last hour.")
    failed: int = Field(description="Jobs that failed for good in the last hour.")
    workers: int = Field(description="Workers that take jobs of this family.")


class QueuePage(BaseModel):
    """Queues, by family."""

    items: list[QueueView]
    next: str | None
    total: int | None


class WorkerView(BaseModel):
    """One worker that was seen in the last half minute."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="Host and process.")
    release: str
    families: list[str]
    slots: int = Field(description="Jobs that it runs at once.")
    running: int
    stopping: bool
    started_at: datetime
    seen_at: datetime


class WorkerPage(BaseModel):
    """Workers, by name."""

    items: list[WorkerView]
    next: str | None
    total: int | None


class LogLineView(BaseModel):
    """What an attempt at a job said."""

    model_config = ConfigDict(from_attributes=True)

    attempt: int
    at: datetime
    line: str


class LogPage(BaseModel):
    """Lines, oldest first."""

    items: list[LogLineView]
    next: str | None
    total: int | None


class ReplayWanted(BaseModel):
    """Which jobs that failed for good are to be tried again; what is left out is not looked at."""

    model_config = ConfigDict(extra="forbid")

    family: Word | None = None
    type: Word | None = None
    code: Word | None = Field(default=None, description="The code of their error.")
    since: datetime | None = Field(default=None, description="Only those that failed after this moment.")
    dry_run: bool = Field(default=False, description="Only count them.")


class ReplayView(BaseModel):
    """How many jobs are queued again, and how many of the kind are left (a thousand are replayed at once)."""

    replayed: int
    left: int
