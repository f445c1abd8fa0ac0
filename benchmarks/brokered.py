"""Empty jobs over RabbitMQ: ours, and Celery and Dramatiq doing the same, fed one by one, in one run on one broker.

The two enqueue nothing in a transaction of the database, so they are no floor of a goal: a job of theirs can be lost between the commit
and the broker, or run for a change that was rolled back. They show what that promise costs.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks import place
from benchmarks.harness import ROOT, Result
from benchmarks.jobs import NUMBER, enqueue_and_wait
from tests.rabbitmq import Node

PEERS: Final = ROOT / ".tools/bench"
WARM: Final = 50
SLOTS: Final = 2


def run(size: str) -> list[Result]:
    """All three with one worker and with three."""
    number = NUMBER[size]
    node = Node()
    node.start()
    try:
        with place.database() as made:
            return [result for workers in (1, 3) for result in _rates(made.url, node.url, workers, number)]
    finally:
        node.close()


def _rates(url: str, broker: str, workers: int, number: int) -> Iterator[Result]:
    with place.workers(url, workers, SLOTS, RABBITMQ_URL=broker):
        asyncio.run(enqueue_and_wait(url, WARM, broker))
        began = time.monotonic()
        asyncio.run(enqueue_and_wait(url, number, broker))
        yield Result(f"jobs/s over RabbitMQ, {workers} worker(s) × {SLOTS}", number / (time.monotonic() - began), "jobs/s")
    for name, work in (("celery", ["-m", "benchmarks.peer_celery", "work", str(SLOTS)]), ("dramatiq", DRAMATIQ)):
        with _peer(name, work, broker, workers) as feed:
            feed(WARM)
            began = time.monotonic()
            feed(number)
            yield Result(f"  {name.capitalize()}, the same (no transactional enqueue)", number / (time.monotonic() - began), "jobs/s")


DRAMATIQ: Final = ["-m", "dramatiq", "benchmarks.peer_dramatiq", "--processes=1", f"--threads={SLOTS}"]


@contextmanager
def _peer(name: str, work: list[str], broker: str, workers: int) -> Iterator["_Feed"]:
    with tempfile.TemporaryDirectory(prefix="cascadia-bench-peer-") as folder:
        done = Path(folder) / "done"
        done.touch()
        told = {"PYTHONPATH": f"{ROOT}:{PEERS}", "BROKER_URL": broker, "DONE_FILE": str(done), "C_FORCE_ROOT": "1"}
        environment = {**place.environment("", Path(folder)), **told}
        command = [sys.executable, *work]
        null = subprocess.DEVNULL
        processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stdout=null, stderr=null) for _ in range(workers)
        ]
        try:
            yield _Feed(name, done, environment)
        finally:
            for process in processes:
                os.killpg(process.pid, signal.SIGTERM)
            for process in processes:
                process.wait(60)


class _Feed:
    """Puts jobs in, and returns when all have left their byte."""

    def __init__(self, name: str, done: Path, environment: dict[str, str]) -> None:
        self._name, self._done, self._environment = name, done, environment
        self._fed = 0

    def __call__(self, number: int) -> None:
        self._fed += number
        command = [sys.executable, "-m", f"benchmarks.peer_{self._name}", "defer", str(number)]
        subprocess.run(command, cwd=ROOT, env=self._environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        place.until(lambda: self._done.stat().st_size >= self._fed, 600)
