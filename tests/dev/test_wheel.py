"""The built wheel is the whole program, interface included: installed by pip it runs like the checkout."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cascadia import __version__

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a fresh environment: the wheel, and its dependencies as this environment has them."""
    venv = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    uv = ROOT / ".venv/bin/uv"
    install: list[str | Path] = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", venv / "bin/python", wheel]
    subprocess.run(install, check=True, env={**os.environ, "UV_CACHE_DIR": str(venv / "cache")})
    (site,) = venv.glob("lib/python3*/site-packages")
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return venv / "bin"


def test_the_wheel_has_every_file_of_the_program_and_of_the_interface_and_nothing_else(wheel: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "src/cascadia"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    built = ROOT / "web/dist"
    interface = {f"cascadia/web/dist/{path.relative_to(built)}" for path in built.rglob("*") if path.is_file()}
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert names == {path.removeprefix("src/") for path in tracked} | interface


def test_the_command_runs_and_says_its_version(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run([installed / "cascadia", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"{__version__}\n", "")


@pytest.fixture
def address(installed: Path) -> Iterator[str]:
    """Where `cascadia up` of the wheel serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = tempfile.mkdtemp(prefix="cascadia-test-")
    environment = {"PATH": os.environ["PATH"], "HOME": data, "DATA_DIR": data, "PORT": str(port), "GRACE_SECONDS": "5"}
    process = subprocess.Popen([installed / "cascadia", "up"], cwd=data, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        assert process.stdout.readline().startswith(f"Cascadia is at http://localhost:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        process.stdout.close()
        process.wait(60)
        shutil.rmtree(data, ignore_errors=True)


def test_what_is_installed_serves_the_interface_with_its_scripts(address: str) -> None:
    page = httpx.get(f"{address}/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    scripts = re.findall(r'src="(/assets/[^"]+\.js)"', page.text)
    assert scripts
    answers = [httpx.get(f"{address}{script}") for script in scripts]
    assert [(answer.status_code, answer.headers["Content-Type"].partition(";")[0]) for answer in answers] == [
        (200, "text/javascript") for _ in scripts
    ]
    assert {answer.headers["Content-Encoding"] for answer in answers} == {"gzip"}
    assert httpx.get(f"{address}/api/v1/openapi.json").json()["info"]["version"] == __version__
