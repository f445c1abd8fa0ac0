from datetime import UTC, datetime

import psycopg

from cascadia.access.jobs import DECLARED, forget_expired
from cascadia.jobs.schedules import last_tick
from cascadia.kernel import idempotency
from cascadia.kernel.db import Database
from cascadia.worker.registry import registry
from tests.company import Company, Workshop


async def test_what_has_expired_is_forgotten_and_nothing_else(acme: Company, database: Database, database_url: str) -> None:
    for key in ("old", "fresh"):
        headers = {"Idempotency-Key": key}
        assert (await acme.administrator.send("POST", "/programs", {"code": key}, headers=headers)).status_code == 201
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE idempotency SET created_at = now() - interval '25 hours' WHERE key = 'old'")
        connection.execute(
            "INSERT INTO session (token_hash, user_id, expires_at) SELECT 'ended', user_id, now() - interval '1 second' FROM user_account"
        )
        connection.execute(
            "INSERT INTO api_token (uid, token_hash, user_id, name, expires_at) SELECT gen_random_uuid(), d::text::bytea, user_id, 'old',"
            " now() - make_interval(days => d) FROM user_account, unnest(ARRAY[29, 31]) d"
        )
        connection.execute("INSERT INTO sign_in_attempt (email, at) VALUES ('a@b', now() - interval '25 hours'), ('a@b', now())")
    assert await forget_expired(database) == {"sessions": 1, "tokens": 1, "attempts": 1, "keys": 1}
    assert await forget_expired(database) == {"sessions": 0, "tokens": 0, "attempts": 0, "keys": 0}
    again = await acme.administrator.send("POST", "/programs", {"code": "fresh"}, headers={"Idempotency-Key": "fresh"})
    assert again.status_code == 201
    anew = await acme.administrator.send("POST", "/programs", {"code": "old"}, headers={"Idempotency-Key": "old"})
    assert (anew.status_code, anew.json()["code"]) == (409, "code_taken")


async def test_many_keys_are_forgotten_in_short_transactions(workshop: Workshop, database: Database, database_url: str) -> None:
    many = 2 * idempotency.BATCH + 1
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO idempotency (actor_id, route, key, body_hash, created_at) "
            f"SELECT 1, 'POST /x', n::text, '', now() - interval '2 days' FROM generate_series(1, {many}) n".encode()
        )
    assert (await forget_expired(database))["keys"] == many


def test_every_worker_looks_hourly() -> None:
    (schedule,) = DECLARED.schedules
    assert registry().schedules[schedule.name] == schedule
    assert schedule.job_type in registry().types
    assert last_tick(schedule, _at(5, 22)) == _at(4, 23)
    assert last_tick(schedule, _at(5, 23)) == _at(5, 23)


def _at(hour: int, minute: int) -> datetime:
    return datetime(2026, 1, 31, hour, minute, tzinfo=UTC)
