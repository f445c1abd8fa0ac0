"""Verification names what was changed, removed or reordered, whichever role did it."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import psycopg

from cascadia.kernel.db import Database, Read
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.kernel.trail import verify_trail
from cascadia.migrations.schema import CODE_VERSION
from cascadia.versioning.verification import verify_chain, verify_history
from tests.conftest import with_database
from tests.versioning.past import six_commits

Cases = dict[str, tuple[str, list[str]]]
"""What is done to the database as its superuser, and what verification says of it."""

ROWS = "its author, message or rows are not those that were committed"
BROKEN = "the chain is broken: its time, digest or hash was changed"
MISTOLD = "its kind, import or programs are not those of which the audit trail tells"
CHANGED = "is not what was sealed: it was changed or exchanged"
SWAPPED = "UPDATE {0} SET {1} = -1 WHERE {1} = {2}; UPDATE {0} SET {1} = {2} WHERE {1} = {3}; UPDATE {0} SET {1} = {3} WHERE {1} = -1;"

HISTORY: Cases = {
    "a value": ("UPDATE bom_v SET quantity = 9 WHERE from_seq = 3", [f"commit 3: {ROWS} (among bom of P-000001)"]),
    "the same value in another spelling": ("UPDATE bom_v SET quantity = 2.500 WHERE from_seq = 3", []),
    "a value of today": ("UPDATE item_v SET name = 'x' WHERE from_seq = 5", [f"commit 5: {ROWS} (among item of P-000001)"]),
    "a reference": (
        "UPDATE bom_v SET child_id = parent_id + 1 - 1, parent_id = child_id WHERE from_seq = 3",
        [f"commit 3: {ROWS} (among bom of P-000002)"],
    ),
    "a row is removed": ("DELETE FROM item_v WHERE from_seq = 5", [f"commit 5: {ROWS} (among item of P-000001)"]),
    "a row of the past is removed": ("DELETE FROM bom_v WHERE from_seq = 3", [f"commit 3: {ROWS} (there are none)"]),
    "a row is added": (
        (
            "INSERT INTO bom_line (line_id, uid) VALUES (99, gen_random_uuid()); INSERT INTO "
            "bom_v (branch_id, line_id, from_seq, parent_id, child_id, quantity, unit) "
            "SELECT 0, 99, 4, parent_id, child_id, 1, 'each' FROM bom_v WHERE from_seq = 3"
        ),
        [f"commit 4: {ROWS} (among bom of P-000001, bom of P-000001)"],
    ),
    "a row ends later: two states at one moment": (
        "UPDATE item_v SET to_seq = 6 WHERE from_seq = 1",
        [
            f"commit 6: {ROWS} (among bom of P-000001, item of P-000001)",
            "item of P-000001, from commit 1: it ends at 6 although the next version begins at 5: two states at one moment",
        ],
    ),
    "a row ends earlier": (
        "UPDATE item_v SET to_seq = 3 WHERE from_seq = 1",
        [f"commit 3: {ROWS} (among bom of P-000001, item of P-000001)"],
    ),
    "a removed row is there again": (
        "UPDATE bom_v SET to_seq = 9223372036854775807 WHERE from_seq = 4",
        [f"commit 6: {ROWS} (there are none)"],
    ),
    "a row ends at no commit": (
        "UPDATE bom_v SET to_seq = 77 WHERE from_seq = 4",
        [f"commit 6: {ROWS} (there are none)", "bom of P-000001, from commit 4: it ends at commit 77, which does not exist"],
    ),
    "a row begins elsewhere": (
        "UPDATE bom_v SET from_seq = 5 WHERE from_seq = 4",
        [f"commit 4: {ROWS} (among bom of P-000001)", f"commit 5: {ROWS} (among bom of P-000001, item of P-000001)"],
    ),
    "a row is hidden": (
        "UPDATE item_v SET deleted = true WHERE from_seq = 2",
        ["item of P-000002, from commit 2: it is marked as deleted, which no commit on main does"],
    ),
    "another identity": (
        "UPDATE item SET uid = gen_random_uuid() WHERE number = 'P-000002'",
        [
            f"commit 2: {ROWS} (among item of P-000002)",
            f"commit 3: {ROWS} (among bom of P-000001)",
            f"commit 4: {ROWS} (among bom of P-000001)",
        ],
    ),
    "a message": ("UPDATE commit_log SET message = 'forged' WHERE seq = 4", [f"commit 4: {ROWS} (among bom of P-000001)"]),
    "an author": ("UPDATE commit_log SET author_id = 99 WHERE seq = 4", [f"commit 4: {ROWS} (among bom of P-000001)"]),
    "a time": ("UPDATE commit_log SET at = at - interval '1 day' WHERE seq = 4", [f"commit 4: {BROKEN}"]),
    "a digest": (
        "UPDATE commit_log SET digest = sha256('x') WHERE seq = 4",
        [f"commit 4: {ROWS} (among bom of P-000001)", f"commit 4: {BROKEN}"],
    ),
    "a hash": ("UPDATE commit_log SET hash = sha256('x') WHERE seq = 4", [f"commit 4: {BROKEN}"]),
    "a commit's name": (
        "UPDATE commit_log SET uid = gen_random_uuid() WHERE seq = 4",
        ["commit 4 is not the one that the audit trail names: it was removed or replaced"],
    ),
    "a commit is removed": (
        "DELETE FROM commit_log WHERE seq = 3",
        ["commit 3 is missing", "bom of P-000001, from commit 3: there is no such commit"],
    ),
    "two commits are swapped": (
        SWAPPED.format("commit_log", "seq", 3, 4),
        [
            "commit 3: it was made as commit 4: commits were reordered",
            f"commit 3: {ROWS} (among bom of P-000001)",
            "commit 4: it was made as commit 3: commits were reordered",
            f"commit 4: {ROWS} (among bom of P-000001)",
        ],
    ),
    "two commits are swapped with their rows": (
        SWAPPED.format("commit_log", "seq", 1, 2) + SWAPPED.format("item_v", "from_seq", 1, 2),
        ["commit 1: it was made as commit 2: commits were reordered", "commit 2: it was made as commit 1: commits were reordered"],
    ),
    "the last commit is removed": (
        "DELETE FROM commit_log WHERE seq = 6; UPDATE bom_v SET to_seq = 9223372036854775807 WHERE to_seq = 6",
        ["commit 6 is missing: the end was cut off"],
    ),
    "the last commit is removed and the head with it": (
        (
            "DELETE FROM commit_log WHERE seq = 6; UPDATE bom_v SET to_seq = 9223372036854775807 WHERE to_seq = 6; "
            "UPDATE branch SET head_seq = 5"
        ),
        ["commit 6 is not the one that the audit trail names: it was removed or replaced"],
    ),
    "the last commit is removed, the head and its event with it": (
        (
            "DELETE FROM commit_log WHERE seq = 6; UPDATE bom_v SET to_seq = 9223372036854775807 WHERE to_seq = 6; "
            "UPDATE branch SET head_seq = 5; DELETE FROM audit WHERE id = 6"
        ),
        ["event 6 (seal 6) is missing from the audit trail"],
    ),
    "and the seal": (
        (
            "DELETE FROM commit_log WHERE seq = 6; UPDATE bom_v SET to_seq = 9223372036854775807 WHERE to_seq = 6; "
            "UPDATE branch SET head_seq = 5; DELETE FROM audit WHERE id = 6; DELETE FROM audit_seal WHERE position = 6; "
            "DELETE FROM outbox_position WHERE position = 6"
        ),
        ["event 6 is missing from the audit trail, its seal too"],
    ),
    "a kind": ("UPDATE commit_log SET kind = 'import' WHERE seq = 4", [f"commit 4: {MISTOLD}"]),
    "an import": ("UPDATE commit_log SET import_id = gen_random_uuid() WHERE seq = 4", [f"commit 4: {MISTOLD}"]),
    "a program is taken away": ("DELETE FROM commit_program WHERE seq = 4", [f"commit 4: {MISTOLD}"]),
    "a program is taken away from a commit of the release before": (
        "DELETE FROM commit_program WHERE seq = 4; UPDATE audit SET data = data - 'about' WHERE id = 4",
        [f"commit 4: {MISTOLD}", f"event 4 (seal 4) {CHANGED}"],
    ),
    "a program is added": (
        (
            "INSERT INTO program (program_id, uid, code, name) OVERRIDING SYSTEM VALUE VALUES (99, gen_random_uuid(), 'X', 'X'); "
            "INSERT INTO commit_program VALUES (0, 4, 99)"
        ),
        [f"commit 4: {MISTOLD}"],
    ),
    "a revision is added": (
        "INSERT INTO revision (item_id, revision, branch_id, seq) SELECT item_id, 'A', 0, 5 FROM item WHERE number = 'P-000001'",
        ["revision A of P-000001, of commit 5: the audit trail does not tell of it: it was added or changed"],
    ),
    "a rule is replaced by one of its name": (
        (
            "CREATE OR REPLACE TRIGGER history_closed_once AFTER UPDATE ON item_v FOR EACH ROW WHEN (false) "
            "EXECUTE FUNCTION refuse_rewriting()"
        ),
        ["item_v: the rule history_closed_once was replaced by another one of its name"],
    ),
    "what the rules call is replaced": (
        "CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        ["the function refuse_rewriting, by which the history is kept, was replaced or removed"],
    ),
    "the schema is said to be another": (
        "UPDATE schema_state SET version = 99",
        [f"the rules of schema version 99 are known to its own release only, this one is for {CODE_VERSION}: verify with that"],
    ),
    "a rule is switched off": (
        "ALTER TABLE item_v DISABLE TRIGGER history_closed_once",
        ["item_v: the rule history_closed_once is missing or switched off"],
    ),
    "a rule is removed": (
        "DROP TRIGGER history_never_edited ON bom_v",
        ["bom_v: the rule history_never_edited is missing or switched off"],
    ),
}

TRAIL: Cases = {
    "what happened": ("UPDATE audit SET data = data || '{\"x\": 1}' WHERE id = 2", [f"event 2 (seal 2) {CHANGED}"]),
    "who did it": ("UPDATE audit SET actor_id = 99 WHERE id = 2", [f"event 2 (seal 2) {CHANGED}"]),
    "when": ("UPDATE audit SET at = at + interval '1 microsecond' WHERE id = 2", [f"event 2 (seal 2) {CHANGED}"]),
    "from where": ("UPDATE audit SET address = '192.0.2.1' WHERE id = 2", [f"event 2 (seal 2) {CHANGED}"]),
    "an event is removed": ("DELETE FROM audit WHERE id = 2", ["event 2 (seal 2) is missing from the audit trail"]),
    "an event is removed with its seal": (
        "DELETE FROM audit WHERE id = 2; DELETE FROM audit_seal WHERE audit_id = 2",
        ["seal 2 of the audit trail is missing", "event 2 is missing from the audit trail, its seal too"],
    ),
    "a seal is removed": (
        "DELETE FROM audit_seal WHERE audit_id = 2",
        ["seal 2 of the audit trail is missing", "event 2 of the audit trail was never sealed: it was added, or its seal was removed"],
    ),
    "a seal": ("UPDATE audit_seal SET hash = sha256('x') WHERE position = 2", [f"event 2 (seal 2) {CHANGED}"]),
    "an event is added": (
        "INSERT INTO audit (id, type, subject) VALUES (99, 'part.created', gen_random_uuid())",
        ["event 99 of the audit trail was never sealed: it was added, or its seal was removed"],
    ),
    "two seals are swapped": (
        SWAPPED.format("audit_seal", "position", 2, 3),
        ["event 3 (seal 2) was sealed as 3: events were reordered", "event 2 (seal 3) was sealed as 2: events were reordered"],
    ),
    "two events are swapped": (
        SWAPPED.format("audit_seal", "audit_id", 2, 3),
        [f"event 3 (seal 2) {CHANGED}", f"event 2 (seal 3) {CHANGED}"],
    ),
    "the last event is removed with its seal": (
        "DELETE FROM audit WHERE id = 6; DELETE FROM audit_seal WHERE audit_id = 6",
        ["event 6 is missing from the audit trail, its seal too", "seal 6 of the audit trail is missing: its end was cut off"],
    ),
    "the last event is removed everywhere": (
        (
            "DELETE FROM audit WHERE id = 6; DELETE FROM audit_seal WHERE audit_id = 6; DELETE FROM outbox_position WHERE id = 6; "
            "DELETE FROM outbox WHERE id = 6; INSERT INTO subscription_cursor VALUES ('x', 6)"
        ),
        ["seal 6 of the audit trail is missing: its end was cut off"],
    ),
}


async def told(url: str, cases: Cases, verify: Callable[[Read], Awaitable[list[str]]]) -> dict[str, list[str]]:
    """What verification says in each case; nothing of it stays."""
    whole = with_database(url, urlsplit(url).path.lstrip("/"), SUPERUSER)
    said = {}
    async with await psycopg.AsyncConnection.connect(whole, autocommit=True) as connection:
        assert await verify(Read(connection)) == []
        await connection.execute("SET session_replication_role = replica")
        for name, (statements, _) in cases.items():
            async with connection.transaction(force_rollback=True):
                await connection.execute(statements.encode())
                said[name] = await verify(Read(connection))
    return said


async def everything(read: Read) -> list[str]:
    return [*await verify_chain(read), *(await verify_trail(read))[1]]


async def test_what_was_changed_in_the_history_is_named(database: Database, database_url: str) -> None:
    await six_commits(database)
    assert await told(database_url, HISTORY, everything) == {name: expected for name, (_, expected) in HISTORY.items()}


async def test_what_was_changed_in_the_audit_trail_is_named(database: Database, database_url: str) -> None:
    await six_commits(database)

    async def trail(read: Read) -> list[str]:
        return (await verify_trail(read))[1]

    assert await told(database_url, TRAIL, trail) == {name: expected for name, (_, expected) in TRAIL.items()}


async def test_a_history_that_was_made_anew_is_told_by_a_head_that_was_noted(database: Database) -> None:
    await six_commits(database)
    async with database.read() as read:
        head = (await verify_history(read)).head
        number, _, noted = head.partition(":")
        assert (number, len(noted)) == ("6", 64)
        assert (await verify_history(read, known=(6, noted[:12]))).faults == []
        assert (await verify_history(read, known=(6, "00"))).faults == [f"commit 6 is not the one that was noted: {noted}"]
        assert (await verify_history(read, known=(9, "00"))).faults == ["commit 9 is not the one that was noted: there is none"]
