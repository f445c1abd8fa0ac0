"""A real S3 server of a test's own: SeaweedFS from its wheel on free loopback ports, stopped by its recorded process."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from cascadia.kernel.s3_parts import Place
from tests.until import wait_until

START_SECONDS: Final = 180
ACCESS, SECRET = "cascadia-key", "cascadia-secret"


def free_port() -> int:
    """A port that is free, as is the one 10,000 above it, which the server takes too."""
    for _ in range(1000):
        with socket.socket() as probe, socket.socket() as above:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            if port > 55_000:
                continue
            try:
                above.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            return port
    raise AssertionError("no free ports")


@dataclass
class S3Server:
    """`endpoint` answers to `ACCESS` and `SECRET`."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="cascadia-s3-")))
    port: int = field(default_factory=free_port)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def place(self, bucket: str, secret_key: str = SECRET) -> Place:
        return Place(bucket, self.endpoint, access_key=ACCESS, secret_key=secret_key)

    def start(self) -> None:
        credentials = [{"accessKey": ACCESS, "secretKey": SECRET}]
        rights = ["Admin", "Read", "Write", "List", "Tagging"]
        config = {"identities": [{"name": "cascadia", "credentials": credentials, "actions": rights}]}
        (self.folder / "s3.json").write_text(json.dumps(config))
        ports = {name: free_port() for name in ("master", "volume", "filer", "admin")}
        program = Path(sys.executable).parent / "weed"
        command = [
            str(program), "mini", f"-dir={self.folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={self.port}",
            f"-s3.config={self.folder}/s3.json", "-admin.ui=false", "-webdav=false", "-master.telemetry=false", "-s3.port.iceberg=0",
            "-s3.port.lance=0", *(f"-{name}.port={port}" for name, port in ports.items()),
        ]  # fmt: skip
        (self.folder / "data").mkdir(exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        said = (self.folder / "log").read_text
        wait_until(lambda: self._answers() or self.process.poll() is not None, START_SECONDS, why=lambda: said()[-2000:])
        assert self.process.poll() is None, said()[-2000:]

    def _answers(self) -> bool:
        try:
            return httpx.get(self.endpoint, timeout=2, trust_env=False).status_code in {200, 403}
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(20)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
