"""The conversation between a worker and a job's child: one JSON object a line, over a socket that both had before the cage closed."""

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

    def receive(self) -> dict[str, Any]:
        """The request: one line."""
        data = bytearray()
        while not data.endswith(b"\n"):
            piece = os.read(self._descriptor, 1 << 16)
            if not piece:
                os._exit(1)
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
