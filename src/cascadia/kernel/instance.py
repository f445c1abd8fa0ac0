"""Which installation this is."""

import asyncio
from typing import Final, LiteralString
from uuid import UUID

import psycopg

from cascadia.kernel.db import Database
from cascadia.kernel.errors import Unavailable

AGAIN_SECONDS: Final = 1.0
INSTANCE: Final[LiteralString] = "SELECT uid FROM instance"


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
