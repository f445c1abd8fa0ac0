"""Which installation this is."""

import asyncio
from typing import Final, LiteralString
from uuid import UUID

import psycopg

from cascadia.kernel.db import Database
from cascadia.kernel.errors import Unavailable

AGAIN_SECONDS: Final = 1.0
INSTANCE: Final[LiteralString] = "SELECT uid FROM instance"
SECRET: Final[LiteralString] = "SELECT value FROM instance_secret WHERE name = %(name)s"  # noqa: S105 - SQL, no secret


async def instance_of(database: Database) -> UUID:
    """The id of the installation whose database it is; waits until the database tells it."""
    while True:
        try:
            async with database.read() as read:
                found: UUID = await read.value(INSTANCE)
        except (psycopg.Error, Unavailable):
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return found


async def secret_of(database: Database, name: str) -> bytes:
    """A secret that all processes of the installation share, and nobody else knows."""
    async with database.read() as read:
        found: str = await read.value(SECRET, {"name": name})
    return found.encode()
