"""The largest that every address takes, one after the other, while another client asks whether the server is alive.

Bodies of unknown members, of one long text, of as many values as go, and of the largest batch; and the tree, the flat list and the uses
of a BOM of millions of places. What counts is how long anybody else waits.
"""

import asyncio
import json
import multiprocessing
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

import httpx

from benchmarks import place
from benchmarks.harness import Result, at_most
from cascadia.bom.edit import OPERATIONS_MAX

OPERATIONS: Final = {"10k": 1000, "100k": OPERATIONS_MAX, "1M": OPERATIONS_MAX}
"""Of the largest batch."""
LEVELS: Final = {"10k": 16, "100k": 20, "1M": 41}
"""Of the BOM whose every line stands twice: 2^levels places."""
PAUSE_SECONDS: Final = 0.02
WAIT_SECONDS: Final = 0.2
NOBODY: Final = "01980000-0000-7000-8000-000000000000"
TYPED: Final = {"Content-Type": "application/json"}


@dataclass
class Watch:
    """What another client, a process of its own, waited for: the longest, and while what."""

    deeds: list[tuple[float, str]] = field(default_factory=lambda: [(0.0, "nothing")])
    asked: list[tuple[float, float]] = field(default_factory=list)
    """When, by the machine's monotonic clock, and for how many seconds."""

    def doing(self, what: str) -> None:
        """From now on this is what the server has to do besides."""
        self.deeds.append((time.monotonic(), what))

    @property
    def longest(self) -> tuple[float, str]:
        """The seconds, and what was done when that question ended."""
        began, seconds = max(self.asked, key=lambda one: one[1])
        return seconds, next(what for since, what in reversed(self.deeds) if since <= began + seconds)


def run(size: str) -> list[Result]:
    """How long the longest waited."""
    with place.database() as made, place.app(made.url, METRICS_ALLOWED_NETWORKS="127.0.0.1") as server:
        return asyncio.run(_measured(server.url, OPERATIONS[size], LEVELS[size]))


async def _measured(url: str, operations: int, levels: int) -> list[Result]:
    async with httpx.AsyncClient(base_url=url, headers={"Origin": url}, timeout=120, trust_env=False) as http:
        project = await place.set_up(http)
        top = await doubled(http, project, levels)
        with watched(url) as watch:
            await _every_body(http, watch)
            await _batch(http, watch, project, operations)
            for view in ("tree", "flat", "../where-used?levels=all"):
                watch.doing(view)
                (await http.get(f"/api/v1/parts/{top}/bom/{view}".replace("bom/../", ""))).raise_for_status()
        held = worst((await http.get("/metrics")).text, "cascadia_loop_held_seconds")
    longest, during = watch.longest
    return [
        at_most(f"longest wait of another client ({during})", longest * 1000, "ms", WAIT_SECONDS * 1000),
        at_most("longest work on the event loop, at most", held * 1000, "ms", WAIT_SECONDS * 1000),
    ]


async def doubled(http: httpx.AsyncClient, project: str, levels: int) -> str:
    """The id of a part at the top of so many levels, each with the one below on two lines."""
    below = (await place.made(http, "parts", {"project": project, "name": "leaf"}))["id"]
    for _ in range(levels):
        part = (await place.made(http, "parts", {"project": project, "name": "level"}))["id"]
        seen = (await http.get(f"/api/v1/parts/{part}/bom")).json()["etag"]
        lines = {"operations": [{"op": "add", "child": below}] * 2}
        (await http.post(f"/api/v1/parts/{part}/bom:batch", json=lines, headers={"If-Match": seen})).raise_for_status()
        below = part
    return str(below)


@contextmanager
def watched(url: str) -> Iterator[Watch]:
    """Another process asks all the time, as a load balancer does, on a connection of its own."""
    watch = Watch()
    ours, theirs = multiprocessing.Pipe()
    asking = multiprocessing.get_context("spawn").Process(target=_ask, args=(url, theirs), daemon=True)
    asking.start()
    ours.recv()
    try:
        yield watch
        ours.send("enough")
        watch.asked = ours.recv()
        asking.join()
    finally:
        asking.kill()


def _ask(url: str, pipe: Connection) -> None:
    asked = []
    with httpx.Client(base_url=url, timeout=120, trust_env=False) as http:
        http.get("/health/live").raise_for_status()
        pipe.send("ready")
        while not pipe.poll(PAUSE_SECONDS):
            begun = time.monotonic()
            http.get("/health/live").raise_for_status()
            asked.append((begun, time.monotonic() - begun))
    pipe.send(asked)


async def _every_body(http: httpx.AsyncClient, watch: Watch) -> None:
    document = (await http.get("/api/v1/openapi.json")).json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                for kind, body in bodies(operation["x-body-limit"]):
                    watch.doing(f"{operation['operationId']}, {kind}")
                    answer = await http.request(method, re.sub(r"\{\w+\}", NOBODY, path), content=body, headers=TYPED)
                    assert answer.is_client_error, (watch.deeds[-1], answer.status_code)


def bodies(limit: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """The largest of each kind that a limit lets through, and what goes beyond it in values."""
    size, values = limit["bytes"], limit["values"]
    yield "one long text", json.dumps({"name": "x" * (size - 20)}).encode()
    yield "unknown members", json.dumps({f"k{n}": 1 for n in range(min(values, size // 15))}).encode()
    yield "more members than go", json.dumps({f"k{n}": 1 for n in range(size // 15)}).encode()
    yield "escapes", b'{"name": "' + rb"\u00e9" * ((size - 20) // 6) + b'"}'
    for name in ("designators", "operations", "attributes", "segments"):
        yield f"items of {name}", b'{"%s": [%s]}' % (name.encode(), b",".join([b"1"] * min(values - 2, (size - 40) // 2)))


async def _batch(http: httpx.AsyncClient, watch: Watch, project: str, operations: int) -> None:
    """The largest batch, with placements, sent valid and sent wrong in its every operation."""
    parent, child = [(await place.made(http, "parts", {"project": project, "name": name}))["id"] for name in ("top", "child")]
    seen = (await http.get(f"/api/v1/parts/{parent}/bom")).json()["etag"]
    matrix = [1.0, 0.0, 0.0, 123.456, 0.0, 1.0, 0.0, -45.6789, 0.0, 0.0, 1.0, 0.123456789, 0.0, 0.0, 0.0, 1.0]
    line: dict[str, Any] = {
        "op": "add",
        "child": child,
        "quantity": "3",
        "note": "x" * 300,
        "placements": {f"{n}": matrix for n in range(3)},
    }
    for kind, added, status in (("wrong", {"nonsense": 1}, 422), ("valid", {}, 200)):
        watch.doing(f"a batch of {operations}, {kind}")
        body = json.dumps({"operations": [line | added] * operations})
        answer = await http.post(f"/api/v1/parts/{parent}/bom:batch", content=body, headers={**TYPED, "If-Match": seen})
        assert answer.status_code == status, answer.text[:500]


def worst(metrics: str, name: str) -> float:
    """The bucket of a histogram below which everything lies."""
    buckets = [(float(edge), float(count)) for edge, count in re.findall(rf'{name}_bucket{{le="([^"]+)"}} (\S+)', metrics)]
    return next(edge for edge, count in buckets if count == buckets[-1][1])
