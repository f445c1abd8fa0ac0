"""One large file by the command line: up and down, onto a disk, and through the sample Nginx into a bucket, beside `cp` and `sha256sum`."""

import asyncio
import hashlib
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import httpx

from benchmarks import place
from benchmarks.harness import ROOT, Result, at_most
from tests.s3 import ACCESS, SECRET, S3Server
from tools.cluster import DEPLOYMENTS
from tools.cluster_files import certificate

MEBIBYTE: Final = 1024 * 1024
MOST_TIMES: Final = 2.5
MOST_GAINED: Final = 64
SMALL: Final = 24
"""MiB of the file that goes first, by the same way: what it takes of memory is there already."""
LOOK_SECONDS: Final = 0.2
NGINX: Final = """\
user root;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    {balancer}
}}
"""


def run(number: int) -> list[Result]:
    """`number` MiB each way, on each store."""
    with tempfile.TemporaryDirectory(prefix="cascadia-bench-large-") as name, ExitStack() as stack:
        folder = Path(name)
        file, small = random_file(folder / "large.bin", number), random_file(folder / "small.bin", SMALL)
        floor = floor_seconds(file)
        found = [Result(f"cp and sha256sum of {number} MiB", floor, "s")]
        with on_disk(folder / "disk") as system:
            found += _judged("a disk", both_ways(system, small, file), floor)
        shutil.rmtree(folder / "disk")
        server = S3Server()
        server.start()
        stack.callback(server.close)
        with in_bucket(folder / "bucket", server) as system:
            found += _judged("a bucket, through Nginx", both_ways(system, small, file), floor)
    return found


