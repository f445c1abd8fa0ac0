"""What the log says while there is no administrator yet."""

import asyncio
from typing import Final

import psycopg
import structlog

from cascadia.access import sessions, setup_token
from cascadia.kernel.db import Database
from cascadia.kernel.errors import Unavailable

log = structlog.get_logger()

RETRY_SECONDS: Final = 2
REMEDY: Final = "open the address in a browser, by the name that reaches this server; whoever has the token becomes the administrator"


async def announce(database: Database, configured: str | None, url: str) -> None:
    """Logs where to begin when there is no administrator, as soon as the database answers: with the token that all servers share.

    `configured` is the token of the settings: who wrote it there knows it, so it is not printed. `url` is where people find the program.
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
            _say(None if configured else token, url)
            return
        await asyncio.sleep(RETRY_SECONDS)  # the schema is made, and the secrets in it a moment later


def _say(token: str | None, url: str) -> None:
    if token:
        log.warning("first_start_waits", token=token, address=setup_token.address(url, token), remedy=REMEDY)
    else:
        log.warning("first_start_waits", token="the SETUP_TOKEN of the settings", address=url, remedy=REMEDY)  # noqa: S106 - no token
