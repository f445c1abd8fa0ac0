"""Child processes that end with this one, and processes that an earlier run left behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """The account under which a child runs."""

    uid: int
    gid: int
    name: str


def spawn(
    command: Sequence[str],
    *,
    dies_by: signal.Signals,
    identity: Identity | None = None,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts a child in a session of its own, so that Ctrl-C in a terminal reaches only this process, which then stops it in order.

    On Linux the kernel sends the child `dies_by` when this process ends, by kill -9 too. That follows the *thread* that spawned,
    hence the main one only.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children are started from the main thread: they would die with any other one")
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=environment,
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
        pass_fds=pass_fds,
        start_new_session=True,
        preexec_fn=_bind_to_parent(dies_by),  # noqa: PLW1509 -- it calls two functions of the C library that were looked up before
    )


def _bind_to_parent(dies_by: signal.Signals) -> Callable[[], None] | None:
    """What the child runs before exec; after the change of account, which would clear it."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, int(dies_by), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bind


def stop(process: subprocess.Popen[bytes], by: signal.Signals, seconds: float) -> bool:
    """Asks a child to end and waits; True when it ended in time, else it was killed."""
    process.send_signal(by)
    return wait_or_kill(process, seconds)


def wait_or_kill(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Waits for a child that was told to end; True when it ended in time, else it was killed."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def end_leftovers(name: str, folder: Path, seconds: float = 5) -> list[int]:
    """Ends every process called `name` that works in `folder`, politely and then by force; returns their ids.

    Backends of a killed PostgreSQL live on and hold its shared memory: a new one refuses to start beside them.
    """
    found = list(_working_in(name, folder))
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + seconds
    while remaining := list(_working_in(name, folder)):
        if time.monotonic() > deadline:
            for pid in remaining:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    return found


def _working_in(name: str, folder: Path) -> Iterator[int]:
    """Ids of live processes; those of other accounts, which one may not look into, are not ours."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == folder and (entry / "comm").read_text().strip() == name and not _defunct(entry):
                yield int(entry.name)


def _defunct(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
