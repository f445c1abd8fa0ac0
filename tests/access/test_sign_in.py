import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from cascadia.access import limits
from cascadia.settings import Settings
from cascadia.web import create_app
from tests.company import ADDRESS, PASSWORD, Company, Workshop, visitor
from tests.conftest import QUICK

GOOD = {"email": "ada@example.org", "password": PASSWORD}
WRONG = {**GOOD, "password": "wrong horse battery staple"}
EVIL = {"Origin": "https://evil.example.org"}


def execute(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(statement.encode())


def rows(database_url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(statement.encode()).fetchall()


def from_address(app: FastAPI, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 5000)), base_url=ADDRESS)


async def sign_in(http: httpx.AsyncClient, body: object = GOOD, **headers: str) -> httpx.Response:
    return await http.post("/api/v1/sessions", json=body, headers=headers)


async def current(http: httpx.AsyncClient) -> int:
    return (await http.get("/api/v1/sessions/current")).status_code


def device_of(http: httpx.AsyncClient) -> dict[str, str]:
    return {name: value for name, value in http.cookies.items() if name.endswith("-device")}


async def test_the_right_password_opens_and_the_email_may_be_typed_in_any_case(acme: Company) -> None:
    async with visitor(acme.app) as http:
        answer = await sign_in(http, {**GOOD, "email": " ADA@Example.org "})
        assert (answer.status_code, answer.headers["Location"]) == (201, "/api/v1/sessions/current")
        assert answer.json()["user"]["name"] == "Ada"
        assert await current(http) == 200


async def test_a_session_shows_ones_roles(workshop: Workshop) -> None:
    session = await workshop.engineer.get("/sessions/current")
    assert [(r["program"]["code"], r["role"]) for r in session["roles"]] == [("ROVER", "engineer")]


async def test_a_wrong_password_and_an_unknown_email_are_told_alike(acme: Company) -> None:
    async with visitor(acme.app) as http:
        wrong = await sign_in(http, WRONG)
        unknown = await sign_in(http, {**GOOD, "email": "nobody@example.org"})
        assert await current(http) == 401
    for answer in (wrong, unknown):
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
        assert "Set-Cookie" not in answer.headers
    assert wrong.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


async def test_the_database_holds_nothing_that_signs_anybody_in(acme: Company, database_url: str) -> None:
    (secret,) = (
        value for name, value in acme.administrator.http.cookies.items() if name.startswith("cascadia-") and not name.endswith("-device")
    )
    dump = str(rows(database_url, "SELECT s::text FROM session s")) + str(rows(database_url, "SELECT data::text FROM audit"))
    assert secret not in dump
    assert PASSWORD not in str(rows(database_url, "SELECT u::text FROM user_account u"))


async def test_signing_out_ends_the_session_wherever_its_cookie_is(acme: Company) -> None:
    http = acme.administrator.http
    stolen = dict(http.cookies)
    answer = await http.delete("/api/v1/sessions/current")
    assert (answer.status_code, "Max-Age=0" in answer.headers["Set-Cookie"]) == (204, True)
    async with visitor(acme.app) as other:
        other.cookies.update(stolen)
        assert await current(other) == 401


async def test_a_session_ends_14_days_after_its_last_use_and_90_after_its_begin(acme: Company, database_url: str) -> None:
    http = acme.administrator.http
    ends = datetime.fromisoformat((await http.get("/api/v1/sessions/current")).json()["expires_at"])
    ((begun,),) = rows(database_url, "SELECT created_at FROM session")
    assert isinstance(begun, datetime)
    assert ends - begun == timedelta(days=14)

    execute(database_url, "UPDATE session SET created_at = created_at - interval '85 days', seen_at = seen_at - interval '6 minutes'")
    acme.look_again()
    assert await current(http) == 200
    ((left,),) = rows(database_url, "SELECT expires_at - created_at FROM session")
    assert left == timedelta(days=90)

    execute(database_url, "UPDATE session SET expires_at = now()")
    acme.look_again()
    answer = await http.get("/api/v1/sessions/current")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_a_session_that_is_used_moves_its_end_at_most_every_five_minutes(acme: Company, database_url: str) -> None:
    execute(database_url, "UPDATE session SET seen_at = now() - interval '4 minutes', expires_at = now() + interval '1 day'")
    await current(acme.administrator.http)
    assert rows(database_url, "SELECT expires_at < now() + interval '2 days' FROM session") == [(True,)]
    execute(database_url, "UPDATE session SET seen_at = now() - interval '6 minutes'")
    acme.look_again()
    await current(acme.administrator.http)
    assert rows(database_url, "SELECT expires_at > now() + interval '13 days' FROM session") == [(True,)]


