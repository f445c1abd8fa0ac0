"""A database as an earlier release left it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cascadia.kernel.embedded import Embedded
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.migrations import run
from tests.conftest import with_database


@contextmanager
def database_of_version(postgres: Embedded, version: int) -> Iterator[str]:
    """The URL of an empty database whose schema is at that version; `migrate` brings it further."""
    name = f"older_{uuid4().hex}"
    admin, url = with_database(postgres.url, "postgres", SUPERUSER), with_database(postgres.url, name)
    owner = sql.Identifier(parse_qs(urlsplit(url).query)["user"][0])
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), owner))
    try:
        with psycopg.connect(with_database(postgres.url, name, SUPERUSER), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            for role in (run.OWNER, run.APP):
                connection.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(sql.Identifier(role)))
        _upgrade(url, f"{version:04}")
        yield url
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _upgrade(url: str, revision: str) -> None:
    def connect() -> psycopg.Connection[tuple[object, ...]]:
        connection = psycopg.connect(url)
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(run.OWNER)))
        connection.commit()
        return connection

    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(run.__file__).parent))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    engine.dispose()
