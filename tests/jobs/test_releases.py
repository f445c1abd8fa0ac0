"""Workers of two releases side by side: nothing is lost, nothing done twice, nothing taken that is not known."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.instance import instance_of
from cascadia.migrations.run import migrate
from tests.jobs import newer
from tests.jobs.conftest import Fleet, Ledger
from tests.rabbitmq import Node
from tests.until import wait_until

NEWER = "tests.jobs.newer:registry"


async def test_an_older_worker_leaves_what_it_does_not_know(fleet: Fleet, ledger: Ledger) -> None:
    older = fleet.start()
    unknown = [await ledger.enqueue("sample.brand_new") for _ in range(5)]
    known = [await ledger.enqueue("sample.effect") for _ in range(5)]
    for uid in known:
        await ledger.state(uid, "succeeded")
    assert {(await ledger.job(uid))["state"] for uid in unknown} == {"queued"}
    fleet.start(REGISTRY=NEWER)
    for _ in range(5):
        known.append(await ledger.enqueue("sample.effect"))
        unknown.append(await ledger.enqueue("sample.brand_new"))
    await ledger.all_ended()
    assert await ledger.value("SELECT count(*) FROM effect") == 20
    assert await ledger.value("SELECT count(DISTINCT job) FROM effect") == 20
    assert older.process.poll() is None
    by = await ledger.rows("SELECT DISTINCT worker FROM job WHERE type = 'sample.brand_new'")
    assert [row["worker"].rpartition(":")[2] for row in by] == [str(fleet.workers[1].process.pid)]


async def test_a_subscription_of_the_newer_release_misses_no_event(fleet: Fleet, ledger: Ledger, jobs_url: str) -> None:
    fleet.start()
    sent: list[int] = []

    async def ping(number: int) -> None:
        async with ledger.database.write() as write:
            await write.emit(Event("ping", new_uid(), None, data={"number": number}))
        sent.append(number)

    for number in range(10):
        await ping(number)

    async def numbered() -> bool:
        return bool(await ledger.value("SELECT count(*) = 0 FROM outbox_new"))

    await ledger.until(numbered)
    going_on = asyncio.create_task(_keep_pinging(ping))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(migrate, jobs_url, subscriptions=newer.registry().cursors())
    from_here = len(sent)
    await asyncio.sleep(0.3)
    fleet.start(REGISTRY=NEWER)
    await going_on
    await ledger.until(numbered)
    cursor = "SELECT position FROM subscription_cursor WHERE name = 'newer.pings'"
    newest = "SELECT max(position) FROM outbox_position"

    async def handed_out() -> bool:
        reached, last = await ledger.value(cursor), await ledger.value(newest)
        return bool(reached >= last) and bool(await ledger.value("SELECT count(*) = 0 FROM job WHERE state IN ('queued', 'running')"))

    await ledger.until(handed_out, 30)
    rows = await ledger.rows("SELECT (payload ->> 'number')::int AS number FROM job WHERE type = 'sample.brand_new' ORDER BY id")
    handled = [row["number"] for row in rows]
    assert len(set(handled)) == len(handled)
    assert set(range(from_here, len(sent))) <= set(handled)
    assert min(handled) >= 10
    older = await ledger.rows("SELECT payload ->> 'note' AS number FROM job WHERE type = 'sample.effect'")
    assert sorted(int(row["number"]) for row in older) == sorted(sent)


async def _keep_pinging(ping: Callable[[int], Awaitable[None]]) -> None:
    for number in range(10, 60):
        await ping(number)
        await asyncio.sleep(0.02)


@pytest.mark.needs("rabbitmq")
async def test_two_versions_of_queues_share_a_broker(fleet: Fleet, ledger: Ledger) -> None:
    node = Node()
    node.start()
    try:
        fleet.start(RABBITMQ_URL=node.url)
        fleet.start(RABBITMQ_URL=node.url, REGISTRY="tests.jobs.newer:with_other_queues")
        for _ in range(10):
            await ledger.enqueue("sample.effect", {"seconds": 0.1})
            await ledger.enqueue("sample.brand_new")
        await ledger.all_ended()
        assert await ledger.value("SELECT count(*) FROM effect") == 20
        instance = await instance_of(ledger.database)
        names = await asyncio.to_thread(node.control, "list_queues", "name")
        assert {f"cascadia.{instance}.{version}.sample" for version in (1, 2)} <= set(names.split())
        assert not [worker for worker in fleet.workers if "PRECONDITION" in worker.text()]
        wait_until(lambda: all('"degraded": []' in worker.health("/health/ready")[1] for worker in fleet.workers))
    finally:
        node.close()


async def test_a_schedules_tick_leads_to_one_job_across_killed_workers(fleet: Fleet, ledger: Ledger) -> None:
    await ledger.rows("UPDATE instance SET created_at = now() - interval '3 years' RETURNING uid")
    for _ in range(3):
        worker = fleet.start(pace={"poll": 0.2, "schedule": 0.1, "heartbeat": 0.3, "lease": 2.0, "sweep": 0.3})
        await asyncio.sleep(0.3)
        worker.kill()
    fleet.start(pace={"poll": 0.2, "schedule": 0.1, "heartbeat": 0.3, "lease": 2.0, "sweep": 0.3})
    await ledger.all_ended()
    assert await ledger.value("SELECT count(*) FROM job WHERE type = 'sample.tick'") == 1
