"""The worker's health port: `/health/live`, `/health/ready` and `/metrics`, over a few lines of HTTP."""

import asyncio
import contextlib
import errno
import json
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

log = structlog.get_logger()

REQUEST_SECONDS: Final = 5.0
LONGEST_REQUEST: Final = 8192
REASONS: Final = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}

Answer = tuple[int, str, bytes]


class Health:
    """Answers probes. `ready` says what is wrong, or nothing; `degraded` what is missing without which jobs still run.

    `measure` refreshes the gauges before they are read.
    """

    def __init__(
        self, ready: Callable[[], Awaitable[str | None]], degraded: Callable[[], list[str]], measure: Callable[[], Awaitable[None]]
    ) -> None:
        self._ready = ready
        self._degraded = degraded
        self._measure = measure

    async def serve(self, port: int) -> asyncio.Server:
        """Listens on all addresses; on a free port where `port` is taken."""
        try:
            server = await asyncio.start_server(self._answer, None, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            server = await asyncio.start_server(self._answer, "0.0.0.0", 0)  # noqa: S104 - probes come from outside
        log.info("health_port", port=server.sockets[0].getsockname()[1], wanted=port)
        return server

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                parts = head.split(b" ", 2)
                status, kind, body = await self._page(parts[1].split(b"?")[0].decode("latin-1") if len(parts) == 3 else "")
                lines = (f"HTTP/1.1 {status} {REASONS[status]}", f"Content-Type: {kind}", f"Content-Length: {len(body)}")
                writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + (b"" if parts[0] == b"HEAD" else body))
                await writer.drain()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _page(self, path: str) -> Answer:
        match path:
            case "/health/live":
                return _json(200, {"status": "ok"})
            case "/health/ready":
                wrong = await self._ready()
                if wrong:
                    return _json(503, {"status": "unavailable", "detail": wrong})
                return _json(200, {"status": "ok", "degraded": self._degraded()})
            case "/metrics":
                await self._measure()
                return 200, CONTENT_TYPE_LATEST, generate_latest()
            case _:
                return _json(404, {"status": "not found"})


def _json(status: int, value: object) -> Answer:
    return status, "application/json", json.dumps(value).encode()
