"""The schema that can be read is the one that the migrations make, on every PostgreSQL."""

import psycopg

from tools import schema


def test_the_schema_that_can_be_read_is_what_the_migrations_make(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert schema.text(connection) == schema.FILE.read_text(encoding="utf-8"), "make it anew: ./dev reference"


def test_every_table_and_function_stands_in_it_under_the_package_that_made_it() -> None:
    text = schema.FILE.read_text(encoding="utf-8")
    owners = [line.removeprefix("-- ") for line in text.splitlines() if line.startswith("-- ") and " " not in line[3:]]
    assert owners == ["access", "bom", "items", "jobs", "kernel", "notify", "proposals", "vault", "versioning"]
    assert "CREATE TABLE item_v (" in text.partition("\n-- items\n")[2].partition("\n-- jobs\n")[0]
