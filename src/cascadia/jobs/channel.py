"""The conversation between a worker and a job's child: one JSON object a line, over a socket that both had before the cage closed."""

import asyncio
import json
import os
import socket
import time
from typing import Any, Final

PROGRESS_SECONDS: Final = 0.1
LONGEST_LINE: Final = 32 * 1024 * 1024


class Channel:
    """The child's end. It only reads and writes: the filter of system calls refuses what else can be done with a socket."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        self._descriptor = connection.detach()
        self._quiet_until = 0.0

    async def wait(self) -> None:
        """Until there is something to receive."""
        loop = asyncio.get_running_loop()
        readable = loop.create_future()

        def tell() -> None:
            if not readable.done():
                readable.set_result(None)

        loop.add_reader(self._descriptor, tell)
        try:
            await readable
        finally:
            loop.remove_reader(self._descriptor)

    def receive(self) -> dict[str, Any] | None:
        """The next request, one line; None at the end of the conversation."""
        data = bytearray()
        while not data.endswith(b"\n"):
            piece = os.read(self._descriptor, 1 << 16)
            if not piece:
                return None
            data += piece
        found: dict[str, Any] = json.loads(data)
        return found

    def send(self, message: dict[str, Any]) -> None:
        """One line."""
        rest = memoryview(json.dumps(message, separators=(",", ":"), default=str).encode() + b"\n")
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def progress(self, fraction: float, note: str = "") -> None:
        """Tells how far the work is (0..1); more than ten a second are dropped."""
        now = time.monotonic()
        if now >= self._quiet_until or fraction >= 1:
            self._quiet_until = now + PROGRESS_SECONDS
            self.send({"progress": min(1.0, max(0.0, float(fraction))), "note": note})
