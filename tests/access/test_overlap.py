"""Two requests at once: the test holds a row that one of them needs, until the other has come as far as it can."""

import asyncio
from uuid import UUID

import httpx
import pytest

from cascadia.kernel.db import Database
from tests.company import JSON, Company, Person
from tests.until import until

HOLD_USER = "SELECT user_id FROM user_account WHERE uid = %(uid)s FOR NO KEY UPDATE"
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
Asked = asyncio.Task[httpx.Response]


async def come_far(database: Database, *asked: Asked) -> None:
    """Until each of these requests is answered or waits for a lock."""

    async def all_wait() -> bool:
        async with database.primary() as primary:
            return bool(await primary.value(WAITING) >= sum(not request.done() for request in asked))

    await until(all_wait)


def ask(person: Person, method: str, path: str, body: JSON | None = None) -> Asked:
    return asyncio.create_task(person.send(method, path, body))


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
