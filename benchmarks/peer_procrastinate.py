"""The same empty job in Procrastinate: `python -m benchmarks.peer_procrastinate work|defer N`; DATABASE_URL names its database."""

import asyncio
import os
import sys
import time

import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))


@app.task(name="nothing", queue="empty")  # type: ignore[untyped-decorator]  # it has no types
async def nothing() -> None:
    """Returns at once."""


async def main(what: str, number: int) -> None:
    async with app.open_async():
        if what == "schema":
            await app.schema_manager.apply_schema_async()
        elif what == "work":
            await app.run_worker_async(queues=["empty"], concurrency=number, install_signal_handlers=True)
        else:
            sys.stdout.write(f"{time.monotonic()}\n")  # the clock that every process of the machine reads
            for _ in range(number):
                await nothing.defer_async()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
