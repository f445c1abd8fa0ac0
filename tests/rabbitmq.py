"""A real RabbitMQ of a test's own: Debian's server on free loopback ports, one node or a cluster, stopped by its recorded pid."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.until import wait_until

LIBRARY: Final = Path("/usr/lib/rabbitmq/bin")
START_SECONDS: Final = 180
STOP_SECONDS: Final = 60
COOKIE: Final = "CASCADIA-TESTS"


def free_port() -> int:
    """A port below those that the kernel gives to clients, so that it is still free when the server comes to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def need_rabbitmq() -> None:
    """Fails, in words, where the machine has no RabbitMQ."""
    if not (LIBRARY / "rabbitmq-server").exists():
        pytest.fail("RabbitMQ is missing: apt-get install --no-install-recommends rabbitmq-server, or leave it out by --without rabbitmq")


@dataclass
class Node:
    """One server. `extra` is added to its configuration file."""

    name: str = "cascadia"
    extra: Mapping[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="cascadia-rabbit-")))
    epmd_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    dist_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"{self.name}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self._pid_file),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
        }

    def _write_files(self) -> None:
        (self.folder / "plugins").write_text("[].\n")
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(COOKIE)
            cookie.chmod(0o400)
        lines = {"listeners.tcp.default": f"127.0.0.1:{self.port}", "log.file.level": "error", **self.extra}
        (self.folder / "rabbitmq.conf").write_text("".join(f"{k} = {v}\n" for k, v in lines.items()))

    def start(self, *, wait: bool = True) -> None:
        """Starts it (again, with the data that it had)."""
        need_rabbitmq()
        self._write_files()
        self._pid_file.unlink(missing_ok=True)
        with (self.folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [str(LIBRARY / "rabbitmq-server")],
                env=self._environment(),
                cwd=self.folder,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Until it serves clients."""
        wait_until(lambda: _speaks_amqp(self.port), START_SECONDS, why=(self.folder / "console").read_text)

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Ends it and waits for its end."""
        if not self._pid_file.exists():
            return
        pid = int(self._pid_file.read_text())
        try:
            os.kill(pid, by)
            deadline = time.monotonic() + STOP_SECONDS
            while Path(f"/proc/{pid}").exists() and "State:\tZ" not in Path(f"/proc/{pid}/status").read_text():
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.05)
        except (ProcessLookupError, FileNotFoundError):
            pass
        self._process.wait(STOP_SECONDS)
        self._pid_file.unlink(missing_ok=True)

    def wipe(self) -> None:
        """Takes all of its data away, while it is stopped."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def control(self, *arguments: str) -> str:
        """`rabbitmqctl`, as this node's own."""
        command = [str(LIBRARY / "rabbitmqctl"), "--node", f"{self.name}@localhost", "--quiet", *arguments]
        ended = subprocess.run(command, env=self._environment(), capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def close(self, *, epmd: bool = True) -> None:
        """Ends it for good, with the name server that it left behind."""
        self.stop(signal.SIGKILL)
        if epmd:
            end_epmd(self.epmd_port)
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Cluster:
    """Three nodes that form one cluster."""

    nodes: list[Node]

    @classmethod
    def start(cls) -> "Cluster":
        epmd = free_port()
        names = [f"node{number}" for number in (1, 2, 3)]
        peers = {
            "cluster_formation.peer_discovery_backend": "classic_config",
            **{f"cluster_formation.classic_config.nodes.{n}": f"{name}@localhost" for n, name in enumerate(names, 1)},
        }
        cluster = cls([Node(name, peers, epmd_port=epmd) for name in names])
        for node in cluster.nodes:
            node.start()
        return cluster

    @property
    def url(self) -> str:
        places = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"amqp://guest:guest@{places}/%2F"

    def leader(self, queue: str) -> Node:
        """The node that leads a quorum queue."""
        lines = self.nodes[0].control("list_queues", "name", "leader", "--formatter", "csv")
        for line in lines.splitlines():
            name, _, leader = line.replace('"', "").partition(",")
            if name == queue:
                return next(node for node in self.nodes if leader.startswith(f"{node.name}@"))
        raise AssertionError(lines)

    def close(self) -> None:
        for node in self.nodes:
            node.close(epmd=node is self.nodes[-1])


def end_epmd(port: int) -> None:
    """Ends the name server of one test's nodes: the one process that was started for its port."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if command[0].endswith(b"epmd") and f"ERL_EPMD_PORT={port}\0".encode() in environment:
            os.kill(int(folder.name), signal.SIGKILL)


def _speaks_amqp(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as connection:
            connection.settimeout(2)
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False
