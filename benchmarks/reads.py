"""Reads against their floors, in one run: one part, lists, search, trees and flattened lists of an organisation of that size.

Floors: a bare route with like statements, the lines of a tree as packed arrays, the same bytes sent from memory.
"""

import asyncio
import functools
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks import place
from benchmarks.harness import ROOT, Result, at_most
from benchmarks.organisation import Organisation, organisation
from benchmarks.place import App, Place
from cascadia.bom import networks
from cascadia.kernel.db import Database

ROUNDS: Final = 5
ASKED: Final = 400
"""Requests whose processor time is counted: it comes in hundredths of a second."""
PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class Reads:
    """Both servers, signed in; and the organisation that they read."""

    made: Place
    ours: App
    bare: App
    http: httpx.AsyncClient
    plain: httpx.AsyncClient
    bytes: Path
    there: Organisation


def run(size: str) -> list[Result]:
    """Everything at that size."""
    return asyncio.run(_run(size))


async def _run(size: str) -> list[Result]:
    async with _reads(size) as reads:
        found = [Result("parts", reads.there.items, "parts"), Result("lines of the large tree", reads.there.lines, "lines")]
        found += [*await _one_part(reads), *await _lists(reads), *await _trees(reads), *await _flat(reads)]
        found.append(at_most("memory of the app server after all of it", reads.ours.memory_mb(), "MiB", 450))
    return found


@asynccontextmanager
async def _reads(size: str) -> AsyncIterator[Reads]:
    with (
        tempfile.TemporaryDirectory(prefix="cascadia-bench-bytes-") as name,
        place.database() as made,
        place.app(made.url) as ours,
        _bare(made, Path(name)) as bare,
    ):
        async with (
            httpx.AsyncClient(base_url=ours.url, trust_env=False, timeout=120) as http,
            httpx.AsyncClient(base_url=bare.url, trust_env=False, timeout=120) as plain,
        ):
            project = await place.set_up(http)
            await place.made(http, "parts", {"project": project, "name": "what the first commit made"})
            for client in (http, plain):
                client.headers["Accept-Encoding"] = "zstd"
            yield Reads(made, ours, bare, http, plain, Path(name), organisation(made.admin, project, size))


@contextmanager
def _bare(made: Place, folder: Path) -> Iterator[App]:
    port = place.free_port()
    told = {**place.environment(made.url, folder), "PORT": str(port), "BYTES": str(folder)}
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare"], cwd=ROOT, env=told)
    try:
        place.until(lambda: _answers(port), place.STARTED_SECONDS)
        yield App(f"http://127.0.0.1:{port}", process.pid)
    finally:
        place.end([process])


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/openapi.json", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


async def _got(http: httpx.AsyncClient, path: str, **params: Any) -> bytes:
    """The bytes of an answer, as they came."""
    async with http.stream("GET", path, params=params) as answer:
        assert answer.status_code == 200, path
        return b"".join([piece async for piece in answer.aiter_raw()])


async def _cpu(server: App, ask: Callable[[], Awaitable[object]], times: int) -> float:
    """Milliseconds of the server's processor for each."""
    await ask()
    before = server.cpu_seconds()
    for _ in range(times):
        await ask()
    return (server.cpu_seconds() - before) / times * 1000


async def _best(ask: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """Milliseconds of the quickest of some rounds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        await ask()
        times.append(time.perf_counter() - begun)
    return min(times) * 1000


async def _one_part(reads: Reads) -> list[Result]:
    floor = await _cpu(reads.bare, lambda: _got(reads.plain, f"/part/{reads.there.leaf}"), ASKED)
    value = await _cpu(reads.ours, lambda: _got(reads.http, f"/api/v1/parts/{reads.there.leaf}"), ASKED)
    return [at_most("one part: processor of the app server", value, "ms", 1.8, floor=floor)]


async def _lists(reads: Reads) -> list[Result]:
    asked: dict[str, dict[str, Any]] = {
        "a page of 50 by number": {"limit": 50},
        "a page of 50 by name": {"limit": 50, "sort": "name"},
        "a page of 50, last changed first": {"limit": 50, "sort": "-updated_at"},
        "search for a name": {"limit": 50, "q": "spindle 77"},
        "search for a number": {"limit": 50, "q": reads.there.leaf_number},
    }
    found = []
    for name, params in asked.items():
        listing = functools.partial(_got, reads.http, "/api/v1/parts", **params)
        found.append(Result(name, await _best(listing, PAGES), "ms"))
    return found


async def _trees(reads: Reads) -> list[Result]:
    found = []
    for name, top in (("the large tree", reads.there.top), ("a tenth of it", reads.there.section)):
        path = f"/api/v1/parts/{top}/bom/tree"
        begun = time.perf_counter()
        first = await _got(reads.http, path)
        cold = (time.perf_counter() - begun) * 1000
        floor = await _lines(reads, top)
        found.append(at_most(f"{name}, for the first time", cold, "ms", 2, floor=floor))
        reads.http.headers["Accept-Encoding"] = "identity"
        (reads.bytes / "tree").write_bytes(await _got(reads.http, path))
        size = (reads.bytes / "tree").stat().st_size
        reads.http.headers["Accept-Encoding"] = "zstd"
        (reads.bytes / "tree").rename(reads.bytes / top)
        same = await _best(functools.partial(_got, reads.plain, f"/bytes/{top}"))
        warm = await _best(functools.partial(_got, reads.http, path))
        found.append(at_most(f"{name}, known: against the same bytes from memory", warm, "ms", 2, floor=same))
        found.append(at_most(f"{name}: bytes on the wire", len(first), "bytes", 0.15, floor=size))
    return found


async def _lines(reads: Reads, top: str) -> float:
    """Milliseconds for the lines of a tree as packed arrays, level by level, on a connection of its own."""
    query = "SELECT item_id FROM item WHERE uid = %(uid)s"
    async with Database(reads.made.url, size=1) as database, database.read() as read:
        item = await read.value(query, {"uid": top})
        seq = await read.value("SELECT head_seq FROM branch WHERE branch_id = 0")
        return await _best(lambda: networks.read_lines(read, networks.Place(0, item, seq)), 3)


async def _flat(reads: Reads) -> list[Result]:
    path = f"/api/v1/parts/{reads.there.top}/bom/flat"
    return [Result("a page of the flattened large tree, known", await _best(lambda: _got(reads.http, path, limit=50)), "ms")]