@dataclass(frozen=True, slots=True)
class System:
    """App servers and a worker behind one address; `processes` are theirs, `environment` is that of a command line that is signed in."""

    processes: Sequence[int]
    environment: Mapping[str, str]

    def cascadia(self, *words: str) -> str:
        """What the command line prints."""
        command = [sys.executable, "-m", "cascadia.cli", *words]
        told = subprocess.run(command, cwd=ROOT, env=dict(self.environment), capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        return told.stdout.strip()


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds each way, and the MiB by which servers and worker grew over what a small file had taken."""

    up: float
    down: float
    gained: float


def both_ways(system: System, small: Path, file: Path) -> Times:
    """Sends and fetches the small file, then the large one; what came back has the same bytes."""
    _up(system, small)
    with Memory(system.processes) as before:
        _down(system, _up(system, small), small)
    with Memory(system.processes) as during:
        began = time.monotonic()
        uid = _up(system, file)
        between = time.monotonic()
        _down(system, uid, file)
        ended = time.monotonic()
    return Times(between - began, ended - between, max(during.most[pid] - before.most[pid] for pid in system.processes))


def _up(system: System, file: Path) -> str:
    return system.cascadia("files", "put", str(file), "--project", "bench").split()[0]


def _down(system: System, uid: str, file: Path) -> None:
    fetched = file.with_suffix(".fetched")
    system.cascadia("files", "get", uid, "--output", str(fetched))
    assert fetched.stat().st_size == file.stat().st_size
    fetched.unlink()


def _judged(where: str, times: Times, floor: float) -> list[Result]:
    return [
        at_most(f"up onto {where}, floor: cp and sha256sum", times.up, "s", MOST_TIMES, floor=floor),
        Result(f"down from {where}, floor: the same", times.down, "s", floor, times.down / floor),
        at_most(f"memory that servers and worker gained, {where}", times.gained, "MiB", MOST_GAINED),
    ]


def floor_seconds(file: Path) -> float:
    """Seconds that `cp` and `sha256sum` take for the file, one after the other."""
    copy = file.with_suffix(".copy")
    began = time.monotonic()
    subprocess.run(["cp", file, copy], check=True)
    subprocess.run(["sha256sum", file], check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    copy.unlink()
    return took


def random_file(path: Path, number: int) -> Path:
    """A new file of `number` MiB by chance."""
    with path.open("wb") as file:
        for _ in range(number):
            file.write(os.urandom(MEBIBYTE))
    return path


@contextmanager
def on_disk(folder: Path, **settings: str) -> Iterator[System]:
    """One app server and a worker on one folder."""
    with place.database() as made, ExitStack() as stack:
        shared = {"DATA_DIR": str(folder), **settings}
        app = stack.enter_context(place.app(made.url, **shared))
        worker = stack.enter_context(_worker(made.url, shared))
        yield System([app.pid, worker], _signed_in(app.url, app.url))


@contextmanager
def in_bucket(folder: Path, server: S3Server, **settings: str) -> Iterator[System]:
    """Two app servers behind Nginx with the seed's sample, which passes a megabyte, and a worker; files in a bucket."""
    folder.mkdir()
    with place.database() as made, ExitStack() as stack:
        store = {"S3_ENDPOINT": server.endpoint, "S3_BUCKET": "large", "S3_ACCESS_KEY": ACCESS, "S3_SECRET_KEY": SECRET}
        shared = {"DATA_DIR": str(folder), **store, **settings}
        apps = [stack.enter_context(place.app(made.url, **shared)) for _ in range(2)]
        worker = stack.enter_context(_worker(made.url, shared))
        address = stack.enter_context(_nginx(folder, [app.url.removeprefix("http://") for app in apps]))
        trusted = {"SSL_CERT_FILE": str(folder / "certificate.pem")}
        yield System([*(app.pid for app in apps), worker], {**_signed_in(apps[0].url, address), **trusted})


@contextmanager
def _worker(url: str, settings: Mapping[str, str]) -> Iterator[int]:
    with tempfile.TemporaryDirectory(prefix="cascadia-bench-worker-") as name, (Path(name) / "log").open("wb") as log:
        told = {**place.environment(url, Path(name)), "HEALTH_PORT": str(place.free_port()), "WORKER_CONCURRENCY": "2", **settings}
        process = subprocess.Popen([sys.executable, "-m", "cascadia.cli", "worker"], cwd=ROOT, env=told, stdout=log, stderr=log)
        try:
            place.until(lambda: b"worker_started" in (Path(name) / "log").read_bytes(), place.STARTED_SECONDS)
            yield process.pid
        finally:
            place.end([process])


@contextmanager
def _nginx(folder: Path, apps: Sequence[str]) -> Iterator[str]:
    """The address of Nginx with the seed's sample, byte for byte but for addresses, port and certificate."""
    certificate(folder)
    port = place.free_port()
    text = (DEPLOYMENTS / "load-balancer/nginx-sample.conf").read_text(encoding="utf-8")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
    for number, app in enumerate(apps, 1):
        text = text.replace(f"app-server-{number}:3000", app)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, balancer=text), encoding="utf-8")
    process = subprocess.Popen(["/usr/sbin/nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    address = f"https://127.0.0.1:{port}"
    try:
        place.until(lambda: _answers(address, folder / "certificate.pem"), place.STARTED_SECONDS)
        yield address
    finally:
        place.end([process])


def _answers(address: str, authority: Path) -> bool:
    trusted = ssl.create_default_context(cafile=authority)
    try:
        answer = httpx.get(f"{address}/health/live", verify=trusted, trust_env=False, timeout=3)
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK


def _signed_in(direct: str, address: str) -> dict[str, str]:
    """The environment of a command line at that address, of the first administrator of a new server."""

    async def token() -> str:
        async with httpx.AsyncClient(base_url=direct, headers={"Origin": direct}, timeout=60, trust_env=False) as http:
            await place.set_up(http)
            return str((await place.made(http, "tokens", {"name": "bench"}))["secret"])

    told = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}/src:{ROOT}", "NO_PROXY": "*", "HOME": tempfile.gettempdir()}
    return {**told, "CASCADIA_URL": address, "CASCADIA_TOKEN": asyncio.run(token())}


@dataclass
class Memory:
    """While it is entered: the most that each of the processes, or one of those below it, held of its own, in MiB."""

    processes: Sequence[int]
    most: dict[int, float] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look)
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    def _look(self) -> None:
        while True:
            for pid in self.processes:
                self.most[pid] = max(self.most.get(pid, 0.0), *(_held(one) for one in _family(pid)))
            if self._over.wait(LOOK_SECONDS):
                return


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in below:
        yield from _family(int(child))


def _held(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(status.split("RssAnon:")[1].split()[0]) / 1024 if "RssAnon:" in status else 0.0


def digest_of(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
