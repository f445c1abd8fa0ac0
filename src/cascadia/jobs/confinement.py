"""What a child does to itself before it runs a job: a process group that dies with its parent, limits, and for uploaded bytes a cage."""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cascadia.jobs import landlock, seccomp

MEBIBYTE: Final = 1024 * 1024
OPEN_FILES: Final = 256
CPU_GRACE_SECONDS: Final = 5
PR_SET_DUMPABLE: Final = 4
CAPABILITY_VERSION_3: Final = 0x20080522
SYSTEM_FILES: Final = (
    "/usr",
    "/lib",
    "/lib64",
    "/opt",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/fonts",
    "/etc/mime.types",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/sys/devices/system/cpu",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
    "/dev/random",
)

STATM: Final = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use, None without a limit; memory on top of what its libraries take already."""

    memory_mb: int
    cpu_seconds: int | None
    output_mb: int | None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Limits":
        return cls(values["memory_mb"], values["cpu_seconds"], values["output_mb"])


def separate(parent: int) -> None:
    """A session of its own, which ends with `parent` (the thread that forked: its only one) by kill -9 too."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    die_with(parent)


def die_with(parent: int) -> None:
    """Asks the kernel to kill this process when the thread that started it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(seccomp.PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def hide() -> None:
    """Keeps this process's environment and memory, which hold credentials, from other processes of the same account."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def limit(limits: Limits) -> None:
    """Sets the limits; what exceeds them fails inside the child, or ends it by a signal."""
    memory = address_space() + limits.memory_mb * MEBIBYTE
    _bound(resource.RLIMIT_AS, memory)
    _bound(resource.RLIMIT_NOFILE, OPEN_FILES)
    _bound(resource.RLIMIT_CORE, 0)
    if limits.cpu_seconds is not None:
        _bound(resource.RLIMIT_CPU, limits.cpu_seconds, CPU_GRACE_SECONDS)
    if limits.output_mb is not None:
        _bound(resource.RLIMIT_FSIZE, limits.output_mb * MEBIBYTE)


def _bound(kind: int, soft: int, grace: int = 0) -> None:
    hard, most = soft + grace, resource.getrlimit(kind)[1]
    bounded = hard if most == resource.RLIM_INFINITY else min(hard, most)
    resource.setrlimit(kind, (min(soft, bounded), bounded))


def cage(folder: Path) -> None:
    """Leaves the calling process its private folder and the installed libraries: no network, no processes, no credentials.

    On kernels without Landlock other files of the same account stay readable; on other systems than Linux only the limits hold.
    """
    if not seccomp.supported():
        return
    _drop_capabilities()
    seccomp.forgo_privileges()
    landlock.restrict(_readable(), folder)
    seccomp.install()


def _readable() -> list[Path]:
    """The installation: system libraries, Python, and the folders that it imports from."""
    own = [sys.prefix, sys.base_prefix, sys.exec_prefix, *(p for p in sys.path if Path(p).is_absolute())]
    return [Path(p) for p in dict.fromkeys([*SYSTEM_FILES, *own]) if p != "/"]


def address_space() -> int:
    """Bytes of address space that this process has already."""
    try:
        return int(STATM.read_bytes().split()[0]) * resource.getpagesize()
    except FileNotFoundError:
        return 0


def _drop_capabilities() -> None:
    """Takes from a child of root what root may do beyond its own files."""

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))

    data = (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(ctypes.byref(Header(CAPABILITY_VERSION_3, 0)), data) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def make_folder(folder: Path) -> None:
    """An attempt's private folder, with what goes in and what comes out."""
    for part in (folder, folder / "input", folder / "output"):
        part.mkdir(mode=0o700, exist_ok=True)
