"""One connection to RabbitMQ that mends itself, over any of several hosts."""

import asyncio
import random
import re
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPException
from aiormq.exceptions import AMQPError
from pamqp.commands import Connection
from pamqp.exceptions import PAMQPException

from cascadia.kernel import tasks
from cascadia.kernel.tls import trust

log = structlog.get_logger()

CONNECT_SECONDS: Final = 10.0
HEARTBEAT_SECONDS: Final = 5
"""The client waits three of them and a bit: a half-open link is noticed within 20 seconds."""
RECONNECT_SECONDS: Final = 2.0
TROUBLE: Final = (
    AMQPError,
    AMQPException,
    PAMQPException,
    ConnectionError,
    OSError,
    TimeoutError,
    EOFError,
    asyncio.InvalidStateError,
    RuntimeError,
    StopAsyncIteration,
)
"""What the client library raises where broker or link are in trouble: on a channel that has just closed `RuntimeError`, and
`StopAsyncIteration` where the peer goes away in the middle of the first words (a broker that starts behind a proxy of ports), and
pamqp's own where it closes instead of opening (a virtual host that is not there)."""

ADDRESS: Final = re.compile(r"(amqps?)://([^@/]*@)?([^@/?#]+)(?:/([^/?#]*))?")

Use = Callable[[AbstractConnection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Host:
    """One node, with what signs in there."""

    url: str
    name: str


def hosts(url: str) -> list[Host]:
    """`amqp://user:password@a:5672,b:5672/vhost` names two nodes of one cluster; raises `ValueError` for what is no such address."""
    parts = ADDRESS.fullmatch(url)
    if not parts:
        raise ValueError("must be an address such as amqp://user:password@broker:5672/vhost; several hosts are separated by commas")
    scheme, credentials, places, vhost = parts.groups(default="")
    return [_host(scheme, credentials, place, quote(unquote(vhost) or "/", safe="")) for place in places.split(",")]


def _host(scheme: str, credentials: str, place: str, vhost: str) -> Host:
    one = urlsplit(f"{scheme}://{place}")
    if not one.hostname:
        raise ValueError("names no host between two commas")
    name = f"[{one.hostname}]" if ":" in one.hostname else one.hostname
    address = f"{name}:{one.port or (5671 if scheme == 'amqps' else 5672)}"
    return Host(f"{scheme}://{credentials}{address}/{vhost}", address)


def why_not(error: BaseException) -> str:
    """What the broker or the link said, in one line."""
    said = next((part.reply_text for part in error.args if isinstance(part, Connection.Close)), None)
    return said or str(error).strip() or type(error).__name__


class Broker:
    """Keeps one connection. `connected` says whether there is one now."""

    def __init__(self, url: str, *, name: str, ca_bundle: Path | None = None) -> None:
        self._hosts = hosts(url)
        self._name = name
        self._trust: ssl.SSLContext | None = trust(ca_bundle) if url.startswith("amqps") else None
        self.connected = False

    async def keep(self, use: Use) -> None:
        """Until it is cancelled: connects, calls `use` with the connection, and does so again when that ends or the link breaks."""
        told = ""
        while True:
            for host in random.sample(self._hosts, len(self._hosts)):
                try:
                    connection = await self._connect(host)
                except TROUBLE as error:
                    reason = f"{host.name}: {why_not(error)}"
                    if reason != told:
                        log.warning("broker_not_reached", reason=reason, remedy="RABBITMQ_URL names the broker; jobs go on by polling")
                    told = reason
                    continue
                told = ""
                log.info("broker_connected", host=host.name)
                await self._serve(connection, use)
                break
            await asyncio.sleep(random.uniform(0.1, RECONNECT_SECONDS))  # noqa: S311 - jitter

    async def _connect(self, host: Host) -> AbstractConnection:
        url = f"{host.url}?heartbeat={HEARTBEAT_SECONDS}"
        async with asyncio.timeout(CONNECT_SECONDS):
            return await aio_pika.connect(
                url, timeout=CONNECT_SECONDS, ssl_context=self._trust, client_properties={"connection_name": f"cascadia-{self._name}"}
            )

    async def _serve(self, connection: AbstractConnection, use: Use) -> None:
        using = asyncio.ensure_future(use(connection))
        closed = asyncio.ensure_future(_until_closed(connection))
        self.connected = True
        try:
            await asyncio.wait([using, closed], return_when=asyncio.FIRST_COMPLETED)
            if using.done() and not using.cancelled() and (error := using.exception()):
                if not isinstance(error, TROUBLE):
                    raise error
                log.warning("broker_link_broke", reason=why_not(error))
        finally:
            self.connected = False
            await tasks.end([using, closed])
            with suppress(*TROUBLE):
                async with asyncio.timeout(1):
                    await connection.close()


async def _until_closed(connection: AbstractConnection) -> None:
    """Also when the other side closes: `connection.closed()` tells only of our own close."""
    if connection.transport:
        await asyncio.wait([connection.transport.connection.closing])
