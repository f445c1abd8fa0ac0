import errno
import platform
import sys
from pathlib import Path

import psycopg
import pytest

from cascadia.jobs import seccomp
from cascadia.jobs.model import (
    DISK_FULL,
    OUT_OF_MEMORY,
    Failure,
    JobTypesInvalid,
    Outage,
    PermanentJobError,
    chosen_families,
    family_of,
    judge,
)
from cascadia.jobs.registry import collect
from cascadia.jobs.runner import _said
from cascadia.kernel.blobs import StoreFull
from cascadia.kernel.db import AWAY, FULL, outage_of
from cascadia.kernel.declare import Declared, Family, Isolation, JobContext, JobType, Payload, Schedule
from cascadia.kernel.errors import Conflict, NotFound, TooMany, Unavailable

FAMILIES = ("conversion.cad", "conversion.document", "import", "vault")
TYPES = ("conversion.cad.step", "import.match")


@pytest.mark.parametrize(
    ("job_types", "families"),
    (
        ("*", set(FAMILIES)),
        ("conversion.*", {"conversion.cad", "conversion.document"}),
        ("conversion.*,!conversion.cad", {"conversion.document"}),
        ("!vault", {"conversion.cad", "conversion.document", "import"}),
        (" import , vault ", {"import", "vault"}),
    ),
)
def test_families_are_chosen_by_globs_and_exclusions(job_types: str, families: set[str]) -> None:
    assert chosen_families(job_types, FAMILIES, TYPES) == families


@pytest.mark.parametrize("job_types", ("convertion.*", "conversion.cad.step", "vault,!vault", "*,!valut"))
def test_what_matches_nothing_is_refused(job_types: str) -> None:
    with pytest.raises(JobTypesInvalid):
        chosen_families(job_types, FAMILIES, TYPES)


@pytest.mark.parametrize(
    ("error", "failure"),
    (
        (PermanentJobError("bad_file", "Damaged."), Failure("bad_file", "Damaged.", permanent=True)),
        (NotFound("Gone."), Failure("not_found", "Gone.", permanent=True)),
        (Unavailable("Later."), Failure("unavailable", "Later.")),
        (
            Unavailable("Away.", code="storage_unreachable", needs="storage", retry_after=2),
            Outage("storage", "storage_unreachable", "Away."),
        ),
        (StoreFull("No room."), Outage("storage", "storage_full", "No room.")),
        (TooMany("Slower.", retry_after=3), Failure("too_many_attempts", "Slower.")),
        (Conflict("Lost a race.", retry_after=1), Failure("conflict", "Lost a race.")),
        (MemoryError(), OUT_OF_MEMORY),
        (OSError(errno.ENOSPC, "No space left on device"), DISK_FULL),
    ),
)
def test_an_exception_says_whether_trying_again_can_help(error: Exception, failure: Failure | Outage) -> None:
    assert judge(error) == failure


@pytest.mark.parametrize(
    ("error", "code"),
    (
        (psycopg.OperationalError("server closed the connection unexpectedly"), "database_unreachable"),
        (psycopg.errors.AdminShutdown("terminating connection"), "database_unreachable"),
        (psycopg.errors.TooManyConnections("sorry, too many clients already"), "database_unreachable"),
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction"), "database_unreachable"),
        (psycopg.errors.DiskFull("could not extend file"), "database_full"),
        (psycopg.errors.UniqueViolation("duplicate key"), None),
        (psycopg.errors.DeadlockDetected("deadlock detected"), None),
        (psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"), None),
        (RuntimeError("server closed the connection"), None),
    ),
)
def test_a_database_that_is_away_or_full_is_told_from_a_statement_that_is_wrong(error: Exception, code: str | None) -> None:
    outage = outage_of(error)
    assert (outage and judge(outage)) == (code and Outage("database", code, AWAY if code == "database_unreachable" else FULL))


def test_the_family_is_the_name_without_its_last_word() -> None:
    assert family_of("conversion.cad.step") == "conversion.cad"


async def _run(context: JobContext, payload: Payload) -> None:
    raise NotImplementedError


TRUSTED, CAGED = Family("a", Isolation.TRUSTED), Family("b", Isolation.SANDBOXED)


@pytest.mark.parametrize(
    "declared",
    (
        Declared((TRUSTED, TRUSTED)),
        Declared((TRUSTED,), (JobType("c.x", "c", run=_run),)),
        Declared((TRUSTED,), (JobType("b.x", "a", run=_run),)),
        Declared((TRUSTED,), (JobType("a.x", "a", child="m:f"),)),
        Declared((CAGED,), (JobType("b.x", "b", run=_run),)),
        Declared((CAGED,), (JobType("b.x", "b", child="m:f"),)),
        Declared((TRUSTED,), (JobType("a.x", "a", run=_run),), schedules=(Schedule("s", "0 3 * * *", "a.y"),)),
        Declared((TRUSTED,), (JobType("a.x", "a", run=_run),), schedules=(Schedule("s", "0 25 * * *", "a.x"),)),
    ),
)
def test_declarations_that_contradict_each_other_are_refused(declared: Declared) -> None:
    with pytest.raises(ValueError, match=r"declared|family|schedule"):
        collect([declared])


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="reads the table of x86_64")
def test_the_filter_names_the_system_calls_of_this_machine() -> None:
    """Against the numbers of the machine's own C headers, where they are installed."""
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if not header.is_file():
        pytest.skip("no kernel headers here")
    lines = [line.split() for line in header.read_text().splitlines()]
    numbers = {words[1].removeprefix("__NR_"): int(words[2]) for words in lines if len(words) == 3 and words[1].startswith("__NR_")}
    ours = {name: columns[0] for name, columns in seccomp.REFUSED.items()}
    assert {name: numbers[name] for name in ours if name in numbers} == {name: n for name, n in ours.items() if name in numbers}
    assert (numbers["clone"], numbers["kill"], numbers["tgkill"], numbers["prlimit64"], numbers["prctl"]) == (
        seccomp.CLONE[0],
        seccomp.KILL_CALL[0],
        seccomp.TGKILL[0],
        seccomp.PRLIMIT[0],
        seccomp.PRCTL[0],
    )


def test_a_message_that_is_cut_says_so() -> None:
    def said(message: str) -> object:
        return _said({"error": {"code": "x", "message": message}, "permanent": True})

    assert said("m" * 2000) == Failure("x", "m" * 2000, permanent=True)
    assert said("m" * 2001) == Failure("x", "m" * 1999 + "…", permanent=True)
