"""What tests stand on: one private PostgreSQL per run, and a database of its own for each test that asks."""

import asyncio
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from fastapi import FastAPI
from psycopg import sql

from cascadia.access.passwords import Passwords
from cascadia.kernel.db import Database
from cascadia.kernel.embedded import Embedded, binaries, start
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.migrations.run import migrate, set_login_defaults
from cascadia.settings import Settings
from tests import company
from tests.company import Closed, Company, SignedIn, Workshop

TEMPLATE, COMPANY, WORKSHOP = "cascadia_template", "cascadia_company", "cascadia_workshop"
READER = "cascadia_reader"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 4 * 2**30
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
"""Each test signs people in: at the real cost that alone takes over a second."""


def with_database(url: str, name: str, user: str | None = None) -> str:
    """The URL of another database (and user) of the same server."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if user:
        query["user"] = [user]
    return f"{parts.scheme}://{parts.netloc}/{name}?{urlencode(query, doseq=True)}"


def in_memory() -> Path | None:
    """A folder that is kept in memory, where there is enough of it: 600 files are made and deleted for each test's database."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES
    return MEMORY if roomy else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Embedded]:
    """A PostgreSQL of this run: the version that comes along, or `CASCADIA_TEST_POSTGRES=15` for Debian's."""
    folder = Path(tempfile.mkdtemp(prefix="cascadia-pg-", dir=in_memory()))
    major = os.environ.get("CASCADIA_TEST_POSTGRES")
    running = start(folder, postgres=binaries.find(int(major)) if major else None, settings=FAST)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Databases:
    """Makes databases on a server and drops them, as its superuser; `owner` is whose they are."""

    url: str
    owner: str
    superuser: psycopg.Connection[tuple[Any, ...]]

    def make(self, name: str) -> str:
        """The URL of an empty one."""
        self._execute("CREATE DATABASE {} OWNER {}", name, self.owner)
        return with_database(self.url, name)

    def copy(self, origin: str, name: str) -> str:
        """The URL of one with the content of another, which nobody may have open."""
        self._execute("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY", name, self.owner, origin)
        set_login_defaults(self.superuser, self.owner, name)
        return with_database(self.url, name)

    def drop(self, name: str) -> None:
        """Ends its connections, too."""
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def _execute(self, words: LiteralString, *names: str) -> None:
        self.superuser.execute(sql.SQL(words).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="session")
def databases(postgres: Embedded) -> Iterator[Databases]:
    """Those of this run's server."""
    owner = parse_qs(urlsplit(postgres.url).query)["user"][0]
    with psycopg.connect(with_database(postgres.url, "postgres", SUPERUSER), autocommit=True) as superuser:
        yield Databases(postgres.url, owner, superuser)


@pytest.fixture(scope="session")
def template(postgres: Embedded, databases: Databases) -> str:
    """The URL of a migrated, empty database that others are copied from; makes the read-only login besides."""
    with postgres.cluster.data.joinpath("pg_ident.conf").open("a", encoding="utf-8") as identities:
        identities.write(f'cascadia "{pwd.getpwuid(os.geteuid()).pw_name}" {READER}\n')
    databases.superuser.execute("SELECT pg_reload_conf()")
    url = databases.make(TEMPLATE)
    databases.superuser.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(READER)))
    databases.superuser.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(READER)))
    migrate(url)
    return url


@dataclass(frozen=True)
class Furnished:
    """Databases in which a company, and a workshop in it, were made once; most tests begin with one or the other."""

    administrator: SignedIn
    workshop: Closed


@pytest.fixture(scope="session")
def furnished(databases: Databases, template: str, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """Makes both as people would, through the API, and leaves the databases to be copied."""
    return asyncio.run(_furnish(databases, tmp_path_factory.mktemp("furnished")))


async def _furnish(databases: Databases, folder: Path) -> Furnished:
    async with running(databases.copy(TEMPLATE, COMPANY), folder) as app, company.set_up(app) as made:
        administrator = SignedIn.of(made.administrator)
    async with running(databases.copy(COMPANY, WORKSHOP), folder) as app, company.reopened(app, administrator) as again:
        workshop = Closed.of(await company.open_workshop(again))
    return Furnished(administrator, workshop)


@asynccontextmanager
async def running(database_url: str, folder: Path, read_url: str | None = None) -> AsyncIterator[FastAPI]:
    """The whole program on a database, its lifespan begun."""
    from cascadia.web import create_app  # imports every domain: not for tests of one of them

    settings = Settings(
        database_url=database_url,
        database_pool_size=20,
        data_dir=folder / "data",
        metrics_allowed_networks=(ip_network("127.0.0.1"),),
    )
    made = create_app(settings, read_url=read_url, passwords=QUICK)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
def database_url(databases: Databases, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh, migrated database, dropped after the test; with the company or the workshop in it where the test asks for them."""
    wanted = {"acme": COMPANY, "workshop": WORKSHOP}
    origin = next((wanted[name] for name in ("workshop", "acme") if name in request.fixturenames), TEMPLATE)
    if origin != TEMPLATE:
        request.getfixturevalue("furnished")
    name = f"test_{uuid4().hex}"
    yield databases.copy(origin, name)
    databases.drop(name)


@pytest.fixture
def reader_url(database_url: str) -> str:
    """The same database through a login that may only read."""
    return with_database(database_url, urlsplit(database_url).path.lstrip("/"), READER)


@pytest_asyncio.fixture
async def database(database_url: str, reader_url: str) -> AsyncIterator[Database]:
    """Pools on the fresh database; what is typed `Read` really cannot write."""
    async with Database(database_url, size=20, read_url=reader_url) as opened:
        yield opened


@pytest_asyncio.fixture
async def app(database_url: str, reader_url: str, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The whole program on a fresh database; its reads go through the login that may only read."""
    async with running(database_url, tmp_path, reader_url) as made:
        yield made


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that program that is not signed in."""
    async with company.visitor(app) as visitor:
        yield visitor


@pytest_asyncio.fixture
async def acme(app: FastAPI, furnished: Furnished) -> AsyncIterator[Company]:
    """That program after its first start: an organisation with its administrator."""
    async with company.reopened(app, furnished.administrator) as made:
        yield made


@pytest_asyncio.fixture
async def workshop(acme: Company, furnished: Furnished) -> Workshop:
    """A program with a project, and people with different roles in it."""
    return await furnished.workshop.reopened(acme)
