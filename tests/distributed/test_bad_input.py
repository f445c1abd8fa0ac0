"""What a person types wrong into `.env` is one line that names the variable, on the real fleet; nothing is half made."""

import json
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.cable import Cable
from tests.distributed.load import FAKETIME, database_url
from tools.cluster import Fleet

UNTIL_SAID = """
cascadia app > /tmp/said 2>&1 & app=$!
for look in $(seq 900); do
  missing=
  for event in "$@"; do grep -q "$event" /tmp/said || missing=$event; done
  [ -n "$missing" ] || break
  sleep 0.1
done
kill $app
wait $app
cat /tmp/said
"""
"""An app that lacks only its broker or storage goes on without: it runs until it has said so, or for a minute and a half."""


def told(fleet: Fleet, *command: str, entrypoint: str = "cascadia", options: Sequence[str] = (), **variables: str) -> str:
    """What the program says with these in its environment."""
    given = [part for name, value in variables.items() for part in ("-e", f"{name}={value}")]
    return fleet.compose("app1", "run", "--rm", "--no-deps", *options, *given, "--entrypoint", entrypoint, "app", *command, check=False)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    (
        (r":[^:@]+@", ":wrong@", "refuses the password"),
        (r":5432/", ":1/", "nothing answers"),
        (r"@[^:]+:", "@no-such-host:", "no host is called no-such-host"),
        (r"/cascadia$", "/nothing", "has no database nothing"),
    ),
    ids=("password", "port", "host", "name"),
)
def test_the_database(fleet: Fleet, old: str, new: str, words: str) -> None:
    said = told(fleet, "migrate", DATABASE_URL=re.sub(old, new, database_url(fleet), count=1))
    [line] = [line for line in said.splitlines() if "DATABASE_URL" in line]
    assert words in line
    assert "Traceback" not in said


def test_another_programs_database_is_left_as_it_is(fleet: Fleet) -> None:
    url = database_url(fleet)
    other = f"{url.removesuffix('/cascadia')}/others"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET ROLE NONE")
        connection.execute("DROP DATABASE IF EXISTS others")
        connection.execute("CREATE DATABASE others")
    with psycopg.connect(other, autocommit=True) as connection:
        connection.execute("CREATE TABLE theirs (n int)")
        said = told(fleet, "migrate", DATABASE_URL=other)
        assert "DATABASE_URL" in said
        assert "Traceback" not in said
        tables = connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace").fetchall()
    assert tables == [("theirs",)]


def test_a_read_only_database(fleet: Fleet) -> None:
    said = told(fleet, "migrate", DATABASE_URL=f"{database_url(fleet)}?options=-cdefault_transaction_read_only%3Don")
    assert "DATABASE_URL" in said
    assert "Traceback" not in said


def test_a_postgresql_that_is_too_old(fleet: Fleet) -> None:
    """None can be had here: the fleet's own one says of itself that it is 13."""
    url = database_url(fleet)
    with psycopg.connect(url) as connection:
        now = str(connection.info.server_version // 10_000).encode()
    cable = Cable(5432, host=fleet.engine.gateway, instead=(b"server_version\0" + now, b"server_version\0" + b"13")).start()
    try:
        said = told(fleet, "migrate", DATABASE_URL=url.replace(":5432/", f":{cable.port}/"))
    finally:
        cable.close()
    [line] = [line for line in said.splitlines() if "DATABASE_URL" in line]
    assert "PostgreSQL 13; Cascadia needs 15 or newer" in line
    assert "Traceback" not in said


def test_a_clock_that_the_storage_does_not_believe(fleet: Fleet) -> None:
    """A server an hour behind: what it signs is too old for the store."""
    mount = ("-v", f"{FAKETIME}:/clock.so:ro")
    clock = {"LD_PRELOAD": "/clock.so", "FAKETIME": "-1h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    said = told(fleet, "-c", UNTIL_SAID, "app", "storage_not_ready", entrypoint="sh", options=mount, **clock)
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    [reason] = {line["reason"] for line in lines if line["event"] == "storage_not_ready"}
    assert re.search("clock.*S3_ENDPOINT", reason), reason
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("broker", "said_of_it", "storage", "words"),
    (
        ((r":[^:@]+@", ":wrong@"), "ACCESS_REFUSED", {"S3_SECRET_KEY": "wrong"}, "S3_SECRET_KEY"),
        ((r"/cascadia$", "/no-such-vhost"), "no-such-vhost", {"S3_ENDPOINT": "http://127.0.0.1:1"}, "S3_ENDPOINT"),
        ((r"@[^:]+:", "@no-such-host:"), "no-such-host", {"S3_ACCESS_KEY": "nobody"}, "S3_ACCESS_KEY"),
    ),
    ids=("password", "vhost", "host"),
)
def test_broker_and_storage(fleet: Fleet, broker: tuple[str, str], said_of_it: str, storage: dict[str, str], words: str) -> None:
    right = fleet.settings("app1")["RABBITMQ_URL"]
    assert urlsplit(right).port == 5672
    events = ("broker_not_reached", "storage_not_ready")
    said = told(fleet, "-c", UNTIL_SAID, "app", *events, entrypoint="sh", RABBITMQ_URL=re.sub(*broker, right, count=1), **storage)
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert any("RABBITMQ_URL" in str(line) and said_of_it in line["reason"] for line in lines if line["event"] == "broker_not_reached"), (
        said
    )
    assert any(words in str(line) for line in lines if line["event"] == "storage_not_ready"), said
    assert "Traceback" not in said


def test_everything_that_is_wrong_is_told_at_once(fleet: Fleet) -> None:
    said = told(fleet, "app", RABBITMQ_URL="amqp://@/", PUBLIC_URL="plm.example.org", TRUSTED_PROXIES="me", S3_BUCKETS="x", PORT="0x")
    assert {name for name in ("RABBITMQ_URL", "PUBLIC_URL", "TRUSTED_PROXIES", "S3_BUCKETS", "PORT") if name not in said} == set()
    assert "Traceback" not in said
