"""Files on the disk that grow: who holds one alone may write behind what is there. Reading and writing goes on in threads.

A lock of the kernel (`flock`, also over NFS) keeps the processes of all servers on one disk apart, and ends with the process that held
it. What was written is true once a row says so: whoever grows a file next begins at the byte that they know from the database.
"""

import asyncio
import errno
import fcntl
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from cascadia.kernel.blobs import PIECE, BlobMissing, Grow, StoreFull
from cascadia.kernel.errors import Conflict

BUSY_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.05

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Busy(Conflict):
    """Somebody else grows the file."""

    code = "upload_busy"


@asynccontextmanager
async def held(path: Path, root: Path) -> AsyncIterator[Grow]:
    """The file, held alone; made where it is missing, and gone again where nothing was written. `Busy` where it stays taken."""
    try:
        file = await in_thread(_try, path)
        for _ in range(int(BUSY_SECONDS / LOOK_SECONDS)):
            if file is not None:
                break
            await asyncio.sleep(LOOK_SECONDS)
            file = await in_thread(_try, path)
    except OSError as error:
        raise refusal(error) from error
    if file is None:
        raise Busy("Another piece of this upload is arriving. Ask for the offset by HEAD and go on there.", retry_after=2)
    try:
        yield partial(_grow, file, path, root)
    finally:
        await in_thread(_let_go, file, path)


def _try(path: Path) -> int | None:
    """The file opened and locked; None where another holds it, or took it away at this moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(file).st_ino == path.stat().st_ino:
            return file
    os.close(file)
    return None


def _let_go(file: int, path: Path) -> None:
    """Under the lock still: whoever opened the same empty file sees that its name is gone."""
    if os.fstat(file).st_size == 0:
        path.unlink(missing_ok=True)
    os.close(file)


async def _grow(file: int, path: Path, root: Path, at: int, chunks: AsyncIterable[bytes], show: Callable[[bytes], None]) -> int:
    """See `Grow`. A stream that breaks off or a full disk leaves the file as it was."""
    if os.fstat(file).st_size < at:
        raise BlobMissing("The store does not have what came before. Begin the upload again, and tell your administrator.")
    here = at

    def write(data: bytes) -> None:
        nonlocal here
        show(data)
        rest = memoryview(data)
        while rest:
            written = os.pwrite(file, rest, here)
            here, rest = here + written, rest[written:]

    whole = False
    try:
        await in_thread(os.ftruncate, file, at)
        await pour(chunks, write)
        await in_thread(os.fdatasync, file)
        if at == 0:
            await in_thread(sync_folders, path, root)
        whole = True
    except OSError as error:
        raise refusal(error) from error
    finally:
        if not whole:
            await in_thread(os.ftruncate, file, at)
    return here - at


def link(source: Path, target: Path, length: int, root: Path) -> bool:
    """Gives a file of that length another name, durably; False where it has another length, or the disk has no such links."""
    if not source.is_file() or source.stat().st_size != length:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        return False
    os.utime(target)
    sync_folders(target, root)
    return True


def sync_folders(path: Path, root: Path) -> None:
    """Syncs every folder from the file up to the root."""
    for folder in path.parents:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if folder == root:
            return


async def pour(chunks: AsyncIterable[bytes], write: Callable[[bytes], None]) -> None:
    """Gathers what comes from the network: one hop to a thread per MiB, not per packet."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        if len(waiting) >= PIECE:
            await in_thread(write, bytes(waiting))
            waiting.clear()
    if waiting:
        await in_thread(write, bytes(waiting))


def refusal(error: OSError) -> Exception:
    """What a person reads where the disk is full; every other error as it is."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull("The server's disk is full. Nothing was stored; tell your administrator.")
    return error


async def in_thread(function: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
    """Runs blocking file work off the loop. A caller that is cancelled waits for it, else a file could be closed under a write."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments, **named))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
