"""Every operation of the document as nobody, as a stranger, and in every role: a new route is walked without being named here."""

import httpx
import pytest
import pytest_asyncio

from cascadia.access.model import PERMISSIONS, Role
from tests.company import Workshop
from tests.site import NAME, NUMBER, Operation, Site, build

WITHIN = frozenset[str]().union(*PERMISSIONS.values())
"""Permissions that one has in a program."""
ENDLESS = "stream_events"
"""Has a test of its own: it never ends for who is signed in."""
SIGNING = {"set_up", "sign_in", "sign_out", ENDLESS}


@pytest_asyncio.fixture
async def site(workshop: Workshop) -> Site:
    return await build(workshop)


def assert_refused(answer: httpx.Response, operation: Operation, status: int, code: str) -> None:
    where = f"{operation.method} {operation.path}: {answer.status_code} {answer.text[:500]}"
    assert answer.status_code == status, where
    assert operation.method == "HEAD" or answer.json()["code"] == code, where


async def test_nobody_gets_anything_that_is_not_public(site: Site, client: httpx.AsyncClient) -> None:
    before = await site.state()
    for operation in site.operations:
        if operation.permission != "public":
            answer = await operation.by(client)
            assert_refused(answer, operation, 401, "not_signed_in")
            assert NAME not in answer.text
    assert await site.state() == before


async def test_what_is_public_shows_nothing_of_a_program(site: Site, client: httpx.AsyncClient) -> None:
    public = [operation for operation in site.operations if operation.permission == "public"]
    assert {operation.name for operation in public} == {"get_liveness", "get_readiness", "get_metrics", "get_setup", "set_up", "sign_in"}
    for operation in public:
        answer = await operation.by(client)
        assert not {word for word in (NAME, NUMBER) if word in answer.text}, operation


async def test_a_stranger_learns_nothing_of_a_program_and_changes_nothing(site: Site) -> None:
    before = await site.state()
    for operation in site.operations:
        if operation.permission in WITHIN:
            answer = await operation.by(site.workshop.stranger.http)
            where = f"{operation.method} {operation.path}: {answer.status_code} {answer.text[:500]}"
            if answer.is_success:
                assert not operation.writes, where
                assert answer.json()["items"] == [], where
            else:
                assert answer.status_code in {403, 404}, where
    assert await site.state() == before


async def test_a_stranger_reads_no_name_of_a_program_anywhere(site: Site) -> None:
    for operation in site.operations:
        if operation.name not in SIGNING:
            text = (await operation.by(site.workshop.stranger.http)).text
            assert not {word for word in (NAME, NUMBER, "ROVER", "Rover") if word in text.replace(operation.path, "")}, (operation, text)


@pytest.mark.parametrize("role", (Role.VIEWER, Role.ENGINEER, Role.APPROVER))
async def test_nobody_does_more_than_their_role_allows(site: Site, role: Role) -> None:
    person = await site.workshop.company.person(role.value.capitalize(), {site.workshop.program: role.value})
    lacking = [o for o in site.operations if o.permission in (WITHIN - PERMISSIONS[role]) | {"administrator"}]
    assert lacking
    before = await site.state()
    for operation in lacking:
        assert_refused(await operation.by(person.http), operation, 403, "forbidden")
    assert await site.state() == before


async def test_a_viewer_writes_nothing(site: Site) -> None:
    before = await site.state()
    for operation in site.operations:
        if operation.permission in WITHIN and operation.writes:
            assert_refused(await operation.by(site.workshop.viewer.http), operation, 403, "forbidden")
    assert await site.state() == before


async def test_a_viewer_reads_everything_of_the_program(site: Site) -> None:
    for operation in site.operations:
        if operation.permission in PERMISSIONS[Role.VIEWER] and not operation.writes:
            answer = await operation.by(site.workshop.viewer.http)
            assert answer.is_success, f"{operation.method} {operation.path}: {answer.status_code} {answer.text[:500]}"


async def test_a_role_that_is_taken_away_is_gone_at_once(site: Site) -> None:
    workshop = site.workshop
    gone = await workshop.lead.send("DELETE", f"/programs/{workshop.program}/roles/{workshop.engineer.user['id']}")
    assert gone.status_code == 204
    for operation in site.operations:
        if operation.permission in WITHIN:
            answer = await operation.by(workshop.engineer.http)
            assert answer.status_code in {403, 404} or answer.json()["items"] == [], f"{operation.path}: {answer.text[:500]}"
