"""Large files through a server process of its own: flat memory, and nothing left of an upload that breaks off."""

import asyncio
import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest_asyncio

from tests.company import Workshop
from tests.until import eventually, until

MIB = 1024 * 1024
SIZE = 256 * MIB
ALLOWED = 48 * MIB


@dataclass(frozen=True)
class Server:
    """A Core App on the workshop's database, with the engineer's token."""

    process: subprocess.Popen[bytes]
    http: httpx.AsyncClient
    folder: Path
    port: int

    def peak(self) -> int:
        """The most memory that the process ever had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def files(self) -> list[Path]:
        return [path for path in (self.folder / "files").rglob("*") if path.is_file()]


@pytest_asyncio.fixture
async def server(workshop: Workshop, database_url: str, tmp_path: Path) -> AsyncIterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path / "served"
    token = (await workshop.engineer.post("/tokens", {"name": "test"}))["secret"]
    environ = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "BIND_ADDRESS": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen([sys.executable, "-m", "cascadia.cli", "app"], env=environ)  # noqa: ASYNC220 - starts at once
    address = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60, trust_env=False) as http:
            await _until_alive(http, process)
            yield Server(process, http, folder, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


async def _until_alive(http: httpx.AsyncClient, process: subprocess.Popen[bytes]) -> None:
    async def alive() -> bool:
        try:
            return (await http.get("/health/live")).status_code == 200
        except httpx.TransportError:
            assert process.poll() is None, "the server ended"
            return False

    await until(alive, why=lambda: "the server does not answer")


async def test_memory_stays_flat_while_256_mib_go_in_and_out(server: Server, workshop: Workshop) -> None:
    packet = os.urandom(64 * 1024)
    digest = hashlib.sha256()

    async def body() -> AsyncIterator[bytes]:
        for _ in range(SIZE // len(packet)):
            digest.update(packet)
            yield packet

    small = await server.http.post("/api/v1/files", params={"name": "small", "project": workshop.project}, content=packet)
    assert small.status_code == 201, small.text
    before = server.peak()
    made = await server.http.post("/api/v1/files", params={"name": "large.bin", "project": workshop.project}, content=body())
    assert made.status_code == 201, made.text
    assert (made.json()["size"], made.json()["sha256"]) == (SIZE, digest.hexdigest())
    received = hashlib.sha256()
    async with server.http.stream("GET", f"/api/v1/files/{made.json()['id']}/content") as answer:
        async for chunk in answer.aiter_raw():
            received.update(chunk)
    assert received.hexdigest() == digest.hexdigest()
    assert server.peak() - before < ALLOWED


async def test_an_upload_that_breaks_off_leaves_nothing(server: Server, workshop: Workshop) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    token = server.http.headers["authorization"]
    head = f"POST /api/v1/files?name=a&project={workshop.project} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
    head += f"Content-Length: {SIZE}\r\n\r\n"
    writer.write(head.encode() + b"x" * (4 * MIB))
    await writer.drain()
    await _until(server, present=True)
    writer.close()
    await writer.wait_closed()
    await _until(server, present=False)
    assert (await server.http.get("/api/v1/files?count=true")).json()["total"] == 0
    assert reader.at_eof() or await reader.read() == b""


async def _until(server: Server, *, present: bool) -> None:
    await eventually(lambda: bool(server.files()) == present, why=lambda: "nothing arrived" if present else "something was left")
