from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from cascadia.access import tokens
from cascadia.kernel.db import Database
from tests.company import JSON, PASSWORD, Company, Person


async def by_token(client: httpx.AsyncClient, token: JSON, method: str = "GET", path: str = "/sessions/current") -> httpx.Response:
    return await client.request(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {token['secret']}"})


async def test_a_token_has_the_rights_of_who_made_it(acme: Company, client: httpx.AsyncClient) -> None:
    program = await acme.program("ROVER")
    viewer = await acme.person("Viewer", {program: "viewer"})
    token = await viewer.post("/tokens", {"name": "script"})
    session = (await by_token(client, token)).json()
    assert (session["user"], session["expires_at"]) == (viewer.user, token["expires_at"])
    assert [role["role"] for role in session["roles"]] == ["viewer"]


async def test_the_secret_is_shown_once_and_only_its_hash_is_kept(acme: Company, database: Database) -> None:
    ada = acme.administrator
    token = await ada.post("/tokens", {"name": "script"}, headers={"Idempotency-Key": "t"})
    assert token["secret"].startswith("cascadia_")
    listed = await ada.get("/tokens", count=True)
    assert listed == {"items": [{k: v for k, v in token.items() if k != "secret"}], "next": None, "total": 1}
    async with database.read() as read:
        stored = [await read.rows("SELECT * FROM api_token"), await read.rows("SELECT * FROM idempotency")]
    assert [len(rows) for rows in stored] == [1, 1]
    assert token["secret"] not in str(stored)


async def test_a_repeat_under_the_same_key_makes_no_second_token(acme: Company) -> None:
    ada, key = acme.administrator, {"Idempotency-Key": "k"}
    first = await ada.send("POST", "/tokens", {"name": "script"}, headers=key)
    again = await ada.send("POST", "/tokens", {"name": "script"}, headers=key)
    assert (first.status_code, again.status_code, again.json()["code"]) == (201, 409, "answer_not_kept")
    assert len((await ada.get("/tokens"))["items"]) == 1


async def test_a_browsers_origin_means_nothing_to_a_token(acme: Company, client: httpx.AsyncClient) -> None:
    token = await acme.administrator.post("/tokens", {"name": "script", "scope": "administer"})
    headers = {"Authorization": f"bearer {token['secret']}", "Origin": "https://elsewhere.example"}
    answer = await client.post("/api/v1/programs", json={"code": "ROVER"}, headers=headers)
    assert answer.status_code == 201


async def test_a_token_ends_when_it_says(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    token = await acme.administrator.post("/tokens", {"name": "script", "expires_at": soon.isoformat()})
    assert datetime.fromisoformat((await by_token(client, token)).json()["expires_at"]) == soon
    async with database.write() as write:
        await write.execute("UPDATE api_token SET expires_at = now()")
    acme.look_again()
    assert (await by_token(client, token)).status_code == 401


async def test_a_token_for_the_past_or_without_a_time_zone_is_refused(acme: Company) -> None:
    for wrong in ("2020-01-01T00:00:00Z", "2100-01-01T00:00:00"):
        answer = await acme.administrator.send("POST", "/tokens", {"name": "script", "expires_at": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/expires_at")
    assert (await acme.administrator.get("/tokens"))["items"] == []


async def test_a_revoked_token_is_worthless_at_once(acme: Company, client: httpx.AsyncClient) -> None:
    ada = acme.administrator
    kept, revoked = await ada.post("/tokens", {"name": "kept"}), await ada.post("/tokens", {"name": "revoked"})
    key = {"Idempotency-Key": "d"}
    for _ in range(2):
        assert (await ada.send("DELETE", f"/tokens/{revoked['id']}", headers=key)).status_code == 204
    assert (await by_token(client, revoked)).status_code == 401
    assert (await by_token(client, kept)).status_code == 200
    assert (await ada.send("DELETE", f"/tokens/{revoked['id']}")).status_code == 404


async def test_nobody_but_an_administrator_sees_or_revokes_anothers_token(acme: Company, client: httpx.AsyncClient) -> None:
    bob, carl, ada = await acme.person("Bob"), await acme.person("Carl"), acme.administrator
    token = await bob.post("/tokens", {"name": "script"})
    assert (await carl.get("/tokens"))["items"] == []
    assert (await carl.send("GET", "/tokens?everybody=true")).status_code == 403
    for uid in (token["id"], uuid4()):
        assert (await carl.send("DELETE", f"/tokens/{uid}")).status_code == 404
    assert (await by_token(client, token)).status_code == 200
    assert (await ada.get("/tokens"))["items"] == []
    (listed,) = (await ada.get("/tokens", everybody=True))["items"]
    assert (listed["id"], listed["user"]["email"]) == (token["id"], bob.user["email"])
    assert (await ada.send("DELETE", f"/tokens/{token['id']}")).status_code == 204
    assert (await by_token(client, token)).status_code == 401


async def test_a_token_ends_after_ninety_days_unless_somebody_says_when(acme: Company) -> None:
    ada, now = acme.administrator, datetime.now(UTC)
    default = await ada.post("/tokens", {"name": "script"})
    assert timedelta(days=89, hours=23) < datetime.fromisoformat(default["expires_at"]) - now < timedelta(days=90, hours=1)
    longest = {"name": "script", "expires_at": (now + timedelta(days=364)).isoformat()}
    assert (await ada.send("POST", "/tokens", longest)).status_code == 201
    for_ever = {"name": "script", "expires_at": (now + timedelta(days=366)).isoformat()}
    answer = await ada.send("POST", "/tokens", for_ever)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/expires_at")
    assert len((await ada.get("/tokens"))["items"]) == 2


async def test_a_token_outlives_the_token_that_made_it_in_no_way(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    ada, soon = acme.administrator, datetime.now(UTC) + timedelta(hours=1)
    maker = await ada.post("/tokens", {"name": "maker", "scope": "administer", "expires_at": soon.isoformat()})
    headers = {"Authorization": f"Bearer {maker['secret']}"}
    later = {"name": "later", "expires_at": (soon + timedelta(seconds=1)).isoformat()}
    assert (await client.post("/api/v1/tokens", json=later, headers=headers)).status_code == 422
    made = await client.post("/api/v1/tokens", json={"name": "made", "scope": "administer"}, headers=headers)
    assert datetime.fromisoformat(made.json()["expires_at"]) == soon
    made_by = {"Authorization": f"Bearer {made.json()['secret']}"}
    last = (await client.post("/api/v1/tokens", json={"name": "last"}, headers=made_by)).json()
    assert (await by_token(client, last)).status_code == 200
    assert (await ada.send("DELETE", f"/tokens/{maker['id']}")).status_code == 204
    assert [(await by_token(client, token)).status_code for token in (maker, made.json(), last)] == [401, 401, 401]
    async with database.read() as read:
        assert await read.value("SELECT count(*) FROM audit WHERE type = 'token.revoked'") == 3


async def test_nobody_has_more_than_fifty_tokens(acme: Company) -> None:
    ada = acme.administrator
    for n in range(tokens.MOST):
        await ada.post("/tokens", {"name": f"script {n}"})
    answer = await ada.send("POST", "/tokens", {"name": "one more"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_tokens")
    assert (await ada.get("/tokens", count=True))["total"] == tokens.MOST


async def test_a_token_that_an_older_program_made_without_an_end_has_one(
    acme: Company, client: httpx.AsyncClient, database: Database
) -> None:
    token = await acme.administrator.post("/tokens", {"name": "script"})
    async with database.write() as write:
        await write.execute("UPDATE api_token SET expires_at = NULL")
    assert (await by_token(client, token)).json()["expires_at"] is not None
    async with database.write() as write:
        await write.execute("UPDATE api_token SET created_at = now() - interval '91 days'")
    acme.look_again()
    assert (await by_token(client, token)).status_code == 401


async def test_signing_out_with_a_token_revokes_it(acme: Company, client: httpx.AsyncClient) -> None:
    token = await acme.administrator.post("/tokens", {"name": "script"})
    assert (await by_token(client, token, "DELETE")).status_code == 204
    assert (await by_token(client, token)).status_code == 401
    assert (await acme.administrator.get("/tokens"))["items"] == []


@pytest.mark.parametrize("change", ({"active": False}, {"password": "another horse battery staple"}))
async def test_who_left_or_got_a_new_password_has_no_token_any_more(acme: Company, client: httpx.AsyncClient, change: JSON) -> None:
    bob = await acme.person("Bob")
    token = await bob.post("/tokens", {"name": "script"})
    assert (await acme.administrator.send("PATCH", f"/users/{bob.user['id']}", change)).status_code == 200
    assert (await by_token(client, token)).status_code == 401
    assert (await acme.administrator.send("PATCH", f"/users/{bob.user['id']}", {"active": True})).status_code == 200
    assert (await by_token(client, token)).status_code == 401


async def test_ones_own_new_password_leaves_only_what_one_asked_by(acme: Company, client: httpx.AsyncClient) -> None:
    bob = await acme.person("Bob")
    asking, other = await bob.post("/tokens", {"name": "asks", "scope": "administer"}), await bob.post("/tokens", {"name": "other"})
    body = {"password": "another horse battery staple", "current_password": PASSWORD}
    headers = {"Authorization": f"Bearer {asking['secret']}"}
    assert (await client.patch(f"/api/v1/users/{bob.user['id']}", json=body, headers=headers)).status_code == 200
    assert [(await by_token(client, token)).status_code for token in (asking, other)] == [200, 401]
    assert (await bob.send("GET", "/sessions/current")).status_code == 401


async def test_use_is_noted_at_most_every_five_minutes(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    ada = acme.administrator
    token = await ada.post("/tokens", {"name": "script"})
    assert await _last_use(ada) is None
    await by_token(client, token)
    first = await _last_use(ada)
    assert first
    await by_token(client, token)
    assert await _last_use(ada) == first
    async with database.write() as write:
        await write.execute("UPDATE api_token SET last_used_at = last_used_at - interval '6 minutes'")
    acme.look_again()
    await by_token(client, token)
    assert str(await _last_use(ada)) > first


async def _last_use(person: Person) -> str | None:
    found: str | None = (await person.get("/tokens"))["items"][0]["last_used_at"]
    return found
