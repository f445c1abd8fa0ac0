import asyncio
from typing import Any

import httpx
import pytest

from cascadia.kernel.db import Database
from tests.company import JSON, PASSWORD, Company, Person, visitor

BOB = {"email": "bob@example.org", "name": "Bob", "password": PASSWORD}
NEW_PASSWORD = "another horse battery staple"


async def refused(person: Person, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = await person.send(method, path, body)
    return answer.status_code, answer.json()["code"]


async def changed(person: Person, user: JSON, **members: Any) -> JSON:
    answer = await person.send("PATCH", f"/users/{user['id']}", members)
    assert answer.status_code == 200, answer.text
    found: JSON = answer.json()
    return found


async def signs_in(acme: Company, email: str, password: str) -> bool:
    async with visitor(acme.app) as client:
        answer = await client.post("/api/v1/sessions", json={"email": email, "password": password})
    return answer.status_code == 201


async def events(database: Database, prefix: str) -> list[tuple[str, Any]]:
    async with database.read() as read:
        found = await read.rows("SELECT type, data FROM audit WHERE type LIKE %(like)s ORDER BY id", {"like": f"{prefix}%"})
    return [(row["type"], row["data"]) for row in found]


async def test_an_administrator_adds_somebody_who_then_signs_in(acme: Company, database: Database) -> None:
    answer = await acme.administrator.send("POST", "/users", BOB)
    bob = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/users/{bob['id']}"
    assert bob | {"id": ""} == {"id": "", "name": "Bob", "email": "bob@example.org", "administrator": False, "active": True}
    assert await acme.administrator.get(f"/users/{bob['id']}") == bob
    assert await signs_in(acme, BOB["email"], PASSWORD)
    assert await events(database, "user.") == [("user.created", {"email": "bob@example.org", "administrator": False})]


async def test_only_an_administrator_adds_or_changes_people(acme: Company) -> None:
    bob = await acme.person("Bob")
    assert await refused(bob, "POST", "/users", {**BOB, "email": "carl@example.org"}) == (403, "forbidden")
    ada = acme.administrator.user
    for change in ({"name": "Eve"}, {"active": False}, {"password": NEW_PASSWORD}):
        assert await refused(bob, "PATCH", f"/users/{ada['id']}", change) == (403, "forbidden")
    assert await refused(bob, "PATCH", f"/users/{bob.user['id']}", {"active": True}) == (403, "forbidden")
    assert {user["name"] for user in (await bob.get("/users"))["items"]} == {"Ada", "Bob"}
    assert await signs_in(acme, ada["email"], PASSWORD)


async def test_an_email_is_taken_in_any_case(acme: Company) -> None:
    answer = await acme.administrator.send("POST", "/users", {**BOB, "email": "ADA@Example.org"})
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (409, "email_taken", "/email")
    assert len((await acme.administrator.get("/users"))["items"]) == 1


@pytest.mark.parametrize(
    ("member", "value", "pointer"),
    (
        ("email", "no address", "/email"),
        ("email", "a" * 250 + "@b.org", "/email"),
        ("name", "  ", "/name"),
        ("password", "too short", "/password"),
        ("password", "bob@example.org", "/password"),
        ("password", "x" * 1001, "/password"),
        ("colour", "red", "/colour"),
    ),
)
async def test_what_is_wrong_with_a_new_user_is_named(acme: Company, member: str, value: str, pointer: str) -> None:
    answer = await acme.administrator.send("POST", "/users", {**BOB, member: value})
    assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, [pointer])
    assert "too short" not in answer.text
    assert len((await acme.administrator.get("/users"))["items"]) == 1


