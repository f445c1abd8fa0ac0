"""Children are started again with growing pauses, given up on only before the first success, and stopped together."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cascadia.cli.supervisor import CannotStart, Child, Supervisor
from tests.until import wait_until

ENDS = "raise SystemExit(3)"
WAITS = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def child(code: str, log: Path | None = None) -> Child:
    command = [sys.executable, "-c", code] if log is None else ["sh", "-c", f'exec "$0" -c "$1" >"{log}"', sys.executable, code]
    return Child("app", command, os.environ)


def look_until(supervisor: Supervisor, reached: Callable[[], bool], *, had_success: bool) -> None:
    def look() -> bool:
        supervisor.look(had_success=had_success)
        return reached()

    wait_until(look)


def test_a_part_that_never_worked_is_given_up_after_three_tries() -> None:
    failing = child(ENDS)
    with pytest.raises(CannotStart, match=r"The app ended 3 times in a row \(last with code 3\)"):
        look_until(Supervisor([failing], 1), lambda: False, had_success=False)
    assert failing.failures == 3


def test_a_part_that_worked_once_is_tried_again_and_again_with_longer_pauses() -> None:
    failing = child(ENDS)
    look_until(Supervisor([failing], 1), lambda: failing.failures == 3, had_success=True)
    begun = time.monotonic()
    failing.failures = 0
    assert [failing.note_end() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert failing.start_at >= begun + 30


def test_stopping_ends_every_child_and_kills_the_stubborn(tmp_path: Path) -> None:
    logs = [tmp_path / "waits", tmp_path / "stubborn"]
    children = [child(WAITS, logs[0]), child(STUBBORN, logs[1])]
    supervisor = Supervisor(children, stop_seconds=0.5)
    look_until(supervisor, lambda: all(log.exists() and log.read_text() != "" for log in logs), had_success=True)
    supervisor.stop()
    assert [one.process.poll() for one in children if one.process] == [-15, -9]


def test_stopping_when_a_child_has_just_ended_is_no_error() -> None:
    ended = child(ENDS)
    supervisor = Supervisor([ended], 1)
    supervisor.look(had_success=True)
    assert ended.process
    ended.process.wait()
    supervisor.stop()
