"""Work in the background: kept going, and ended for certain."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import structlog

log = structlog.get_logger()

AGAIN_SECONDS: Final = 0.2
RESTART_SECONDS: Final = 2.0


async def kept(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """Does `work` until it returns; where it fails unexpectedly, the log says so and it begins again: a server never goes on without it."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("background_work_failed", work=name)
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels tasks and returns when all have ended; what they raised is dropped.

    Cancels again what goes on: before Python 3.12 `asyncio.wait_for`, on which psycopg waits for its socket, loses a
    cancellation that comes together with its result.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
        for task in done:
            if not task.cancelled():
                task.exception()
