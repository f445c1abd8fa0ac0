"""Who asks is read once in some seconds, and what was taken away is gone: at once where it was done, by notice elsewhere."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from cascadia.access import known
from cascadia.access.known import Known, SignedIn, changes_rights
from cascadia.access.model import Actor
from tests.api.test_statements import counter
from tests.company import Person, Workshop, visitor
from tests.conftest import running
from tests.until import until

WHO = SignedIn(Actor(1, uuid4(), "Ada", "ada@example.org", administrator=False, roles={}), b"hash", None, True, None, "administer")


def test_somebody_is_known_by_the_same_secrets_sent_the_same_way_and_not_beyond_their_end() -> None:
    kept, now = Known(), datetime.now(UTC)
    kept.keep([b"hash"], WHO, moment=kept.moment)
    assert kept.get([b"hash"], by_cookie=True) is WHO
    assert kept.get([b"hash"], by_cookie=False) is None
    assert kept.get([b"hash", b"other"], by_cookie=True) is None
    for seconds, there in ((-1, False), (3600, True)):
        ending = Known()
        ending.keep([b"hash"], replace(WHO, expires_at=now + timedelta(seconds=seconds)), moment=ending.moment)
        assert bool(ending.get([b"hash"], by_cookie=True)) is there


def test_what_was_read_before_something_was_forgotten_is_not_kept_after_it() -> None:
    kept = Known()
    before = kept.moment
    kept.forget()
    kept.keep([b"hash"], WHO, moment=before)
    assert kept.get([b"hash"], by_cookie=True) is None


def test_the_longest_unused_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "KNOWN_MAX", 2)
    kept = Known()
    for name in (b"1", b"2"):
        kept.keep([name], WHO, moment=0)
    kept.get([b"1"], by_cookie=True)
    kept.keep([b"3"], WHO, moment=0)
    assert [bool(kept.get([name], by_cookie=True)) for name in (b"1", b"2", b"3")] == [True, False, True]


def test_events_of_people_change_rights_and_those_of_parts_do_not() -> None:
    types = ("session.ended", "token.revoked", "user.changed", "user.signed_out", "role.granted", "role.revoked", "program.created")
    assert [changes_rights([kind]) for kind in types] == [True] * len(types)
    assert not changes_rights(["part.changed", "job.changed", "session.started"])


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is told ends what is known."""
    monkeypatch.setattr(known, "TRUST_SECONDS", 3600.0)


@pytest_asyncio.fixture
async def elsewhere(workshop: Workshop, database_url: str, reader_url: str, tmp_path: Path) -> AsyncIterator[Person]:
    """The engineer at another app server of the same database."""
    async with running(database_url, tmp_path, reader_url) as app, visitor(app) as http:
        for cookie in workshop.engineer.http.cookies.jar:
            http.cookies.jar.set_cookie(cookie)
        yield Person(http, workshop.engineer.user)


async def status(person: Person, path: str) -> int:
    return (await person.send("GET", path)).status_code


@pytest.mark.usefixtures("endless")
async def test_who_asks_is_read_once(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    statements = counter("/api/v1/parts/{part_id}")
    await workshop.engineer.get(f"/parts/{part['id']}")
    first = statements()

    async def known_by_now() -> bool:
        """The server forgets everybody once, when it begins to hear of the others."""
        await workshop.engineer.get(f"/parts/{part['id']}")
        return statements() == first - 1

    await until(known_by_now)


@pytest.mark.usefixtures("endless")
async def test_a_role_that_is_taken_is_gone_at_once_here_and_by_notice_elsewhere(workshop: Workshop, elsewhere: Person) -> None:
    part = await workshop.engineer.part(workshop.project)
    path = f"/parts/{part['id']}"
    assert [await status(who, path) for who in (workshop.engineer, elsewhere)] == [200, 200]
    gone = await workshop.lead.send("DELETE", f"/programs/{workshop.program}/roles/{workshop.engineer.user['id']}")
    assert gone.status_code == 204
    assert await status(workshop.engineer, path) == 404

    async def refused() -> bool:
        return await status(elsewhere, path) == 404

    await until(refused)


@pytest.mark.usefixtures("endless")
async def test_who_signs_out_is_signed_out_everywhere(workshop: Workshop, elsewhere: Person) -> None:
    assert await status(elsewhere, "/sessions/current") == 200
    assert (await workshop.engineer.send("DELETE", "/sessions/current")).status_code == 204
    assert await status(workshop.engineer, "/sessions/current") == 401

    async def refused() -> bool:
        return await status(elsewhere, "/sessions/current") == 401

    await until(refused)


@pytest.mark.usefixtures("endless")
async def test_nobody_is_refused_by_what_they_were(workshop: Workshop, elsewhere: Person, database_url: str) -> None:
    """A role that comes by a way that tells nobody is there all the same where something would be refused without it."""
    part = await workshop.engineer.part(workshop.project)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE taken AS SELECT r.* FROM program_role r JOIN user_account u USING (user_id) WHERE u.uid = %s",
            [workshop.engineer.user["id"]],
        )
        connection.execute("DELETE FROM program_role r USING taken t WHERE r.user_id = t.user_id")
        assert await status(elsewhere, f"/parts/{part['id']}") == 404
        connection.execute("INSERT INTO program_role SELECT * FROM taken")
    assert await status(elsewhere, f"/parts/{part['id']}") == 200


async def test_what_is_known_ends_by_itself(workshop: Workshop, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something is taken by a way that tells nobody."""
    monkeypatch.setattr(known, "TRUST_SECONDS", 0.05)
    assert await status(workshop.engineer, "/sessions/current") == 200
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE user_account SET active = false WHERE uid = %s", [workshop.engineer.user["id"]])

    async def refused() -> bool:
        return await status(workshop.engineer, "/sessions/current") == 401

    await until(refused)
