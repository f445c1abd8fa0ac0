"""Work in the background: kept going, and ended for certain."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
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


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Works that go on for ever, until one fails or this is cancelled; the others have ended then.

    Not a `TaskGroup`: that cancels its tasks once, and waits for ever for one that lost the cancellation (see `end`).
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(tasks)


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels tasks and returns when all have ended, also where it is cancelled itself meanwhile; what they raised is dropped.

    Cancels again what goes on: before Python 3.12 `asyncio.wait_for`, on which psycopg waits for its socket, loses a
    cancellation that comes together with its result.
    """
    every, cancelled = list(tasks), False
    while pending := [task for task in every if not task.done()]:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=AGAIN_SECONDS)
        except asyncio.CancelledError:
            cancelled = True
    for task in every:
        if not task.cancelled():
            task.exception()
    if cancelled:
        raise asyncio.CancelledError
