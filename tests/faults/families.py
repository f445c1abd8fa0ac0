"""The sample, and nine families besides: a registry of its own for the tests of sharing."""

import asyncio

from cascadia.jobs.registry import Registry, collect
from cascadia.kernel.declare import Declared, Family, Isolation, JobContext, JobType, Payload
from tests.jobs import sample


async def nap(context: JobContext, payload: Payload) -> None:
    await asyncio.sleep(payload.get("seconds", 0))


NAMES = tuple(f"nine.f{n}" for n in range(9))
NINE = Declared(
    families=tuple(Family(name, Isolation.TRUSTED) for name in NAMES), types=tuple(JobType(f"{name}.nap", name, run=nap) for name in NAMES)
)


def registry() -> Registry:
    return collect([sample.DECLARED, NINE])
