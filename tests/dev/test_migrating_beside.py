"""A database that is brought to this release while programs of the one before write to it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cascadia.kernel.embedded import Embedded
from cascadia.kernel.errors import Unavailable
from cascadia.migrations import locking
from cascadia.migrations.locking import lock_tables
from cascadia.migrations.run import migrate
from cascadia.migrations.schema import CODE_VERSION, read_sql, run_script
from cascadia.migrations.versions import v0005_what_attacks_showed, v0006_identity_of_what_comes_in
from tests.older import database_of_version
from tests.until import wait_until

HELD = """SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.granted AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')"""
WAITING = """SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'cascadia-migrate' AND wait_event_type = 'Lock' AND datname = current_database()"""

RIGHTS_CHANGED = """SELECT count(DISTINCT changed) FROM (
  SELECT c.xmin::text AS changed FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname LIKE '%%\\_v'
  UNION ALL SELECT a.xmin::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname LIKE '%%\\_v' AND attname = 'to_seq') t"""


@pytest.fixture
def older(postgres: Embedded, template: str) -> Iterator[str]:
    with database_of_version(postgres, 4) as url:
        yield url


@pytest.mark.parametrize("step", (v0005_what_attacks_showed, v0006_identity_of_what_comes_in), ids=("0005", "0006"))
def test_every_table_that_the_step_changes_is_taken_before_it_begins(postgres: Embedded, template: str, step: Any) -> None:
    with database_of_version(postgres, int(step.down_revision)) as url:
        taken_first(url, step)


def taken_first(url: str, step: Any) -> None:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    with engine.connect() as connection:
        before = {row[0] for row in connection.exec_driver_sql("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")}
        lock_tables(connection, altered=step.ALTERED, written=step.WRITTEN)
        first = {tuple(row) for row in connection.exec_driver_sql(HELD)}
        for name in step.FILES:
            run_script(connection, read_sql(f"v{step.revision}/{name}"))
        after = {tuple(row) for row in connection.exec_driver_sql(HELD) if row[0] in before}
        connection.rollback()
    assert {name for name, _ in first} == {*step.ALTERED, *step.WRITTEN}
    stronger = {(name, mode) for name, mode in after - first if mode == "AccessExclusiveLock" or name not in {n for n, _ in first}}
    assert stronger == set()


def test_who_writes_in_another_order_goes_on_and_so_does_the_step(older: str) -> None:
    with (
        ThreadPoolExecutor() as beside,
        psycopg.connect(older) as writer,
        psycopg.connect(older, autocommit=True) as watch,
    ):
        writer.execute("UPDATE upload SET received = received")
        migration = beside.submit(migrate, older)
        wait_until(lambda: bool(_one(watch, WAITING)) or migration.done())
        for table in ("user_account", "job", "session"):  # the migration came to the last one long before it came to the first
            writer.execute(f"UPDATE {table} SET created_at = created_at")
        writer.commit()
        migration.result()
    with psycopg.connect(older) as connection:
        assert _one(connection, "SELECT version FROM schema_state") == CODE_VERSION


