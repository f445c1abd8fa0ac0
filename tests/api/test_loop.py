"""Nobody waits for the request of another: the largest that every address takes, sent to a server of its own.

What is read is the server's own watch over its event loop, not a clock of the test: how long work on the loop itself went on. The long
form, with another client that asks meanwhile, is `./dev bench largest`.
"""

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from cascadia.kernel import lag
from tests.company import JSON, Workshop
from tests.rabbitmq import free_port
from tests.site import Operation, Site, build

LOOK_AT = "cascadia_loop_held_seconds"
BOUND_SECONDS = 0.2
LISTS = {"designators", "operations", "segments"}
MATRIX = [1.0, 0.0, 0.0, 123.456, 0.0, 1.0, 0.0, -45.6789, 0.0, 0.0, 1.0, 0.123456789, 0.0, 0.0, 0.0, 1.0]


@pytest_asyncio.fixture
async def site(workshop: Workshop) -> Site:
    return await build(workshop)


@contextmanager
def server(url: str, folder: Path) -> Iterator[str]:
    """An app server in a process of its own, on the same database; its address."""
    port = str(free_port())
    told = {"DATABASE_URL": url, "PORT": port, "BIND_ADDRESS": "127.0.0.1", "METRICS_ALLOWED_NETWORKS": "127.0.0.1"}
    with (folder / "log").open("wb") as log:
        run = [sys.executable, "-m", "cascadia.cli", "app"]
        process = subprocess.Popen(run, env={**os.environ, **told, "DATA_DIR": str(folder)}, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


async def listens(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get("/health/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


def bodies(limit: dict[str, int], described: JSON) -> Iterator[bytes]:
    """The largest of each kind that goes, and what goes beyond."""
    size, values = limit["bytes"], limit["values"]
    yield json.dumps({"name": "x" * (size - 20)}).encode()
    yield json.dumps({f"k{n}": 1 for n in range(size // 15)}).encode()
    yield json.dumps({f"k{n}": 1 for n in range(limit["names"])}).encode()
    for name in LISTS & set(described):
        yield b'{"%s": [%s]}' % (name.encode(), b",".join([b"1"] * min(values - 2, (size - 40) // 2)))


def beyond(metrics: str, seconds: float) -> float:
    """How often the loop was held for longer."""
    counts = {float(edge): float(count) for edge, count in re.findall(rf'{LOOK_AT}_bucket{{le="([^"]+)"}} (\S+)', metrics)}
    assert counts[float("inf")] > 0
    return counts[float("inf")] - counts[seconds]


def members(document: JSON, operation: Operation) -> JSON:
    schema = operation.described["requestBody"]["content"]["application/json"]["schema"]
    schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    found: JSON = schema.get("properties", {})
    return found


@pytest.mark.timeout(300)
async def test_the_largest_request_to_every_address_leaves_the_loop_to_others(site: Site, database_url: str, tmp_path: Path) -> None:
    lead, document = site.workshop.lead, site.workshop.company.app.openapi()
    top = await doubled(site.workshop, 14)
    with server(database_url, tmp_path) as address:
        cookie = "; ".join(f"{name}={value}" for name, value in lead.http.cookies.items())
        async with httpx.AsyncClient(base_url=address, headers={"Cookie": cookie}, timeout=80) as http:
            await listens(http)
            for operation in site.operations:
                if "application/json" in operation.described.get("requestBody", {}).get("content", {}):
                    for body in bodies(operation.described["x-body-limit"], members(document, operation)):
                        answer = await operation.but(body=body, headers={**operation.headers, "Content-Type": "application/json"}).by(http)
                        assert answer.is_client_error, (operation.name, answer.status_code)
                    assert beyond((await http.get("/metrics")).text, BOUND_SECONDS) == 0, operation.name
            await touched_by_many(http, await batch(http, site.workshop))
            for view in ("bom/tree", "bom/flat", "where-used"):
                assert (await http.get(f"/api/v1/parts/{top}/{view}")).status_code == 200
            assert beyond((await http.get("/metrics")).text, BOUND_SECONDS) == 0


async def doubled(workshop: Workshop, levels: int) -> str:
    """A part at the top of so many levels, each with the one below on two lines."""
    engineer = workshop.engineer
    below = (await engineer.part(workshop.project))["id"]
    for _ in range(levels):
        part = (await engineer.part(workshop.project))["id"]
        headers = {"If-Match": await engineer.bom_etag(part)}
        await engineer.post(f"/parts/{part}/bom:batch", {"operations": [{"op": "add", "child": below}] * 2}, status=200, headers=headers)
        below = part
    return str(below)


async def touched_by_many(http: httpx.AsyncClient, parent: str) -> None:
    """The history of a part with a commit of many lines."""
    found = (await http.get(f"/api/v1/parts/{parent}/history")).json()
    assert [len(entry["changes"]) for entry in found["items"]] == [1000, 1]


async def batch(http: httpx.AsyncClient, workshop: Workshop) -> str:
    """A batch with placements, sent wrong in its every operation, then right; the part that it was sent to."""
    parent, child = [(await workshop.engineer.part(workshop.project))["id"] for _ in range(2)]
    seen = await workshop.engineer.bom_etag(parent)
    line: dict[str, Any] = {"op": "add", "child": child, "quantity": "3", "note": "x" * 300, "placements": {"1": MATRIX, "2": MATRIX}}
    for wrong, status in (({"nonsense": 1}, 422), ({}, 200)):
        sent = {"operations": [line | wrong] * 1000}
        answer = await http.post(f"/api/v1/parts/{parent}/bom:batch", json=sent, headers={"If-Match": seen})
        assert answer.status_code == status, answer.text[:500]
    return str(parent)


async def test_the_tree_that_is_made_beside_the_loop_is_the_one_that_is_made_on_it(workshop: Workshop) -> None:
    small, large = await workshop.engineer.get(f"/parts/{await doubled(workshop, 3)}/bom/tree"), await doubled(workshop, 10)
    assert (small["totals"]["rows"], small["occurrences"]["level"]) == (14, [1, 2, 3, 3, 2, 3, 3, 1, 2, 3, 3, 2, 3, 3])
    found = await workshop.engineer.get(f"/parts/{large}/bom/tree")
    assert (found["totals"]["rows"], found["totals"]["complete"]) == (2046, True)
    assert {name: len(column) for name, column in found["occurrences"].items()} == {"level": 2046, "line": 2046, "extended_quantity": 2046}
    assert found["occurrences"]["extended_quantity"][-1] == "1"
    assert set(small) == set(found)


async def test_the_watch_tells_how_late_the_loop_is_and_what_of_it_is_its_own_work() -> None:
    def counted() -> tuple[float, float]:
        return lag.LAG._sum.get(), lag.HELD._sum.get()

    watching = asyncio.create_task(lag.watch())
    await asyncio.sleep(0)
    before = counted()
    spent = _work()
    await asyncio.sleep(lag.INTERVAL_SECONDS * 2)
    late, held = (after - earlier for after, earlier in zip(counted(), before, strict=True))
    watching.cancel()
    assert late >= held >= spent - lag.INTERVAL_SECONDS * 1.1


def _work() -> float:
    """Holds the loop for 0.3 seconds of processor time; how long it was."""
    begun = time.thread_time()
    while time.thread_time() - begun < 0.3:
        pass
    return time.thread_time() - begun
