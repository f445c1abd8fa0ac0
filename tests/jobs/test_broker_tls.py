"""RabbitMQ over TLS: trusted by CA_BUNDLE, refused in words without it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from cascadia.jobs.permits import PermitSender
from cascadia.kernel.broker import Broker
from tests.jobs.conftest import Fleet, Ledger, sending
from tests.jobs.test_rabbitmq import SLOW_POLL
from tests.rabbitmq import Node, free_port
from tests.until import eventually
from tools.cluster_files import certificate

pytestmark = pytest.mark.needs("rabbitmq")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    certificate(folder)
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def url(authority: Path) -> Iterator[str]:
    """A node that speaks TLS alone."""
    port = free_port()
    tls = {"cacertfile": authority, "certfile": authority, "keyfile": authority.with_name("key.pem"), "verify": "verify_none"}
    node = Node(extra={"listeners.ssl.default": f"127.0.0.1:{port}", **{f"ssl_options.{name}": str(value) for name, value in tls.items()}})
    node.start()
    yield f"amqps://guest:guest@127.0.0.1:{port}/%2F"
    node.close()


async def test_app_and_worker_speak_tls_with_a_broker_that_they_trust(fleet: Fleet, ledger: Ledger, url: str, authority: Path) -> None:
    async with sending(ledger.database, url, authority):
        fleet.start(pace=SLOW_POLL, RABBITMQ_URL=url, CA_BUNDLE=str(authority))
        for _ in range(3):
            await ledger.state(await ledger.enqueue("sample.empty"), "succeeded")


async def test_a_broker_that_is_not_trusted_is_told(ledger: Ledger, url: str, capfd: pytest.CaptureFixture[str]) -> None:
    sender = PermitSender(Broker(url, name="test"))
    running = asyncio.create_task(sender.run(ledger.database))
    said = ""

    def told() -> bool:
        nonlocal said
        said += "".join(capfd.readouterr())
        return "broker_not_reached" in said

    try:
        await eventually(told)
        assert "certificate" in said.lower()
        assert "RABBITMQ_URL" in said
        assert sender.degraded == "broker"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
