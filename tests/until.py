"""Waiting for what comes by itself: looked at again and again, never slept for.

How long a test is ready to wait says nothing of how long a thing may take: it only ends what will never come. What has to be
quick is measured, in a test that is marked `timed`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")
PATIENCE_SECONDS: Final = 120.0
FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 0.1
LONGER: Final = 1.2
"""What is long in coming is looked at less often: a look may be a connection, a process or a page."""


def nothing_more() -> object:
    """What is said of something that did not come, where nobody knows more."""
    return "it did not come"


async def until(look: Callable[[], Awaitable[T]], seconds: float = PATIENCE_SECONDS, *, why: Callable[[], object] = nothing_more) -> T:
    """The first true value that `look` gives; fails with what `why` says when it does not come."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE_SECONDS
    while not (value := await look()):
        assert time.monotonic() < deadline, why()
        await asyncio.sleep(pause)
        pause = min(LONGER * pause, LONGEST_PAUSE_SECONDS)
    return value


async def eventually(look: Callable[[], T], seconds: float = PATIENCE_SECONDS, *, why: Callable[[], object] = nothing_more) -> T:
    """The same for what is looked at without waiting, while the event loop goes on."""

    async def now() -> T:
        return look()

    return await until(now, seconds, why=why)


def wait_until(look: Callable[[], T], seconds: float = PATIENCE_SECONDS, *, why: Callable[[], object] = nothing_more) -> T:
    """The same where no event loop runs."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE_SECONDS
    while not (value := look()):
        assert time.monotonic() < deadline, why()
        time.sleep(pause)
        pause = min(LONGER * pause, LONGEST_PAUSE_SECONDS)
    return value