def test_tables_that_stay_busy_are_named_in_words_and_nothing_is_changed(older: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE_SECONDS", 0.1)
    with psycopg.connect(older) as writer:
        writer.execute("UPDATE upload SET received = received")
        with pytest.raises(Unavailable, match="pg_stat_activity") as refused:
            migrate(older)
        writer.rollback()
    assert refused.value.code == "database_busy"
    with psycopg.connect(older) as connection:
        assert _one(connection, "SELECT version FROM schema_state") == 4


def test_an_export_that_a_worker_of_the_release_before_writes_is_of_the_programs_of_its_owner(older: str) -> None:
    migrate(older)
    with psycopg.connect(older) as connection:
        user, program = _owner(connection)
        written = connection.execute(
            "WITH content AS (SELECT blob_id FROM take_blob(sha256('x'), 1, 'blobs/x')) "
            "INSERT INTO output_file (uid, blob_id, name, media_type, created_for) "
            "SELECT gen_random_uuid(), blob_id, 'bom.csv', 'text/csv', %s FROM content RETURNING programs",
            (user,),
        ).fetchone()
    assert written == ([program],)


def _owner(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    user = _one(
        connection, "INSERT INTO user_account (uid, email, name) VALUES (gen_random_uuid(), 'a@example.org', 'A') RETURNING user_id"
    )
    program = _one(connection, "INSERT INTO program (uid, code, name) VALUES (gen_random_uuid(), 'P', 'P') RETURNING program_id")
    connection.execute("INSERT INTO program_role (program_id, user_id, role) VALUES (%s, %s, 'viewer')", (program, user))
    return user, program


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    found = connection.execute(query).fetchone()
    return found[0] if found else None


FIVE = """
INSERT INTO project (uid, program_id, code, name) SELECT gen_random_uuid(), program_id, 'rover', 'Rover' FROM program;
INSERT INTO item (item_id, uid, kind, project_id, number)
  SELECT n, gen_random_uuid(), 'part', project_id, 'P-' || n FROM project, generate_series(1, 5) AS n;
INSERT INTO file (uid, blob_id, name, media_type, size, project_id, created_by)
  SELECT gen_random_uuid(), blob_id, 'Top.STP', 'model/step', 1, project_id, user_id
  FROM take_blob(sha256('x'), 1, 'blobs/x'), project, user_account;
SELECT open_commit(0, '00000000-0000-0000-0000-000000000001', user_id, 'Import', 'import', NULL, '', '{}')
FROM user_account;
INSERT INTO proposal (uid, file_id, project_id, branch_id, state, commit_uid, created_by)
  SELECT gen_random_uuid(), file_id, project_id, 0, s.state, s.commit_uid, created_by
  FROM file, (VALUES ('accepted', '00000000-0000-0000-0000-000000000001'::uuid), ('open', NULL)) AS s(state, commit_uid);
INSERT INTO proposal_row (uid, proposal_id, ordinal, kind, component, found, verdict, match_id, match_by, choice)
  SELECT gen_random_uuid(), proposal_id, r.n, 'part', r.component,
    jsonb_build_object('name', r.component, 'number', 'N' || r.n, 'geometry_hash', 'h', 'is_root', r.n = 1),
    'matched', r.item, r.way, r.choice
  FROM proposal, (VALUES (1, 'top', 1, 'name', 'use'), (2, 'made', 2, NULL, 'create'), (3, 'guessed', 3, 'geometry', 'use'),
    (4, 'twin', 4, 'number', 'use'), (5, 'twin two', 4, 'number', 'use'), (6, 'skipped', 5, 'number', 'skip'),
    (7, 'made#2', 5, NULL, 'create'))
    AS r(n, component, item, way, choice);
"""


def test_what_earlier_imports_became_is_remembered_but_no_guess_by_shape_alone(postgres: Embedded, template: str) -> None:
    with database_of_version(postgres, 5) as url:
        with psycopg.connect(url) as connection:
            _owner(connection)
            connection.execute(FIVE)
        migrate(url)
        with psycopg.connect(url) as connection:
            known = connection.execute(
                "SELECT l.name, l.root_id, s.key, s.item_id, s.name, s.geometry "
                "FROM lineage l JOIN item_source s USING (lineage_id) ORDER BY s.key"
            ).fetchall()
            asked = connection.execute(
                "SELECT component, certainty, doubts FROM proposal_row WHERE NOT confirmed ORDER BY component"
            ).fetchall()
    assert known == [("top.stp", 1, "made", 2, "made", "h"), ("top.stp", 1, "top", 1, "top", "h")]
    assert asked == [
        ("guessed", "likely", ["it was found by its geometry alone"]),
        ("top", "likely", ["it was found by its name alone"]),
    ]


def test_a_start_beside_others_takes_no_right_away_for_a_moment(database_url: str) -> None:
    """Each start says anew what the application may do: all of it in one transaction, or others' writes fail in between."""
    migrate(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert connection.execute(RIGHTS_CHANGED, ()).fetchone() == (1,)
