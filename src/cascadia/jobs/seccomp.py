"""A system-call filter for the calling thread: no sockets, no new processes, no links, no reaching into other processes.

Written here because the binding to libseccomp needs a shared library that a bare Debian lacks; see `docs/decisions/`.
The numbers are those of the kernel's tables for x86_64 and for aarch64 (asm-generic).
"""

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass
from typing import Final

PR_SET_NO_NEW_PRIVS: Final = 38
PR_SET_SECCOMP: Final = 22
SECCOMP_MODE_FILTER: Final = 2
PR_SET_PDEATHSIG: Final = 1
CLONE_THREAD: Final = 0x10000

LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16

# name: (x86_64, aarch64); -1 where the architecture has no such call.
REFUSED: Final[dict[str, tuple[int, int]]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvmsg": (47, 212),
    "recvmmsg": (299, 243),
    "fork": (57, -1),
    "vfork": (58, -1),
    "execve": (59, 221),
    "execveat": (322, 281),
    # A link or a pipe left in the folder would lead whoever reads the output out of it.
    "symlink": (88, -1),
    "symlinkat": (266, 36),
    "link": (86, -1),
    "linkat": (265, 37),
    "mknod": (133, -1),
    "mknodat": (259, 33),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
}
CLONE: Final = (56, 220)
CLONE3: Final = (435, 435)
KILL_CALL: Final = (62, 129)
TGKILL: Final = (234, 131)
PRLIMIT: Final = (302, 261)
PRCTL: Final = (157, 167)

MACHINES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32_BIT: Final = 0x40000000


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of the kernel's packet-filter machine."""

    code: int
    value: int
    if_true: int = 0
    if_false: int = 0

    def packed(self) -> bytes:
        return struct.pack("=HBBI", self.code, self.if_true, self.if_false, self.value)


def supported() -> bool:
    """Whether this machine has a filter: Linux on one of the two architectures."""
    return platform.system() == "Linux" and platform.machine() in MACHINES


def install() -> None:
    """Confines the calling thread and all threads that it will start, for good. Call it in a process with one thread."""
    program = _program(os.getpid())
    packed = ctypes.create_string_buffer(b"".join(i.packed() for i in program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

    filters = Program(len(program), ctypes.addressof(packed))
    forgo_privileges()
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(filters))


def forgo_privileges() -> None:
    """Nothing that this process starts gains rights; without that the kernel takes no filter from an ordinary user."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1, 0)


def _program(pid: int) -> list[Instruction]:
    column, architecture = MACHINES[platform.machine()]
    program = [Instruction(LOAD, ARCHITECTURE), Instruction(JUMP_EQUAL, architecture, 1, 0), Instruction(RETURN, KILL)]
    program += [Instruction(LOAD, NUMBER)]
    if column == 0:
        program += [Instruction(JUMP_GREATER_EQUAL, X32_BIT, 0, 1), _refuse(errno.EPERM)]
    for numbers in REFUSED.values():
        if numbers[column] >= 0:
            program += [Instruction(JUMP_EQUAL, numbers[column], 0, 1), _refuse(errno.EPERM)]
    # Without clone3 the C library falls back to clone, whose flags can be looked at: threads yes, processes no.
    program += [Instruction(JUMP_EQUAL, CLONE3[column], 0, 1), _refuse(errno.ENOSYS)]
    program += _only_if(CLONE[column], Instruction(JUMP_ANY_BIT, CLONE_THREAD, 0, 1))
    program += _only_if(KILL_CALL[column], Instruction(JUMP_EQUAL, pid, 0, 1))
    program += _only_if(TGKILL[column], Instruction(JUMP_EQUAL, pid, 0, 1))
    program += _only_if(PRLIMIT[column], Instruction(JUMP_EQUAL, 0, 0, 1))
    program += _unless(PRCTL[column], PR_SET_PDEATHSIG)
    return [*program, Instruction(RETURN, ALLOW)]


def _refuse(number: int) -> Instruction:
    return Instruction(RETURN, REFUSE | number)


def _only_if(call: int, test: Instruction) -> list[Instruction]:
    """Allows `call` where its first argument passes the test (jumps 0 on true, 1 on false)."""
    return [Instruction(JUMP_EQUAL, call, 0, 4), Instruction(LOAD, FIRST_ARGUMENT), test, Instruction(RETURN, ALLOW), _refuse(errno.EPERM)]


def _unless(call: int, argument: int) -> list[Instruction]:
    return _only_if(call, Instruction(JUMP_EQUAL, argument, 1, 0))


def _prctl(option: int, second: int, third: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(second), ctypes.c_ulong(third), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")
