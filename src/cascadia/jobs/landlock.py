"""Which files the calling thread may open, by Landlock where the kernel has it (Linux 5.13 and newer)."""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH: Final = 1
VERSION_FLAG: Final = 1

READ_FILE, READ_DIR = 1 << 2, 1 << 3
FIRST_RIGHTS: Final = (1 << 13) - 1
NEWER_RIGHTS: Final = ((2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
NETWORK_SINCE, SCOPES_SINCE = 4, 6
BIND_AND_CONNECT: Final = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS: Final = 0b11

FILE_RIGHTS: Final = 1 << 0 | 1 << 1 | READ_FILE | 1 << 14 | 1 << 15
"""What can be granted on a file; the others are about folders."""


def version() -> int:
    """The kernel's Landlock version, 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, _syscall(CREATE_RULESET, None, 0, VERSION_FLAG, check=False))


def restrict(readable: Iterable[Path], writable: Path) -> bool:
    """Allows reading below `readable` and everything but execution below `writable`; False where the kernel cannot."""
    kernel = version()
    if not kernel:
        return False
    handled = FIRST_RIGHTS
    for since, right in NEWER_RIGHTS:
        handled |= right if kernel >= since else 0
    network = BIND_AND_CONNECT if kernel >= NETWORK_SINCE else 0
    scoped = ABSTRACT_SOCKETS_AND_SIGNALS if kernel >= SCOPES_SINCE else 0
    attributes = struct.pack("=QQQ", handled, network, scoped)[: 24 if scoped else 16 if network else 8]
    ruleset = _syscall(CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in readable:
            _allow(ruleset, path, READ_FILE | READ_DIR)
        _allow(ruleset, writable, handled & ~1)
        _syscall(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        granted = rights if path.is_dir() else rights & FILE_RIGHTS
        _syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", granted, handle), 0)
    finally:
        os.close(handle)


def _syscall(number: int, *arguments: int | bytes | None, check: bool = True) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *words))
    if check and result < 0:
        raise OSError(ctypes.get_errno(), f"landlock call {number}")
    return result
