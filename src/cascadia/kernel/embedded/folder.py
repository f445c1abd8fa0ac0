"""The data folder: one program at a time, of the same version or older, writable and with room."""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cascadia import __version__
from cascadia.kernel.errors import CascadiaError

LAYOUT: Final = 1
"""Grows when an older program could no longer use the folder."""

MARKER: Final = "cascadia.json"
LOCK: Final = "cascadia.lock"
LEAST_FREE_BYTES: Final = 128 * 2**20


class DataFolderError(CascadiaError):
    """The folder cannot be used; `code` is data_folder_in_use, _newer, _unwritable, _unreachable, disk_full or database_failed."""

    status, code, title = 503, "data_folder_unusable", "The data folder cannot be used"


@dataclass(slots=True)
class Claim:
    """The right to use a data folder, until `release` or the end of the process."""

    folder: Path
    _lock: int

    def release(self) -> None:
        os.close(self._lock)


def claim(data_dir: Path) -> Claim:
    """Makes the folder where needed, takes it for this process alone and checks that it can be used; raises `DataFolderError`."""
    taken = take(data_dir)
    try:
        with disk_errors(taken.folder):
            _check_version(taken.folder)
            _check_room(taken.folder)
            _mark(taken.folder)
    except BaseException:
        taken.release()
        raise
    return taken


def take(data_dir: Path) -> Claim:
    """The lock alone, whatever the folder holds; raises `DataFolderError` where another process has it."""
    folder = data_dir.expanduser().absolute()
    with disk_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = folder.resolve()
        return Claim(folder, _lock(folder))


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns what the file system refuses into a sentence about the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise disk_full(folder) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT}:
            detail = f"The data folder {folder} cannot be written ({error.strerror}): choose another one with DATA_DIR."
            raise DataFolderError(detail, code="data_folder_unwritable") from error
        raise


def disk_full(folder: Path) -> DataFolderError:
    return DataFolderError(f"The disk that holds {folder} is full: free some space, or choose another DATA_DIR.", code="disk_full")


def _lock(folder: Path) -> int:
    """A lock of the kernel's, which ends with this process however it ends."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
        os.close(lock)
        detail = f"The data folder {folder} is in use by another Cascadia (process {holder}): stop that one, or choose another DATA_DIR."
        raise DataFolderError(detail, code="data_folder_in_use") from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _check_version(folder: Path) -> None:
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        layout, writer = int(found["layout"]), str(found["written_by"])
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError) as error:
        detail = f"{folder / MARKER} is damaged: restore it from a backup, or choose another DATA_DIR."
        raise DataFolderError(detail, code="data_folder_unusable") from error
    if layout > LAYOUT:
        detail = (
            f"The data folder {folder} was written by Cascadia {writer}, which is newer than this one ({__version__}): "
            "start the newer program, or choose another DATA_DIR."
        )
        raise DataFolderError(detail, code="data_folder_newer")


def _check_room(folder: Path) -> None:
    if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
        raise disk_full(folder)


def _mark(folder: Path) -> None:
    text = json.dumps({"layout": LAYOUT, "written_by": __version__}) + "\n"
    marker, new = folder / MARKER, folder / f"{MARKER}.new"
    if not marker.exists() or marker.read_text(encoding="utf-8") != text:
        new.write_text(text, encoding="utf-8")
        new.replace(marker)
