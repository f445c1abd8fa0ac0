"""What domains declare and the worker collects: families, job types, subscriptions and schedules, as values."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database, Write
from cascadia.kernel.statements import Statement

Payload = Mapping[str, Any]


class Isolation(StrEnum):
    """`sandboxed`: uploaded bytes are read by a confined child only. `trusted`: network and database."""

    SANDBOXED = "sandboxed"
    TRUSTED = "trusted"


@dataclass(frozen=True, slots=True)
class Family:
    """A queue with its limits. `preload` names a module that the family's zygote imports once.

    `memory_mb` is what a job may take on top of the loaded libraries; `output_mb` bounds its folder and each of its files. None of the
    latter three is no limit: for trusted work whose length is that of what people store. `advice` is what the person can do about a file
    on which a confined child crashes or reaches a limit.
    """

    name: str
    isolation: Isolation
    memory_mb: int = 512
    wall_seconds: int | None = 300
    cpu_seconds: int | None = 300
    output_mb: int | None = 1024
    max_failures: int = 5
    preload: str | None = None
    advice: str = ""


class JobContext(Protocol):
    """What a running job may use. Progress is 0..1 and reaches the browser; `folder` is private to this attempt."""

    job_id: int
    job_uid: UUID
    attempt: int
    actor_id: int | None
    program_id: int | None
    database: Database
    blobs: BlobStore

    @property
    def folder(self) -> Path: ...

    def progress(self, fraction: float, note: str = "") -> None: ...

    def log(self, line: str) -> None:
        """One line for the administrator, kept with the job; what the process prints is kept too."""
        ...

    def finish(self, result: Payload | None = None) -> AbstractAsyncContextManager[Write]:
        """The finish transaction: domain rows written in it stand or fall with the job's own end, fenced by attempt.

        A job that writes no rows needs none: it is finished with what its function returns.
        """
        ...

    def finish_statement(self, result: Payload | None = None) -> Statement:
        """The same fence as a statement, for `Change.before`: the commit stands or falls with the job's own end."""
        ...


@dataclass(frozen=True, slots=True)
class JobType:
    """One kind of job. `name` is its family and one word more: `conversion.cad.step`.

    Trusted: `run(context, payload) -> result` in a child process with database and network.
    Sandboxed: `prepare(context, payload)` fills `folder/input` (in a trusted child), `child` names a function
    "module:function" `(folder, payload, progress) -> dict` that runs confined and writes to `folder/output`, and
    `complete(context, payload, result)` (trusted again) stores that and writes domain rows inside `context.finish()`.
    `failed(write, payload, {code, message})` follows a job that is dead or cancelled, once, in a transaction of the relay: also
    where no process ran it any more. Each function is called again when an attempt fails; only `finish` happens once.
    `retry` names the seconds before each further try, instead of the family's number of failures and backoff with jitter.
    `patience`: so long it waits for what does not answer (storage, database, mail server, an address) before it is dead.
    """

    name: str
    family: str
    run: Callable[[JobContext, Payload], Awaitable[Payload | None]] | None = None
    prepare: Callable[[JobContext, Payload], Awaitable[None]] | None = None
    child: str | None = None
    complete: Callable[[JobContext, Payload, Payload], Awaitable[Payload | None]] | None = None
    failed: Callable[[Write, Payload, Mapping[str, str]], Awaitable[None]] | None = None
    retry: tuple[float, ...] | None = None
    patience: timedelta = timedelta(hours=24)


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
    """One job to be put into the ledger. `key` joins it to an open job of the same family that does the same work.

    It starts after `delay_seconds`, or at `run_at`; where it has not begun by `not_after` it is dead. It waits until the jobs in
    `after` have succeeded, and is dead where one of them ends otherwise. `parent` counts its children: the last to
    end leaves an event, and to cancel it cancels them.
    """

    type: str
    payload: Payload
    key: str | None = None
    actor_id: int | None = None
    program_id: int | None = None
    subject_kind: str | None = None
    subject: UUID | None = None
    subject_name: str | None = None
    priority: int = 0
    delay_seconds: float = 0.0
    run_at: datetime | None = None
    not_after: datetime | None = None
    parent: UUID | None = None
    after: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Subscription:
    """`name` has a cursor of its own over the outbox; `handle` says in the relay's transaction which jobs follow.

    `events`: their types, none for all, but not those in `without`. `where`: only events whose data contain it.
    An event at which the handler raises gets a job of its own, which asks it again; later events do not wait for it.
    """

    name: str
    events: tuple[str, ...]
    handle: Callable[[Write, Incoming], Awaitable[list[Enqueue]]]
    from_beginning: bool = False
    where: Payload = field(default_factory=dict)
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job that is enqueued by the clock: five cron fields in a time zone."""

    name: str
    cron: str
    job_type: str
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Declared:
    """All that one domain declares; `cascadia.worker.registry` lists the domains."""

    families: tuple[Family, ...] = ()
    types: tuple[JobType, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    schedules: tuple[Schedule, ...] = ()
