import asyncio
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg import sql
from structlog.testing import capture_logs

from cascadia.access import setup_token
from cascadia.api import first_start
from cascadia.kernel.db import Database
from cascadia.kernel.embedded import Embedded
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.settings import Settings
from cascadia.web import create_app
from tests.company import ADDRESS, PASSWORD, Company, visitor
from tests.conftest import TEMPLATE, with_database

ADA = {"organisation": "Acme", "email": "ada@example.org", "name": "Ada", "password": PASSWORD}


def made_token(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT value FROM instance_secret WHERE name = 'setup_token'").fetchone()
    assert row
    return str(row[0])


def elsewhere(app: FastAPI) -> httpx.AsyncClient:
    """A client of another machine."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=("203.0.113.9", 5000)), base_url=ADDRESS)


@pytest.fixture
def ada(database_url: str) -> dict[str, str]:
    """What the first administrator sends."""
    return {**ADA, "token": made_token(database_url)}


async def accounts(database: Database) -> int:
    async with database.read() as read:
        found: int = await read.value("SELECT count(*) FROM user_account")
    return found


async def test_the_first_administrator_names_the_organisation_and_is_signed_in(client: httpx.AsyncClient, ada: dict[str, str]) -> None:
    assert (await client.get("/api/v1/setup")).json() == {"token_required": True}
    answer = await client.post("/api/v1/setup", json=ada)
    assert answer.status_code == 201
    session = answer.json()
    assert session["organisation"] == {"name": "Acme"}
    assert session["user"] | {"id": ""} == {"id": "", "name": "Ada", "email": "ada@example.org", "administrator": True, "active": True}
    assert session["roles"] == []
    assert (await client.get("/api/v1/sessions/current")).json()["user"] == session["user"]


async def test_the_cookie_is_closed_to_scripts_and_to_other_sites(
    client: httpx.AsyncClient, database_url: str, ada: dict[str, str]
) -> None:
    cookie = (await client.post("/api/v1/setup", json=ada)).headers["Set-Cookie"]
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT uid FROM instance").fetchone()
    assert row
    assert cookie.startswith(f"cascadia-{row[0].hex[:12]}=")
    members = {member.strip().lower() for member in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= members
    assert "secure" not in members


async def test_a_page_under_https_gets_a_cookie_that_no_neighbour_can_set(client: httpx.AsyncClient, ada: dict[str, str]) -> None:
    origin = {"Origin": "https://localhost:3000"}
    cookie = (await client.post("/api/v1/setup", json=ada, headers=origin)).headers["Set-Cookie"]
    assert cookie.startswith("__Host-cascadia=")
    assert "secure" in cookie.lower()
    assert "domain" not in cookie.lower()


async def test_there_is_one_first_start(acme: Company, database: Database) -> None:
    async with visitor(acme.app) as other:
        for answer in (await other.get("/api/v1/setup"), await other.post("/api/v1/setup", json={**ADA, "email": "eve@example.org"})):
            assert (answer.status_code, answer.json()["code"]) == (409, "already_set_up")
    assert await accounts(database) == 1


async def test_of_many_first_administrators_at_once_there_is_one(app: FastAPI, database: Database, ada: dict[str, str]) -> None:
    async with visitor(app) as http:
        answers = await asyncio.gather(*(http.post("/api/v1/setup", json={**ada, "email": f"ada{n}@example.org"}) for n in range(5)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409]
    assert await accounts(database) == 1


PLACES: tuple[tuple[str, dict[str, str]], ...] = (
    ("127.0.0.1", {}),
    ("127.0.0.1", {"Host": "127.0.0.1:3000"}),
    ("::1", {"Host": "[::1]:3000"}),
    ("127.0.0.1", {"X-Real-IP": "203.0.113.9"}),
    ("203.0.113.9", {}),
)
"""Peers with what they send: this machine, a plain proxy on it (which sends just the same), a proxy that says so, another machine."""


@pytest.mark.parametrize(("peer", "headers"), PLACES)
@pytest.mark.parametrize("token", (None, "", "wrong-token-wrong-token"))
async def test_no_address_is_trusted(app: FastAPI, database: Database, peer: str, headers: dict[str, str], token: str | None) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(peer, 5000)), base_url=ADDRESS, headers=headers) as http:
        assert (await http.get("/api/v1/setup")).json() == {"token_required": True}
        answer = await http.post("/api/v1/setup", json={**ADA, "token": token})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_setup_token")
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/token"]
    assert await accounts(database) == 0


async def test_from_elsewhere_the_token_of_the_log_opens(app: FastAPI, database_url: str) -> None:
    async with elsewhere(app) as http:
        answer = await http.post("/api/v1/setup", json={**ADA, "token": f" {made_token(database_url)}\n"})
    assert answer.status_code == 201, answer.text


async def test_the_token_in_the_data_folder_goes_when_it_was_used(app: FastAPI, client: httpx.AsyncClient, ada: dict[str, str]) -> None:
    folder = app.state.settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    setup_token.keep(folder, ada["token"])
    assert setup_token.find(folder) == ada["token"]
    assert (await client.post("/api/v1/setup", json={**ada, "password": "short"})).status_code == 422
    assert setup_token.find(folder) == ada["token"]
    assert (await client.post("/api/v1/setup", json=ada)).status_code == 201
    assert setup_token.find(folder) is None


async def test_the_token_of_the_settings_is_the_only_one(database_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(database_url=database_url, data_dir=tmp_path, setup_token="chosen-by-the-operator"))
    async with app.router.lifespan_context(app), elsewhere(app) as http:
        refused = await http.post("/api/v1/setup", json={**ADA, "token": made_token(database_url)})
        assert refused.status_code == 403
        assert (await http.post("/api/v1/setup", json={**ADA, "token": "chosen-by-the-operator"})).status_code == 201


async def test_the_log_shows_the_token_until_there_is_an_administrator(database: Database, database_url: str, tmp_path: Path) -> None:
    with capture_logs() as logs:
        await first_start.announce(database, None, ADDRESS)
        await first_start.announce(database, "chosen-by-the-operator", ADDRESS)
    assert [line["event"] for line in logs] == ["first_start_waits"] * 2
    token = made_token(database_url)
    assert (logs[0]["token"], logs[0]["address"]) == (token, f"{ADDRESS}/#token={token}")
    assert not [value for value in logs[1].values() if token in str(value) or "chosen-by-the-operator" in str(value)]
    app = create_app(Settings(database_url=database_url, data_dir=tmp_path))
    async with app.router.lifespan_context(app), visitor(app) as http:
        assert (await http.post("/api/v1/setup", json={**ADA, "token": token})).status_code == 201
    with capture_logs() as later:
        await first_start.announce(database, None, ADDRESS)
    assert later == []


async def test_a_program_whose_database_is_not_there_yet_shows_the_token_when_it_comes(postgres: Embedded, template: str) -> None:
    name = f"late_{uuid4().hex}"
    with psycopg.connect(with_database(postgres.url, "postgres", SUPERUSER), autocommit=True) as connection, capture_logs() as logs:
        async with Database(with_database(postgres.url, name)) as database:
            announcing = asyncio.create_task(first_start.announce(database, None, ADDRESS))
            await asyncio.sleep(0)
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
            await asyncio.wait_for(announcing, 30)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    assert [line["event"] for line in logs if line["event"] == "first_start_waits"] == ["first_start_waits"]


async def test_a_token_that_the_migration_writes_a_moment_later_is_waited_for(database: Database, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection, capture_logs() as logs:
        connection.execute("SET ROLE cascadia_owner")
        connection.execute("DELETE FROM instance_secret WHERE name = 'setup_token'")
        announcing = asyncio.create_task(first_start.announce(database, None, ADDRESS))
        await asyncio.sleep(0.2)
        assert logs == []
        connection.execute("INSERT INTO instance_secret (name, value) VALUES ('setup_token', 'written-a-moment-later')")
        await asyncio.wait_for(announcing, 30)
    assert [line["token"] for line in logs] == ["written-a-moment-later"]


async def test_another_sites_page_cannot_set_up(client: httpx.AsyncClient, database: Database, ada: dict[str, str]) -> None:
    answer = await client.post("/api/v1/setup", json=ada, headers={"Origin": "http://evil.example.org"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_origin")
    assert await accounts(database) == 0


async def test_a_weak_password_leaves_everything_as_it_was(client: httpx.AsyncClient, database: Database, ada: dict[str, str]) -> None:
    answer = await client.post("/api/v1/setup", json={**ada, "password": "short"})
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")
    assert await accounts(database) == 0
    assert (await client.get("/api/v1/setup")).status_code == 200
