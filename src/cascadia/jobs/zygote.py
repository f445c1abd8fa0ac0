"""A process that imports libraries once and then forks one child per job: `python -m cascadia.jobs.zygote FD PARENT ENTRY [MODULE …]`.

It stays single-threaded. Commands come over the socket FD, in frames of `FRAME`: `r` with a socket for the child, `k` to kill.
Answers: `+` ready, `s` with the child's pid, `e` with its wait status. It ends when the socket closes, and with its parent.
"""

import gc
import importlib
import os
import selectors
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from cascadia.jobs.confinement import die_with, hide, separate

FRAME: Final = struct.Struct(">cIi")
READY, RUN, KILL, STARTED, ENDED = b"+", b"r", b"k", b"s", b"e"

Entry = Callable[[socket.socket], None]


def main(arguments: list[str]) -> None:
    """Loads `MODULE`s, then serves until the socket closes."""
    descriptor, parent, entry, *modules = arguments
    die_with(int(parent))
    hide()
    control = socket.socket(fileno=int(descriptor))
    for module in modules:
        importlib.import_module(module)
    module, _, function = entry.partition(":")
    run: Entry = getattr(importlib.import_module(module), function)
    gc.collect()
    gc.freeze()
    with suppress(ConnectionError):  # the worker was killed before it read all our answers: an end like any other
        _Zygote(control, run).serve()


class _Zygote:
    def __init__(self, control: socket.socket, run: Entry) -> None:
        self._control = control
        self._run = run
        self._children: dict[int, int] = {}
        self._woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def serve(self) -> None:
        self._answer(READY, 0, _threads())
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._control:
                        if not self._command():
                            return
                    else:
                        os.read(self._woken, 4096)
                        self._reap()

    def _command(self) -> bool:
        """Obeys one frame; False at the end of the conversation, also in the middle of a frame."""
        data, descriptors, _, _ = socket.recv_fds(self._control, FRAME.size, 1)
        while len(data) < FRAME.size:
            more = self._control.recv(FRAME.size - len(data)) if data else b""
            if not more:
                return False
            data += more
        command, number, _ = FRAME.unpack(data)
        if command == RUN:
            self._fork(number, descriptors[0])
        else:
            self._kill(number)
        return True

    def _fork(self, number: int, descriptor: int) -> None:
        zygote = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_child(zygote, descriptor)
        os.close(descriptor)
        self._children[pid] = number
        self._answer(STARTED, number, pid)

    def _be_child(self, zygote: int, descriptor: int) -> None:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            separate(zygote)
            self._control.close()
            self._run(socket.socket(fileno=descriptor))
            code = 0
        except BaseException:  # noqa: BLE001 - the last edge of this process
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _kill(self, number: int) -> None:
        for pid, known in self._children.items():
            if known == number:
                _kill_group(pid)

    def _reap(self) -> None:
        """Answers for each child that ended. Its group is killed before its pid is given back: whatever it started ends with it."""
        for pid, number in list(self._children.items()):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                _kill_group(pid)
                _, status = os.waitpid(pid, 0)
                del self._children[pid]
                self._answer(ENDED, number, status)

    def _answer(self, kind: bytes, number: int, value: int) -> None:
        self._control.sendall(FRAME.pack(kind, number, value))


def _kill_group(pid: int) -> None:
    """The child and all of its group; a child that has not made its group yet is killed alone."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _threads() -> int:
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except FileNotFoundError:
        return 1


if __name__ == "__main__":
    main(sys.argv[1:])
