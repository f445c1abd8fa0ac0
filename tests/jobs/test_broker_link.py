"""A peer that answers like a broker that is not there yet: the connection is tried again, whatever the client library makes of it."""

import asyncio
import gc
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from aio_pika.abc import AbstractConnection

from cascadia.kernel.broker import Broker
from tests.until import eventually

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEADER = 8
START = bytes.fromhex("01000000000011000a000a00090000000000000000") + b"PLAINen"


async def closes_at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def resets(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def closes_after_the_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(HEADER)
    writer.close()


async def talks_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(HEADER)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def stops_in_the_first_frame(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(HEADER)
    writer.write(START[:11])
    writer.close()


LEAKS = ("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # the library forgets its sockets


@pytest.mark.filterwarnings(*LEAKS)
@pytest.mark.parametrize("serve", (closes_at_once, resets, closes_after_the_header, talks_nonsense, stops_in_the_first_frame))
async def test_a_broker_that_is_not_there_yet_is_asked_again(serve: Serve) -> None:
    calls = 0

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await serve(reader, writer)

    server = await asyncio.start_server(counted, "127.0.0.1", 0)
    await asked_again(server.sockets[0].getsockname()[1], lambda: calls)
    server.close()


@pytest.mark.filterwarnings(*LEAKS)
async def test_a_proxy_of_ports_that_hangs_up_before_the_first_word_is_asked_again() -> None:
    """As Docker's does while the container behind it starts."""
    calls: list[socket.socket] = []

    def hang_up(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listening.accept()
                accepted.shutdown(socket.SHUT_WR)
                calls.append(accepted)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=hang_up, args=(listening,), daemon=True)
        thread.start()
        await asked_again(listening.getsockname()[1], lambda: len(calls))
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    for accepted in calls:
        accepted.close()


async def asked_again(port: int, calls: Callable[[], int]) -> None:
    async def use(_connection: AbstractConnection) -> None:
        await asyncio.Event().wait()

    keeping = asyncio.create_task(Broker(f"amqp://a:b@127.0.0.1:{port}/x", name="test").keep(use))
    try:
        await eventually(lambda: calls() >= 3 or keeping.done())
        assert not keeping.done(), keeping.exception()
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await asyncio.sleep(0.1)
        gc.collect()