async def test_ten_failures_from_one_address_close_the_account_to_it(acme: Company, database_url: str) -> None:
    async with from_address(acme.app, "203.0.113.1") as attacker, from_address(acme.app, "203.0.113.2") as ada:
        for _ in range(limits.FAILURES_BY_PAIR):
            assert (await sign_in(attacker, WRONG)).status_code == 401
        refused = await sign_in(attacker, GOOD)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
        assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
        assert (await sign_in(ada, GOOD)).status_code == 201
        assert (await sign_in(attacker, {**GOOD, "email": "other@example.org"})).status_code == 401
        execute(database_url, "UPDATE sign_in_attempt SET at = at - interval '15 minutes'")
        assert (await sign_in(attacker, GOOD)).status_code == 201


async def test_failures_from_everywhere_close_an_account(acme: Company, database_url: str) -> None:
    execute(
        database_url,
        "INSERT INTO sign_in_attempt (email, address) SELECT 'ada@example.org', '198.51.100.' || n "
        f"FROM generate_series(1, {limits.FAILURES_BY_ACCOUNT}) n",
    )
    async with visitor(acme.app) as http:
        assert (await sign_in(http, GOOD)).status_code == 429


async def test_many_tries_at_once_do_not_slip_past_the_limit(acme: Company) -> None:
    async with from_address(acme.app, "203.0.113.1") as attacker:
        answers = await asyncio.gather(*(sign_in(attacker, WRONG) for _ in range(25)))
    statuses = [a.status_code for a in answers]
    assert statuses.count(401) == limits.FAILURES_BY_PAIR
    assert set(statuses) - {401} <= {429, 503}  # too many for the account, too many in turn


async def test_an_unknown_email_is_limited_like_a_known_one(acme: Company) -> None:
    async with visitor(acme.app) as http:
        nobody = {**WRONG, "email": "nobody@example.org"}
        answers = [await sign_in(http, nobody) for _ in range(limits.FAILURES_BY_PAIR + 1)]
    assert [a.status_code for a in answers] == [401] * limits.FAILURES_BY_PAIR + [429]


async def test_a_success_forgets_the_failures_before_it(acme: Company) -> None:
    async with visitor(acme.app) as http:
        for _ in range(2):
            for _ in range(limits.FAILURES_BY_PAIR - 1):
                assert (await sign_in(http, WRONG)).status_code == 401
            assert (await sign_in(http, GOOD)).status_code == 201


def failures(database_url: str, number: int, address: str, email: str = "n || '@example.org'") -> None:
    execute(
        database_url,
        f"INSERT INTO sign_in_attempt (email, address) SELECT {email}, '{address}' FROM generate_series(1, {number}) n",
    )


async def test_an_address_is_limited_over_all_accounts_where_a_proxy_names_it(acme: Company, database_url: str, tmp_path: Path) -> None:
    failures(database_url, limits.FAILURES_BY_ADDRESS, "203.0.113.9")
    settings = Settings.model_validate({"database_url": database_url, "data_dir": tmp_path, "trusted_proxies": "127.0.0.1"})
    app = create_app(settings, passwords=QUICK)
    async with app.router.lifespan_context(app), visitor(app) as http:
        answer = await sign_in(http, GOOD, **{"X-Real-IP": "203.0.113.9"})
        other = await sign_in(http, GOOD, **{"X-Real-IP": "203.0.113.10"})
    assert (answer.status_code, other.status_code) == (429, 201)


