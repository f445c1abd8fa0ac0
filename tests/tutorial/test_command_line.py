"""`docs/tutorial/command-line.md` is followed to the letter, in a home of its own, with another port."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "command-line.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
FOLDER = "/var/tmp/cascadia-tutorial"
PATIENCE_SECONDS = 120


@dataclass
class Step:
    """One command of the page and the lines that it is shown to print; `…` stands for anything."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps(text: str) -> list[Step]:
    found: list[Step] = []
    for line in "".join(BLOCK.findall(text)).splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:]))
        else:
            found[-1].shown.append(line)
    return found


def missing(shown: list[str], printed: str) -> list[str]:
    """Lines of the page that the command did not print, whatever it printed besides."""
    patterns = {line: re.compile(".*".join(re.escape(piece.strip()) for piece in line.split("…"))) for line in shown}
    lines = printed.splitlines()
    return [line for line, pattern in patterns.items() if not any(pattern.search(there) for there in lines)]


@pytest.fixture
def home() -> Iterator[Path]:
    yield from folder()


@pytest.fixture
def data() -> Iterator[Path]:
    yield from folder()


def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="cascadia-tutorial-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.timeout(400)
def test_the_page_works_as_written(home: Path, data: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | {"HOME": str(home), "NO_COLOR": "1"}
    start, *others = steps(PAGE.read_text(encoding="utf-8").replace("3100", str(port)).replace(FOLDER, str(data)))
    with running(start, home, env):
        assert len(others) > 12
        for step in others:
            done = subprocess.run(
                ["bash", "-c", step.command],
                cwd=ROOT,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
            assert done.returncode == 0, f"$ {step.command}\n{done.stdout}"
            assert missing(step.shown, done.stdout) == [], f"$ {step.command}\n{done.stdout}"
    assert (data / "files").is_dir()


@contextmanager
def running(start: Step, home: Path, env: dict[str, str]) -> Iterator[None]:
    """The program of the page's first command, from what it prints to its orderly end."""
    command = start.command.replace("./dev up", "exec ./dev up")
    with (home / "log").open("wb") as log:
        program = subprocess.Popen(["bash", "-c", command], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(start.shown, home / "log", program)
            yield
        finally:
            program.send_signal(signal.SIGTERM)
            ended = program.wait(PATIENCE_SECONDS)
    assert ended == 0


def wait_for(shown: list[str], log: Path, program: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while missing(shown, printed := log.read_text(encoding="utf-8", errors="replace")):
        assert program.poll() is None, printed
        assert time.monotonic() < deadline, printed
        time.sleep(0.2)
