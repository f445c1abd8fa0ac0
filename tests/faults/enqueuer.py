"""An app server that dies between a commit and its permit: `python -m tests.faults.enqueuer N` enqueues N jobs."""

import asyncio
import os
import sys
from collections.abc import Sequence

from cascadia.jobs import service
from cascadia.jobs.permits import PermitSender
from cascadia.jobs.transport import JOBS_CHANNEL
from cascadia.kernel.broker import Broker
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue
from tests.until import eventually


async def enqueue(number: int) -> None:
    async with Database(os.environ["DATABASE_URL"]) as database:
        sender = PermitSender(Broker(os.environ["RABBITMQ_URL"], name="app"))
        running = asyncio.create_task(sender.run(database))
        await eventually(lambda: sender.degraded is None)
        left = number

        async def offer(families: Sequence[str]) -> None:
            if left == 0:
                os._exit(9)
            await sender.offer(families)

        database.carry(JOBS_CHANNEL, offer)
        while left:
            async with database.write() as write:
                await service.enqueue(write, Enqueue("sample.effect", {}))
                left -= 1
        running.cancel()


if __name__ == "__main__":
    asyncio.run(enqueue(int(sys.argv[1])))
