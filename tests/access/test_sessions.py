import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from cascadia.access import sessions
from cascadia.access.passwords import Passwords
from cascadia.kernel.db import Database
from cascadia.settings import Settings
from cascadia.web import create_app
from tests.company import ADDRESS, PASSWORD, Company, Person, visitor
from tests.conftest import QUICK

ADA = {"email": "ada@example.org", "password": PASSWORD}
WRONG = {**ADA, "password": "wrong horse battery staple"}
IDLE, LONGEST = timedelta(days=14), timedelta(days=90)


async def sign_in(client: httpx.AsyncClient, body: dict[str, str], **headers: str) -> httpx.Response:
    return await client.post("/api/v1/sessions", json=body, headers=headers)


async def refused(client: httpx.AsyncClient, body: dict[str, str], **headers: str) -> tuple[int, str]:
    answer = await sign_in(client, body, **headers)
    assert "Set-Cookie" not in answer.headers
    return answer.status_code, answer.json()["code"]


async def rows(database: Database, table: str) -> int:
    async with database.read() as read:
        found: int = await read.value(f"SELECT count(*) FROM {table}")
    return found


async def execute(database: Database, statement: str) -> None:
    async with database.write() as write:
        assert await write.execute(statement) > 0


async def code_of(client: httpx.AsyncClient) -> str:
    """What the answer to "who am I" says: a name, or the code of a refusal."""
    body = (await client.get("/api/v1/sessions/current")).json()
    return str(body["code"] if "code" in body else body["user"]["name"])


async def test_who_signs_in_gets_a_session_of_fourteen_days(acme: Company, client: httpx.AsyncClient) -> None:
    answer = await sign_in(client, {**ADA, "email": " ADA@example.org "}, Origin=ADDRESS)
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/api/v1/sessions/current"
    session = answer.json()
    assert (session["user"], session["organisation"], session["roles"]) == (acme.administrator.user, {"name": "Acme"}, [])
    left = datetime.fromisoformat(session["expires_at"]) - datetime.now(UTC)
    assert IDLE - timedelta(minutes=1) < left <= IDLE
    assert (await client.get("/api/v1/sessions/current")).json() == session


async def test_a_session_shows_ones_roles(acme: Company) -> None:
    program = await acme.program("ROVER")
    viewer = await acme.person("Viewer", {program: "viewer"})
    roles = (await viewer.get("/sessions/current"))["roles"]
    assert roles == [{"program": {"id": program, "code": "ROVER", "name": "Rover"}, "role": "viewer"}]


