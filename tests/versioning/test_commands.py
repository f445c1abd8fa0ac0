"""`cascadia history verify` on a server's own database."""

import json
import os
import subprocess
import sys
from pathlib import Path

from cascadia.kernel.db import Database
from tests.versioning.past import six_commits, superuser


def verify(url: str, folder: Path, *options: str) -> tuple[int, str, str]:
    """How the command ends and what it prints."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "DATA_DIR": str(folder)}
    command = (sys.executable, "-P", "-m", "cascadia.cli", "history", "verify", *options)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


async def test_the_command_prints_the_newest_commit_or_what_was_changed(database: Database, database_url: str, tmp_path: Path) -> None:
    await six_commits(database)
    code, told, _ = verify(database_url, tmp_path)
    assert (code, told.startswith("6 commits and 6 events of the audit trail are as they were written. Newest: 6:")) == (0, True)
    head = told.split()[-1]
    with superuser(database_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit SET address = '192.0.2.1' WHERE id = 2")
        connection.execute("UPDATE item_v SET name = 'x' WHERE from_seq = 5")
    commit = "commit 5: its author, message or rows are not those that were committed (among item of P-000001)"
    event = "event 2 (seal 2) is not what was sealed: it was changed or exchanged"
    assert verify(database_url, tmp_path, "--known", head)[:2] == (1, f"{commit}\n{event}\n")
    code, told, _ = verify(database_url, tmp_path, "--json")
    assert (code, json.loads(told)) == (1, {"holds": False, "head": head, "commits": 6, "events": 6, "faults": [commit, event]})
    other = f"6:{'0' * 64}"
    noted = f"commit 6 is not the one that was noted: {head.partition(':')[2]}"
    assert verify(database_url, tmp_path, "--known", other)[:2] == (1, f"{commit}\n{noted}\n{event}\n")


def test_a_noted_commit_that_is_none_is_refused_in_words(database_url: str, tmp_path: Path) -> None:
    told = "cascadia: --known 6-abc: a commit is noted as NUMBER:HASH, with at least eight digits of the hash.\n"
    assert verify(database_url, tmp_path, "--known", "6-abc") == (1, "", told)
