"""States of a job, what ended it, and which families a worker takes. Pure."""

import errno
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final
from uuid import UUID

from cascadia.kernel.errors import CascadiaError, Conflict

LEASE_SECONDS: Final = 20.0
BACKOFF_SECONDS: Final = 5.0
ADDRESS: Final = "address "
"""Begins the name of a dependency that few jobs of a family share: the host of a webhook."""
NOTE_LENGTH: Final = 200
"""A note travels in a notice of PostgreSQL, which holds 8000 bytes."""


class JobState(StrEnum):
    """`queued` and `running` are open; the others are final, though `dead` can be retried by hand."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    CANCELLED = "cancelled"


class PermanentJobError(Exception):
    """The job cannot succeed however often it is tried (a damaged file, say). `message` tells the user what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class LeaseLost(Exception):
    """This attempt does not run the job any more: whatever it made is thrown away."""


class JobTypesInvalid(Exception):
    """JOB_TYPES cannot be used; the text says why and lists what exists."""


class NotDead(Conflict):
    code = "job_not_dead"


class SameWorkOpen(Conflict):
    code = "job_open"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this worker has taken: `attempt` is its fencing token."""

    id: int
    uid: UUID
    attempt: int
    family: str
    type: str
    payload: Mapping[str, Any]
    actor_id: int | None
    program_id: int | None
    request_id: str | None
    trace_id: str | None
    waited_seconds: float
    away: str | None = None
    """What it last waited for."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a job may fail, and how long it waits: `delays` (seconds before each further try) stand for both where they are given."""

    max_failures: int
    delays: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed, in words for the user. A `permanent` one is not tried again."""

    code: str
    message: str
    permanent: bool = False

    def words(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Outage:
    """What the work needs did not answer or has no room: the job can do nothing about it. It waits, and no failure is counted.

    `needs`: `storage`, `database`, `mail`, `disk`, or `address HOST`.
    """

    needs: str
    code: str
    message: str

    def words(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message, "away": self.needs}


NAMES: Final[Mapping[str, str]] = {
    "storage": "the file store",
    "database": "the database",
    "mail": "the mail server",
    "disk": "room on the disk of the server that does the work",
}


def named(needs: str) -> str:
    """What a job waits for, in words."""
    return NAMES.get(needs) or needs.removeprefix(ADDRESS)


@dataclass(frozen=True, slots=True)
class Done:
    """The function returned; `finished` where it ended the job itself, together with the rows that it wrote."""

    result: Mapping[str, Any] | None = None
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The attempt ended without its own fault: its process was taken away from outside."""


@dataclass(frozen=True, slots=True)
class Fenced:
    """The ledger refused this attempt's finish: somebody else has the job, or it is done."""


Outcome = Done | Failure | Outage | Lost | Fenced


def judge(error: Exception) -> Failure | Outage:
    """What an exception of a job's function means, for all families.

    What does not answer or has no room is an outage. A refusal (4xx) is permanent; what says "try again", and the unexpected, is not.
    """
    match error:
        case PermanentJobError():
            return Failure(error.code, error.message, permanent=True)
        case CascadiaError(needs=str(needs)):
            return Outage(needs, error.code, error.detail)
        case CascadiaError():
            return Failure(error.code, error.detail, permanent=error.status < 500 and error.retry_after is None)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return DISK_FULL
        case MemoryError():
            return OUT_OF_MEMORY
        case _:
            return Failure("unexpected", f"The work failed unexpectedly ({type(error).__name__}). Try again, or tell your administrator.")


DISK_FULL: Final = Outage(
    "disk", "disk_full", "The disk of the server that does the work is full. Tell your administrator; the work is tried again."
)
OUT_OF_MEMORY: Final = Failure("out_of_memory", "The work needs more memory than is allowed for it.")


def chosen_families(job_types: str, families: Collection[str], types: Collection[str]) -> frozenset[str]:
    """The families that JOB_TYPES names (`conversion.*,!conversion.cad`); refuses what matches nothing."""
    patterns = [part.strip() for part in job_types.split(",") if part.strip()]
    chosen: set[str] = set() if any(not p.startswith("!") for p in patterns) else set(families)
    excluded: set[str] = set()
    for pattern in patterns:
        matched = {name for name in families if fnmatchcase(name, pattern.removeprefix("!"))}
        if not matched:
            raise JobTypesInvalid(_no_family(pattern.removeprefix("!"), families, types))
        (excluded if pattern.startswith("!") else chosen).update(matched)
    if not chosen - excluded:
        raise JobTypesInvalid(f"JOB_TYPES={job_types} leaves no family. There are: {', '.join(sorted(families))}.")
    return frozenset(chosen - excluded)


def _no_family(name: str, families: Collection[str], types: Collection[str]) -> str:
    if name in types:
        return f"JOB_TYPES names families; `{name}` is a type of job. Its family is `{family_of(name)}`."
    return f"JOB_TYPES: no family is called `{name}`. There are: {', '.join(sorted(families))}."


def family_of(job_type: str) -> str:
    """`conversion.cad.step` → `conversion.cad`."""
    return job_type.rpartition(".")[0]
