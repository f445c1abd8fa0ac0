"""The schema's version, and which code runs on which schema."""

from importlib.resources import files
from typing import TYPE_CHECKING, Final

import psycopg

from cascadia.kernel.errors import Unavailable

if TYPE_CHECKING:  # only migrations have it: servers ask for the version alone, and do without what the import costs
    from sqlalchemy import Connection

CODE_VERSION: Final = 6
"""The schema version that this code was written for: the highest one that its own migrations reach."""


def read_sql(name: str) -> str:
    """The text of `migrations/sql/<name>.sql`."""
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def run_script(connection: "Connection", text: str) -> None:
    """Runs several statements as they stand: `%` means nothing in them."""
    driver = connection.connection.dbapi_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("migrations run over psycopg only")
    driver.execute(text)


def set_version(connection: "Connection", *, version: int, oldest_code: int) -> None:
    """Records the version that a step reached; code older than `oldest_code` stops working on it."""
    connection.exec_driver_sql("DELETE FROM schema_state")
    connection.exec_driver_sql("INSERT INTO schema_state (version, oldest_code) VALUES (%s, %s)", (version, oldest_code))


def state(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[int, int] | None:
    """(version, oldest_code) of the database, or None where there is no schema yet."""
    found = connection.execute("SELECT to_regclass('schema_state') IS NOT NULL").fetchone()
    if not found or not found[0]:
        return None
    row = connection.execute("SELECT version, oldest_code FROM schema_state").fetchone()
    return (int(str(row[0])), int(str(row[1]))) if row else None


def check(found: tuple[int, int] | None) -> None:
    """Refuses, in words, a schema that this code cannot run on."""
    if found is None:
        raise Unavailable("The database has no schema yet. Run `cascadia migrate`.", code="schema_missing")
    version, oldest_code = found
    if version < CODE_VERSION:
        raise Unavailable(
            f"The database's schema is version {version}, this program needs {CODE_VERSION}: the schema is behind. Run `cascadia migrate`.",
            code="schema_behind",
        )
    if oldest_code > CODE_VERSION:
        raise Unavailable(
            f"The database's schema is version {version} and needs programs from {oldest_code} on; this one is {CODE_VERSION}: "
            "the program is behind. Install the newer release.",
            code="code_behind",
        )


def check_schema(url: str) -> None:
    """Raises `CascadiaError` where this program cannot run on the database's schema."""
    with psycopg.connect(url, autocommit=True) as connection:
        check(state(connection))
