"""Starts, watches and stops the PostgreSQL of a data folder."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import structlog
from psycopg import sql

from cascadia.kernel import processes
from cascadia.kernel.embedded import binaries
from cascadia.kernel.embedded import cluster as clusters
from cascadia.kernel.embedded.binaries import Binaries
from cascadia.kernel.embedded.cluster import LOGIN, SUPERUSER, Cluster
from cascadia.kernel.embedded.folder import Claim, claim, disk_errors

log = structlog.get_logger()

START_SECONDS: Final = 600
"""Recovery after a crash may take minutes; a server that gives up ends by itself and is noticed at once."""

RECOVERY_TOLD_AFTER_SECONDS: Final = 3
STOP_SECONDS: Final = 60
LOG_KEPT_BYTES: Final = 8 * 2**20


@dataclass(slots=True)
class Embedded:
    """A running PostgreSQL. `url` is for the application's login, who owns the database and may make roles."""

    claim: Claim
    cluster: Cluster
    url: str
    process: subprocess.Popen[bytes]

    def alive(self) -> bool:
        return self.process.poll() is None

    def restart(self) -> None:
        """Starts the server again after it ended by itself."""
        self.process, self.url = _run(self.cluster)

    def stop(self) -> None:
        """Stops the server cleanly and gives the folder back."""
        if not processes.stop(self.process, signal.SIGINT, STOP_SECONDS):
            log.warning("database_killed", reason=f"it did not stop within {STOP_SECONDS} s; the next start recovers it")
        self.claim.release()


def start(
    data_dir: Path, *, postgres: Binaries | None = None, settings: Mapping[str, str] | None = None, claimed: Claim | None = None
) -> Embedded:
    """Takes the folder, makes a database in it where there is none, and starts it; raises `DataFolderError`.

    `postgres` chooses other binaries than the ones that come along, `settings` adds to the server's own. Call it from the main
    thread: the server ends with the thread that started it.
    """
    taken = claimed or claim(data_dir)
    try:
        with disk_errors(taken.folder):
            cluster = _prepare(taken.folder, postgres, settings or {})
            process, url = _run(cluster)
    except BaseException:
        taken.release()
        raise
    return Embedded(taken, cluster, url, process)


def running_url(data_dir: Path, user: str = LOGIN) -> str | None:
    """The URL of the database that runs in a data folder, as another process sees it; None when none runs."""
    sockets = clusters.socket_folder(data_dir.expanduser().resolve() / "postgres")
    return clusters.url(sockets, user) if sockets and (sockets / clusters.SOCKET).exists() else None


def _prepare(folder: Path, postgres: Binaries | None, settings: Mapping[str, str]) -> Cluster:
    identity = binaries.server_identity(folder / "postgres")
    clusters.open_for(folder, identity)
    chosen = postgres or binaries.find(clusters.major_of(folder / "postgres"))
    if identity:
        chosen = binaries.reachable(chosen, folder)
    cluster = Cluster(folder, chosen, identity, settings)
    clusters.make(cluster)
    return cluster


def _run(cluster: Cluster) -> tuple[subprocess.Popen[bytes], str]:
    """Starts the server, after ending whatever an earlier one left, and returns when it answers."""
    if left := processes.end_leftovers("postgres", cluster.data):
        log.info("ended_leftover_database_processes", processes=left)
    sockets = clusters.make_socket_folder(cluster)
    clusters.forget_last_run(cluster, sockets)
    clusters.let_in(cluster)
    process = _spawn(cluster, sockets)
    try:
        _wait_until_ready(cluster, process, clusters.url(sockets, SUPERUSER, "postgres"))
        _make_database(clusters.url(sockets, SUPERUSER, "postgres"))
    except BaseException:
        processes.stop(process, signal.SIGINT, STOP_SECONDS)
        raise
    return process, clusters.url(sockets)


def _spawn(cluster: Cluster, sockets: Path) -> subprocess.Popen[bytes]:
    options = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": f'"{sockets}"',
        "timezone": "UTC",
        "log_timezone": "UTC",
        **cluster.settings,
    }
    command = [str(cluster.binaries.bin / "postgres"), "-D", str(cluster.data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    with _log_file(cluster.folder).open("ab") as output:
        return processes.spawn(command, dies_by=signal.SIGINT, identity=cluster.identity, environment=environment, output=output)


def _log_file(folder: Path) -> Path:
    path = folder / "logs" / "postgres.log"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_KEPT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path


def _wait_until_ready(cluster: Cluster, process: subprocess.Popen[bytes], url: str) -> None:
    begun, told = time.monotonic(), False
    while time.monotonic() - begun < START_SECONDS:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            if not told and time.monotonic() - begun > RECOVERY_TOLD_AFTER_SECONDS:
                log.info("database_recovering", folder=str(cluster.folder))
                told = True
        else:
            return
        if _ends_within(process, 0.02):
            raise clusters.failure(cluster.folder, _log_file(cluster.folder).read_bytes()[-2000:].decode(errors="replace"))
    raise clusters.failure(cluster.folder, f"it was not ready after {START_SECONDS} s.")


def _ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _make_database(url: str) -> None:
    """The application's login and its database, where they are missing."""
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (LOGIN,)).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(sql.Identifier(LOGIN)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (LOGIN,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(LOGIN)))
