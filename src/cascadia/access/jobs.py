"""Forgetting what has expired: sessions, API tokens a month later, tries to sign in, keys of repeatable requests."""

from collections.abc import Mapping
from typing import Final, LiteralString

from cascadia.access import queries
from cascadia.kernel import idempotency
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Declared, Family, Isolation, JobContext, JobType, Payload, Schedule

EXPIRED: Final[Mapping[str, LiteralString]] = {
    "sessions": queries.FORGET_SESSIONS,
    "tokens": queries.FORGET_TOKENS,
    "attempts": queries.FORGET_OLD_ATTEMPTS,
}


async def forget_expired(database: Database) -> dict[str, int]:
    """Deletes what has expired; how many rows of each. Waits for nobody: what somebody works on at this moment is left to the next time."""
    gone = {kind: await _forget(database, statement) for kind, statement in EXPIRED.items()}
    return {**gone, "keys": await idempotency.forget_expired(database)}


async def _forget(database: Database, statement: LiteralString) -> int:
    async with database.write() as write:
        return await write.execute(statement)


async def _run(context: JobContext, payload: Payload) -> Payload:  # noqa: ARG001 - the same every time
    return await forget_expired(context.database)


DECLARED: Final = Declared(
    families=(Family("maintenance", Isolation.TRUSTED),),
    types=(JobType("maintenance.expiry", "maintenance", run=_run),),
    schedules=(Schedule("maintenance.expiry", "23 * * * *", "maintenance.expiry"),),
)
