from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from cascadia.kernel.db import Database
from tests.company import JSON, Company, Person


async def by_token(client: httpx.AsyncClient, token: JSON, method: str = "GET", path: str = "/sessions/current") -> httpx.Response:
    return await client.request(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {token['secret']}"})


async def test_a_token_has_the_rights_of_who_made_it(acme: Company, client: httpx.AsyncClient) -> None:
    program = await acme.program("ROVER")
    viewer = await acme.person("Viewer", {program: "viewer"})
    token = await viewer.post("/tokens", {"name": "script"})
    session = (await by_token(client, token)).json()
    assert (session["user"], session["expires_at"]) == (viewer.user, None)
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
    token = await acme.administrator.post("/tokens", {"name": "script"})
    headers = {"Authorization": f"bearer {token['secret']}", "Origin": "https://elsewhere.example"}
    answer = await client.post("/api/v1/programs", json={"code": "ROVER"}, headers=headers)
    assert answer.status_code == 201


async def test_a_token_ends_when_it_says(acme: Company, client: httpx.AsyncClient, database: Database) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    token = await acme.administrator.post("/tokens", {"name": "script", "expires_at": soon.isoformat()})
    assert datetime.fromisoformat((await by_token(client, token)).json()["expires_at"]) == soon
    async with database.write() as write:
        await write.execute("UPDATE api_token SET expires_at = now()")
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


async def test_nobody_sees_or_revokes_anothers_token(acme: Company, client: httpx.AsyncClient) -> None:
    token = await (await acme.person("Bob")).post("/tokens", {"name": "script"})
    assert (await acme.administrator.get("/tokens"))["items"] == []
    assert (await acme.administrator.send("DELETE", f"/tokens/{token['id']}")).status_code == 404
    assert (await acme.administrator.send("DELETE", f"/tokens/{uuid4()}")).status_code == 404
    assert (await by_token(client, token)).status_code == 200


async def test_signing_out_with_a_token_revokes_it(acme: Company, client: httpx.AsyncClient) -> None:
    token = await acme.administrator.post("/tokens", {"name": "script"})
    assert (await by_token(client, token, "DELETE")).status_code == 204
    assert (await by_token(client, token)).status_code == 401
    assert (await acme.administrator.get("/tokens"))["items"] == []


async def test_a_token_of_somebody_who_left_is_worthless(acme: Company, client: httpx.AsyncClient) -> None:
    bob = await acme.person("Bob")
    token = await bob.post("/tokens", {"name": "script"})
    left = await acme.administrator.send("PATCH", f"/users/{bob.user['id']}", {"active": False})
    assert left.status_code == 200
    assert (await by_token(client, token)).status_code == 401


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
    await by_token(client, token)
    assert str(await _last_use(ada)) > first


async def _last_use(person: Person) -> str | None:
    found: str | None = (await person.get("/tokens"))["items"][0]["last_used_at"]
    return found
