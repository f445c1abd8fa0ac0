"""The worker's end of a zygote: start it, have it fork children, hear how they ended."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from cascadia.jobs.channel import LONGEST_LINE
from cascadia.jobs.zygote import ENDED, FRAME, KILL, READY, RUN, STARTED

log = structlog.get_logger()

START_SECONDS: Final = 120.0
SINGLE_THREADED: Final = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
KEPT_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a zygote is for: the function that its children run, the modules it imports first, and whether it has our credentials."""

    entry: str
    modules: tuple[str, ...]
    trusted: bool


class ZygoteLost(Exception):
    """The zygote ended; its children with it."""


class ZygoteBroken(Exception):
    """The zygote could not import its modules, or never got ready."""


@dataclass(slots=True, eq=False)
class Child:
    """One forked child. `ended` gets its wait status, or `ZygoteLost`."""

    number: int
    zygote: "Zygote"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    started: asyncio.Future[int]
    ended: asyncio.Future[int]
    killed_for: str | None = field(default=None)

    def kill(self, reason: str) -> None:
        """Ends the child and its group by SIGKILL; the first reason counts."""
        self.killed_for = self.killed_for or reason
        self.zygote.kill(self.number)


class Zygote:
    """One zygote process, while it lives. Start it in the main thread: it dies with the thread that started it."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._children: dict[int, Child] = {}
        self._last_number = 0
        self._asked_for = 0
        self._ready = asyncio.get_running_loop().create_future()
        self.lost = False
        self.idle_since = time.monotonic()
        self._control, self._process = _start(kind)
        self._listening = asyncio.create_task(self._listen())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def busy(self) -> bool:
        """Whether it has children, or somebody waits for one."""
        return bool(self._children) or self._asked_for > 0

    async def fork(self) -> Child:
        """A new child that waits for its request; `ZygoteBroken` or `ZygoteLost` where there is no zygote to make one."""
        self._asked_for += 1
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.shield(self._ready)
            if self.lost:
                raise ZygoteLost
            return await self._fork()
        except TimeoutError as error:
            self._process.kill()
            raise ZygoteBroken("it did not get ready") from error
        finally:
            self._asked_for -= 1
            self.idle_since = time.monotonic()

    async def _fork(self) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_unix_connection(sock=ours, limit=LONGEST_LINE)
            self._last_number += 1
            loop = asyncio.get_running_loop()
            child = Child(self._last_number, self, reader, writer, loop.create_future(), loop.create_future())
            self._children[child.number] = child
            try:
                socket.send_fds(self._control, [FRAME.pack(RUN, child.number, 0)], [theirs.fileno()])
            except OSError as error:
                raise ZygoteLost from error
        return child

    def kill(self, number: int) -> None:
        """Has the zygote kill a child: it alone knows that the pid is still that child's."""
        with contextlib.suppress(OSError):
            self._control.send(FRAME.pack(KILL, number, 0))

    async def close(self) -> None:
        """Ends the zygote, and its children with it."""
        self._process.kill()
        await self._listening
        self._control.close()

    async def _listen(self) -> None:
        """Hears the zygote until it ends."""
        loop = asyncio.get_running_loop()
        waiting = bytearray()
        with contextlib.suppress(OSError):
            while data := await loop.sock_recv(self._control, 4096):
                waiting += data
                while len(waiting) >= FRAME.size:
                    self._hear(*FRAME.unpack(bytes(waiting[: FRAME.size])))
                    del waiting[: FRAME.size]
        self.lost = True
        status = await asyncio.to_thread(self._process.wait)
        if not self._ready.done():
            self._ready.set_exception(ZygoteBroken(f"exit status {status}"))
            self._ready.exception()
        for child in self._children.values():
            _fail(child.started)
            _fail(child.ended)
        self._children.clear()

    def _hear(self, kind: bytes, number: int, value: int) -> None:
        if kind == READY:
            if value > 1:
                log.warning("zygote_has_threads", modules=self._kind.modules, threads=value)
            self._ready.set_result(None)
        elif kind == STARTED:
            self._children[number].started.set_result(value)
        elif kind == ENDED:
            child = self._children.pop(number)
            self.idle_since = time.monotonic()
            child.ended.set_result(value)


def _fail(future: asyncio.Future[int]) -> None:
    if not future.done():
        future.set_exception(ZygoteLost())
        future.exception()


def _start(kind: Kind) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("zygotes are started from the main thread: they would die with any other one")
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "cascadia.jobs.zygote", str(theirs.fileno()), str(os.getpid()), kind.entry, *kind.modules],
            stdin=subprocess.DEVNULL,
            env=_environment(kind),
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    ours.setblocking(False)
    return ours, process


def _environment(kind: Kind) -> Mapping[str, str]:
    """Children import what the worker would; those that read uploaded bytes get nothing else of its environment."""
    path = {"PYTHONPATH": os.pathsep.join(p for p in sys.path if Path(p).is_absolute()), "PYTHONSAFEPATH": "1", **SINGLE_THREADED}
    if kind.trusted:
        return {**os.environ, **path}
    return {**{name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}, **path}


class Zygotes:
    """The zygotes of one worker: each is started by the first job that needs it, and ended after it was idle for a while."""

    def __init__(self, idle_seconds: float = 600.0) -> None:
        self._idle_seconds = idle_seconds
        self._living: dict[Kind, Zygote] = {}

    async def fork(self, kind: Kind) -> Child:
        """A child of the zygote of this kind."""
        living = self._living.get(kind)
        if living is None or living.lost:
            living = self._living[kind] = Zygote(kind)
        return await living.fork()

    async def end_idle(self) -> None:
        """Ends the zygotes that had nothing to do for long."""
        for kind, zygote in list(self._living.items()):
            if zygote.lost or (not zygote.busy and time.monotonic() - zygote.idle_since > self._idle_seconds):
                del self._living[kind]
                await zygote.close()

    async def close(self) -> None:
        """Ends all of them."""
        living: Sequence[Zygote] = list(self._living.values())
        self._living.clear()
        for zygote in living:
            await zygote.close()
