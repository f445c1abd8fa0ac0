"""A way back in without being signed in: the real command on a real database."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, LiteralString

import httpx

from cascadia.kernel.db import Database
from tests.company import PASSWORD, Company, visitor

PROGRAM: Final = (sys.executable, "-P", "-m", "cascadia.cli")
NEW_PASSWORD: Final = "another horse battery staple"
ADA: Final = "ada@example.org"
ACCOUNT: Final[LiteralString] = "SELECT email, password_hash FROM user_account ORDER BY user_id"
CHANGES: Final[LiteralString] = "SELECT actor_id, data FROM audit WHERE type = 'user.changed'"


async def reset(folder: Path, email: str, password: str, **environment: str) -> tuple[int, str, str]:
    """How the command ended, and what it said on stdout and stderr."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "DATA_DIR": str(folder), **environment}
    command = (*PROGRAM, "reset-password", email, "--password-file", "-")
    done = await asyncio.to_thread(subprocess.run, command, env=environ, input=password, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


async def sign_in(acme: Company, password: str) -> int:
    async with visitor(acme.app) as client:
        return (await client.post("/api/v1/sessions", json={"email": ADA, "password": password})).status_code


async def rows(database: Database, query: LiteralString) -> list[dict[str, Any]]:
    async with database.read() as read:
        return list(await read.rows(query))


async def test_who_has_the_database_gives_an_administrator_a_new_password(
    acme: Company, database: Database, database_url: str, tmp_path: Path
) -> None:
    token = (await acme.administrator.post("/tokens", {"name": "script"}))["secret"]
    tries = [await sign_in(acme, "not the password") for _ in range(11)]
    assert (tries[-1], await sign_in(acme, PASSWORD)) == (429, 429)
    code, out, said = await reset(tmp_path, ADA.upper(), f"{NEW_PASSWORD}\n", DATABASE_URL=database_url)
    assert (code, out, said) == (0, f"{ADA} has a new password. Ended 1 sessions and 1 API tokens.\n", "")
    assert (await acme.administrator.send("GET", "/sessions/current")).status_code == 401
    async with httpx.AsyncClient(transport=httpx.ASGITransport(acme.app), base_url="http://localhost:3000") as script:
        assert (await script.get("/api/v1/users", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    assert (await sign_in(acme, PASSWORD), await sign_in(acme, NEW_PASSWORD)) == (401, 201)
    assert await rows(database, CHANGES) == [{"actor_id": None, "data": {"password": True}}]


async def test_a_new_password_is_refused_where_it_is_weak_or_nobody_active_has_the_email(
    acme: Company, database: Database, database_url: str, tmp_path: Path
) -> None:
    left = await acme.person("Left")
    await acme.administrator.send("PATCH", f"/users/{left.user['id']}", {"active": False})
    before, changes = await rows(database, ACCOUNT), await rows(database, CHANGES)
    for email, password, told in (
        (ADA, "short", "cascadia: Choose another password. Use 12 characters or more.\n"),
        (ADA, "", "cascadia: - holds no password.\n"),
        ("eve@example.org", NEW_PASSWORD, "cascadia: There is no active account with the email eve@example.org.\n"),
        (left.user["email"], NEW_PASSWORD, f"cascadia: There is no active account with the email {left.user['email']}.\n"),
    ):
        assert await reset(tmp_path, email, password, DATABASE_URL=database_url) == (1, "", told)
    code, out, said = await reset(tmp_path, ADA, NEW_PASSWORD)
    assert (code, out, str(tmp_path) in said) == (2, "", True)
    assert (await rows(database, ACCOUNT), await rows(database, CHANGES)) == (before, changes)
    assert (await acme.administrator.send("GET", "/sessions/current")).status_code == 200
