"""`./dev cluster`: the seed's whole fleet on this machine, from the folders of `deployments/` themselves, on a real Docker engine.

    ./dev cluster up | status | down
    ./dev cluster kill NAME | pause NAME | resume NAME | cut NAME | mend NAME | logs NAME

Each server is a copy of its folder with its own `.env` and its own compose project, so its own network: a cut is a true partition.
NAME is a server (app1, app2, jobs1, jobs2, cad), `balancer`, or postgres, rabbitmq, seaweedfs of the infrastructure server.
"""

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tools import engine as engines
from tools import images
from tools.cluster_files import NGINX, certificate, write_env
from tools.debian import NotToBeHad
from tools.engine import ROOT, Engine, compose

STATE: Final = ROOT / ".tools/cluster"
DEPLOYMENTS: Final = ROOT / "deployments"
APPS: Final[Mapping[str, str]] = {"app1": "127.0.0.2", "app2": "127.0.0.3"}
JOBS: Final[Mapping[str, str]] = {"jobs1": "*", "jobs2": "*", "cad": "conversion.cad"}
INFRASTRUCTURE: Final = ("postgres", "rabbitmq", "seaweedfs")
BALANCER: Final = "balancer"
PORTS: Final[Mapping[str, str]] = {"POSTGRES_PORT": "5432", "RABBITMQ_PORT": "5672", "S3_PORT": "9000"}
PREFIX: Final = "cascadia-fleet"
HTTPS_PORT: Final = 8443
READY_SECONDS: Final = 240
CHECK_SECONDS: Final = 15
OVERRIDE: Final = "docker-compose.override.yml"
LABELS: Final = ("project", "service")
FACTS: Final = "\t".join(
    ("{{.Names}}", "{{.Status}}", "{{.Networks}}", *(f'{{{{.Label "com.docker.compose.{name}"}}}}' for name in LABELS))
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What tells one fleet from another one on the same machine: its servers, its ports, and which compose takes its folders."""

    prefix: str = PREFIX
    apps: Mapping[str, str] = field(default_factory=lambda: APPS)
    jobs: Mapping[str, str] = field(default_factory=lambda: JOBS)
    compose: tuple[str, ...] = engines.COMPOSE_1
    ports: Mapping[str, str] = field(default_factory=dict)
    """Of the infrastructure server, where they are not those of the seed, by the names of its `.env`."""

    def port(self, name: str) -> str:
        """The one that is opened for a service."""
        return self.ports.get(name, PORTS[name])


@dataclass(frozen=True, slots=True)
class Server:
    """One server of the fleet: a copy of a deployment folder."""

    name: str
    folder: Path
    project: str


@dataclass
class Fleet:
    """All servers. Follow the seed by `up`; names of containers are looked up as they are now."""

    engine: Engine
    state: Path = STATE
    https_port: int = HTTPS_PORT
    plan: Plan = field(default_factory=Plan)
    servers: dict[str, Server] = field(default_factory=dict)

    def __post_init__(self) -> None:
        folders = {"infrastructure": "infrastructure", **dict.fromkeys(self.plan.apps, "app"), **dict.fromkeys(self.plan.jobs, "jobs")}
        for name, folder in folders.items():
            self.servers[name] = Server(name, self.state / name / "deployments/distributed" / folder, f"{self.plan.prefix}-{name}")

    # -- the steps of the seed

    def up(self) -> None:
        """Infrastructure, app servers, jobs servers, balancer: each as its folder and its `.env.example` say."""
        self.write_settings()
        for name in self.servers:
            self.start(name)
        self._start_balancer()

    def start(self, name: str) -> None:
        """`docker-compose up -d` on one server."""
        variables = {"JOB_TYPES": self.plan.jobs[name]} if name in self.plan.jobs else {}
        self.compose(name, "up", "-d", variables=variables)

    def add_app(self, name: str, address: str) -> str:
        """One more app server, like the others but for its address; its name."""
        like = self.servers[next(iter(self.plan.apps))]
        server = Server(name, self.state / name / "deployments/distributed/app", f"{self.plan.prefix}-{name}")
        server.folder.mkdir(parents=True, exist_ok=True)
        for file in ("docker-compose.yml", ".env.example", ".env"):
            shutil.copy2(like.folder / file, server.folder / file)
        write_env(server.folder, {"APP_ADDRESS": address}, base=".env")
        self.servers[name] = server
        return name

    def remove(self, name: str) -> None:
        """Takes a server away again."""
        self.compose(name, "down", "--volumes")
        shutil.rmtree(self.servers.pop(name).folder)

    def write_settings(self, **others: str) -> None:
        """The folders of all servers with the `.env` of each; app and jobs servers are told `others` besides."""
        self.copy_folders()
        for name, server in self.servers.items():
            write_env(server.folder, {**self.settings(name), **(others if name != "infrastructure" else {})})

    def settings(self, name: str) -> dict[str, str]:
        """What a person types into a server's `.env`."""
        passwords, address = self._passwords(), self.engine.gateway
        if name == "infrastructure":
            return {
                "POSTGRES_PASSWORD": passwords["postgres"],
                "RABBITMQ_DEFAULT_PASS": passwords["rabbitmq"],
                "S3_SECRET_KEY": passwords["s3"],
                "INFRASTRUCTURE_ADDRESS": address,
                **self.plan.ports,
            }
        shared = {
            "DATABASE_URL": f"postgresql://cascadia:{passwords['postgres']}@{address}:{self.plan.port('POSTGRES_PORT')}/cascadia",
            "RABBITMQ_URL": f"amqp://cascadia:{passwords['rabbitmq']}@{address}:{self.plan.port('RABBITMQ_PORT')}/cascadia",
            "S3_ENDPOINT": f"http://{address}:{self.plan.port('S3_PORT')}",
            "S3_SECRET_KEY": passwords["s3"],
        }
        if name in self.plan.jobs:
            return {**shared, "WORKER_CONCURRENCY": "2"}
        return {**shared, "APP_ADDRESS": self.plan.apps[name], "DRAIN_SECONDS": "3"}

    def down(self) -> None:
        """Stops everything and removes it, with its data."""
        containers = self.engine.run("ps", "--all", "--quiet", "--filter", f"name={self.plan.prefix}").split()
        if containers:  # at once: nobody waits for anything that they still do
            self.engine.run("rm", "--force", "--volumes", *containers, check=False)
        for server in reversed(self.servers.values()):
            if server.folder.exists():
                self.compose(server.name, "down", "--volumes", "--timeout", "5")
        shutil.rmtree(self.state, ignore_errors=True)

    def compose(self, name: str, *arguments: str, check: bool = True, variables: Mapping[str, str] | None = None) -> str:
        """`docker-compose ARGUMENTS` on a server, with variables of its shell."""
        server = self.servers[name]
        return compose(self.engine, server.folder, server.project, *arguments, variables=variables, check=check, command=self.plan.compose)

    def running(self) -> bool:
        """Whether any of it is there."""
        return bool(self.engine.run("ps", "--all", "--quiet", "--filter", f"name={self.plan.prefix}").strip())

    def wait(self, seconds: float = READY_SECONDS) -> None:
        """Until every container that checks its health is healthy; `TimeoutError` names those that are not."""
        until(lambda: not self.unhealthy(), seconds, lambda: f"not healthy: {', '.join(self.unhealthy())}")

    def unhealthy(self) -> list[str]:
        """Containers that should be up and healthy and are not (yet)."""
        listed = self.engine.run("ps", "--all", "--filter", f"name={self.plan.prefix}", "--format", "{{.Names}}\t{{.Status}}").splitlines()
        return [name for name, status in (line.split("\t") for line in listed) if not self._is_well(name, status)]

    def _is_well(self, name: str, status: str) -> bool:
        if not status.startswith("Up"):
            return "migrate" in name and "Exited (0)" in status
        return ("unhealthy" not in status and "starting" not in status) or self._says_healthy(name)

    def _says_healthy(self, name: str) -> bool:
        """What the health check of a container says now: the engine asks again only after many seconds."""
        try:
            found: list[str] = json.loads(self.engine.run("inspect", "--format", "{{json .Config.Healthcheck.Test}}", name))
            kind, *words = found
            self.engine.run("exec", name, *(words if kind == "CMD" else ["sh", "-c", *words]), timeout=CHECK_SECONDS)
        except (RuntimeError, subprocess.TimeoutExpired):
            return False
        return True

    def make_whole(self) -> None:
        """Brings back what somebody left stopped, frozen, cut off or told otherwise, and waits until everything is healthy."""
        for name, server in self.servers.items():
            told = server.folder / OVERRIDE
            if told.exists():
                told.unlink()
                self.start(name)
        listed = self.engine.run("ps", "--all", "--filter", f"name={self.plan.prefix}", "--format", FACTS).splitlines()
        for name, status, networks, project, service in (line.split("\t") for line in listed):
            if "(Paused)" in status:
                self.engine.run("unpause", name)
            elif not status.startswith("Up") and service != "migrate":
                self.engine.run("start", name)
            if project and not networks:
                self.engine.run("network", "connect", "--alias", service, f"{project}_default", name)
        self.wait()

    # -- what may happen to it

    def container(self, name: str) -> str:
        """The container of a name, as it is called now."""
        if name == BALANCER:
            return f"{self.plan.prefix}-{BALANCER}"
        found = self.compose("infrastructure" if name in INFRASTRUCTURE else name, "ps", "-q", self.service(name)).split()
        if not found:
            raise SystemExit(f"cluster: {name} has no container")
        return found[0]

    def service(self, name: str) -> str:
        """What a server's part is called in its compose file."""
        return name if name in INFRASTRUCTURE else "app" if self.servers[name].folder.name == "app" else "worker"

    def kill(self, name: str) -> None:
        """`kill -9` from outside: the restart policy brings the container back."""
        pid = int(self.engine.run("inspect", "--format", "{{.State.Pid}}", self.container(name)))
        if pid > 0:
            os.kill(pid, signal.SIGKILL)

    def pause(self, name: str) -> None:
        """Freezes every process of a container."""
        self.engine.run("pause", self.container(name))

    def resume(self, name: str) -> None:
        """Ends a pause."""
        self.engine.run("unpause", self.container(name))

    def cut(self, name: str) -> None:
        """Takes a container off its network: nothing comes in or out, connections stay half open."""
        self.engine.run("network", "disconnect", self._network(name), self.container(name))

    def mend(self, name: str) -> None:
        """Ends a cut."""
        self.engine.run("network", "connect", "--alias", self.service(name), self._network(name), self.container(name))

    def reload_balancer(self) -> None:
        """Has it read its configuration anew. `docker kill --signal` would mark it as stopped by hand, and nothing restarts it then."""
        self.engine.run("exec", self.container(BALANCER), "nginx", "-c", "/balancer/nginx.conf", "-s", "reload")

    def filter_packets(self, name: str, *rule: str) -> None:
        """`iptables RULE` in the network of a container alone."""
        pid = self.engine.run("inspect", "--format", "{{.State.Pid}}", self.container(name)).strip()
        subprocess.run(["nsenter", "--target", pid, "--net", "iptables", *rule], check=True, capture_output=True)

    def _network(self, name: str) -> str:
        if name == BALANCER:
            raise SystemExit("cluster: the balancer is on the host's own network")
        return f"{self.servers['infrastructure' if name in INFRASTRUCTURE else name].project}_default"

    def logs(self, name: str, lines: int = 200) -> str:
        """What a container wrote last."""
        done = subprocess.run(
            ["docker", "logs", "--tail", str(lines), self.container(name)],
            env=self.engine.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def statuses(self) -> str:
        """Every container with its state."""
        return self.engine.run(
            "ps", "--all", "--filter", f"name={self.plan.prefix}", "--format", "table {{.Names}}\t{{.Status}}\t{{.Ports}}"
        )

    def is_new(self) -> bool:
        """Whether nobody has set it up yet."""
        return any(answers(f"http://{address}:3000/api/v1/setup") for address in self.plan.apps.values())

    def token_line(self) -> str:
        """`; set-up token: …` while somebody has to type it; empty where it is not logged yet."""
        if not self.is_new():
            return "; it is set up"
        try:
            return f"; set-up token: {self.setup_token()}"
        except RuntimeError:
            return ""

    def setup_token(self) -> str:
        """What the first administrator types; every app server logs the same."""
        found = re.search(r'"token": ?"([^"]+)"', self.logs(next(iter(self.plan.apps)), 1000))
        if not found:
            raise RuntimeError("there is no set-up token in the log")
        return found[1]

    # -- its parts

    def _passwords(self) -> dict[str, str]:
        kept = self.state / "passwords.json"
        if not kept.exists():
            self.state.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps({name: secrets.token_hex(12) for name in ("postgres", "rabbitmq", "s3")}), encoding="utf-8")
            kept.chmod(0o600)
        found: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
        return found

    def copy_folders(self) -> None:
        """The deployment folders as they are in the repository, one for each server."""
        for server in self.servers.values():
            server.folder.mkdir(parents=True, exist_ok=True)
            for name in ("docker-compose.yml", ".env.example"):
                shutil.copy2(DEPLOYMENTS / "distributed" / server.folder.name / name, server.folder / name)

    def _start_balancer(self) -> None:
        """Nginx on the host's network with the seed's sample, byte for byte but for the port, and a certificate made here."""
        folder = self.state / BALANCER
        folder.mkdir(parents=True, exist_ok=True)
        certificate(folder)
        sample = (DEPLOYMENTS / "load-balancer/nginx-sample.conf").read_text(encoding="utf-8")
        (folder / "sample.conf").write_text(sample.replace("listen 443 ssl;", f"listen 127.0.0.1:{self.https_port} ssl;"), encoding="utf-8")
        (folder / "nginx.conf").write_text(NGINX, encoding="utf-8")
        container = self.container(BALANCER)
        self.engine.run("rm", "--force", container, check=False)
        hosts = [f"--add-host=app-server-{n}:{address}" for n, address in enumerate(self.plan.apps.values(), 1)]
        self.engine.run(
            "run", "--detach", f"--name={container}", "--network=host", "--restart=unless-stopped", *hosts,
            f"--volume={folder}:/balancer:ro", "nginx:1.28", "nginx", "-c", "/balancer/nginx.conf", "-g", "daemon off;",
        )  # fmt: skip


def until(condition: Callable[[], bool], seconds: float, words: Callable[[], str]) -> None:
    """Waits for something; `TimeoutError` with words where it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(words())
        time.sleep(0.5)


def answers(url: str) -> bool:
    """Whether a URL is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=3) as response:  # noqa: S310 -- our own address
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def main() -> None:
    """The command line. What cannot be done is told in one line."""
    parser = argparse.ArgumentParser(prog="./dev cluster")
    parser.add_argument("action", choices=("up", "status", "kill", "pause", "resume", "cut", "mend", "logs", "down"))
    parser.add_argument("name", nargs="?")
    asked = parser.parse_args()
    if asked.action not in {"up", "status", "down"} and not asked.name:
        parser.error(f"{asked.action} needs a NAME")
    try:
        act(Fleet(engines.engine()), asked.action, asked.name)
    except (engines.NoEngine, NotToBeHad, RuntimeError, TimeoutError, subprocess.CalledProcessError) as error:
        sys.exit(f"cluster: {error}")


def act(fleet: Fleet, action: str, name: str) -> None:
    """One action of the command line."""
    if action == "up":
        bring_up(fleet)
    elif action == "down":
        fleet.down()
        if fleet.engine.private:
            engines.stop()
    elif action == "status":
        print(fleet.statuses())
    elif action == "logs":
        print(fleet.logs(name))
    else:
        getattr(fleet, action)(name)


def bring_up(fleet: Fleet) -> None:
    """Images, servers, and where a person finds them."""
    images.tell(images.ensure(fleet.engine))
    fleet.up()
    fleet.wait()
    print(fleet.statuses())
    until(lambda: bool(fleet.token_line()), READY_SECONDS, lambda: "app1 logs no set-up token")
    print(f"cluster: https://localhost:{fleet.https_port} (a certificate made here){fleet.token_line()}")


if __name__ == "__main__":
    main()
