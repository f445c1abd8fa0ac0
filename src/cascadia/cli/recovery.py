"""`cascadia reset-password`: a way back in for whoever has the database, where nobody can sign in to give one."""

import asyncio

from cascadia.access.passwords import Passwords
from cascadia.access.service import reset_password
from cascadia.kernel.db import Database
from cascadia.migrations.schema import check_schema


def reset(url: str, email: str, password: str) -> str:
    """Gives the account its new password; what that ended, in a sentence."""
    check_schema(url)
    return asyncio.run(_reset(url, email, password))


async def _reset(url: str, email: str, password: str) -> str:
    async with Database(url, size=1, idle=0, name="reset-password") as database:
        user, ended = await reset_password(database, Passwords(), email, password)
    return f"{user.email} has a new password. Ended {ended.sessions} sessions and {ended.tokens} API tokens."
