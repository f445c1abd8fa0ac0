import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from argon2 import PasswordHasher

from cascadia.access.passwords import Passwords
from cascadia.kernel.db import Database
from cascadia.settings import Settings
from cascadia.web import create_app
from tests.company import ADDRESS, PASSWORD, Company, visitor
from tests.conftest import QUICK

ADA = {"email": "ada@example.org", "password": PASSWORD}
IDLE = timedelta(days=14)


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
    assert sorted(name for name in client.cookies if not name.endswith("-device")) == ["cascadia-other"]
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert (await code_of(client), await code_of(ada.http)) == ("not_signed_in", "not_signed_in")


async def test_signing_out_leaves_other_sessions(acme: Company, client: httpx.AsyncClient) -> None:
    await sign_in(client, ADA)
    assert (await client.delete("/api/v1/sessions/current")).status_code == 204
    assert await code_of(acme.administrator.http) == "Ada"


async def test_signing_in_again_ends_the_session_that_is_replaced(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    await sign_in(client, ADA)
    replaced = dict(client.cookies)
    assert (await sign_in(client, ADA)).status_code == 201
    async with visitor(acme.app) as copy:
        copy.cookies.update(replaced)
        assert await code_of(copy) == "not_signed_in"
    assert (await code_of(client), await code_of(acme.administrator.http)) == ("Ada", "Ada")
    assert await rows(database, "session") == 2
    await refused(client, {**ADA, "password": "wrong horse battery staple"})
    assert await code_of(client) == "Ada"


async def test_a_crowd_of_cookies_of_neighbours_shuts_nobody_out(acme: Company) -> None:
    crowd = "; ".join(f"cascadia-{n:012x}=x" for n in range(40))
    own = "; ".join(f"{name}={value}" for name, value in acme.administrator.http.cookies.items())
    async with visitor(acme.app) as http:
        answer = await http.get("/api/v1/sessions/current", headers={"Cookie": f"{crowd}; {own}"})
    assert answer.json()["user"]["name"] == "Ada"


async def test_one_sees_where_one_is_signed_in_and_ends_it_there(acme: Company, client: httpx.AsyncClient) -> None:
    ada = acme.administrator
    await sign_in(client, ADA, **{"User-Agent": "Elsewhere 1.0"})
    bob = await acme.person("Bob")
    listed = await ada.get("/sessions", count=True)
    here, there = listed["items"]
    assert (listed["total"], here["current"], there["current"]) == (2, True, False)
    assert (there["user_agent"], there["address"]) == ("Elsewhere 1.0", "127.0.0.1")
    assert [(await p.send("DELETE", f"/sessions/{there['id']}")).status_code for p in (bob, ada, ada)] == [404, 204, 404]
    assert (await code_of(client), await code_of(ada.http)) == ("not_signed_in", "Ada")
    first = await bob.get("/sessions", limit=1)
    assert (len(first["items"]), first["next"]) == (1, None)


async def test_signing_out_everywhere_ends_sessions_and_tokens(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    bob = await acme.person("Bob")
    await sign_in(client, {"email": bob.user["email"], "password": PASSWORD})
    await bob.post("/tokens", {"name": "script"})
    carl = await acme.person("Carl")
    assert (await carl.send("POST", f"/users/{bob.user['id']}/sign-out")).status_code == 403
    assert await code_of(client) == "Bob"
    ended = await acme.administrator.post(f"/users/{bob.user['id']}/sign-out", None, status=200)
    assert ended == {"sessions": 2, "tokens": 1}
    assert [await code_of(http) for http in (client, bob.http, carl.http)] == ["not_signed_in", "not_signed_in", "Carl"]
    assert await rows(database, "api_token") == 0
    assert await carl.post(f"/users/{carl.user['id']}/sign-out", None, status=200) == {"sessions": 1, "tokens": 0}
    assert await code_of(carl.http) == "not_signed_in"


async def test_an_unused_session_ends_and_is_dropped(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    await execute(database, "UPDATE session SET expires_at = now() - interval '1 second'")
    acme.look_again()
    assert await code_of(acme.administrator.http) == "not_signed_in"
    await sign_in(client, ADA)
    assert await rows(database, "session") == 1


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


async def test_people_who_sign_in_twice_while_their_hash_is_renewed_are_signed_in_twice(
    acme: Company, client: httpx.AsyncClient, database: Database
) -> None:
    older = await Passwords(PasswordHasher(time_cost=1, memory_cost=32, parallelism=1)).hash(PASSWORD)
    for _ in range(5):
        async with database.write() as write:
            await write.execute("UPDATE user_account SET password_hash = %(hash)s", {"hash": older})
        answers = await asyncio.gather(sign_in(client, ADA), sign_in(client, ADA), sign_in(client, {**ADA, "password": "not it"}))
        assert [answer.status_code for answer in answers] == [201, 201, 401]