async def test_people_are_found_by_a_piece_of_name_or_email_page_by_page(acme: Company) -> None:
    ada = acme.administrator
    for name in ("Bob", "Bobby", "Carl"):
        await ada.post("/users", {**BOB, "name": name, "email": f"{name.lower()}@example.org"})
    first = await ada.get("/users", q="BOB", limit=1, count=True)
    second = await ada.get("/users", q="BOB", limit=1, cursor=first["next"])
    assert ([u["name"] for u in first["items"] + second["items"]], first["total"], second["next"]) == (["Bob", "Bobby"], 2, None)
    assert [u["name"] for u in (await ada.get("/users", q="carl@"))["items"]] == ["Carl"]
    assert (await ada.get("/users", q="%"))["items"] == []


@pytest.mark.parametrize("cursor", ("x", "WyJhIl0", "W251bGxd", "WzFlMzBd", "WzEsMl0", "Wy0xXQ", "Wzk5OTk5OTk5OTk5OTk5OTk5OTld"))
async def test_a_cursor_that_nobody_gave_is_refused(acme: Company, cursor: str) -> None:
    for path in ("/users", "/programs", "/projects", "/tokens"):
        assert await refused(acme.administrator, "GET", f"{path}?cursor={cursor}") == (400, "bad_cursor")


async def test_one_changes_ones_own_name_and_with_the_present_password_the_password(acme: Company, database: Database) -> None:
    bob = await acme.person("Bob")
    assert (await changed(bob, bob.user, name="Robert"))["name"] == "Robert"
    answer = await bob.send("PATCH", f"/users/{bob.user['id']}", {"password": NEW_PASSWORD})
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (
        422,
        "wrong_current_password",
        "/current_password",
    )
    wrong = {"password": NEW_PASSWORD, "current_password": "wrong horse battery"}
    assert await refused(bob, "PATCH", f"/users/{bob.user['id']}", wrong) == (422, "wrong_current_password")
    assert await signs_in(acme, bob.user["email"], PASSWORD)
    await changed(bob, bob.user, password=NEW_PASSWORD, current_password=PASSWORD)
    assert not await signs_in(acme, bob.user["email"], PASSWORD)
    assert await signs_in(acme, bob.user["email"], NEW_PASSWORD)
    assert await events(database, "user.changed") == [("user.changed", {"name": "Robert"}), ("user.changed", {"password": True})]


async def test_ones_new_password_is_judged_after_the_present_one(acme: Company) -> None:
    bob = await acme.person("Bob")
    path = f"/users/{bob.user['id']}"
    assert await refused(bob, "PATCH", path, {"password": "password1234"}) == (422, "wrong_current_password")
    wrong = {"password": "password1234", "current_password": "wrong horse battery"}
    assert await refused(bob, "PATCH", path, wrong) == (422, "wrong_current_password")
    assert await refused(bob, "PATCH", path, {**wrong, "current_password": PASSWORD}) == (422, "weak_password")
    assert await signs_in(acme, bob.user["email"], PASSWORD)


async def test_a_new_password_ends_the_other_sessions(acme: Company) -> None:
    bob = await acme.person("Bob")
    async with visitor(acme.app) as elsewhere:
        await elsewhere.post("/api/v1/sessions", json={"email": bob.user["email"], "password": PASSWORD})
        await changed(bob, bob.user, password=NEW_PASSWORD, current_password=PASSWORD)
        assert (await elsewhere.get("/api/v1/sessions/current")).status_code == 401
    assert (await bob.send("GET", "/sessions/current")).status_code == 200
    assert (await acme.administrator.send("GET", "/sessions/current")).status_code == 200
    await changed(acme.administrator, bob.user, password=PASSWORD)
    assert (await bob.send("GET", "/sessions/current")).status_code == 401


async def test_a_password_change_that_is_sent_again_is_no_wrong_password(acme: Company) -> None:
    bob, key = await acme.person("Bob"), {"Idempotency-Key": "p"}
    body = {"password": NEW_PASSWORD, "current_password": PASSWORD}
    answers = [await bob.send("PATCH", f"/users/{bob.user['id']}", body, headers=key) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]


