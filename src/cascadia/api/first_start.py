"""What the log says while there is no administrator yet."""

import asyncio
from typing import Final

import psycopg
import structlog

from cascadia.access import sessions
from cascadia.kernel.db import Database
from cascadia.kernel.errors import Unavailable

log = structlog.get_logger()

RETRY_SECONDS: Final = 2
REMEDY: Final = "open the program in a browser and type this token; a browser on this very machine needs none"


async def announce(database: Database, configured: str | None) -> None:
    """Logs the set-up token when there is no administrator, as soon as the database answers. All servers log the same one.

    `configured` is the token of the settings: who wrote it there knows it, so it is not printed.
    """
    while True:
        try:
            async with database.primary() as primary:
                if not await sessions.needs_setup(primary):
                    return
                token = await sessions.setup_token(primary)
        except (Unavailable, psycopg.Error):
            await asyncio.sleep(RETRY_SECONDS)
            continue
        if token or configured:
            log.warning("first_start_waits", token="the SETUP_TOKEN of the settings" if configured else token, remedy=REMEDY)
            return
        await asyncio.sleep(RETRY_SECONDS)  # the schema is made, and the secrets in it a moment later
