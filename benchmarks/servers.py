"""What a request costs on one app server and on two that share the work: the same requests in turn, CPU of the servers by the request.

People think between two requests, so that the machine is never full: on a full one busy processes slow each other down, as servers on
machines of their own do not.
"""

import asyncio
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from benchmarks import place
from benchmarks.harness import Result, at_most
from benchmarks.place import App

NUMBER: Final = {"10k": 1000, "100k": 6000, "1M": 20_000}
"""Requests of a round."""
ROUNDS: Final = 5
PEOPLE: Final = 4
WARM: Final = 200
THINK_SECONDS: Final = (0.02, 0.08)


@dataclass
class Person:
    """Creates parts, renames them and reads, at the servers in turn."""

    servers: Sequence[httpx.AsyncClient]
    project: str
    chance: random.Random
    parts: list[dict[str, Any]] = field(default_factory=list)
    sent: int = 0

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        await asyncio.sleep(self.chance.uniform(*THINK_SECONDS))
        self.sent += 1
        answer = await self.servers[self.sent % len(self.servers)].request(method, f"/api/v1{path}", **more)
        assert answer.is_success, answer.text
        return answer

    async def work(self, number: int) -> None:
        """So many requests."""
        until = self.sent + number
        while self.sent < until:
            deed = self.chance.random()
            if deed < 0.25 or not self.parts:
                self.parts.append((await self.ask("POST", "/parts", json={"project": self.project, "name": "a part"})).json())
                continue
            part = self.chance.choice(self.parts)["id"]
            if deed < 0.5:
                etag = (await self.ask("GET", f"/parts/{part}")).headers["etag"]
                await self.ask("PATCH", f"/parts/{part}", json={"name": f"{self.chance.random()}"}, headers={"If-Match": etag})
            elif deed < 0.75:
                await self.ask("GET", f"/parts/{part}/bom")
            else:
                await self.ask("GET", "/parts", params={"limit": 20})


def run(size: str) -> list[Result]:
    """Rounds with one server and with two in turn; the medians."""
    with place.database() as made, place.app(made.url) as first, place.app(made.url) as second:
        return asyncio.run(_measured([first, second], NUMBER[size]))


async def _measured(apps: list[App], number: int) -> list[Result]:
    links = [httpx.AsyncClient(base_url=app.url, headers={"Origin": app.url}, timeout=60, trust_env=False) for app in apps]
    project = await place.set_up(links[0])
    links[1].cookies.update(links[0].cookies)
    cost: dict[int, list[float]] = {1: [], 2: []}
    for servers in cost:
        await _round(apps[:servers], links[:servers], project, WARM)
    for _ in range(ROUNDS):
        for servers, milliseconds in cost.items():
            milliseconds.append(await _round(apps[:servers], links[:servers], project, number))
    for link in links:
        await link.aclose()
    one, two = (statistics.median(found) for found in cost.values())
    return [at_most("CPU of a request, two app servers, floor: one", two, "ms", 1.1, floor=one)]


async def _round(apps: list[App], links: list[httpx.AsyncClient], project: str, number: int) -> float:
    """Milliseconds of CPU by the request."""
    people = [Person(links, project, random.Random(n)) for n in range(PEOPLE)]
    before = [app.cpu_seconds() for app in apps]
    await asyncio.gather(*(person.work(number // PEOPLE) for person in people))
    used = sum(app.cpu_seconds() - was for app, was in zip(apps, before, strict=True))
    return used * 1000 / sum(person.sent for person in people)
