"""The doctor on a real database: what is well, what is not, in one line each, and what it repairs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from cascadia.cli.doctor import examine
from cascadia.cli.doctor.model import Status
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.kernel.reach import why_not
from cascadia.migrations.run import migrate
from cascadia.settings import Settings, SettingsInvalid, load, shown
from tests.company import Workshop
from tests.conftest import with_database
from tests.jobs.conftest import Fleet
from tests.until import wait_until

LEAST_CHECKS = 20
JOB = "INSERT INTO job (uid, family, type, payload"
VALUES = "(gen_random_uuid(), 'x', 'x.y', '{}'"
KEY = f"blobs/2d/71/2d71{'0' * 60}-01a214c0-0000-7000-8000-000000000000"


def settings(url: str, folder: Path, **more: str) -> Settings:
    return Settings(database_url=url, data_dir=folder / "data", **more)


def change(url: str, statement: str) -> None:
    """As the database's administrator: what the program itself may not."""
    with psycopg.connect(with_database(url, urlsplit(url).path.lstrip("/"), SUPERUSER), autocommit=True) as connection:
        connection.execute(statement.encode())


def has_worker(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM worker").fetchone() == (1,)


async def words(url: str, folder: Path, check: str, **more: str) -> tuple[Status, str]:
    report = await examine(settings(url, folder, **more))
    return next((finding.status, finding.words) for name, finding in report.findings if name == check)


async def test_a_whole_installation_is_healthy(workshop: Workshop, database_url: str, tmp_path: Path) -> None:
    await workshop.engineer.part(workshop.project)
    fleet = Fleet(database_url, tmp_path)
    fleet.start(REGISTRY="cascadia.worker.registry:registry", DATA_DIR=str(tmp_path / "data"))
    wait_until(lambda: has_worker(database_url))
    report = await examine(settings(database_url, tmp_path))
    fleet.end()
    assert report.healthy, [(name, f.words) for name, f in report.findings if f.status is Status.BAD]
    assert len(report.findings) >= LEAST_CHECKS
    assert all(f.remedy for _, f in report.findings if f.status in (Status.WARN, Status.BAD))


async def test_without_a_worker_families_are_named(database_url: str, tmp_path: Path) -> None:
    status, told = await words(database_url, tmp_path, "workers")
    assert (status, "conversion.cad" in told) == (Status.BAD, True)


async def test_a_database_that_is_not_there_is_said_once(tmp_path: Path) -> None:
    report = await examine(settings("postgresql://ada:secret@127.0.0.1:1/plm", tmp_path))
    wrong = [(name, f.words) for name, f in report.findings if f.status is Status.BAD]
    assert wrong == [("database", "DATABASE_URL: nothing answers at 127.0.0.1:1.")]


async def test_a_missing_schema_is_made_by_fix(database_url: str, tmp_path: Path) -> None:
    change(database_url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO PUBLIC")
    assert (await words(database_url, tmp_path, "schema"))[0] is Status.BAD
    report = await examine(settings(database_url, tmp_path), fix=True)
    assert report.status("schema") is Status.OK
    assert [line.split(":")[0] for line in report.fixed] == ["schema"]


TWINS = """
WITH p AS (INSERT INTO program (uid, code, name) VALUES (gen_random_uuid(), 'P', 'P') RETURNING program_id),
q AS (INSERT INTO project (uid, program_id, code, name) SELECT gen_random_uuid(), program_id, 'P', 'P' FROM p RETURNING project_id),
i AS (INSERT INTO item (uid, kind, project_id, number) SELECT gen_random_uuid(), 'part', project_id, 'Ü-1' FROM q RETURNING item_id)
INSERT INTO item_number (number, item_id, role, twin)
SELECT n.number, i.item_id, n.role, n.twin FROM i, (VALUES ('Ü-1', 'current', 0), ('ü-1', 'alias', 1)) AS n(number, role, twin)
"""


@pytest.mark.parametrize(
    ("check", "statement", "status", "told"),
    (
        (
            "stuck jobs",
            f"{JOB}, state, attempt, lease_until) VALUES {VALUES}, 'running', 1, now() - interval '1 hour')",
            "bad",
            "1 running",
        ),
        ("failed jobs", f"{JOB}, state, finished_at) VALUES {VALUES}, 'dead', now())", "warn", "1 × x.y"),
        ("waiting jobs", f"{JOB}, run_at) VALUES {VALUES}, now() - interval '1 hour')", "warn", "1 of x for 60 min"),
        ("rows without bytes", f"INSERT INTO blob (sha256, size, key) VALUES (sha256('x'), 1, '{KEY}')", "bad", "1 of the newest 1"),
        (
            "audit trail",
            "INSERT INTO audit_seal (position, audit_id, hash) VALUES (1, 99, ''), (3, 98, '')",
            "bad",
            "event 99 (seal 1) is missing",
        ),
        ("numbers", TWINS, "warn", "ü-1: another number differs"),
        ("events", "INSERT INTO outbox_new SELECT g FROM generate_series(1, 1500) g", "bad", "not numbered"),
    ),
)
async def test_what_is_wrong_in_the_database_is_seen(
    database_url: str, tmp_path: Path, check: str, statement: str, status: str, told: str
) -> None:
    change(database_url, statement)
    found = await words(database_url, tmp_path, check)
    assert found[0] == Status(status), found
    assert told in found[1]


async def test_failed_jobs_are_answered_with_commands_that_run_as_they_stand(database_url: str, tmp_path: Path) -> None:
    change(database_url, f"{JOB}, state, finished_at) VALUES {VALUES}, 'dead', now())")
    report = await examine(settings(database_url, tmp_path))
    remedies = [finding.remedy for name, finding in report.findings if name == "failed jobs"]
    assert remedies == ["cascadia jobs list --state dead; then: cascadia jobs replay --all"]


async def test_a_changed_history_is_seen(workshop: Workshop, database_url: str, tmp_path: Path) -> None:
    await workshop.engineer.part(workshop.project)
    change(database_url, "SET session_replication_role = replica; UPDATE item_v SET name = 'another name'")
    status, told = await words(database_url, tmp_path, "history")
    assert (status, "commit 1" in told) == (Status.BAD, True)


async def test_trusting_everybody_about_addresses_is_warned_of(database_url: str, tmp_path: Path) -> None:
    wide = "0.0.0.0/0, ::/0, 128.0.0.0/1, 2000::/3"
    status, told = await words(database_url, tmp_path, "proxies", trusted_proxies=f"10.0.0.5, {wide}")
    assert (status, told.partition(": strangers")[0]) == (Status.WARN, f"TRUSTED_PROXIES holds {wide}")
    private = "10.0.0.0/8, fc00::/7"
    found = await words(database_url, tmp_path, "proxies", trusted_proxies=private)
    assert found == (Status.OK, f"X-Real-IP is believed from {private}")


async def test_services_that_are_not_there_are_named_by_their_variable(database_url: str, tmp_path: Path) -> None:
    away = {"rabbitmq_url": "amqp://a:b@127.0.0.1:1/", "smtp_url": "smtp://127.0.0.1:1", "s3_endpoint": "http://127.0.0.1:1"}
    for check, variable in (("broker", "RABBITMQ_URL"), ("mail server", "SMTP_URL"), ("storage", "S3_ENDPOINT")):
        status, told = await words(database_url, tmp_path, check, **away)
        assert (status, variable in told) == (Status.BAD, True), told


def test_the_command_ends_with_1_and_prints_json(database_url: str, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path)}
    command = (sys.executable, "-P", "-m", "cascadia.cli", "doctor", "--json")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["healthy"]) == (1, False)
    assert {row["check"] for row in answer["checks"]} >= {"database", "schema", "workers", "history"}


