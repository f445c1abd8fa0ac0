"""Taking the tables that a step changes, all of them before anything else, while programs of the release before go on writing."""

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import psycopg
import structlog
from psycopg import sql

from cascadia.kernel.errors import Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection

TRY_MILLISECONDS: Final = 400
"""Both modes together are less than the second after which PostgreSQL looks for a deadlock, and ends one of those in it."""
SET_TIMEOUT: Final = "SELECT set_config('statement_timeout', %s, true)"
PAUSE_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 300.0

log = structlog.get_logger()


def lock_tables(connection: "Connection", *, altered: Sequence[str], written: Sequence[str]) -> None:
    """Holds these tables until the transaction ends: nobody reads the `altered` ones nor writes the `written` ones meanwhile.

    Whoever writes in another order is not waited for while anything is held: what was taken is let go, and taken again. Raises
    `Unavailable` where that goes on for longer than `PATIENCE_SECONDS`.
    """
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, psycopg.Connection)
    until, told = time.monotonic() + PATIENCE_SECONDS, False
    before = driver.execute("SHOW statement_timeout").fetchone()  # begins the transaction, where nothing has yet
    while not _try(driver, altered, written):
        if time.monotonic() > until:
            raise Unavailable(
                f"Transactions keep tables of the database busy for {PATIENCE_SECONDS:.0f} s. See them in pg_stat_activity, end those "
                "that hang, and run `cascadia migrate` again; nothing was changed.",
                code="database_busy",
            )
        if not told:
            log.info("waiting_for_tables", reason="transactions of running programs use them")
            told = True
        time.sleep(PAUSE_SECONDS * random.random())  # noqa: S311 - jitter, no secret
    driver.execute(SET_TIMEOUT, before)


def _try(driver: psycopg.Connection[tuple[object, ...]], altered: Sequence[str], written: Sequence[str]) -> bool:
    try:
        with driver.transaction():  # a savepoint: what was taken in it goes with it
            driver.execute(SET_TIMEOUT, (str(TRY_MILLISECONDS),))
            for names, mode in ((altered, sql.SQL("ACCESS EXCLUSIVE")), (written, sql.SQL("SHARE ROW EXCLUSIVE"))):
                tables = sql.SQL(", ").join(map(sql.Identifier, sorted(names)))
                driver.execute(sql.SQL("LOCK TABLE {} IN {} MODE").format(tables, mode))
    except psycopg.errors.QueryCanceled:
        return False
    return True
