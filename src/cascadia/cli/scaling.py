"""`cascadia scale`: the rule of `jobs.scaling` on the ledger as it is now."""

import asyncio

from cascadia.jobs.ledger import Ledger
from cascadia.jobs.scaling import wanted
from cascadia.kernel.db import Database
from cascadia.settings import Settings
from cascadia.worker.process import families_of
from cascadia.worker.registry import registry


def workers_wanted(settings: Settings, there: int, most: int) -> int:
    """How many workers with these settings there should be."""
    return asyncio.run(_wanted(settings, sorted(families_of(settings, registry())), there, most))


async def _wanted(settings: Settings, families: list[str], there: int, most: int) -> int:
    async with Database(settings.database_url or "", size=1, name="scale", pooler=settings.pooler) as database:
        load = await Ledger(database, "scale").load(families)
    return wanted(there, settings.worker_concurrency, load, most=most)
