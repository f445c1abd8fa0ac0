"""Brings a database to this program's schema: one at a time, forward only, safe to repeat."""

import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, LiteralString

import psycopg
import structlog
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cascadia.kernel.errors import Unavailable
from cascadia.migrations import schema

log = structlog.get_logger()

Connection = psycopg.Connection[tuple[object, ...]]
OLDEST_SERVER: Final = 150_000
LOCK_KEY: Final = 0x0CA5_CAD1_A001
APP: Final = "cascadia_app"
OWNER: Final = "cascadia_owner"

INSERT_ONLY: Final = ("audit", "audit_seal", "outbox", "outbox_position", "commit_log", "commit_program", "revision", "file")
VERSIONED: Final = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname LIKE '%\\_v'"


def migrate(url: str, *, subscriptions: Sequence[tuple[str, bool]] = ()) -> None:
    """Creates or upgrades the schema, roles and secrets of the database at `url`.

    `subscriptions` are (name, from the beginning) of the relay's subscribers: a new one starts at the newest event.
    Raises `CascadiaError` when the schema is newer than this program may use. Waits while another one migrates.
    """
    with psycopg.connect(url, autocommit=True, application_name="cascadia-migrate") as connection:
        connection.execute("SET ROLE NONE")
        _refuse_unusable(connection)
        _wait_for_lock(connection)
        found = schema.state(connection)
        if found and found[0] > schema.CODE_VERSION:
            schema.check(found)
            log.info("schema_newer_but_usable", schema=found[0], code=schema.CODE_VERSION)
            return
        separate = _make_roles(connection)
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        _upgrade(url, separate=separate)
        _seed(connection, subscriptions)
        if separate:
            with connection.transaction():  # each start says this anew: who works on another server meanwhile never lacks a right
                _grant(connection)
            set_login_defaults(connection)


def _refuse_unusable(connection: Connection) -> None:
    """A server that is too old or cannot be written to, and a database of another program, are left as they are."""
    name, version = connection.info.dbname, connection.info.server_version
    if version < OLDEST_SERVER:
        raise Unavailable(
            f"DATABASE_URL: the server is PostgreSQL {version // 10_000}; Cascadia needs {OLDEST_SERVER // 10_000} or newer.",
            code="database_failed",
        )
    read_only = connection.execute("SHOW transaction_read_only").fetchone()
    if read_only and read_only[0] == "on":
        raise Unavailable(
            "DATABASE_URL: the server cannot be written to: it is a replica. Name the primary, or add ?target_session_attrs=read-write.",
            code="database_failed",
        )
    tables = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LIMIT 500")
    names = {str(row[0]) for row in tables}
    if names and not names & {"schema_state", "alembic_version"}:
        raise Unavailable(
            f"DATABASE_URL: the database {name} holds tables of another program ({min(names)}, …). Name one of your own.",
            code="database_failed",
        )


def _wait_for_lock(connection: Connection) -> None:
    """Polls: a session that waits *inside* pg_advisory_lock is killed as a deadlock while the holder builds an index concurrently."""
    told = False
    while True:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_KEY,)).fetchone()
        if row and row[0]:
            return
        if not told:
            log.info("waiting_for_another_migration")
            told = True
        time.sleep(0.2)


def _make_roles(connection: Connection) -> bool:
    """Makes owner and application role; False where this login may not (then one role does both)."""
    try:
        for role in (OWNER, APP):
            _make_role(connection, role)
        connection.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(sql.Identifier(OWNER)))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(APP)))
    except psycopg.errors.InsufficientPrivilege as error:
        log.warning("no_separate_roles", reason=str(error).strip(), remedy="let the login create roles, or go on with one role")
        return False
    return True


def _make_role(connection: Connection, role: str) -> None:
    with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))


def _upgrade(url: str, *, separate: bool) -> None:
    def connect() -> Connection:
        connection = psycopg.connect(url, application_name="cascadia-migrate")
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(OWNER)) if separate else "SET ROLE NONE")
        connection.execute("SET lock_timeout = '10s'")
        connection.commit()
        return connection

    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    engine.dispose()


def _seed(connection: Connection, subscriptions: Sequence[tuple[str, bool]]) -> None:
    connection.execute(
        "INSERT INTO instance_secret (name, value) VALUES ('setup_token', %s) ON CONFLICT DO NOTHING", (secrets.token_urlsafe(24),)
    )
    for name, from_beginning in subscriptions:
        connection.execute(
            "INSERT INTO subscription_cursor (name, position) "
            "SELECT %s, CASE WHEN %s THEN 0 ELSE coalesce(max(position), 0) END FROM outbox_position ON CONFLICT DO NOTHING",
            (name, from_beginning),
        )


def _grant(connection: Connection) -> None:
    """What the application role may do."""
    statements: list[LiteralString] = [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {APP}",
        f"REVOKE INSERT, UPDATE, DELETE ON schema_state, alembic_version FROM {APP}",
    ]
    statements += [f"REVOKE UPDATE, DELETE ON {table} FROM {APP}" for table in INSERT_ONLY]
    for statement in statements:
        connection.execute(statement)
    for (table,) in connection.execute(VERSIONED).fetchall():
        for wording in ("REVOKE UPDATE, DELETE ON {} FROM {}", "GRANT UPDATE (to_seq) ON {} TO {}"):
            connection.execute(sql.SQL(wording).format(sql.Identifier(str(table)), sql.Identifier(APP)))


def set_login_defaults(connection: Connection, login: str | None = None, database: str | None = None) -> None:
    """What a login (this one) starts with in a database (this one): the application role, and timeouts that end a forgotten transaction."""
    for name, value in (("role", APP), ("idle_in_transaction_session_timeout", "10s"), ("lock_timeout", "5s")):
        connection.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}").format(
                sql.Identifier(login) if login else sql.SQL("CURRENT_USER"),
                sql.Identifier(database or connection.info.dbname),
                sql.Identifier(name),
                sql.Literal(value),
            )
        )
