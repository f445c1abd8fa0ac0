"""What domains declare and the worker collects: families, job types, subscriptions and schedules, as values."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database, Write

Payload = Mapping[str, Any]


class Isolation(StrEnum):
    """`sandboxed`: uploaded bytes, no network, no credentials. `trusted`: network and database."""

    SANDBOXED = "sandboxed"
    TRUSTED = "trusted"


@dataclass(frozen=True, slots=True)
class Family:
    """A queue with its limits. `preload` names a module that the family's zygote imports once."""

    name: str
    isolation: Isolation
    memory_mb: int = 512
    wall_seconds: int = 300
    cpu_seconds: int = 300
    output_mb: int = 1024
    max_failures: int = 5
    preload: str | None = None


class JobContext(Protocol):
    """What a running job may use. Progress is 0..1 and reaches the browser; `folder` is private to this attempt."""

    job_id: int
    job_uid: UUID
    attempt: int
    actor_id: int | None
    program_id: int | None
    folder: Path
    database: Database
    blobs: BlobStore

    def progress(self, fraction: float, note: str = "") -> None: ...

    def finish(self) -> AbstractAsyncContextManager[Write]:
        """The finish transaction: domain rows written in it stand or fall with the job's own end, fenced by attempt."""
        ...


@dataclass(frozen=True, slots=True)
class JobType:
    """One kind of job.

    Trusted: `run(context, payload) -> result` in a child with database and network.
    Sandboxed: `prepare(context, payload)` fills `folder/input` (trusted, in the worker), `child` names a function
    "module:function" `(folder, payload, progress) -> dict` that runs confined, and `complete(context, payload, result)`
    stores its output and writes domain rows inside `context.finish()`; `failed` is told the words of a final failure.
    """

    name: str
    family: str
    run: Callable[[JobContext, Payload], Awaitable[Payload | None]] | None = None
    prepare: Callable[[JobContext, Payload], Awaitable[None]] | None = None
    child: str | None = None
    complete: Callable[[JobContext, Payload, Payload], Awaitable[Payload | None]] | None = None
    failed: Callable[[Write, Payload, Mapping[str, str]], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event as a subscription sees it."""

    position: int
    uid: UUID
    type: str
    subject: UUID
    program_id: int | None
    actor_id: int | None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Enqueue:
    """One job to be put into the ledger. `key` joins it to an open job of the same family that does the same work."""

    type: str
    payload: Payload
    key: str | None = None
    actor_id: int | None = None
    program_id: int | None = None
    subject_kind: str | None = None
    subject: UUID | None = None
    subject_name: str | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """`name` has a cursor of its own over the outbox; `handle` says in the relay's transaction which jobs follow."""

    name: str
    events: tuple[str, ...]
    handle: Callable[[Write, Incoming], Awaitable[list[Enqueue]]]
    from_beginning: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job that is enqueued by the clock: five cron fields in a time zone."""

    name: str
    cron: str
    job_type: str
    time_zone: str = "UTC"
