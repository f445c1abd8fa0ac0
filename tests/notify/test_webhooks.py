"""Webhooks from an event to a real receiver, by real workers."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from cascadia.kernel.db import Database
from cascadia.notify import webhooks
from tests.company import Person, Workshop
from tests.jobs.conftest import Fleet, Ledger, begin_subscriptions
from tests.notify.receiver import Receiver
from tests.until import eventually, until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


@pytest_asyncio.fixture
async def worker(workshop: Workshop, database_url: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    """A worker of the whole program beside the app."""
    begin_subscriptions(database_url)
    fleet = Fleet(database_url, tmp_path)
    fleet.start(
        REGISTRY="cascadia.worker.registry:registry", WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8", JOB_TYPES="webhook", WORKER_CONCURRENCY="1"
    )
    yield fleet
    fleet.end()


async def add(person: Person, workshop: Workshop, url: str, types: tuple[str, ...] = ("part.*",)) -> Any:
    return await person.post("/webhooks", {"url": url, "types": list(types), "program": workshop.program})


async def deliveries(workshop: Workshop, hook: Any) -> list[Any]:
    found: list[Any] = (await workshop.lead.get(f"/webhooks/{hook['id']}/deliveries"))["items"]
    return found


async def until_state(workshop: Workshop, hook: Any, state: str, attempts: int = 1) -> Any:
    async def newest() -> Any:
        rows = await deliveries(workshop, hook)
        return rows[0] if rows and rows[0]["state"] == state and rows[0]["attempts"] >= attempts else None

    return await until(newest)


async def hurry(workshop: Workshop) -> None:
    """Makes the waiting try due now, as soon as the one before has ended."""
    database: Database = workshop.company.app.state.database

    async def hurried() -> bool:
        async with database.write() as write:
            write.notify("cascadia_jobs", "webhook")
            return bool(await write.execute("UPDATE job SET run_at = now() WHERE family = 'webhook' AND state = 'queued'"))

    await Ledger(database).until(hurried)


async def test_an_event_reaches_the_receiver_signed(workshop: Workshop, worker: Fleet, receiver: Receiver) -> None:
    hook = await add(workshop.lead, workshop, receiver.url)
    assert hook["secret"].startswith("whsec_")
    assert "secret" not in await workshop.lead.get(f"/webhooks/{hook['id']}")
    part = await workshop.engineer.part(workshop.project, "Bolt")
    row = await until_state(workshop, hook, "delivered")
    assert (row["status"], row["attempts"], row["type"]) == (204, 1, "part.created")
    [got] = receiver.received
    told = Webhook(hook["secret"]).verify(got.body, got.headers)
    assert told == json.loads(got.body)
    assert (told["type"], told["data"]["subject"], told["data"]["program"]) == ("part.created", part["id"], workshop.program)
    assert told["data"]["actor"] == workshop.engineer.user["id"]


async def test_what_is_not_asked_for_or_of_another_program_is_not_told(workshop: Workshop, worker: Fleet, receiver: Receiver) -> None:
    hook = await add(workshop.lead, workshop, receiver.url, ("bom.*",))
    other = await workshop.company.program("OTHER")
    await workshop.company.administrator.post("/webhooks", {"url": receiver.url, "types": ["*"], "program": other})
    await workshop.engineer.part(workshop.project, "Bolt")
    tested = await workshop.lead.post(f"/webhooks/{hook['id']}/test", None, status=202)
    await until_state(workshop, hook, "delivered")
    assert [json.loads(got.body)["type"] for got in receiver.received] == ["webhook.test"]
    assert tested["state"] == "waiting"


async def test_a_failure_is_tried_again_under_the_same_id(workshop: Workshop, worker: Fleet, receiver: Receiver) -> None:
    receiver.answers = [500, 302, 200]
    hook = await add(workshop.lead, workshop, receiver.url)
    await workshop.engineer.part(workshop.project, "Bolt")
    first = await until_state(workshop, hook, "waiting")
    assert (first["status"], first["error"]) == (500, "answered 500")
    for attempts in (2, 3):
        await hurry(workshop)
        await until_state(workshop, hook, "delivered" if attempts == 3 else "waiting", attempts)
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 1
    assert {got.path for got in receiver.received} == {"/hook"}


async def test_a_receiver_that_is_away_is_waited_for_and_costs_no_failure(workshop: Workshop, worker: Fleet, receiver: Receiver) -> None:
    receiver.answers = [503, 429, 507, 200]
    hook = await add(workshop.lead, workshop, receiver.url)
    await workshop.engineer.part(workshop.project, "Bolt")
    await until_state(workshop, hook, "waiting")
    database: Database = workshop.company.app.state.database
    for attempts in (2, 3, 4):
        await hurry(workshop)
        await until_state(workshop, hook, "delivered" if attempts == 4 else "waiting", attempts)
    async with database.primary() as primary:
        rows = await primary.rows("SELECT state, failures, deferrals, attempt, away FROM job WHERE family = 'webhook'")
    address = f"address {receiver.url.removeprefix('http://').partition('/')[0]}"
    assert rows == [{"state": "succeeded", "failures": 0, "deferrals": 3, "attempt": 4, "away": address}]


async def test_gone_switches_the_webhook_off(workshop: Workshop, worker: Fleet, receiver: Receiver) -> None:
    receiver.answers = [410]
    hook = await add(workshop.lead, workshop, receiver.url)
    await workshop.engineer.part(workshop.project, "Bolt")
    await until_state(workshop, hook, "failed")
    seen = await workshop.lead.get(f"/webhooks/{hook['id']}")
    assert not seen["enabled"]
    assert "410" in seen["disabled_reason"]
    refused = await workshop.lead.send("POST", f"/webhooks/{hook['id']}/test")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")


async def test_a_webhook_stops_when_who_made_it_leads_the_program_no_more(workshop: Workshop, worker: Fleet, receiver: Receiver) -> None:
    boss = await workshop.company.person("Boss", {workshop.program: "lead"})
    hook = await add(boss, workshop, receiver.url)
    gone = await workshop.lead.send("DELETE", f"/programs/{workshop.program}/roles/{boss.user['id']}")
    assert gone.status_code == 204

    async def off() -> Any:
        found = await workshop.lead.get(f"/webhooks/{hook['id']}")
        return None if found["enabled"] else found

    seen = await until(off)
    assert seen["disabled_reason"] == "Who answered for it does not lead the program any more. Whoever enables it answers for it."
    witness = await add(workshop.lead, workshop, f"{receiver.url}/witness")
    await workshop.engineer.part(workshop.project, "Bolt")
    await until_state(workshop, witness, "delivered")
    version = {"If-Match": f'"{seen["version"]}"'}
    enabled = await workshop.lead.send("PATCH", f"/webhooks/{hook['id']}", {"enabled": True}, headers=version)
    assert enabled.status_code == 200
    nut = await workshop.engineer.part(workshop.project, "Nut")
    await until_state(workshop, hook, "delivered")
    told = [json.loads(got.body)["data"]["subject"] for got in receiver.received if not got.path.endswith("/witness")]
    assert told == [nut["id"]]


async def test_what_waits_is_not_told_to_who_lost_the_role_meanwhile(workshop: Workshop, worker: Fleet, receiver: Receiver) -> None:
    boss = await workshop.company.person("Boss", {workshop.program: "lead"})
    receiver.answers = [500]
    hook = await add(boss, workshop, receiver.url)
    await workshop.engineer.part(workshop.project, "Bolt")
    await until_state(workshop, hook, "waiting")
    assert (await workshop.lead.send("PATCH", f"/users/{boss.user['id']}", {"active": False})).status_code == 200
    await hurry(workshop)
    await until_state(workshop, hook, "failed")
    assert len(receiver.received) == 1


async def test_the_world_inside_is_not_called_nor_told_of(workshop: Workshop, database_url: str, worker: Fleet) -> None:
    hook = await add(workshop.lead, workshop, "http://10.1.2.3/hook")
    await workshop.engineer.part(workshop.project, "Bolt")
    row = await until_state(workshop, hook, "waiting")
    assert row["error"] == "The address leads inside this network, and WEBHOOK_ALLOWED_NETWORKS does not name that part of it."


async def test_a_rotated_secret_signs_beside_the_old_one(workshop: Workshop, worker: Fleet, receiver: Receiver) -> None:
    hook = await add(workshop.lead, workshop, receiver.url)
    fresh = await workshop.lead.post(f"/webhooks/{hook['id']}/rotate", None, status=200)
    assert fresh["secret"] != hook["secret"]
    await workshop.lead.post(f"/webhooks/{hook['id']}/test", None, status=202)
    await until_state(workshop, hook, "delivered")
    [got] = receiver.received
    for secret in (hook["secret"], fresh["secret"]):
        Webhook(secret).verify(got.body, got.headers)


async def test_events_are_told_again_from_a_position(workshop: Workshop, worker: Fleet, receiver: Receiver) -> None:
    for n in range(3):
        await workshop.engineer.part(workshop.project, f"P{n}")
    hook = await add(workshop.lead, workshop, receiver.url)
    database: Database = workshop.company.app.state.database

    async def numbered() -> bool:
        async with database.primary() as primary:
            return bool(await primary.value("SELECT count(*) = 0 FROM outbox_new"))

    await until(numbered)
    counted = await workshop.lead.post(f"/webhooks/{hook['id']}/replay", {"after": 0, "dry_run": True}, status=202)
    assert counted == {"replayed": 0, "matching": 3, "reached": 0}
    assert (await workshop.lead.post(f"/webhooks/{hook['id']}/replay", {"after": 0}, status=202))["replayed"] == 3
    await eventually(lambda: len(receiver.received) == 3, 20)
    rows = await deliveries(workshop, hook)
    again = await workshop.lead.post(f"/webhooks/{hook['id']}/deliveries/{rows[0]['id']}/replay", None, status=202)
    await eventually(lambda: len(receiver.received) == 4, 20)
    assert receiver.received[3].headers["webhook-id"] == f"msg_{again['id']}"


async def test_events_are_told_again_behind_the_position_that_was_reached(
    workshop: Workshop, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "REPLAYED_AT_ONCE", 2)
    for n in range(5):
        await workshop.engineer.part(workshop.project, f"P{n}")
    hook = await add(workshop.lead, workshop, "https://example.com/")
    async with database.write() as write:
        await write.value("SELECT number_outbox(1000)")
    said, after = [], 0
    for _ in range(4):
        answer = await workshop.lead.post(f"/webhooks/{hook['id']}/replay", {"after": after}, status=202)
        said.append((answer["replayed"], answer["matching"]))
        after = answer["reached"]
    assert said == [(2, 5), (2, 3), (1, 1), (0, 0)]
    rows = await deliveries(workshop, hook)
    assert (len(rows), len({row["event"] for row in rows})) == (5, 5)


async def test_writes_name_the_version_that_they_saw(workshop: Workshop) -> None:
    hook = await add(workshop.lead, workshop, "https://example.org/hook")
    path = f"/webhooks/{hook['id']}"
    assert (await workshop.lead.send("PATCH", path, {"enabled": False})).status_code == 428
    changed = await workshop.lead.send("PATCH", path, {"enabled": False}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["enabled"], changed.json()["version"]) == (200, False, 2)
    assert (await workshop.lead.send("PATCH", path, {"enabled": True}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await workshop.lead.send("DELETE", path, None, headers={"If-Match": '"2"'})).status_code == 204
    assert (await workshop.lead.send("GET", path)).status_code == 404


@pytest.mark.parametrize(
    "url",
    (
        "ftp://example.org",
        "https://",
        "https://user@example.org/",
        "https://example.org/#x",
        "x",
        "http://a\r\nX: y/",
        "http://\uff11\uff12\uff17.0.0.1:3221/",
        "http://bücher.example/",
        "https://example.org:99999/",
        "https://example.org/a b",
        "https://[::1/",
    ),
)
async def test_addresses_that_cannot_be_called_are_refused(workshop: Workshop, url: str) -> None:
    answer = await workshop.lead.send("POST", "/webhooks", {"url": url, "program": workshop.program})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/url")
    assert (await workshop.lead.get("/webhooks"))["items"] == []


async def test_webhooks_of_no_program_are_for_administrators(workshop: Workshop) -> None:
    lena = await workshop.company.person("Lena", {workshop.program: "lead"})
    assert (await lena.send("POST", "/webhooks", {"url": "https://example.org/"})).status_code == 403
    assert (await workshop.company.administrator.send("POST", "/webhooks", {"url": "https://example.org/"})).status_code == 201
