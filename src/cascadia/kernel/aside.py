"""Work that would hold the event loop, beside it: in threads, a few at once, and no queue without an end."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, ParamSpec, TypeVar

from cascadia.kernel.errors import Unavailable

Params = ParamSpec("Params")
Result = TypeVar("Result")

AT_ONCE: Final = 2
"""More would not be faster: Python runs one at a time, and each one more makes the event loop wait longer for its turn."""
WAITING: Final = 16
RETRY_SECONDS: Final = 2


_BEGUN: Final = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="begun")


async def beside(work: Callable[[], Result]) -> Result:
    """What `work` returns or raises, from a thread: for parts of a request that was let in already, which wait for their turn."""
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_BEGUN, lambda: context.run(work))


class Aside:
    """Threads for what takes longer than the event loop may be held. Refuses with 503 where too much waits already."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="aside")
        self._most = at_once + waiting
        self._taken = 0

    async def run(self, work: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """What `work` returns or raises. It goes on in its thread, and counts, where whoever waits for it is cancelled."""
        if self._taken >= self._most:
            raise Unavailable(
                "This server has too much large work to do at this moment. Try again in a moment.", code="busy", retry_after=RETRY_SECONDS
            )
        self._taken += 1
        context = copy_context()
        running = asyncio.get_running_loop().run_in_executor(self._threads, lambda: context.run(work, *args, **kwargs))
        running.add_done_callback(self._done)
        return await asyncio.shield(running)

    def _done(self, running: asyncio.Future[Result]) -> None:
        self._taken -= 1
        if not running.cancelled():
            running.exception()

    def close(self) -> None:
        """Ends the threads when they are done with what they have begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)
