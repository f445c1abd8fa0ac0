"""The same empty job in Procrastinate, whose workers its own command starts: `python -m benchmarks.peer_procrastinate schema|defer N`."""

import asyncio
import logging
import os
import sys
import time

import procrastinate

logging.getLogger("procrastinate").setLevel(logging.ERROR if __name__ == "__main__" else logging.NOTSET)  # it warns of "-m"
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))


@app.task(name="nothing", queue="empty")  # type: ignore[untyped-decorator]  # it has no types
async def nothing() -> None:
    """Returns at once."""


async def main(what: str, number: int) -> None:
    async with app.open_async():
        if what == "schema":
            await app.schema_manager.apply_schema_async()
        else:
            sys.stdout.write(f"{time.monotonic()}\n")  # the clock that every process of the machine reads
            for _ in range(number):
                await nothing.defer_async()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
