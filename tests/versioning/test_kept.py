"""The database itself keeps the past: for each versioned table, whichever role asks."""

from itertools import product
from typing import Any, LiteralString

import psycopg

from cascadia.kernel.db import Database
from cascadia.versioning import registry
from cascadia.versioning.model import VersionedTable
from cascadia.versioning.rules import KEPT
from tests.versioning.past import Connection, six_commits, superuser

OPEN: LiteralString = (
    "SELECT open_commit(0, gen_random_uuid(), (SELECT user_id FROM user_account LIMIT 1), 'forged', 'edit', NULL, sha256('x'), '{}')"
)
ROLES = ("postgres", "cascadia_owner", "cascadia_app")


def refused(connection: Connection, statement: str, *, inside: bool = False) -> str:
    """The sqlstate with which the statement ends; `inside` a commit that this transaction really opened."""
    try:
        with connection.transaction(force_rollback=True):
            if inside:
                connection.execute(OPEN)
            connection.execute(statement.encode())
    except psycopg.Error as error:
        return error.sqlstate or ""
    return "it was done"


def everything(connection: Connection) -> list[Any]:
    """All rows of the versioned tables and of the commits."""
    names = [*sorted(table.table for table in registry.tables()), "commit_log", "branch", "audit", "audit_seal"]
    return [connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3".encode()).fetchall() for name in names]


def columns(connection: Connection, table: VersionedTable) -> list[str]:
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", (table.table,)
    )
    return [row[0] for row in found]


async def test_no_column_of_a_version_row_is_ever_edited_and_no_row_removed(database: Database, database_url: str) -> None:
    import cascadia.api.routes  # noqa: F401 - imports every domain

    await six_commits(database)
    assert len(registry.tables()) >= 3
    with superuser(database_url) as connection:
        before = everything(connection)
        for role, table in product(ROLES, registry.tables()):
            connection.execute(f"SET ROLE {role}".encode())
            edits = [f"UPDATE {table.table} SET {column} = {column}" for column in columns(connection, table) if column != "to_seq"]
            assert len(edits) == len(table.fields) + 4
            for statement in (*edits, f"DELETE FROM {table.table}", f"TRUNCATE {table.table}"):
                told = {refused(connection, statement), refused(connection, statement, inside=True)}
                assert told == {"42501" if role == "cascadia_app" else "CA423"}, statement
        connection.execute("RESET ROLE")
        assert everything(connection) == before


FORGED = {
    "a closed row is closed again": "UPDATE item_v SET to_seq = 3 WHERE from_seq = 1",
    "a closed row is closed by the next commit": "UPDATE item_v SET to_seq = 7 WHERE from_seq = 1",
    "a closed row is opened": "UPDATE bom_v SET to_seq = 9223372036854775807 WHERE from_seq = 4",
    "an open row ends in the past": "UPDATE item_v SET to_seq = 6 WHERE from_seq = 2",
    "an open row ends in the future": "UPDATE item_v SET to_seq = 8 WHERE from_seq = 2",
    "a row that was": "INSERT INTO item_v (branch_id, item_id, from_seq, to_seq, name, phase) "
    "SELECT 0, item_id, 3, 4, 'x', 'prototype' FROM item",
    "a row that is closed": "INSERT INTO item_v (branch_id, item_id, from_seq, to_seq, name, phase) "
    "SELECT 0, item_id, 7, 9, 'x', 'prototype' FROM item",
    "a row of a commit that was": "INSERT INTO item (uid, kind, project_id, number) "
    "SELECT gen_random_uuid(), 'part', project_id, 'X' FROM project;"
    "INSERT INTO item_v (branch_id, item_id, from_seq, name, phase) SELECT 0, max(item_id), 6, 'x', 'prototype' FROM item",
}


async def test_only_the_commit_that_is_being_made_opens_and_closes(database: Database, database_url: str) -> None:
    await six_commits(database)
    with superuser(database_url) as connection:
        before = everything(connection)
        for role in ROLES:
            connection.execute(f"SET ROLE {role}".encode())
            said = {name: (refused(connection, text), refused(connection, text, inside=True)) for name, text in FORGED.items()}
            assert said == dict.fromkeys(FORGED, ("CA423", "CA423"))
        connection.execute("RESET ROLE")
        assert everything(connection) == before


async def test_a_seq_that_somebody_only_claims_makes_no_commit(database: Database, database_url: str) -> None:
    await six_commits(database)
    with superuser(database_url) as connection:
        for seq in (6, 7):
            claim = f"SELECT set_config('cascadia.seq', '{seq}', true); UPDATE item_v SET to_seq = {seq} WHERE from_seq = 2"
            assert refused(connection, claim) == "CA423"
        connection.execute(b"BEGIN; " + OPEN.encode() + b"; COMMIT")
        assert refused(connection, "UPDATE item_v SET to_seq = 7 WHERE from_seq = 2") == "CA423"


async def test_what_happened_is_only_added_to(database: Database, database_url: str) -> None:
    await six_commits(database)
    with superuser(database_url) as connection:
        before = everything(connection)
        for role in ROLES[:2]:
            connection.execute(f"SET ROLE {role}".encode())
            for table in (name for name, rules in KEPT.items() if rules == ("history_only_added",)):
                column = columns(connection, VersionedTable(table, table, table, "", "", ()))[0]
                for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                    assert refused(connection, statement) == "CA423", statement
            for table in (name for name, rules in KEPT.items() if "history_names_it" in rules):
                assert refused(connection, f"UPDATE {table} SET uid = gen_random_uuid()") == "CA423", table
        connection.execute("RESET ROLE")
        assert everything(connection) == before


async def test_the_content_behind_a_file_stays_what_it_was(database: Database, database_url: str) -> None:
    with superuser(database_url) as connection:
        for role in ROLES[:2]:
            connection.execute(f"SET ROLE {role}".encode())
            for change in (
                "blob SET sha256 = sha256('x')",
                "blob SET key = 'k'",
                "blob SET size = 0",
                "file SET blob_id = 1",
                "file SET name = 'x'",
            ):
                assert refused(connection, f"UPDATE {change}") == "CA423", change
            assert refused(connection, "UPDATE blob SET doomed_at = now()") == "it was done"
