"""`cascadia history verify`: whether the history and the audit trail are those that were written."""

import asyncio
import json
import re

import typer

from cascadia.kernel.db import Database
from cascadia.kernel.errors import Invalid
from cascadia.kernel.trail import verify_trail
from cascadia.migrations.schema import check_schema
from cascadia.versioning.verification import Verified, verify_history
from cascadia.worker.registry import registry


def verify(url: str, known: str | None, *, as_json: bool) -> None:
    """Prints what does not hold, one line each, or the newest commit to be noted; ends with 1 where something does not hold."""
    reading = _parsed(known)
    check_schema(url)
    registry()  # imports every domain: each registers its versioned table
    verified, events = asyncio.run(_read(url, reading))
    if as_json:
        found = {"holds": not verified.faults, "head": verified.head, "commits": verified.commits, "events": events}
        print(json.dumps({**found, "faults": verified.faults}, indent=2))
    elif not verified.faults:
        print(f"{verified.commits} commits and {events} events of the audit trail are as they were written. Newest: {verified.head}")
    for fault in () if as_json else verified.faults:
        print(fault)
    raise typer.Exit(1 if verified.faults else 0)


async def _read(url: str, known: tuple[int, str] | None) -> tuple[Verified, int]:
    async with Database(url, size=1, idle=0, name="history") as database, database.primary() as primary:
        verified = await verify_history(primary, known=known)
        events, faults = await verify_trail(primary)
        return Verified(verified.commits, verified.head, [*verified.faults, *faults]), events


def _parsed(known: str | None) -> tuple[int, str] | None:
    if known is None:
        return None
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{8,64})", known)
    if not found:
        raise Invalid(f"--known {known}: a commit is noted as NUMBER:HASH, with at least eight digits of the hash.")
    return int(found[1]), found[2]
