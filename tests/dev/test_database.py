"""`./dev psql` and `./dev reset`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cascadia.kernel.embedded import start

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="cascadia-test-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def tool(folder: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "tools.database", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, input=typed, capture_output=True, text=True, check=False)


def test_psql_speaks_to_the_database_that_runs_in_the_data_folder(folder: Path) -> None:
    assert tool(folder, "psql").stderr == f"dev: no database runs in {folder}: start it with ./dev up\n"
    embedded = start(folder)
    try:
        done = tool(folder, "psql", "-At", "-c", "SELECT current_user, current_database()")
    finally:
        embedded.stop()
    assert (done.stdout, done.stderr, done.returncode) == ("cascadia|cascadia\n", "", 0)


def test_reset_deletes_only_when_told_so_and_only_what_nobody_uses(folder: Path) -> None:
    embedded = start(folder)
    try:
        refused = tool(folder, "reset", typed="delete\n")
    finally:
        embedded.stop()
    assert refused.returncode == 1
    assert "is in use by another Cascadia" in refused.stderr
    assert tool(folder, "reset", typed="yes\n").stderr == "dev: nothing was deleted\n"
    assert (folder / "postgres/PG_VERSION").exists()
    assert tool(folder, "reset", typed="delete\n").returncode == 0
    assert not folder.exists()


def test_reset_leaves_a_folder_alone_that_is_not_cascadias(folder: Path) -> None:
    (folder / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert tool(folder, "reset", typed="delete\n").stderr == f"dev: {folder} is no data folder of Cascadia; nothing was deleted\n"
    assert (folder / "thesis.txt").exists()
