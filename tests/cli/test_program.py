"""The command as people meet it: its name, its questions, its completion, Ctrl-C."""

import os
import pty
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Final

import pytest

PROGRAM: Final = (sys.executable, "-P", "-m", "cascadia.cli")


def run(*arguments: str, home: Path, stdin: int | None = subprocess.DEVNULL, **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "140", **environment}
    return subprocess.run((*PROGRAM, *arguments), env=environ, stdin=stdin, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("arguments", (("--help",), ("user", "--help"), ("user", "add", "--help"), ("nonsense",), ("line", "add")))
def test_the_program_calls_itself_by_its_name(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, home=tmp_path)
    said = done.stdout + done.stderr
    assert "Usage: cascadia" in said
    assert "python" not in said


def test_completion_can_be_installed(tmp_path: Path) -> None:
    done = run("--show-completion", "bash", home=tmp_path, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert (done.returncode, "_CASCADIA_COMPLETE=complete_bash" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "--install-completion" in run("--help", home=tmp_path).stdout


def test_a_password_is_not_asked_where_nobody_can_answer(tmp_path: Path) -> None:
    done = run("login", "--email", "ada@example.org", "--url", "http://127.0.0.1:9", home=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--password-file" in done.stderr


def test_a_new_password_is_asked_twice_on_a_terminal_and_never_shown(tmp_path: Path) -> None:
    terminal, inside = pty.openpty()
    arguments = ("setup", "--organisation", "Acme", "--email", "ada@example.org", "--url", "http://127.0.0.1:9")
    environ = {**os.environ, "HOME": str(tmp_path), "DATA_DIR": str(tmp_path), "NO_COLOR": "1"}
    program = subprocess.Popen((*PROGRAM, *arguments), env=environ, stdin=inside, stderr=subprocess.PIPE, start_new_session=True)
    assert program.stderr
    said = b""
    for typed in (b"correct horse battery", b"another one", b"correct horse battery", b"correct horse battery"):
        while not said.endswith((b"Password: ", b"confirmation: ")):
            piece = os.read(program.stderr.fileno(), 1)
            assert piece, said
            said += piece
        said += b"<"
        os.write(terminal, typed + b"\n")
    said += program.communicate(timeout=60)[1]
    os.close(inside)
    os.close(terminal)
    assert b"do not match" in said
    assert b"horse" not in said
    assert b"http://127.0.0.1:9 does not answer" in said


def test_ctrl_c_is_quiet_while_the_program_is_still_being_read(tmp_path: Path) -> None:
    """The signal comes when the first module of the command line is imported."""
    script = f"""
    import os, signal, sys

    class Interrupting:
        def find_spec(self, name, path=None, target=None):
            if name == "typer":
                os.kill(os.getpid(), {signal.SIGINT.value})

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    sys.meta_path.insert(0, Interrupting())
    sys.argv = ["cascadia", "--help"]
    from cascadia.cli import main
    main()
    """
    done = subprocess.run((sys.executable, "-P", "-c", textwrap.dedent(script)), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