async def test_a_wrong_password_and_an_unknown_email_are_refused_alike(
    acme: Company, client: httpx.AsyncClient, database: Database
) -> None:
    before = await rows(database, "session")
    wrong = await sign_in(client, WRONG)
    unknown = await sign_in(client, {**ADA, "email": "eve@example.org"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    assert {k: v for k, v in wrong.json().items() if k != "request_id"} == {k: v for k, v in unknown.json().items() if k != "request_id"}
    assert await rows(database, "session") == before


async def test_after_ten_failures_the_right_password_has_to_wait(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    for _ in range(sessions.FAILURES_BY_PAIR):
        assert await refused(client, WRONG) == (401, "wrong_credentials")
    answer = await sign_in(client, ADA)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert 800 < int(answer.headers["Retry-After"]) <= 900
    assert await rows(database, "sign_in_attempt") == sessions.FAILURES_BY_PAIR
    await execute(database, "UPDATE sign_in_attempt SET at = at - interval '15 minutes'")
    assert (await sign_in(client, ADA)).status_code == 201


async def test_failures_at_once_do_not_pass_the_limit(acme: Company, client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(sign_in(client, WRONG) for _ in range(sessions.FAILURES_BY_PAIR + 10)))
    assert sorted(a.status_code for a in answers) == [401] * sessions.FAILURES_BY_PAIR + [429] * 10


async def test_success_forgets_the_failures(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    for _ in range(sessions.FAILURES_BY_PAIR - 1):
        await refused(client, WRONG)
    assert (await sign_in(client, ADA)).status_code == 201
    assert await rows(database, "sign_in_attempt") == 0


async def test_failures_of_one_account_do_not_stop_another(acme: Company, client: httpx.AsyncClient) -> None:
    for _ in range(sessions.FAILURES_BY_PAIR):
        await refused(client, {**ADA, "email": "eve@example.org"})
    assert await refused(client, {**ADA, "email": "Eve@Example.org"}) == (429, "too_many_attempts")
    assert (await sign_in(client, ADA)).status_code == 201


async def test_an_account_is_limited_over_all_addresses(app: FastAPI, acme: Company) -> None:
    for place in range(sessions.FAILURES_BY_ACCOUNT // sessions.FAILURES_BY_PAIR):
        async with from_address(app, f"203.0.113.{place}") as attacker:
            for _ in range(sessions.FAILURES_BY_PAIR):
                assert await refused(attacker, WRONG) == (401, "wrong_credentials")
    async with from_address(app, "203.0.113.99") as attacker:
        assert await refused(attacker, WRONG) == (429, "too_many_attempts")


def from_address(app: FastAPI, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 5000)), base_url=ADDRESS)


@pytest.mark.parametrize(("proxies", "last"), ((["127.0.0.0/8"], 429), ([], 401)))
async def test_an_address_is_limited_only_where_it_is_known_to_be_the_clients(
    database_url: str, tmp_path: Path, proxies: list[str], last: int
) -> None:
    settings = Settings(database_url=database_url, data_dir=tmp_path, trusted_proxies=",".join(proxies))
    app = create_app(settings, passwords=QUICK)
    async with app.router.lifespan_context(app), visitor(app) as client:
        for number in range(sessions.FAILURES_BY_ADDRESS):
            body = {**ADA, "email": f"user{number}@example.org"}
            assert await refused(client, body, **{"X-Real-IP": "203.0.113.9"}) == (401, "wrong_credentials")
        assert (await sign_in(client, ADA, **{"X-Real-IP": "203.0.113.9"})).status_code == last
        assert (await sign_in(client, ADA, **{"X-Real-IP": "203.0.113.10"})).status_code == 401


async def test_a_page_of_another_site_cannot_sign_anybody_in(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    before = await rows(database, "session")
    assert await refused(client, ADA, Origin="https://evil.example") == (403, "wrong_origin")
    assert await rows(database, "session") == before


@pytest.mark.parametrize("headers", ({"Origin": "http://localhost:3001"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}))
async def test_a_page_of_another_site_cannot_write_with_ones_cookie(acme: Company, headers: dict[str, str]) -> None:
    ada = acme.administrator
    answer = await ada.send("POST", "/programs", {"code": "EVIL"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_origin")
    assert (await ada.get("/programs"))["items"] == []
    assert (await ada.send("GET", "/programs", headers=headers)).status_code == 200


async def test_ones_own_page_writes_with_ones_cookie(acme: Company) -> None:
    headers = {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}
    assert (await acme.administrator.send("POST", "/programs", {"code": "ROVER"}, headers=headers)).status_code == 201


async def test_under_https_only_the_host_cookie_signs_in(acme: Company, database_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=database_url, data_dir=tmp_path, public_url="https://plm.example.org")
    app = create_app(settings, passwords=QUICK)
    async with app.router.lifespan_context(app), visitor(app) as client:
        answer = await sign_in(client, ADA, Origin="https://plm.example.org")
        members = answer.headers["Set-Cookie"].split("; ")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(members)
        name, _, secret = members[0].partition("=")
        assert name == "__Host-cascadia"
        seen = await client.get("/api/v1/sessions/current", headers={"Cookie": f"__Host-cascadia={secret}"})
        planted = await client.get("/api/v1/sessions/current", headers={"Cookie": f"cascadia-0123456789ab={secret}"})
        assert (seen.status_code, planted.status_code) == (200, 401)
        assert await refused(client, ADA, Origin=ADDRESS) == (403, "wrong_origin")


async def test_signing_out_ends_the_session_on_every_copy_of_its_cookie(acme: Company, client: httpx.AsyncClient) -> None:
    ada = acme.administrator
    client.cookies.update(ada.http.cookies)
    client.cookies.set("cascadia-other", "of another instance on this host")
    assert await code_of(client) == "Ada"
    answer = await client.delete("/api/v1/sessions/current")
    assert answer.status_code == 204
    assert answer.headers.get_list("Set-Cookie")[0].startswith(f"{next(iter(ada.http.cookies))}=")
    assert list(client.cookies) == ["cascadia-other"]
    assert (await code_of(client), await code_of(ada.http)) == ("not_signed_in", "not_signed_in")


async def test_signing_out_leaves_other_sessions(acme: Company, client: httpx.AsyncClient) -> None:
    await sign_in(client, ADA)
    assert (await client.delete("/api/v1/sessions/current")).status_code == 204
    assert await code_of(acme.administrator.http) == "Ada"


async def test_an_unused_session_ends_and_is_dropped(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    await execute(database, "UPDATE session SET expires_at = now() - interval '1 second'")
    assert await code_of(acme.administrator.http) == "not_signed_in"
    await sign_in(client, ADA)
    assert await rows(database, "session") == 1


async def test_use_moves_the_end_at_most_every_five_minutes_and_never_past_ninety_days(acme: Company, database: Database) -> None:
    ends = "SELECT expires_at - now() FROM session"
    await execute(database, "UPDATE session SET seen_at = now() - interval '4 minutes', expires_at = now() + interval '1 day'")
    await acme.administrator.get("/sessions/current")
    async with database.read() as read:
        assert await read.value(ends) < timedelta(days=1)
    await execute(database, "UPDATE session SET seen_at = now() - interval '6 minutes'")
    await acme.administrator.get("/sessions/current")
    async with database.read() as read:
        assert timedelta(days=13, hours=23) < await read.value(ends) <= IDLE
    await execute(database, "UPDATE session SET seen_at = now() - interval '1 day', created_at = now() - interval '80 days'")
    await acme.administrator.get("/sessions/current")
    async with database.read() as read:
        assert timedelta(days=9, hours=23) < await read.value(ends) <= LONGEST - timedelta(days=80)


async def test_the_database_does_not_hold_what_signs_in(acme: Company, database: Database) -> None:
    secret = next(iter(acme.administrator.http.cookies.values()))
    async with database.read() as read:
        found = await read.rows("SELECT * FROM session")
    assert len(found) == 1
    assert secret not in str(found)
    assert len(found[0]["token_hash"]) == 32


async def test_nobody_is_signed_in_by_a_guess(acme: Company, client: httpx.AsyncClient) -> None:
    assert await code_of(client) == "not_signed_in"
    client.cookies.set("cascadia-0123456789ab", "guess")
    assert await code_of(client) == "not_signed_in"
    for header in ("Bearer", "Bearer ", "Bearer cascadia_guess", "Basic YTpi"):
        answer = await client.get("/api/v1/users", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_who_is_signed_in_and_what_they_may_is_one_statement(acme: Company, database: Database) -> None:
    from cascadia.kernel.telemetry import REQUEST_STATEMENTS

    for code in ("A", "B", "C"):
        await acme.program(code)
    series = REQUEST_STATEMENTS.labels("/api/v1/kinds/{kind}")
    before = series._sum.get()
    assert (await acme.administrator.send("GET", "/kinds/part")).status_code == 200
    assert series._sum.get() - before == 1


async def test_a_hash_of_older_cost_is_renewed_at_sign_in(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    older = await Passwords(PasswordHasher(time_cost=1, memory_cost=32, parallelism=1)).hash(PASSWORD)
    async with database.write() as write:
        await write.execute("UPDATE user_account SET password_hash = %(hash)s", {"hash": older})
    assert (await sign_in(client, ADA)).status_code == 201
    async with database.read() as read:
        assert not QUICK.is_outdated(await read.value("SELECT password_hash FROM user_account"))
    assert (await sign_in(client, ADA)).status_code == 201


async def test_a_person_signed_in_twice_is_the_same_person(acme: Company, client: httpx.AsyncClient) -> None:
    await sign_in(client, ADA)
    assert (await Person(client, acme.administrator.user).get("/sessions/current"))["user"] == acme.administrator.user
