"""`./dev`: what it says when it cannot go on, and that what it installs is what is locked."""

import re
import subprocess
from pathlib import Path

import pytest

from cascadia.cli import exits

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-web.lock")


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", text, re.MULTILINE))


def test_a_python_that_is_too_old_is_told() -> None:
    hide = "for p in /usr/bin/python3* /usr/local/bin/python3*; do [ -e $p ] && mount --bind /bin/false $(readlink -f $p) || true; done; "
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "bash", "-c", f"{hide} PATH=/usr/bin:/bin exec ./dev cascadia --version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exits.PYTHON_TOO_OLD
    assert "Cascadia needs Python 3.11 or newer, and this machine has none" in done.stderr
    assert done.stdout == ""


def test_an_unknown_command_is_told_with_those_that_exist() -> None:
    done = subprocess.run(["./dev", "fly"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (exits.USAGE, "")
    assert done.stderr.startswith("dev: there is no 'fly'; these exist:\n./dev up ")


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_pin_every_package_by_hash_and_name_no_registry(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.split("\n", 2)[2])
    assert pins(lock)
    assert [entry for entry in entries if entry.strip() and "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "index-url" not in text


def test_what_is_tested_is_what_is_run() -> None:
    program, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: development.get(name) for name in program} == program


def test_the_lock_of_the_interface_names_no_registry() -> None:
    text = (ROOT / "web/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert '"integrity"' in text
