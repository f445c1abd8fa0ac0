"""Keeps child processes running: starts them, starts them again when they end, stops them together."""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

import structlog

from cascadia.kernel import processes
from cascadia.kernel.errors import CascadiaError

log = structlog.get_logger()

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60
FAILURES_AT_START: Final = 3


class CannotStart(CascadiaError):
    status, code, title = 503, "cannot_start", "A part of the program does not start"


@dataclass(slots=True)
class Child:
    """One part of the program and how often it failed in a row."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    inherits: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    start_at: float = 0
    failures: int = 0

    def start(self) -> None:
        self.process = processes.spawn(self.command, dies_by=signal.SIGTERM, environment=self.environment, pass_fds=self.inherits)
        self.started_at = time.monotonic()

    def note_end(self) -> float:
        """Counts the failure; returns the pause before the next start, twice as long each time."""
        self.failures = 1 if time.monotonic() - self.started_at > STEADY_SECONDS else self.failures + 1
        pause: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (self.failures - 1))
        self.process, self.start_at = None, time.monotonic() + pause
        return pause


class Supervisor:
    """Children by name; `look` is called a few times a second from the main thread."""

    def __init__(self, children: Sequence[Child], stop_seconds: float) -> None:
        self._children = children
        self._stop_seconds = stop_seconds

    def look(self, *, had_success: bool) -> None:
        """Starts what should run; raises `CannotStart` where a part fails again and again before the first success."""
        for child in self._children:
            if child.process is None:
                if time.monotonic() >= child.start_at:
                    child.start()
            elif (code := child.process.poll()) is not None:
                pause = child.note_end()
                if not had_success and child.failures >= FAILURES_AT_START:
                    raise CannotStart(f"The {child.name} ended {child.failures} times in a row (last with code {code}); the log says why.")
                log.error("part_ended", part=child.name, code=code, again_in_seconds=pause)

    def stop(self) -> None:
        """Tells all to stop at the same time and waits; whoever takes too long, or for whom one Ctrl-C more comes, is killed."""
        running = [(child.name, child.process) for child in self._children if child.process]

        def hurry(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- a signal handler's signature
            for _, process in running:
                process.kill()

        before = signal.signal(signal.SIGINT, hurry)
        for _, process in running:
            process.terminate()
        deadline = time.monotonic() + self._stop_seconds
        for name, process in running:
            if not processes.wait_or_kill(process, max(0.1, deadline - time.monotonic())):
                log.warning("part_killed", part=name, reason="it did not stop in time")
        signal.signal(signal.SIGINT, before)
