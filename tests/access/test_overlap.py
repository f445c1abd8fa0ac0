"""Two requests at once: the test holds a row that one of them needs, until the other has come as far as it can."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from cascadia.access.jobs import forget_expired
from cascadia.kernel.db import Database
from tests.company import JSON, PASSWORD, Company, Person, Workshop, visitor
from tests.until import until

OTHER = "another horse battery staple"
THIRD = "yet another donkey battery"
HOLD_USER = "SELECT user_id FROM user_account WHERE uid = %(uid)s FOR NO KEY UPDATE"
HOLD_SESSIONS = "SELECT s.uid FROM session s JOIN user_account u USING (user_id) WHERE u.uid = %(uid)s FOR UPDATE OF s"
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
Asked = asyncio.Task[httpx.Response]


async def come_far(database: Database, *asked: asyncio.Task[Any]) -> None:
    """Until each of these requests is answered or waits for a lock."""

    async def all_wait() -> bool:
        async with database.primary() as primary:
            return bool(await primary.value(WAITING) >= sum(not request.done() for request in asked))

    await until(all_wait)


def ask(person: Person, method: str, path: str, body: JSON | None = None, headers: Mapping[str, str] | None = None) -> Asked:
    return asyncio.create_task(person.send(method, path, body, headers=headers))


@asynccontextmanager
async def keys_in_use(database: Database, person: Person, asked: Sequence[tuple[str, str, JSON | None]]) -> AsyncIterator[dict[str, str]]:
    """Headers by which these requests wait after it was seen who sends them; behind this they go on as if they came just now."""
    claim = (
        "INSERT INTO idempotency (actor_id, route, key, body_hash) "
        "SELECT user_id, %(route)s, 'held', '' FROM user_account WHERE uid = %(uid)s ON CONFLICT DO NOTHING"
    )
    async with database.write() as hold:
        for method, path, _ in asked:
            await hold.execute(claim, {"route": f"{method} /api/v1{path}", "uid": UUID(person.user["id"])})
        yield {"Idempotency-Key": "held"}
        await hold.execute("DELETE FROM idempotency WHERE key = 'held'")


async def signs_in(company: Company, person: Person, password: str) -> bool:
    async with visitor(company.app) as http:
        body = {"email": person.user["email"], "password": password}
        return (await http.post("/api/v1/sessions", json=body)).status_code == 201


async def roles(person: Person, program: str) -> dict[str, str]:
    return {grant["user"]["name"]: grant["role"] for grant in (await person.get(f"/programs/{program}/roles"))["items"]}


async def everybody(person: Person) -> list[JSON]:
    users: list[JSON] = (await person.get("/users"))["items"]
    return users


async def tokens_of(database: Database, person: Person) -> int:
    async with database.primary() as primary:
        found: int = await primary.value(
            "SELECT count(*) FROM api_token JOIN user_account u USING (user_id) WHERE u.uid = %(uid)s", {"uid": UUID(person.user["id"])}
        )
        return found


@pytest.mark.parametrize("change", ({"active": False}, {"password": "another horse battery staple"}))
async def test_a_session_that_ends_while_it_makes_a_token_makes_none(acme: Company, database: Database, change: JSON) -> None:
    eve = await acme.person("Eve")
    async with database.write() as hold:
        await hold.value(HOLD_USER, {"uid": UUID(eve.user["id"])})
        ending = ask(acme.administrator, "PATCH", f"/users/{eve.user['id']}", change)
        await come_far(database, ending)
        making = ask(eve, "POST", "/tokens", {"name": "mine"})
        await come_far(database, ending, making)
    assert [(await ending).status_code, (await making).status_code] == [200, 401]
    assert await tokens_of(database, eve) == 0


async def test_a_token_that_is_being_made_while_all_access_ends_has_ended(acme: Company, database: Database) -> None:
    eve = await acme.person("Eve")
    async with database.write() as hold:
        await hold.value(HOLD_USER, {"uid": UUID(eve.user["id"])})
        making = ask(eve, "POST", "/tokens", {"name": "mine"})
        await come_far(database, making)
        ending = ask(acme.administrator, "POST", f"/users/{eve.user['id']}/sign-out")
        await come_far(database, making, ending)
    assert [(await making).status_code, (await ending).status_code] == [201, 200]
    assert (await ending).json() == {"sessions": 1, "tokens": 1}
    assert await tokens_of(database, eve) == 0


async def test_a_token_that_is_revoked_while_it_makes_a_token_makes_none(
    acme: Company, client: httpx.AsyncClient, database: Database
) -> None:
    eve = await acme.person("Eve")
    maker = await eve.post("/tokens", {"name": "maker", "scope": "administer"})
    client.headers["Authorization"] = f"Bearer {maker['secret']}"
    async with database.write() as hold:
        await hold.value(HOLD_USER, {"uid": UUID(eve.user["id"])})
        making = ask(Person(client, eve.user), "POST", "/tokens", {"name": "made"})
        await come_far(database, making)
        assert (await eve.send("DELETE", f"/tokens/{maker['id']}")).status_code == 204
    assert (await making).status_code == 401
    assert await tokens_of(database, eve) == 0


async def test_a_session_that_signs_out_while_it_makes_a_token_makes_none(acme: Company, database: Database) -> None:
    eve = await acme.person("Eve")
    async with database.write() as hold:
        await hold.value(HOLD_USER, {"uid": UUID(eve.user["id"])})
        making = ask(eve, "POST", "/tokens", {"name": "mine"})
        await come_far(database, making)
        assert (await eve.send("DELETE", "/sessions/current")).status_code == 204
    assert (await making).status_code == 401
    assert await tokens_of(database, eve) == 0


@pytest.mark.parametrize("change", ({"active": False}, {"password": OTHER}))
async def test_a_sign_in_that_overlaps_the_end_of_all_access_opens_nothing(acme: Company, database: Database, change: JSON) -> None:
    eve = await acme.person("Eve")
    async with visitor(acme.app) as http:
        async with database.write() as hold:
            await hold.value(HOLD_SESSIONS, {"uid": UUID(eve.user["id"])})
            ending = ask(acme.administrator, "PATCH", f"/users/{eve.user['id']}", change)
            await come_far(database, ending)
            signing_in = ask(Person(http, eve.user), "POST", "/sessions", {"email": eve.user["email"], "password": PASSWORD})
            await come_far(database, ending, signing_in)
        assert [(await ending).status_code, (await signing_in).status_code] == [200, 401]
        assert (await http.get("/api/v1/sessions/current")).status_code == 401


async def test_who_changes_their_password_while_an_administrator_gives_another_does_not(acme: Company, database: Database) -> None:
    eve = await acme.person("Eve")
    path = f"/users/{eve.user['id']}"
    async with database.write() as hold:
        await hold.value(HOLD_USER, {"uid": UUID(eve.user["id"])})
        giving = ask(acme.administrator, "PATCH", path, {"password": OTHER})
        await come_far(database, giving)
        changing = ask(eve, "PATCH", path, {"password": THIRD, "current_password": PASSWORD})
        await come_far(database, giving, changing)
    assert [(await giving).status_code, (await changing).status_code] == [200, 401]
    assert [await signs_in(acme, eve, password) for password in (PASSWORD, THIRD, OTHER)] == [False, False, True]


async def test_a_password_is_changed_once_by_who_knows_it(acme: Company, database: Database) -> None:
    eve = await acme.person("Eve")
    path = f"/users/{eve.user['id']}"
    async with database.write() as hold:
        await hold.value(HOLD_USER, {"uid": UUID(eve.user["id"])})
        first = ask(eve, "PATCH", path, {"password": OTHER, "current_password": PASSWORD})
        await come_far(database, first)
        second = ask(eve, "PATCH", path, {"password": THIRD, "current_password": PASSWORD})
        await come_far(database, first, second)
    assert [(await first).status_code, (await second).status_code] == [200, 422]
    assert (await second).json()["code"] == "wrong_current_password"
    assert [await signs_in(acme, eve, password) for password in (PASSWORD, THIRD, OTHER)] == [False, False, True]


async def test_a_lead_who_is_removed_does_not_come_back_by_giving_themselves_the_role(workshop: Workshop, database: Database) -> None:
    path = f"/programs/{workshop.program}/roles"
    eve = await workshop.company.person("Eve", {workshop.program: "lead"})
    mine = f"{path}/{eve.user['id']}"
    async with database.write() as hold:
        await hold.value(
            "SELECT r.role FROM program_role r JOIN user_account u USING (user_id) WHERE u.uid = %(uid)s FOR UPDATE OF r",
            {"uid": UUID(eve.user["id"])},
        )
        removing = ask(workshop.lead, "DELETE", mine)
        await come_far(database, removing)
        coming_back = ask(eve, "PUT", mine, {"role": "lead"})
        await come_far(database, removing, coming_back)
    assert [(await removing).status_code, (await coming_back).status_code] == [204, 404]
    assert "Eve" not in await roles(workshop.lead, workshop.program)


@pytest.mark.parametrize(("left", "refusal"), (("viewer", 403), (None, 404)))
async def test_a_right_that_is_taken_away_while_a_request_waits_is_not_used(
    workshop: Workshop, database: Database, left: str | None, refusal: int
) -> None:
    eve = await workshop.company.person("Eve", {workshop.program: "lead"})
    path = f"/programs/{workshop.program}/roles"
    asked = (
        ("PUT", f"{path}/{eve.user['id']}", {"role": "lead"}),
        ("PUT", f"{path}/{workshop.stranger.user['id']}", {"role": "lead"}),
        ("DELETE", f"{path}/{workshop.viewer.user['id']}", None),
        ("POST", "/projects", {"code": "NEW", "program": workshop.program}),
    )
    async with keys_in_use(database, eve, asked) as headers:
        waiting = [ask(eve, method, path, body, headers) for method, path, body in asked]
        await come_far(database, *waiting)
        taken = ("PUT", {"role": left}) if left else ("DELETE", None)
        assert (await workshop.lead.send(taken[0], f"{path}/{eve.user['id']}", taken[1])).status_code in {200, 204}
    assert [(await request).status_code for request in waiting] == [refusal] * len(asked)
    assert await roles(workshop.lead, workshop.program) == {"Ada": "lead", "Engineer": "engineer", "Viewer": "viewer"} | (
        {"Eve": left} if left else {}
    )
    assert {project["code"] for project in (await workshop.lead.get("/projects"))["items"]} == {"ROVER", "SECRET"}


@pytest.mark.parametrize(("change", "refusal"), (({"administrator": False}, 403), ({"active": False}, 401)))
async def test_who_is_made_no_administrator_while_a_request_waits_does_not_act_as_one(
    acme: Company, database: Database, change: JSON, refusal: int
) -> None:
    ada, eve, bob = acme.administrator, await acme.person("Eve"), await acme.person("Bob")
    token = await bob.post("/tokens", {"name": "bobs"})
    program = await acme.program("ROVER")
    assert (await ada.send("PATCH", f"/users/{eve.user['id']}", {"administrator": True})).status_code == 200
    before = await everybody(ada)
    asked = (
        ("POST", "/users", {"email": "z@example.org", "name": "Z", "password": OTHER, "administrator": True}),
        ("POST", "/programs", {"code": "MINE"}),
        ("PUT", f"/programs/{program}/roles/{eve.user['id']}", {"role": "lead"}),
        ("PATCH", f"/users/{eve.user['id']}", {"administrator": True}),
        ("PATCH", f"/users/{bob.user['id']}", {"administrator": True}),
        ("PATCH", f"/users/{bob.user['id']}", {"password": OTHER}),
        ("POST", f"/users/{bob.user['id']}/sign-out", None),
        ("DELETE", f"/tokens/{token['id']}", None),
    )
    async with keys_in_use(database, eve, asked) as headers:
        waiting = [ask(eve, method, path, body, headers) for method, path, body in asked]
        await come_far(database, *waiting)
        assert (await ada.send("PATCH", f"/users/{eve.user['id']}", change)).status_code == 200
    unseen = 404 if refusal == 403 else refusal
    expected = [unseen if "/roles/" in path or "/tokens/" in path else refusal for _, path, _ in asked]
    assert [(await request).status_code for request in waiting] == expected
    assert await everybody(ada) == [{**user, **change} if user["name"] == "Eve" else user for user in before]
    assert await roles(ada, program) == {"Ada": "lead"}
    assert (await bob.send("GET", "/sessions/current")).status_code == 200
    assert await tokens_of(database, bob) == 1


async def test_of_two_administrators_who_unmake_each_other_one_stays(acme: Company, database: Database) -> None:
    ada, eve = acme.administrator, await acme.person("Eve")
    third = await ada.post("/users", {"email": "c@example.org", "name": "C", "password": OTHER, "administrator": True})
    assert (await ada.send("PATCH", f"/users/{eve.user['id']}", {"administrator": True})).status_code == 200
    async with database.write() as hold:
        await hold.value("SELECT uid FROM instance FOR UPDATE")
        first = ask(ada, "PATCH", f"/users/{eve.user['id']}", {"administrator": False})
        await come_far(database, first)
        second = ask(eve, "PATCH", f"/users/{ada.user['id']}", {"administrator": False})
        await come_far(database, first, second)
    assert [(await first).status_code, (await second).status_code] == [200, 403]
    assert {user["id"] for user in await everybody(ada) if user["administrator"]} == {ada.user["id"], third["id"]}


async def test_what_has_expired_is_forgotten_around_what_somebody_works_on(acme: Company, database: Database) -> None:
    eve, bob = await acme.person("Eve"), await acme.person("Bob")
    async with database.write() as write:
        await write.execute("UPDATE session SET expires_at = now() - interval '1 day'")
        await write.execute("INSERT INTO sign_in_attempt (email, at) SELECT email, now() - interval '2 days' FROM user_account")
    async with database.write() as hold:
        await hold.value(HOLD_SESSIONS, {"uid": UUID(eve.user["id"])})
        await hold.value("SELECT at FROM sign_in_attempt WHERE email = %(email)s FOR UPDATE", {"email": eve.user["email"]})
        forgotten = asyncio.create_task(forget_expired(database))
        trying = asyncio.create_task(signs_in(acme, bob, PASSWORD))
        await come_far(database, forgotten, trying)
        assert forgotten.done()
        assert trying.done()
    async with database.primary() as primary:
        assert await primary.value("SELECT count(*) FROM session WHERE expires_at < now()") == 1
        assert await primary.rows("SELECT email FROM sign_in_attempt") == [{"email": eve.user["email"]}]
    assert (await forget_expired(database))["sessions"] == 1


async def test_who_leaves_while_a_repeat_is_judged_reads_nothing_of_the_first_answer(workshop: Workshop, database: Database) -> None:
    eve, key = await workshop.company.person("Eve", {workshop.program: "lead"}), {"Idempotency-Key": "k"}
    path = f"/programs/{workshop.program}/roles"
    again = ("PUT", f"{path}/{workshop.viewer.user['id']}", {"role": "viewer"}, key)
    assert (await ask(eve, *again)).status_code == 200
    assert (await workshop.lead.send("PUT", f"{path}/{eve.user['id']}", {"role": "viewer"})).status_code == 200
    async with database.write() as hold:
        await hold.value("SELECT code FROM program WHERE uid = %(uid)s FOR UPDATE", {"uid": UUID(workshop.program)})
        repeat = ask(eve, *again)
        await come_far(database, repeat)
        await hold.execute("UPDATE user_account SET active = false WHERE uid = %(uid)s", {"uid": UUID(eve.user["id"])})
    assert (await repeat).status_code == 401
