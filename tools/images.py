"""The images that the compose files name: pulled where that works, else made here under the same names (`tests/images/`).

Standard library only.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tools import debian
from tools.engine import PRIVATE, ROOT, Engine, NoEngine, engine

BASE: Final = "debian:bookworm-slim"
STAND_INS: Final[Mapping[str, str]] = {
    "postgres:18": "postgres",
    "rabbitmq:4-management": "rabbitmq",
    "chrislusf/seaweedfs:4.48": "seaweedfs",
    "nginx:1.28": "nginx",
}
OURS: Final[Mapping[str, str]] = {"cascadia/app:0.1.0": "app", "cascadia/worker:0.1.0": "worker"}
LABEL: Final = "cascadia.stand-in"
PULL_SECONDS: Final = 120
CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"


def ensure(the_engine: Engine) -> dict[str, str]:
    """Makes every image that is missing, ours beside the others.

    For each, what it is: `pulled`, `made here`, or `built` with its size over the base.
    """
    had = {name: _origin(the_engine, name) for name in (BASE, *STAND_INS)}
    if had[BASE] is None:
        had[BASE] = _pull(the_engine, BASE) or _make_base(the_engine)
    with ThreadPoolExecutor(1) as beside:
        ours = beside.submit(_build_ours, the_engine, _size(the_engine, BASE))
        for name, folder in STAND_INS.items():
            if had[name] is None:
                had[name] = _pull(the_engine, name) or _make(the_engine, name, folder)
        return {**{name: origin or "" for name, origin in had.items()}, **ours.result()}


def _build_ours(the_engine: Engine, base: int) -> dict[str, str]:
    """Always built, from the Dockerfile of this checkout: the layers that did not change are kept."""
    built = {}
    for name, target in OURS.items():
        the_engine.run("build", "--network=host", f"--target={target}", f"--tag={name}", str(ROOT))
        built[name] = f"built, {(_size(the_engine, name) - base) / 1e6:.0f} MB over the base"
    return built


def _origin(the_engine: Engine, name: str) -> str | None:
    found = the_engine.run("image", "ls", "--format", "{{.ID}}", name).strip()
    if not found:
        return None
    labels = json.loads(the_engine.run("image", "inspect", "--format", "{{json .Config.Labels}}", name)) or {}
    return "made here" if LABEL in labels else "pulled"


def _pull(the_engine: Engine, name: str) -> str | None:
    try:
        the_engine.run("pull", "--quiet", name, timeout=PULL_SECONDS)
    except (RuntimeError, subprocess.TimeoutExpired):
        return None
    return "pulled"


def _make(the_engine: Engine, name: str, folder: str) -> str:
    the_engine.run("build", "--network=host", f"--tag={name}", f"--label={LABEL}={folder}", str(ROOT / "tests/images" / folder))
    return "made here"


def _make_base(the_engine: Engine) -> str:
    """A minimal Debian 12 by debootstrap, with this machine's ways to its package registries."""
    need_debootstrap()
    root = PRIVATE.parent / "bookworm"
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(root)], check=True, stdout=subprocess.DEVNULL
    )
    _trust_what_this_machine_trusts(root)
    for path in ("etc/apt", "etc/ssl/certs"):
        shutil.rmtree(root / path, ignore_errors=True)
        shutil.copytree(Path("/") / path, root / path, symlinks=False, ignore_dangling_symlinks=True)
    for path in ("etc/pip.conf", "etc/npmrc"):
        if (Path("/") / path).exists():
            shutil.copy2(Path("/") / path, root / path)
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)
    trust = " ".join(f"{name}={CERTIFICATES}" for name in ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"))
    with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as tar:
        command = ["docker", "import", "--change", f"ENV {trust}", "--change", f"LABEL {LABEL}=debootstrap", "-", BASE]
        subprocess.run(command, stdin=tar.stdout, env=the_engine.environment, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(root, ignore_errors=True)
    return "made here"


def need_debootstrap() -> None:
    """Installs what makes a Debian from nothing, or raises `NoEngine` with the command that does."""
    if shutil.which("debootstrap"):
        return
    if os.geteuid() != 0:
        raise NoEngine(f"{BASE} cannot be pulled, and making it here needs debootstrap. As root: apt-get install debootstrap")
    debian.install(["debootstrap"], ROOT)


def _trust_what_this_machine_trusts(root: Path) -> None:
    """Authorities of this machine that Debian does not have go where they outlast an update of Debian's own list."""
    end = "-----END CERTIFICATE-----"
    theirs = (root / CERTIFICATES.lstrip("/")).read_text(encoding="ascii", errors="replace")
    for number, block in enumerate(Path(CERTIFICATES).read_text(encoding="ascii", errors="replace").split(end)[:-1]):
        certificate = block[block.index("-----BEGIN") :] + end + "\n"
        if certificate not in theirs:
            (root / f"usr/local/share/ca-certificates/machine-{number}.crt").write_text(certificate, encoding="ascii")


def _size(the_engine: Engine, name: str) -> int:
    return int(the_engine.run("image", "inspect", "--format", "{{.Size}}", name))


def tell(found: Mapping[str, str]) -> None:
    """One line for each image."""
    for name, origin in found.items():
        print(f"images: {name}: {origin}", flush=True)


if __name__ == "__main__":
    if os.geteuid() != 0 and not os.environ.get("DOCKER_HOST"):
        print("images: making images needs root", file=sys.stderr)
    try:
        tell(ensure(engine()))
    except (NoEngine, debian.NotToBeHad, RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(f"images: {error}")
