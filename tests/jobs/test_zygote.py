"""The process that workers fork their children from, at its end."""

import os
import socket
import subprocess
import sys


def test_a_worker_that_dies_before_it_read_the_answers_leaves_a_zygote_that_ends_without_a_word() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = (sys.executable, "-m", "cascadia.jobs.zygote", str(theirs.fileno()), str(os.getpid()), "builtins:print")
        zygote = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert ours.recv(1, socket.MSG_PEEK)
        ours.close()
        said, _ = zygote.communicate(timeout=60)
    assert (zygote.returncode, said) == (0, b"")
