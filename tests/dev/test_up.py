"""`cascadia up` as a person meets it: what it says, how it ends, and that it stops whole."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cascadia.cli import exits
from tests.until import wait_until

DEADLINE_SECONDS = 180
UP = (sys.executable, "-P", "-m", "cascadia.cli", "up")


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="cascadia-test-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "DATA_DIR": str(folder), "PORT": str(port), "GRACE_SECONDS": "5", **more}


def refusal(command: Sequence[str], env: dict[str, str]) -> tuple[int, str]:
    """Exit code and what was said on stderr, which is one line."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr


def until(found: Callable[[], object], what: str) -> None:
    wait_until(found, DEADLINE_SECONDS, why=lambda: f"waited in vain: {what}")


@contextmanager
def program(env: dict[str, str], *, new: bool = True) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A running `cascadia up` and the lines that it printed until it was ready: one more where nobody has set it up."""
    process = subprocess.Popen(UP, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        lines = [process.stdout.readline().strip() for _ in range(2 if new else 1)]
        yield process, lines
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.stdout.read()
        process.stdout.close()
        process.wait(DEADLINE_SECONDS)


def parts(supervisor: int) -> dict[str, int]:
    """The living children of the program by the word that tells them apart."""
    found: dict[str, int] = {}
    for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text(encoding="ascii").split():
        words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
        found |= {name: int(child) for name in ("app", "worker", "postgres") if any(word.endswith(name) for word in words)}
    return found


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in {"Z", "X"}


def test_it_says_where_it_is_and_stops_whole(folder: Path, port: int) -> None:
    with program(environment(folder, port)) as (process, lines):
        assert lines[0] == f"Cascadia is at http://localhost:{port}"
        assert httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
        running = parts(process.pid)
        assert sorted(running) == ["app", "postgres", "worker"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_SECONDS) == 0
        assert [name for name, pid in running.items() if alive(pid)] == []
        assert "database system is shut down" in (folder / "logs/postgres.log").read_text(encoding="utf-8")


def test_what_it_keeps_is_for_its_own_account(folder: Path, port: int) -> None:
    with program(environment(folder, port)):
        kept = {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir() if path.name not in {"run", "binaries"}}
    assert {"cascadia.json", "cascadia.lock", "logs", "postgres"} <= kept.keys()
    assert [name for name, others in kept.items() if others] == []


def test_the_first_start_is_in_its_address_and_beside_it_needs_no_token(folder: Path, port: int) -> None:
    env = environment(folder, port)
    password = folder / "password"
    password.write_text("a long password of mine\n", encoding="utf-8")
    url = f"http://localhost:{port}"
    person = ("--organisation", "Acme", "--email", "ada@example.org", "--password-file", str(password))
    setup = (*UP[:-1], "setup", "--url", url, *person)
    with program(env) as (_, lines):
        kept = folder / "setup-token"
        token = kept.read_text(encoding="utf-8").strip()
        assert lines[1] == f"Nobody has set it up yet. Open {url}/#token={token} to create the administrator; Ctrl-C stops it."
        assert kept.stat().st_mode & 0o777 == 0o600
        elsewhere = {**env, "DATA_DIR": str(folder / "elsewhere"), "XDG_CONFIG_HOME": str(folder)}
        assert refusal(setup, elsewhere)[0] == exits.FAILED
        done = subprocess.run(setup, env={**elsewhere, "DATA_DIR": str(folder)}, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout == f"Signed in at {url} as ada@example.org.\n"
        assert not kept.exists()
    with program(env, new=False) as (_, lines):
        assert lines == [f"Cascadia is at {url}"]
        assert not kept.exists()


def test_ctrl_c_stops_it_like_sigterm(folder: Path, port: int) -> None:
    with program(environment(folder, port)) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_SECONDS) == 0


def test_a_part_that_dies_is_started_again(folder: Path, port: int) -> None:
    with program(environment(folder, port)) as (process, _):
        before = parts(process.pid)
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        until(
            lambda: parts(process.pid).keys() == before.keys() and not set(parts(process.pid).values()) & set(before.values()), "new parts"
        )

        def answers() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).status_code == 200
            except httpx.TransportError:
                return False

        until(answers, "a good answer after the restart")


def test_nothing_survives_kill_9_and_the_next_start_goes_on(folder: Path, port: int) -> None:
    with program(environment(folder, port)) as (process, _):
        running = parts(process.pid)
        process.kill()
        process.wait()
        until(lambda: not any(alive(pid) for pid in running.values()), "the parts end with their parent")
    with program(environment(folder, port)) as (_, lines):
        assert lines[0] == f"Cascadia is at http://localhost:{port}"


def test_a_taken_port_is_told(folder: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        code, said = refusal(UP, environment(folder, port))
    assert (code, said) == (
        exits.PORT_TAKEN,
        f"cascadia: Port {port} on 127.0.0.1 is taken by another program: stop that one, or choose another with PORT.\n",
    )


def test_a_folder_in_use_is_told(folder: Path, port: int) -> None:
    with program(environment(folder, port)) as (process, _):
        code, said = refusal(UP, environment(folder, port + 1))
    assert code == exits.FOLDER_IN_USE
    assert f"{folder} is in use by another Cascadia (process {process.pid})" in said


def test_a_folder_of_a_newer_version_is_told(folder: Path, port: int) -> None:
    (folder / "cascadia.json").write_text(json.dumps({"layout": 99, "written_by": "9.1.0"}), encoding="utf-8")
    code, said = refusal(UP, environment(folder, port))
    assert code == exits.NEWER_DATA
    assert "was written by Cascadia 9.1.0, which is newer" in said


def test_a_folder_that_cannot_be_written_is_told(folder: Path, port: int) -> None:
    (folder / "file").write_text("not a folder", encoding="utf-8")
    code, said = refusal(UP, environment(folder / "file", port))
    assert code == exits.FOLDER_UNUSABLE
    assert "cannot be written" in said


def test_a_full_disk_is_told(folder: Path, port: int) -> None:
    small = f'mount -t tmpfs -o size=40m tmpfs "{folder}" && exec "$@"'
    code, said = refusal(["unshare", "--map-root-user", "--mount", "sh", "-c", small, "sh", *UP], environment(folder, port))
    assert code == exits.FOLDER_UNUSABLE
    assert said == f"cascadia: The disk that holds {folder} is full: free some space, or choose another DATA_DIR.\n"


def test_a_wrong_setting_is_told_by_its_name(folder: Path, port: int) -> None:
    code, said = refusal(UP, environment(folder, port, GRACE_SECONDS="soon"))
    assert (code, said) == (exits.USAGE, "cascadia: GRACE_SECONDS should be a valid integer, unable to parse string as an integer.\n")


@pytest.mark.parametrize("command", ("app", "worker", "migrate"))
def test_a_server_without_a_database_is_told(folder: Path, port: int, command: str) -> None:
    code, said = refusal([*UP[:-1], command], environment(folder, port))
    assert code == exits.USAGE
    assert said == "cascadia: DATABASE_URL is not set: name the database, or run everything with `cascadia up`.\n"
