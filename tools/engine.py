"""A Docker engine: the machine's own where one answers, else a private one of this checkout, stopped by its recorded pid.

Standard library only.
"""

import ipaddress
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PRIVATE: Final = ROOT / ".tools/docker"
CONFIG: Final = ROOT / ".tools/docker-config"
START_SECONDS: Final = 60
STARTED: Final["list[subprocess.Popen[bytes]]"] = []
"""Kept as long as this process: an engine outlives who started it."""
STOP_SECONDS: Final = 60


class NoEngine(Exception):
    """There is no engine and none can be started; the text says how to get one."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Where the engine listens. `private`: it was started here."""

    host: str
    private: bool

    @property
    def environment(self) -> dict[str, str]:
        """The environment for `docker` and `docker-compose`."""
        CONFIG.mkdir(parents=True, exist_ok=True)
        return {
            **os.environ,
            "DOCKER_HOST": self.host,
            "DOCKER_CONFIG": str(CONFIG),
            "DOCKER_BUILDKIT": "0",
            "COMPOSE_DOCKER_CLI_BUILD": "0",
        }

    def run(self, *arguments: str, check: bool = True, timeout: float = 900) -> str:
        """`docker ARGUMENTS`: what it printed; `RuntimeError` with its words where it failed."""
        done = subprocess.run(
            ["docker", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )
        if check and done.returncode:
            raise RuntimeError(f"docker {' '.join(arguments)}: {(done.stderr or done.stdout).strip()[-2000:]}")
        return done.stdout

    def inspect(self, thing: str) -> dict[str, object]:
        """What the engine knows of a container, image or network."""
        found: list[dict[str, object]] = json.loads(self.run("inspect", thing))
        return found[0]

    @property
    def gateway(self) -> str:
        """The address of this machine that every container reaches."""
        found: dict[str, str] = json.loads(self.run("network", "inspect", "bridge", "--format", "{{json (index .IPAM.Config 0)}}"))
        # An engine at its first start names the subnet alone; the bridge has its first address.
        return found.get("Gateway") or str(next(ipaddress.ip_network(found["Subnet"]).hosts()))


def engine() -> Engine:
    """The machine's engine, or a private one, started where it does not run yet. Raises `NoEngine`."""
    if found := of_machine():
        return found
    mine = Engine(f"unix://{_socket()}", private=True)
    if not _answers(mine.host):
        _start(mine.host)
    return mine


def of_machine() -> Engine | None:
    """The engine that runs on this machine for everybody, or that DOCKER_HOST names."""
    hosts = filter(None, (os.environ.get("DOCKER_HOST"), "unix:///var/run/docker.sock"))
    return next((Engine(host, private=False) for host in hosts if _answers(host)), None)


def _sockets() -> Path:
    """Where the engine keeps its sockets: short enough for a socket's name (107 bytes), wherever the checkout lies."""
    return Path(f"/run/cascadia-docker-{ROOT.stat().st_ino}")


def _socket() -> Path:
    return _sockets().with_suffix(".sock")


def _answers(host: str) -> bool:
    if host.startswith("unix://") and not Path(host.removeprefix("unix://")).exists():
        return False
    try:
        done = subprocess.run(["docker", "version"], env={**os.environ, "DOCKER_HOST": host}, capture_output=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _start(host: str) -> None:
    if os.geteuid() != 0:
        raise NoEngine("no Docker engine answers, and only root can start one: start Docker, or leave it out by --without docker")
    PRIVATE.mkdir(parents=True, exist_ok=True)
    command = ["dockerd", f"--data-root={PRIVATE}/data", f"--exec-root={_sockets()}", "-H", host, "-p", str(PRIVATE / "pid")]
    with (PRIVATE / "log").open("wb") as log:
        try:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        except FileNotFoundError as error:
            raise NoEngine("Docker is not installed: apt-get install --no-install-recommends docker.io iptables docker-compose") from error
    STARTED.append(process)
    deadline = time.monotonic() + START_SECONDS
    while not _answers(host):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NoEngine(f"the Docker engine does not start: {_last_words()}")
        time.sleep(0.2)


def _last_words() -> str:
    lines = (PRIVATE / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " | ".join(lines[-3:])


def stop() -> None:
    """Stops the private engine, if it runs; its containers with it."""
    try:
        pid = int((PRIVATE / "pid").read_text())
        os.kill(pid, signal.SIGTERM)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
    for process in [process for process in STARTED if process.pid == pid]:
        process.wait(STOP_SECONDS)
        STARTED.remove(process)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and runs(pid):
        time.sleep(0.1)


def runs(pid: int) -> bool:
    """What has ended and waits for somebody to take note does not run: whoever started the engine may be gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


COMPOSE_1: Final = ("docker-compose",)
COMPOSE_2: Final = ("docker", "compose")


def compose(
    the_engine: Engine,
    folder: Path,
    project: str,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    check: bool = True,
    command: Sequence[str] = COMPOSE_1,
) -> str:
    """`docker-compose ARGUMENTS` in a folder, as a person types it there; `RuntimeError` with its words where it failed.

    Without `check` what it said is returned all the same.
    """
    environment = {**the_engine.environment, "COMPOSE_PROJECT_NAME": project, **(variables or {})}
    done = subprocess.run([*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode and check:
        words = (done.stderr or done.stdout).strip()[-3000:]
        raise RuntimeError(f"{' '.join([*command, *arguments])} in {folder.name}: {words}")
    return done.stdout if check else done.stdout + done.stderr
