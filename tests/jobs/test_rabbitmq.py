"""Permits over a real RabbitMQ: who waits for one begins at once, what was lost is made up for, and nobody needs the broker to live."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from cascadia.jobs.permits import PermitSender, queue_name
from cascadia.kernel.broker import Broker, hosts
from cascadia.kernel.instance import instance_of
from tests.jobs.conftest import QUICK, Fleet, Ledger, sending
from tests.rabbitmq import Node
from tests.until import eventually, wait_until

SLOW_POLL = {**QUICK, "poll": 60.0, "sweep": 60.0}
pytestmark = pytest.mark.needs("rabbitmq")


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    made = Node()
    made.start()
    yield made
    made.close()


@pytest_asyncio.fixture
async def sender(node: Node, ledger: Ledger) -> AsyncIterator[PermitSender]:
    """The ledger's enqueues send permits, as an app server's do."""
    async with sending(ledger.database, node.url) as made:
        yield made


async def test_a_permit_starts_a_job_at_once(fleet: Fleet, ledger: Ledger, node: Node, sender: PermitSender) -> None:
    fleet.start(pace=SLOW_POLL, RABBITMQ_URL=node.url)
    for _ in range(6):
        job = await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")
        assert (job["started_at"] - job["created_at"]).total_seconds() < SLOW_POLL["poll"] / 2


async def test_a_permit_wakes_only_one_worker_and_the_others_take_the_rest(
    fleet: Fleet, ledger: Ledger, node: Node, sender: PermitSender
) -> None:
    for _ in range(3):
        fleet.start(pace=SLOW_POLL, RABBITMQ_URL=node.url, WORKER_CONCURRENCY="1")
    for turn in range(3):
        gates = [fleet.folder / f"turn-{turn}" / str(number) / "gate" for number in range(3)]
        for gate in gates:
            gate.parent.mkdir(parents=True)
        jobs = [await ledger.enqueue("sample.gated", {"gate": str(gate)}) for gate in gates]
        taken = [await ledger.state(uid, "running") for uid in jobs]
        assert len({job["worker"] for job in taken}) == 3
        for gate in gates:
            gate.with_name("go.1").touch()
        for uid in jobs:
            await ledger.state(uid, "succeeded")


async def test_jobs_that_nobody_sent_a_permit_for_are_found_by_the_relay(fleet: Fleet, ledger: Ledger, node: Node) -> None:
    fleet.start(pace=SLOW_POLL, RABBITMQ_URL=node.url)
    uid = await ledger.enqueue("sample.empty")
    await ledger.state(uid, "succeeded", seconds=30)


async def test_permits_that_nobody_offered_are_made_up_for_from_the_ledger(fleet: Fleet, ledger: Ledger, node: Node) -> None:
    fleet.start(pace={**SLOW_POLL, "sweep": 0.5}, RABBITMQ_URL=node.url)
    await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")
    later = await ledger.enqueue("sample.empty", delay_seconds=1.0)
    await ledger.state(later, "succeeded", seconds=30)


async def test_queues_are_durable_quorum_queues_of_this_instance(fleet: Fleet, ledger: Ledger, node: Node) -> None:
    fleet.start(RABBITMQ_URL=node.url, JOB_TYPES="sample")
    queue = queue_name(await instance_of(ledger.database), "sample")
    await eventually(lambda: f"{queue}\tquorum\ttrue" in node.control("list_queues", "name", "type", "durable"))


async def test_a_busy_worker_keeps_no_permit_from_an_idle_one(fleet: Fleet, ledger: Ledger, node: Node, sender: PermitSender) -> None:
    busy = fleet.start(pace=SLOW_POLL, RABBITMQ_URL=node.url, WORKER_CONCURRENCY="1")
    long = await ledger.enqueue("sample.gated", {"gate": str(fleet.folder / "gate")})
    await ledger.state(long, "running")
    await asyncio.sleep(1.5)
    idle = fleet.start(pace=SLOW_POLL, RABBITMQ_URL=node.url, WORKER_CONCURRENCY="1")
    for _ in range(4):
        await ledger.state(await ledger.enqueue("sample.empty"), "succeeded", seconds=30)
    (fleet.folder / "go.1").touch()
    await ledger.state(long, "succeeded")
    assert busy.process.poll() is None
    assert idle.process.poll() is None


async def test_without_its_broker_a_worker_goes_on_and_says_what_is_missing(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start(RABBITMQ_URL="amqp://guest:guest@127.0.0.1:1/")
    await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")
    wait_until(lambda: "broker_not_reached" in worker.text())
    assert worker.health("/health/ready") == (200, '{"status": "ok", "degraded": ["broker"]}')
    assert worker.text().count("broker_not_reached") == 1


async def test_a_wrong_password_is_told_once_without_the_password(fleet: Fleet, ledger: Ledger, node: Node) -> None:
    worker = fleet.start(RABBITMQ_URL=node.url.replace("guest@", "wrong-password@"))
    wait_until(lambda: "broker_not_reached" in worker.text())
    await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")
    assert "wrong-password" not in worker.text()
    assert "RABBITMQ_URL" in worker.text()


@pytest.mark.parametrize(
    ("url", "wanted"),
    (
        ("amqp://u:p@a/", ["amqp://u:p@a:5672/%2F"]),
        ("amqp://u:p@a:1,b:2/x", ["amqp://u:p@a:1/x", "amqp://u:p@b:2/x"]),
        ("amqps://u:p%40@a,[::1]:7/x%2Fy", ["amqps://u:p%40@a:5671/x%2Fy", "amqps://u:p%40@[::1]:7/x%2Fy"]),
        ("amqp://a", ["amqp://a:5672/%2F"]),
    ),
)
def test_an_address_may_name_several_hosts(url: str, wanted: list[str]) -> None:
    assert [host.url for host in hosts(url)] == wanted


@pytest.mark.parametrize("by", (signal.SIGTERM, signal.SIGKILL))
async def test_an_app_server_notices_that_its_broker_went_and_came_back(ledger: Ledger, by: signal.Signals) -> None:
    node = Node()
    node.start()
    sender = PermitSender(Broker(node.url, name="test"))
    running = asyncio.create_task(sender.run(ledger.database))
    await eventually(lambda: sender.degraded is None)
    await asyncio.to_thread(node.stop, by)
    await eventually(lambda: sender.degraded == "broker")
    await asyncio.to_thread(node.start)
    await eventually(lambda: sender.degraded is None)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    node.close()
