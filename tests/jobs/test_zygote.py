"""The process that workers fork their children from, at its end."""

import os
import socket
import subprocess
import sys

from cascadia.jobs.zygote import RUN


def ended(begun: bytes) -> tuple[int, bytes]:
    """The exit code of a zygote, and what it said, after a worker that sent so much, read no answer and was killed."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = (sys.executable, "-m", "cascadia.jobs.zygote", str(theirs.fileno()), str(os.getpid()), "builtins:print")
        zygote = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert ours.recv(1, socket.MSG_PEEK)
        ours.sendall(begun)
        ours.close()
        said, _ = zygote.communicate(timeout=60)
    return zygote.returncode, said


def test_a_worker_that_dies_before_it_read_the_answers_leaves_a_zygote_that_ends_without_a_word() -> None:
    assert ended(b"") == (0, b"")


def test_a_worker_that_dies_in_the_middle_of_a_command_leaves_none_that_waits_for_the_rest() -> None:
    assert ended(RUN) == (0, b"")
