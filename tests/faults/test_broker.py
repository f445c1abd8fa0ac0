"""What befalls the broker, and the link to it."""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from cascadia.jobs.permits import queue_name
from cascadia.kernel.instance import instance_of
from tests.cable import Cable
from tests.faults.conftest import JOBS, LONG, OUTAGE, Case
from tests.jobs.conftest import QUICK, ROOT, Fleet, Ledger, sending
from tests.rabbitmq import Cluster, Node
from tests.until import wait_until

NOTICED_SECONDS = 30 if LONG else 90
"""The figure of a machine with nothing else to do, and what is enough beside all other tests."""

pytestmark = pytest.mark.needs("rabbitmq")


async def test_all_permits_are_lost(case: Case) -> None:
    await case.enqueue()
    queue = queue_name(await instance_of(case.ledger.database), "sample")
    case.node.control("purge_queue", queue)
    for _ in range(3):
        case.worker()
    (await case.toll()).assert_none()


@pytest.mark.parametrize("wiped", (False, True), ids=("kept", "wiped"))
async def test_the_broker_is_away_and_comes_back(case: Case, wiped: bool) -> None:  # noqa: FBT001
    for _ in range(3):
        case.worker()
    await case.enqueue(JOBS // 2, 0.2)
    await case.reached(0.2)
    case.node.stop(signal.SIGKILL if wiped else signal.SIGTERM)
    began = time.monotonic()
    await case.enqueue(JOBS - JOBS // 2, 0.2)
    await case.reached(0.6)  # work goes on by polling
    await asyncio.sleep(max(0.0, OUTAGE - (time.monotonic() - began)))
    if wiped:
        case.node.wipe()
    case.node.start()
    wait_until(lambda: all('"degraded": []' in w.health("/health/ready")[1] for w in case.fleet.workers))
    await case.enqueue(10)
    (await case.toll()).assert_none()
    queue = queue_name(await instance_of(case.ledger.database), "sample")
    wait_until(lambda: f"{queue}\t3\n" in case.node.control("list_queues", "name", "consumers"))


async def test_a_job_outlasts_the_consumers_timeout(case: Case) -> None:
    """Permits are acknowledged when the claim has answered, so no running job hangs on the channel."""
    case.worker()
    slow = [await case.ledger.enqueue("sample.effect", {"seconds": 6.0}) for _ in range(2)]
    await case.enqueue(10)
    (await case.toll()).assert_none()
    assert {(await case.ledger.job(uid))["attempt"] for uid in slow} == {1}


async def test_an_app_dies_between_a_commit_and_its_permit(case: Case) -> None:
    for _ in range(2):
        case.worker()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}/src:{ROOT}",
        "DATABASE_URL": case.fleet.url,
        "RABBITMQ_URL": case.broker_url or "",
    }
    command = [sys.executable, "-m", "tests.faults.enqueuer", str(JOBS // 6)]
    apps = [await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment) for _ in range(6)]
    assert [await app.wait() for app in apps] == [9] * 6
    (await case.toll()).assert_none()
    assert await case.ledger.value("SELECT count(*) FROM effect") == JOBS // 6 * 6


@pytest.mark.timed
async def test_a_half_open_link_is_noticed_and_renewed(fleet: Fleet, ledger: Ledger, node: Node) -> None:
    cable = Cable(node.port).start()
    try:
        worker = fleet.start(RABBITMQ_URL=f"amqp://guest:guest@127.0.0.1:{cable.port}/", pace={**QUICK, "poll": 60.0})
        wait_until(lambda: "broker_connected" in worker.text())
        cable.drop()
        began = time.monotonic()
        await asyncio.to_thread(wait_until, lambda: '"degraded": ["broker"]' in worker.health("/health/ready")[1])
        assert time.monotonic() - began < NOTICED_SECONDS
        cable.mend()
        await asyncio.to_thread(wait_until, lambda: '"degraded": []' in worker.health("/health/ready")[1])
        async with sending(ledger.database, node.url):
            for _ in range(5):
                await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")
    finally:
        cable.close()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster.start()
    yield made
    made.close()


async def test_a_cluster_loses_the_leader_of_a_queue(fleet: Fleet, ledger: Ledger, cluster: Cluster) -> None:
    case = Case(fleet, ledger, random.Random(3), cluster.url)
    async with sending(ledger.database, cluster.url):
        for _ in range(3):
            case.worker()
        await case.enqueue(JOBS // 2, 0.2)
        leader = cluster.leader(queue_name(await instance_of(ledger.database), "sample"))
        leader.stop(signal.SIGKILL)
        await case.enqueue(JOBS - JOBS // 2, 0.2)
        (await case.toll()).assert_none()
        wait_until(lambda: all('"degraded": []' in w.health("/health/ready")[1] for w in fleet.workers), 40)
        await case.enqueue(10)
        (await case.toll()).assert_none()
