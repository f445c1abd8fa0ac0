"""What a check finds."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database
from cascadia.settings import Settings


class Status(StrEnum):
    """How a check ended. `bad` ends the command with 1; `skipped` says what it would have needed."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the checks look at."""

    settings: Settings
    database: Database
    store: BlobStore


Fix = Callable[[Surroundings], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says; `remedy` is the command or the setting that repairs it."""

    status: Status
    words: str
    remedy: str | None = None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One look at one thing. Those that need the database's schema come after `schema` and are skipped without it."""

    name: str
    look: Callable[[Surroundings], Awaitable[Finding]]
    needs_schema: bool = False
    needs_store: bool = False


def ok(words: str) -> Finding:
    """All is well."""
    return Finding(Status.OK, words)


def warn(words: str, remedy: str, fix: Fix | None = None) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(Status.WARN, words, remedy, fix)


def bad(words: str, remedy: str, fix: Fix | None = None) -> Finding:
    """Something does not work."""
    return Finding(Status.BAD, words, remedy, fix)


def skipped(words: str) -> Finding:
    """Nothing to look at."""
    return Finding(Status.SKIPPED, words)