@pytest.mark.parametrize(
    ("error", "told"),
    (
        ('connection failed: FATAL:  password authentication failed for user "ada"', "db.example.org refuses the password of ada"),
        ('FATAL:  database "plm" does not exist', "db.example.org has no database plm"),
        ("[Errno -2] Name or service not known", "no host is called db.example.org"),
        ("connection refused: Connection refused", "nothing answers at db.example.org:6000"),
        ("connection timeout expired", "db.example.org:6000 does not answer in time"),
        ("FATAL:  sorry, too many clients already", "has no connection left"),
        ("something never heard of\nand more", "something never heard of"),
    ),
)
def test_why_a_database_is_not_reached_is_one_line_with_its_variable(error: str, told: str) -> None:
    line = why_not(psycopg.OperationalError(error), "postgresql://ada:secret@db.example.org:6000/plm")
    assert line.startswith("DATABASE_URL: ")
    assert told in line
    assert "secret" not in line
    assert "\n" not in line


def test_a_database_of_another_program_and_a_replica_are_refused(database_url: str) -> None:
    change(database_url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO PUBLIC; CREATE TABLE customer ()")
    with pytest.raises(Exception, match="tables of another program"):
        migrate(database_url)
    with pytest.raises(Exception, match="it is a replica"):
        migrate(f"{database_url}&options=-c%20default_transaction_read_only%3Don")


def test_config_check_shows_settings_without_secrets_and_every_problem_at_once() -> None:
    found = shown(load({"DATABASE_URL": "postgresql://ada:secret@db/plm", "PORT": "4000"}))
    assert (found["DATABASE_URL"], found["PORT"]) == ("(set)", "4000")
    assert "secret" not in str(found)
    with pytest.raises(SettingsInvalid) as refused:
        load({"DATABASE_URL": "mysql://x", "PORT": "0", "S3_SECRET": "x"})
    assert len(refused.value.problems) == 3


def test_without_a_database_the_command_says_what_it_would_look_at(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    command = (sys.executable, "-P", "-m", "cascadia.cli", "doctor")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path) in done.stderr
