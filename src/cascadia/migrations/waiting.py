"""Waiting for a database that can be used, saying for what."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import psycopg
import structlog

from cascadia.kernel.errors import Unavailable
from cascadia.kernel.reach import why_not
from cascadia.migrations.schema import check_schema

log = structlog.get_logger()

AGAIN_SECONDS: Final = 1.0
REMIND_SECONDS: Final = 60.0


class Teller:
    """Says what is waited for: at once when it changes, and again each minute."""

    def __init__(self, event: str) -> None:
        self._event, self._told, self._at = event, "", 0.0

    def tell(self, reason: str) -> None:
        now = time.monotonic()
        if reason != self._told or now - self._at > REMIND_SECONDS:
            log.warning(self._event, reason=reason)
            self._told, self._at = reason, now


async def schema_is_there(url: str, stopped: asyncio.Event) -> bool:
    """Waits for the database and a schema that this program can use; False where it was told to stop meanwhile.

    Raises `CascadiaError` where the program is too old for the schema: waiting would not help.
    """
    teller = Teller("waiting_for_database")
    while not stopped.is_set():
        try:
            await asyncio.to_thread(check_schema, url)
        except psycopg.OperationalError as error:
            teller.tell(why_not(error, url))
        except Unavailable as error:
            if error.code == "code_behind":
                raise
            teller.tell(error.detail)
        else:
            return True
        try:
            await asyncio.wait_for(stopped.wait(), AGAIN_SECONDS)
        except TimeoutError:
            continue
    return False


def until_reached(url: str, work: Callable[[], None], *, wait: bool) -> None:
    """Does `work`, which connects to the database; with `wait`, again until it is there. A refusal of `work` itself ends it."""
    teller = Teller("waiting_for_database")
    while True:
        try:
            work()
        except psycopg.OperationalError as error:
            if not wait:
                raise Unavailable(why_not(error, url), code="database_failed") from error
            teller.tell(why_not(error, url))
            time.sleep(AGAIN_SECONDS)
        else:
            return
