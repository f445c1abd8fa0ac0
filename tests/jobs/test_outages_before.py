"""What died of an outage before an outage was no failure is queued again by the migration, with the proposals that waited for it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from cascadia.kernel.embedded import Embedded
from cascadia.migrations.run import migrate
from tests.older import database_of_version

Connection = psycopg.Connection[tuple[object, ...]]
STORAGE = "The file store does not answer as it should. Try again in a moment. S3_ENDPOINT names it."
RAISED = "The work failed unexpectedly ({}). Try again, or tell your administrator."


@pytest.fixture
def older_url(postgres: Embedded, template: str) -> Iterator[str]:
    with database_of_version(postgres, 4) as url:
        yield url


def dead(connection: Connection, job_type: str, code: str, message: str, *, state: str = "dead", days: int = 3, **columns: object) -> UUID:
    """A job as version 4 left it."""
    uid = uuid4()
    values = {"uid": uid, "family": job_type.rpartition(".")[0], "type": job_type, "key": None, "dedupe": None, **columns}
    connection.execute(
        "INSERT INTO job (uid, family, type, key, dedupe, payload, state, attempt, failures, finished_at, error)"
        " VALUES (%(uid)s, %(family)s, %(type)s, %(key)s, %(dedupe)s, '{}', %(state)s, 3, 3, now() - %(ago)s, %(error)s)",
        {**values, "state": state, "ago": timedelta(days=days), "error": Jsonb({"code": code, "message": message}) if code else None},
    )
    return uid


def states(url: str) -> dict[UUID, str]:
    with psycopg.connect(url, autocommit=True) as connection:
        return {row[0]: row[1] for row in connection.execute("SELECT uid, state FROM job")}


def test_jobs_that_died_of_an_outage_are_queued_again_and_no_others(older_url: str) -> None:
    with psycopg.connect(older_url, autocommit=True) as connection:
        again = {
            dead(connection, "conversion.cad.step", "storage_unreachable", STORAGE),
            dead(connection, "vault.assemble", "storage_full", "The file store has no room left.", key="assemble:1"),
            dead(connection, "import.match", "database_full", "The disk of the database is full."),
            dead(connection, "export.bom", "unexpected", RAISED.format("OperationalError")),
            dead(connection, "notification.mail", "mail_delayed", "The mail server did not take it now.", days=0),
        }
        dead(connection, "conversion.cad.step", "storage_unreachable", STORAGE, key="twice")
        again.add(dead(connection, "conversion.cad.step", "storage_unreachable", STORAGE, key="twice"))
        left = {
            dead(connection, "conversion.cad.step", "cad_too_large", "Too large."),
            dead(connection, "conversion.cad.step", "unexpected", RAISED.format("ValueError")),
            dead(connection, "notification.mail", "mail_delayed", "The mail server did not take it now."),
            dead(connection, "webhook.deliver", "not_delivered", "The receiver did not take it: answered 503."),
            dead(connection, "vault.verify", "storage_unreachable", STORAGE, dedupe="vault.verify@2026-11-01"),
            dead(connection, "conversion.cad.step", "cancelled", "Somebody cancelled this.", state="cancelled"),
            dead(connection, "conversion.cad.step", "storage_unreachable", STORAGE, key="done meanwhile"),
        }
        done = dead(connection, "conversion.cad.step", "", "", state="succeeded", key="done meanwhile")
    migrate(older_url)
    found = states(older_url)
    assert {uid for uid, state in found.items() if state == "queued"} == again
    assert {found[uid] for uid in left} == {"dead", "cancelled"}
    assert found[done] == "succeeded"
    with psycopg.connect(older_url, autocommit=True) as connection:
        rows = set(
            connection.execute("SELECT failures, deferrals, away, error, run_at <= now() FROM job WHERE state = 'queued'").fetchall()
        )
        assert rows == {(0, 0, None, None, True)}
        told = connection.execute("SELECT subject FROM outbox WHERE type = 'job.changed' AND data ->> 'state' = 'queued'").fetchall()
        assert {row[0] for row in told} >= again
        assert connection.execute("SELECT to_regprocedure('was_outage(jsonb)')").fetchone() == (None,)


def test_proposals_that_an_outage_ended_are_asked_for_again_and_no_others(older_url: str) -> None:
    with psycopg.connect(older_url, autocommit=True) as connection:
        connection.execute("INSERT INTO user_account (uid, email, name) VALUES (gen_random_uuid(), 'a@example.org', 'Ada')")
        connection.execute("INSERT INTO program (uid, code, name) VALUES (gen_random_uuid(), 'P', 'P')")
        connection.execute("INSERT INTO project (uid, program_id, code, name) SELECT gen_random_uuid(), program_id, 'P', 'P' FROM program")
        failed = proposal(connection, {"code": "storage_unreachable", "message": STORAGE})
        asked_again = proposal(connection, {"code": "storage_unreachable", "message": STORAGE})
        later = proposal(connection, None, state="accepted", same_file_as=asked_again)
        bad = proposal(connection, {"code": "cad_damaged", "message": "Damaged."})
    migrate(older_url)
    with psycopg.connect(older_url, autocommit=True) as connection:
        found = {row[0]: row[1:] for row in connection.execute("SELECT uid, state, error ->> 'code' FROM proposal")}
        assert found == {
            failed: ("waiting", None),
            asked_again: ("failed", "storage_unreachable"),
            later: ("accepted", None),
            bad: ("failed", "cad_damaged"),
        }
        events = connection.execute(
            "SELECT o.subject, o.data ->> 'reader', o.actor_id IS NOT NULL, o.program_id IS NOT NULL"
            " FROM outbox o JOIN outbox_new USING (id) WHERE o.type = 'proposal.requested' ORDER BY o.id"
        ).fetchall()
    assert events[-1] == (failed, "step", True, True)
    assert [row[0] for row in events].count(failed) == 2
    assert len(events) == 5


def proposal(connection: Connection, error: dict[str, str] | None, *, state: str = "failed", same_file_as: UUID | None = None) -> UUID:
    """A proposal as version 4 left it, with the event by which it was asked for."""
    uid = uuid4()
    if same_file_as is None:
        connection.execute(
            "WITH b AS (INSERT INTO blob (sha256, size, key) VALUES (sha256(%(uid)s::text::bytea), 1, %(uid)s::text) RETURNING blob_id)"
            " INSERT INTO file (uid, project_id, blob_id, name, media_type, size, created_by)"
            " SELECT %(uid)s, project_id, blob_id, 'a.stp', 'model/step', 1, user_id FROM b, project, user_account",
            {"uid": uid},
        )
    connection.execute(
        "INSERT INTO proposal (uid, file_id, project_id, branch_id, state, error, created_by)"
        " SELECT %(uid)s, coalesce((SELECT file_id FROM proposal WHERE uid = %(same)s), (SELECT max(file_id) FROM file)), project_id, 0,"
        " %(state)s, %(error)s, user_id FROM project, user_account",
        {"uid": uid, "same": same_file_as, "state": state, "error": error and Jsonb(error)},
    )
    connection.execute(
        "SELECT emit(gen_random_uuid(), 'proposal.requested', %s, program_id, user_id, %s, NULL, NULL) FROM program, user_account",
        (uid, Jsonb({"reader": "step", "file": str(uuid4())})),
    )
    return uid
