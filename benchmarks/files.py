"""A file through an app server into an S3 store and back, beside the same bytes streamed by the client library itself to the same store."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from benchmarks import place
from benchmarks.harness import ROOT, Result, at_least, at_most
from cascadia.kernel.blobs import PIECE
from cascadia.kernel.ids import new_uid
from cascadia.kernel.s3 import S3Store
from tests.s3 import ACCESS, SECRET, S3Server

MEGABYTES: Final = {"10k": 64, "100k": 256, "1M": 1024}
ROUNDS: Final = 3
BLOCK: Final = os.urandom(PIECE)
Timed = Callable[[], Coroutine[Any, Any, None]]


def run(size: str) -> list[Result]:
    """The best of some rounds each, taken in turn."""
    number = MEGABYTES[size]
    server = S3Server()
    server.start()
    try:
        with place.database() as made, _app(made.url, server) as app:
            return asyncio.run(_measured(server, app, number))
    finally:
        server.close()


async def _measured(server: S3Server, app: "App", number: int) -> list[Result]:
    store = S3Store(server.place("bare"))
    await store.prepare(new_uid())
    async with httpx.AsyncClient(base_url=app.url, headers={"Origin": app.url}, timeout=120, trust_env=False) as http:
        project = await _set_up(http)
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


async def _set_up(http: httpx.AsyncClient) -> str:
    person = {"organisation": "Bench", "email": "ada@example.org", "name": "Ada", "password": "correct horse battery staple"}
    program = await _made(http, "setup", person) and await _made(http, "programs", {"code": "bench", "name": "Bench"})
    return str((await _made(http, "projects", {"code": "bench", "program": program["id"]}))["id"])


async def _made(http: httpx.AsyncClient, path: str, body: dict[str, str]) -> dict[str, Any]:
    answer = await http.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


class App:
    """An app server."""

    def __init__(self, url: str, process: "subprocess.Popen[bytes]") -> None:
        self.url, self._process = url, process

    def memory_mb(self) -> float:
        """What it holds, without the system's cache of files."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(status.split("RssAnon:")[1].split()[0]) / 1024


@contextmanager
def _app(database_url: str, server: S3Server) -> Iterator[App]:
    with tempfile.TemporaryDirectory(prefix="cascadia-bench-app-") as folder:
        port = place.free_port()
        store = {"S3_ENDPOINT": server.endpoint, "S3_BUCKET": "app", "S3_ACCESS_KEY": ACCESS, "S3_SECRET_KEY": SECRET}
        environment = {**place.environment(database_url, Path(folder)), **store, "PORT": str(port), "BIND_ADDRESS": "127.0.0.1"}
        log = (Path(folder) / "log").open("wb")
        process = subprocess.Popen([sys.executable, "-m", "cascadia.cli", "app"], cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            place.until(lambda: _is_ready(port), 60)
            yield App(f"http://127.0.0.1:{port}", process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            log.close()


def _is_ready(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=3, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and answer.json()["degraded"] == []
