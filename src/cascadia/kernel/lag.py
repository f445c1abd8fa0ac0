"""How late the event loop of this process is: whatever holds it makes everybody wait."""

import asyncio
import time
from typing import Final

from prometheus_client import Histogram

INTERVAL_SECONDS: Final = 0.05
BUCKETS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
LAG: Final = Histogram("cascadia_loop_lag_seconds", "How late the event loop came to what was due", buckets=BUCKETS)
HELD: Final = Histogram(
    "cascadia_loop_held_seconds", "Of that, what work on the loop itself took; for the rest the machine was busy", buckets=BUCKETS
)


async def watch() -> None:
    """Looks twenty times a second, for ever. The loop's own work is told by the processor time of its thread."""
    loop = asyncio.get_running_loop()
    while True:
        due, spent = loop.time() + INTERVAL_SECONDS, time.thread_time()
        await asyncio.sleep(INTERVAL_SECONDS)
        late = max(0.0, loop.time() - due)
        LAG.observe(late)
        HELD.observe(min(late, time.thread_time() - spent))