async def test_without_a_proxy_the_peer_is_limited_later_since_it_may_be_an_office(acme: Company, database_url: str) -> None:
    async with from_address(acme.app, "203.0.113.9") as http:
        failures(database_url, limits.FAILURES_BY_PEER - 1, "203.0.113.9")
        assert (await sign_in(http, WRONG)).status_code == 401
        assert (await sign_in(http, {**GOOD, "email": "other@example.org"})).status_code == 429


async def test_who_is_attacked_signs_in_where_they_have_before(acme: Company, database_url: str) -> None:
    device = device_of(acme.administrator.http)
    failures(database_url, limits.FAILURES_BY_ACCOUNT, "198.51.100.7", "'ada@example.org'")
    failures(database_url, limits.FAILURES_BY_PEER, "127.0.0.1")
    async with visitor(acme.app) as stranger, visitor(acme.app) as known:
        known.cookies.update(device)
        assert (await sign_in(stranger, GOOD)).status_code == 429
        for _ in range(limits.FAILURES_BY_PAIR - 1):
            assert (await sign_in(known, WRONG)).status_code == 401
        assert (await sign_in(known, GOOD)).status_code == 201
        assert (await sign_in(known, {**GOOD, "email": "other@example.org"})).status_code == 429


async def test_a_known_browser_has_as_many_tries_as_an_address_and_a_forged_one_none(acme: Company, database_url: str) -> None:
    ((name, device),) = ((n, v) for n, v in acme.administrator.http.cookies.items() if n.endswith("-device"))
    async with visitor(acme.app) as known, visitor(acme.app) as forger:
        known.cookies.set(name, device)
        assert [(await sign_in(known, WRONG)).status_code for _ in range(11)] == [401] * 10 + [429]
        forger.cookies.set(name, f"of-my-own.{device.partition('.')[2]}")
        failures(database_url, limits.FAILURES_BY_ACCOUNT, "198.51.100.7", "'ada@example.org'")
        assert (await sign_in(forger, GOOD)).status_code == 429


async def test_a_browser_is_known_until_the_password_is_another(acme: Company, database_url: str) -> None:
    bob = await acme.person("Bob")
    path, email = f"/users/{bob.user['id']}", bob.user["email"]
    of_old = device_of(bob.http)
    fresh = {"password": "another horse battery staple", "current_password": PASSWORD}
    assert (await bob.send("PATCH", path, fresh)).status_code == 200
    failures(database_url, limits.FAILURES_BY_ACCOUNT, "198.51.100.7", f"'{email}'")
    async with visitor(acme.app) as thief, visitor(acme.app) as owner:
        thief.cookies.update(of_old)
        owner.cookies.update(device_of(bob.http))
        assert (await sign_in(thief, {"email": email, "password": PASSWORD})).status_code == 429
        assert (await sign_in(owner, {"email": email, "password": fresh["password"]})).status_code == 201
    given = {"password": "yet another donkey battery"}
    assert (await acme.administrator.send("PATCH", path, given)).status_code == 200
    failures(database_url, limits.FAILURES_BY_ACCOUNT, "198.51.100.7", f"'{email}'")
    async with visitor(acme.app) as owner:
        owner.cookies.update(device_of(bob.http))
        assert (await sign_in(owner, {"email": email, **given})).status_code == 429


async def test_retry_after_is_when_one_more_is_judged(acme: Company, database_url: str) -> None:
    failures(database_url, 20, "203.0.113.9")
    execute(database_url, "UPDATE sign_in_attempt SET at = at - interval '14 minutes'")
    failures(database_url, limits.FAILURES_BY_PAIR, "203.0.113.9", "'ada@example.org'")
    async with from_address(acme.app, "203.0.113.9") as http:
        answer = await sign_in(http, GOOD)
    wait = int(answer.headers["Retry-After"])
    assert answer.json()["detail"] == f"Too many attempts have failed. Try again in {-(-wait // 60)} minutes."
    ((left,),) = rows(
        database_url,
        "SELECT extract(epoch FROM min(at) + interval '15 minutes' - now())::int FROM sign_in_attempt WHERE email = 'ada@example.org'",
    )
    assert isinstance(left, int)
    assert left <= wait <= 15 * 60


