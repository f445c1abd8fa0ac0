"""The worker's own folder, in which each attempt gets a private one; folders of workers that are gone are removed."""

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cascadia.kernel.ids import new_uid


@contextmanager
def work_folder(root: Path) -> Iterator[Path]:
    """A new folder below `root`, locked as long as this process lives, removed at the end."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for other in root.iterdir():
        _remove_abandoned(other)
    folder = root / str(new_uid())
    folder.mkdir(mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError), (folder / "lock").open("r") as lock:
        if _lockable(lock):
            shutil.rmtree(folder, ignore_errors=True)


def _lockable(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
