"""A file through an app server into an S3 store and back, beside the same bytes streamed by the client library itself to the same store."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from benchmarks import large, place
from benchmarks.harness import Result, at_least, at_most
from benchmarks.place import App
from cascadia.kernel.blobs import PIECE
from cascadia.kernel.ids import new_uid
from cascadia.kernel.s3 import S3Store
from tests.s3 import ACCESS, SECRET, S3Server

MEGABYTES: Final = {"10k": 64, "100k": 256, "1M": 1024}
LARGE_MEGABYTES: Final = {"10k": 5 * 1024, "100k": 20 * 1024, "1M": 100 * 1024}
"""Of the large file; four times as much is needed on the disk."""
ROUNDS: Final = 3
BLOCK: Final = os.urandom(PIECE)
Timed = Callable[[], Coroutine[Any, Any, None]]


def run(size: str) -> list[Result]:
    """The best of some rounds each, taken in turn; then one large file through the whole program."""
    return _rounds(MEGABYTES[size]) + large.run(LARGE_MEGABYTES[size])


def _rounds(number: int) -> list[Result]:
    server = S3Server()
    server.start()
    try:
        with place.database() as made, _app(made.url, server) as app:
            return asyncio.run(_measured(server, app, number))
    finally:
        server.close()


async def _measured(server: S3Server, app: App, number: int) -> list[Result]:
    store = S3Store(server.place("bare"))
    await store.prepare(new_uid())
    async with httpx.AsyncClient(base_url=app.url, headers={"Origin": app.url}, timeout=120, trust_env=False) as http:
        project = await place.set_up(http)
        kept: dict[str, str] = {}

        async def bare_put() -> None:
            kept["key"] = (await store.put(_stream(number), uuid4())).key

        async def bare_get() -> None:
            async for _ in await store.open(kept["key"]):
                pass

        async def put() -> None:
            answer = await http.post("/api/v1/files", params={"name": f"{uuid4()}.bin", "project": project}, content=_stream(number))
            assert answer.status_code == 201, answer.text
            kept["file"] = answer.json()["id"]

        async def get() -> None:
            cookie = "; ".join(f"{c.name}={c.value}" for c in http.cookies.jar)
            assert await _received(app.url, f"/api/v1/files/{kept['file']}/content", cookie) >= number * PIECE

        await put()
        before = app.memory_mb()
        took: dict[Timed, list[float]] = {work: [] for work in (bare_put, put, bare_get, get)}
        for _ in range(ROUNDS):
            for work, seconds in took.items():
                seconds.append(await _timed(work))
    bare_up, up, bare_down, down = (number / min(seconds) for seconds in took.values())
    return [
        at_least(f"upload of {number} MiB, floor: the library alone", up, "MiB/s", floor=bare_up, ratio=0.4),
        at_least(f"download of {number} MiB, floor: the library alone", down, "MiB/s", floor=bare_down, ratio=0.6),
        at_most("memory that the app server gained", app.memory_mb() - before, "MiB", 64),
    ]


async def _timed(work: Timed) -> float:
    began = time.monotonic()
    await work()
    return time.monotonic() - began


async def _received(url: str, path: str, cookie: str) -> int:
    """Bytes of an answer, read as they come: a client in Python that took them apart would be the slower end."""
    host = urlsplit(url)
    reader, writer = await asyncio.open_connection(host.hostname, host.port, limit=PIECE)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host.netloc}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0], head
    total = 0
    while piece := await reader.read(PIECE):
        total += len(piece)
    writer.close()
    return total


async def _stream(number: int) -> AsyncIterator[bytes]:
    """Bytes that differ from file to file: equal contents would be stored once."""
    yield uuid4().bytes + BLOCK[16:]
    for _ in range(number - 1):
        yield BLOCK


@contextmanager
def _app(database_url: str, server: S3Server) -> Iterator[App]:
    store = {"S3_ENDPOINT": server.endpoint, "S3_BUCKET": "app", "S3_ACCESS_KEY": ACCESS, "S3_SECRET_KEY": SECRET}
    with place.app(database_url, **store) as app:
        yield app