async def test_a_password_that_an_administrator_gives_clears_the_limits(acme: Company, database_url: str) -> None:
    bob = await acme.person("Bob")
    failures(database_url, limits.FAILURES_BY_ACCOUNT, "198.51.100.7", f"'{bob.user['email']}'")
    again = {"email": bob.user["email"], "password": "another horse battery staple"}
    given = await acme.administrator.send("PATCH", f"/users/{bob.user['id']}", {"password": again["password"]})
    assert given.status_code == 200
    async with visitor(acme.app) as http:
        assert (await sign_in(http, again)).status_code == 201


async def test_the_present_password_is_tried_as_often_as_a_known_browser_may(acme: Company, database_url: str) -> None:
    bob = await acme.person("Bob")
    body = {"password": "another horse battery staple", "current_password": "wrong horse battery staple"}
    answers = [await bob.send("PATCH", f"/users/{bob.user['id']}", body) for _ in range(limits.FAILURES_BY_PAIR + 1)]
    assert [a.status_code for a in answers] == [422] * limits.FAILURES_BY_PAIR + [429]
    right = {**body, "current_password": PASSWORD}
    assert (await bob.send("PATCH", f"/users/{bob.user['id']}", right)).status_code == 429


async def test_who_stole_a_session_and_makes_tokens_uses_up_no_tries_of_the_owner(acme: Company) -> None:
    bob = await acme.person("Bob")
    path = f"/users/{bob.user['id']}"
    wrong = {"password": "another horse battery staple", "current_password": "wrong horse battery staple"}
    async with visitor(acme.app) as first, visitor(acme.app) as second, visitor(acme.app) as owner:
        for token, http in zip(
            [await bob.post("/tokens", {"name": "t", "scope": "administer"}) for _ in range(2)], (first, second), strict=True
        ):
            http.headers["Authorization"] = f"Bearer {token['secret']}"
        for thief, tries in ((bob.http, limits.FAILURES_BY_PAIR), (first, limits.FAILURES_BY_PAIR), (second, 0)):
            answers = [(await thief.patch(f"/api/v1{path}", json=wrong)).status_code for _ in range(tries + 1)]
            assert answers == [422] * tries + [429]
        assert (await sign_in(owner, {"email": bob.user["email"], "password": PASSWORD})).status_code == 201
        assert (await owner.patch(f"/api/v1{path}", json={**wrong, "current_password": PASSWORD})).status_code == 200


async def test_of_ipv6_a_network_counts(acme: Company, database_url: str) -> None:
    async with from_address(acme.app, "2001:db8::1") as http, from_address(acme.app, "2001:db8::ffff:2") as neighbour:
        for _ in range(limits.FAILURES_BY_PAIR):
            assert (await sign_in(http, WRONG)).status_code == 401
        assert (await sign_in(neighbour, GOOD)).status_code == 429
    assert {address for (address,) in rows(database_url, "SELECT address FROM sign_in_attempt")} == {"2001:db8::/64"}


@pytest.mark.parametrize(
    ("said", "counted"),
    (
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::/64"),
        ("unknown", "127.0.0.1"),
        ("10.1.1.1; DROP", "127.0.0.1"),
        ("203.0.113.9, _hidden", "127.0.0.1"),
    ),
)
async def test_what_a_proxy_says_counts_where_it_is_an_address(
    acme: Company, database_url: str, tmp_path: Path, said: str, counted: str
) -> None:
    settings = Settings.model_validate({"database_url": database_url, "data_dir": tmp_path, "trusted_proxies": "127.0.0.1"})
    app = create_app(settings, passwords=QUICK)
    async with app.router.lifespan_context(app), visitor(app) as http:
        assert (await sign_in(http, WRONG, **{"X-Real-IP": said})).status_code == 401
    assert rows(database_url, "SELECT address FROM sign_in_attempt") == [(counted,)]