async def test_who_left_is_signed_out_and_cannot_sign_in(acme: Company) -> None:
    bob = await acme.person("Bob")
    assert not (await changed(acme.administrator, bob.user, active=False))["active"]
    assert (await bob.send("GET", "/sessions/current")).status_code == 401
    assert not await signs_in(acme, bob.user["email"], PASSWORD)
    await changed(acme.administrator, bob.user, active=True)
    assert (await bob.send("GET", "/sessions/current")).status_code == 401
    assert await signs_in(acme, bob.user["email"], PASSWORD)


async def test_an_administrator_is_always_left(acme: Company) -> None:
    ada = acme.administrator
    eve = await ada.post("/users", {**BOB, "name": "Eve", "email": "eve@example.org", "administrator": True})
    async with visitor(acme.app) as http:
        await http.post("/api/v1/sessions", json={"email": "eve@example.org", "password": PASSWORD})
        each = [(ada, ada.user), (Person(http, eve), eve)]
        answers = await asyncio.gather(*(p.send("PATCH", f"/users/{user['id']}", {"active": False}) for p, user in each))
        last = next(a for a in answers if a.status_code != 200)
        assert sorted(a.status_code for a in answers) == [200, 409]
        assert last.json()["code"] == "last_administrator"
        who = each[answers.index(last)][0]
        assert [u["active"] for u in (await who.get("/users"))["items"]].count(True) == 1


async def test_who_is_an_administrator_changes_at_once_and_is_written_down(acme: Company, database: Database) -> None:
    ada, bob = acme.administrator, await acme.person("Bob")
    assert await refused(bob, "PATCH", f"/users/{bob.user['id']}", {"administrator": True}) == (403, "forbidden")
    assert not (await ada.get(f"/users/{bob.user['id']}"))["administrator"]
    assert (await changed(ada, bob.user, administrator=True))["administrator"]
    assert (await bob.send("GET", "/vault/damaged")).status_code == 200
    assert not (await changed(bob, ada.user, administrator=False))["administrator"]
    assert await refused(ada, "GET", "/vault/damaged") == (403, "forbidden")
    assert await refused(ada, "PATCH", f"/users/{ada.user['id']}", {"administrator": True}) == (403, "forbidden")
    assert await events(database, "user.changed") == [("user.changed", {"administrator": given}) for given in (True, False)]


async def test_the_last_administrator_stays_one(acme: Company, database: Database) -> None:
    ada, bob = acme.administrator, await acme.person("Bob")
    assert await refused(ada, "PATCH", f"/users/{ada.user['id']}", {"administrator": False}) == (409, "last_administrator")
    await changed(ada, bob.user, administrator=True)
    each = [(ada, ada.user), (bob, bob.user)]
    answers = await asyncio.gather(*(p.send("PATCH", f"/users/{user['id']}", {"administrator": False}) for p, user in each))
    assert sorted(a.status_code for a in answers) == [200, 409]
    assert [u["administrator"] for u in (await ada.get("/users"))["items"]].count(True) == 1
    assert len(await events(database, "user.changed")) == 2


async def test_a_user_is_added_once_however_often_the_request_is_sent(acme: Company) -> None:
    key = {"Idempotency-Key": "u"}
    answers: list[httpx.Response] = await asyncio.gather(*(acme.administrator.send("POST", "/users", BOB, headers=key) for _ in range(5)))
    assert [a.status_code for a in answers] == [201] * 5
    assert len({(a.content, a.headers["ETag"], a.headers["Location"]) for a in answers}) == 1
    assert len((await acme.administrator.get("/users"))["items"]) == 2
    other = await acme.administrator.send("POST", "/users", {**BOB, "name": "Carl"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_refused_request_leaves_its_key_free(acme: Company) -> None:
    key = {"Idempotency-Key": "u"}
    taken = {**BOB, "email": "ada@example.org"}
    assert (await acme.administrator.send("POST", "/users", taken, headers=key)).status_code == 409
    assert (await acme.administrator.send("POST", "/users", BOB, headers=key)).status_code == 201
