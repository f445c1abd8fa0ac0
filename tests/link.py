"""A slow link to the database: a proxy on loopback that hands every byte on after a delay, and counts round trips."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit


@dataclass
class Link:
    """`url` goes through the proxy. `round_trips`: how often the client had to wait for an answer."""

    url: str
    round_trips: int = 0


@asynccontextmanager
async def slow_link(url: str, seconds: float) -> AsyncIterator[Link]:
    """A URL of the same database, `seconds` further away in each direction."""
    parts = urlsplit(url)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()}
    socket = f"{query.pop('host')}/.s.PGSQL.{query.pop('port')}"
    link = Link("")
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        far_reader, far_writer = await asyncio.open_unix_connection(socket)
        try:
            await asyncio.gather(_carry(reader, far_writer, seconds, link), _carry(far_reader, writer, seconds, None))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            far_writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=256)
    port = server.sockets[0].getsockname()[1]
    query |= {"host": "127.0.0.1", "port": str(port), "sslmode": "disable", "gssencmode": "disable"}
    link.url = f"{parts.scheme}:///{parts.path.lstrip('/')}?{urlencode(query)}"
    try:
        yield link
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float, link: Link | None) -> None:
    """Bytes keep their order and their distance in time; many may be under way."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    try:
        while True:
            data = await reader.read(1 << 16)
            if link is not None and data:
                link.round_trips += 1
            under_way.put_nowait((loop.time() + seconds, data))
            if not data:
                await delivering
                return
    finally:
        delivering.cancel()