async def test_a_client_whose_own_network_is_trusted_is_told_apart_by_what_the_proxy_saw(
    acme: Company, database_url: str, tmp_path: Path
) -> None:
    trusted = "127.0.0.1,192.168.0.0/16"
    settings = Settings.model_validate({"database_url": database_url, "data_dir": tmp_path, "trusted_proxies": trusted})
    app = create_app(settings, passwords=QUICK)
    async with app.router.lifespan_context(app), visitor(app) as http:
        assert (await sign_in(http, WRONG, **{"X-Real-IP": "192.168.7.7, 192.168.1.5"})).status_code == 401
        assert (await sign_in(http, WRONG)).status_code == 401
    assert rows(database_url, "SELECT address FROM sign_in_attempt ORDER BY at") == [("192.168.1.5",), ("127.0.0.1",)]


async def test_nobody_is_believed_about_their_address_but_a_trusted_proxy(acme: Company, database_url: str) -> None:
    async with from_address(acme.app, "203.0.113.1") as http:
        assert (await sign_in(http, WRONG, **{"X-Real-IP": "10.0.0.1", "X-Forwarded-For": "10.0.0.1"})).status_code == 401
    assert rows(database_url, "SELECT address FROM sign_in_attempt") == [("203.0.113.1",)]


async def test_another_sites_page_cannot_sign_in_out_or_write(acme: Company) -> None:
    http = acme.administrator.http
    async with visitor(acme.app) as other:
        assert (await sign_in(other, GOOD, **EVIL)).status_code == 403
    for method, path, body in (
        ("POST", "/api/v1/programs", {"code": "ROVER"}),
        ("PATCH", f"/api/v1/users/{acme.administrator.user['id']}", {"name": "Eve"}),
        ("DELETE", "/api/v1/sessions/current", None),
    ):
        for headers in (EVIL, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://localhost:4000"}):
            answer = await http.request(method, path, json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "wrong_origin"), (method, path, headers)
    assert (await acme.administrator.get("/programs"))["items"] == []
    assert (await acme.administrator.get("/sessions/current"))["user"]["name"] == "Ada"
    own = await http.post("/api/v1/programs", json={"code": "ROVER"}, headers={"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 201


async def test_reading_and_tokens_need_no_origin(acme: Company) -> None:
    assert (await acme.administrator.http.get("/api/v1/programs", headers=EVIL)).status_code == 200
    token = (await acme.administrator.post("/tokens", {"name": "script", "scope": "administer"}))["secret"]
    async with visitor(acme.app) as script:
        headers = {"Authorization": f"Bearer {token}", **EVIL}
        assert (await script.post("/api/v1/programs", json={"code": "ROVER"}, headers=headers)).status_code == 201


async def test_a_wrong_token_is_not_helped_by_a_good_cookie(acme: Company) -> None:
    answer = await acme.administrator.http.get("/api/v1/programs", headers={"Authorization": "Bearer nothing"})
    assert answer.status_code == 401


async def test_a_public_address_decides_over_the_host(acme: Company, database_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(database_url=database_url, data_dir=tmp_path, public_url="https://plm.example.org"))
    async with app.router.lifespan_context(app), visitor(app) as http:
        assert (await sign_in(http, GOOD, Origin=ADDRESS)).status_code == 403
        answer = await sign_in(http, GOOD, Origin="https://plm.example.org")
        assert answer.status_code == 201
        assert answer.headers["Set-Cookie"].startswith("__Host-cascadia=")
        assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_every_sign_in_and_out_is_in_the_audit_trail(acme: Company, database_url: str) -> None:
    async with visitor(acme.app) as http:
        await sign_in(http)
        await http.delete("/api/v1/sessions/current")
    trail = rows(database_url, "SELECT type, subject::text, address FROM audit WHERE type LIKE 'session.%' ORDER BY id")
    ada = acme.administrator.user["id"]
    assert trail == [(kind, ada, "127.0.0.1") for kind in ("session.started", "session.started", "session.ended")]


@pytest.mark.parametrize("odd", ("nul \\u0000 in a text", "half \\ud800 of a character"))
async def test_odd_characters_open_nothing_and_break_nothing(acme: Company, odd: str) -> None:
    async with visitor(acme.app) as http:
        for body in (f'{{"email": "ada@example.org", "password": "{odd}"}}', f'{{"email": "{odd}", "password": "{PASSWORD}"}}'):
            answer = await http.post("/api/v1/sessions", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in {401, 422}, answer.text
