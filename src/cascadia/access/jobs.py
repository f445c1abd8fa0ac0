"""Forgetting what has expired: sessions, API tokens a month later, tries to sign in, keys of repeatable requests."""

from typing import Final

from cascadia.access import queries
from cascadia.kernel import idempotency
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Declared, Family, Isolation, JobContext, JobType, Payload, Schedule


async def forget_expired(database: Database) -> dict[str, int]:
    """Deletes what has expired; how many rows of each."""
    async with database.write() as write:
        sessions = await write.execute(queries.FORGET_SESSIONS)
        attempts = await write.execute(queries.FORGET_OLD_ATTEMPTS)
        tokens = await write.execute(queries.FORGET_TOKENS)
    return {"sessions": sessions, "tokens": tokens, "attempts": attempts, "keys": await idempotency.forget_expired(database)}


async def _run(context: JobContext, payload: Payload) -> Payload:  # noqa: ARG001 - the same every time
    return await forget_expired(context.database)


DECLARED: Final = Declared(
    families=(Family("maintenance", Isolation.TRUSTED),),
    types=(JobType("maintenance.expiry", "maintenance", run=_run),),
    schedules=(Schedule("maintenance.expiry", "23 * * * *", "maintenance.expiry"),),
)
