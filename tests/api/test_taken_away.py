"""What was taken away stays away, everywhere: every operation of the document, once somebody has lost what let them see it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable

import httpx
import pytest
import pytest_asyncio

from cascadia.access.model import Scope
from cascadia.kernel import route
from tests.api.test_permissions import ENDLESS, WITHIN, assert_refused
from tests.company import Person, Workshop, visitor
from tests.site import NAME, NUMBER, Operation, Site, build

LEAVES = {"sign_out", "sign_out_everywhere", "end_session", "set_up", "sign_in", ENDLESS}
"""End the session that asks, or never end."""
WORDS = (NAME, NUMBER, "ROVER", "Rover")
REPEATED = {
    "engineer": {
        "add_part_alias",
        "create_file",
        "begin_upload",
        "create_proposal",
        "choose_proposal_row",
        "export_bom",
    },
    "lead": {"add_part_alias", "create_file", "create_proposal", "edit_webhook", "create_project", "grant_role", "send_webhook_test"},
}
"""Operations of which at least these must have had their effect, so that their repetition says something."""


@pytest_asyncio.fixture
async def site(workshop: Workshop) -> Site:
    return await build(workshop)


def keyed(operation: Operation) -> Operation:
    named = {p["name"] for p in operation.described.get("parameters", ())}
    headers = {"Idempotency-Key": operation.name} if "Idempotency-Key" in named else {}
    return operation.but(headers={**operation.headers, **headers})


def gentle_first(operations: Iterable[Operation]) -> list[Operation]:
    """What deletes or closes comes last, so that the rest finds what it is about."""
    harsh = ("delete", "discard", "accept", "revoke", "cancel", "detach", "end_", "remove", "read_proposal_again")
    return sorted(operations, key=lambda o: (o.name.startswith(harsh), o.name.startswith("discard")))


async def someone(site: Site, role: str) -> Person:
    """Whose things the site is made of, or a lead who is no administrator."""
    return site.workshop.engineer if role == "engineer" else await site.workshop.company.person("Lead", {site.workshop.program: "lead"})


async def lose_role(site: Site, person: Person) -> None:
    workshop = site.workshop
    gone = await workshop.lead.send("DELETE", f"/programs/{workshop.program}/roles/{person.user['id']}")
    assert gone.status_code == 204


@pytest.mark.parametrize("role", ("engineer", "lead"))
async def test_after_the_role_is_gone_no_operation_and_no_repetition_shows_anything(site: Site, role: str) -> None:
    person = await someone(site, role)
    walked = [keyed(operation) for operation in gentle_first(site.operations) if operation.name not in LEAVES]
    done = {o.name for o in walked if o.writes and (await o.by(person.http)).is_success}
    assert REPEATED[role] <= done, REPEATED[role] - done
    await lose_role(site, person)
    before = await site.state()
    for operation in walked:
        answer = await operation.by(person.http)
        where = f"{operation.method} {operation.path}: {answer.status_code} {answer.text[:500]}"
        assert not {word for word in WORDS if word in answer.text.replace(operation.path, "")}, where
        if operation.permission in WITHIN and answer.content:
            assert answer.status_code in {403, 404} or answer.json().get("items") == [], where
    assert await site.state() == before


async def test_a_repetition_by_who_lost_nothing_is_answered_as_before(site: Site) -> None:
    engineer, walked = site.workshop.engineer, [keyed(o) for o in gentle_first(site.operations) if o.name in REPEATED["engineer"]]
    first = [await o.by(engineer.http) for o in walked]
    again = [await o.by(engineer.http) for o in walked]
    assert [a.content for a in first] == [a.content for a in again]


async def refuses_everything(site: Site, http: httpx.AsyncClient) -> None:
    before = await site.state()
    for operation in site.operations:
        if operation.permission != "public":
            assert_refused(await keyed(operation).by(http), operation, 401, "not_signed_in")
    assert await site.state() == before


async def test_a_disabled_account_a_session_that_ended_and_a_revoked_token_open_nothing(site: Site) -> None:
    workshop = site.workshop
    token = await workshop.engineer.post("/tokens", {"name": "script", "scope": "administer"})
    async with visitor(workshop.company.app) as script:
        script.headers["Authorization"] = f"Bearer {token['secret']}"
        assert (await script.get("/api/v1/parts")).status_code == 200
        assert (await workshop.lead.send("DELETE", f"/tokens/{token['id']}")).status_code == 204
        await refuses_everything(site, script)
    assert (
        await workshop.viewer.send("DELETE", f"/sessions/{(await workshop.viewer.get('/sessions'))['items'][0]['id']}")
    ).status_code == 204
    await refuses_everything(site, workshop.viewer.http)
    assert (await workshop.lead.send("PATCH", f"/users/{workshop.engineer.user['id']}", {"active": False})).status_code == 200
    await refuses_everything(site, workshop.engineer.http)


@pytest.mark.parametrize("scope", (Scope.READ, Scope.WRITE))
async def test_a_token_does_nothing_beyond_its_scope(site: Site, scope: Scope) -> None:
    workshop = site.workshop
    token = await workshop.lead.post("/tokens", {"name": "script", "scope": scope})
    async with visitor(workshop.company.app) as script:
        script.headers["Authorization"] = f"Bearer {token['secret']}"
        beyond = [o for o in site.operations if o.permission != "public" and not scope.includes(Scope(o.described["x-scope"]))]
        assert {"create_token", "create_user", "edit_user", "grant_role", "create_webhook", "set_number_scheme"} <= {o.name for o in beyond}
        before = await site.state()
        for operation in beyond:
            assert_refused(await operation.by(script), operation, 403, "scope_too_narrow")
        assert await site.state() == before
        for operation in site.operations:
            if operation.method == "GET" and operation.permission in WITHIN:
                assert (await operation.by(script)).status_code == (await operation.by(workshop.lead.http)).status_code, operation


def test_every_operation_says_the_scope_that_it_needs(site: Site) -> None:
    for operation in site.operations:
        assert (operation.permission == "public") == ("x-scope" not in operation.described), operation.name
        if operation.method == "GET" and operation.permission != "public":
            assert operation.described["x-scope"] == "read", operation.name


@pytest.mark.parametrize(("taken", "status"), (("role", 404), ("account", 401), ("nothing", 0)))
async def test_a_body_that_comes_slowly_is_judged_by_the_rights_of_its_end(
    site: Site, monkeypatch: pytest.MonkeyPatch, taken: str, status: int
) -> None:
    monkeypatch.setattr(route, "AGAIN_SECONDS", 0)
    engineer, lead = site.workshop.engineer, site.workshop.lead
    names = {"create_part", "add_part_alias", "edit_part", "add_bom_line", "delete_part"}
    begun, gone = asyncio.Event(), asyncio.Event()
    waiting = 0

    async def slowly(body: bytes, of: int) -> AsyncIterator[bytes]:
        nonlocal waiting
        yield body[:1]
        waiting += 1
        if waiting == of:
            begun.set()
        await gone.wait()
        yield body[1:]

    operations = [keyed(operation) for operation in gentle_first(site.operations) if operation.name in names]
    asked = [
        asyncio.create_task(o.but(body=slowly(json.dumps(o.body or {}).encode(), len(operations)), headers=typed(o)).by(engineer.http))
        for o in operations
    ]
    await begun.wait()
    if taken == "role":
        await lose_role(site, engineer)
    elif taken == "account":
        assert (await lead.send("PATCH", f"/users/{engineer.user['id']}", {"active": False})).status_code == 200
    before = await site.state()
    gone.set()
    found = {operation.name: (await answer).status_code for operation, answer in zip(operations, asked, strict=True)}
    if status:
        assert found == dict.fromkeys(found, status)
        assert await site.state() == before
    else:
        assert {200, 201} >= {found[name] for name in ("create_part", "add_part_alias")}


def typed(operation: Operation) -> dict[str, str]:
    return {**operation.headers, "Content-Type": "application/json"}
