"""One Core App in uvicorn, with a stop that no user notices."""

import asyncio
import gc
import logging
import resource
import signal
import socket
import time
from types import FrameType
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from cascadia.cli import listening
from cascadia.cli.connection import Connection, bounded
from cascadia.settings import Settings
from cascadia.web import create_app

log = structlog.get_logger()

TICKS_A_SECOND: Final = 10
"""How often uvicorn calls `on_tick`."""
FILES_BESIDES: Final = 200
"""File descriptors of a process besides those of its connections."""
BACKLOG: Final = 2048
"""Connections that the system takes before the program sees them: in the worst case all are accepted before the first gives way."""
LEAST_CONNECTIONS: Final = 10


class Server(uvicorn.Server):
    """On SIGTERM: says so in `app.state.draining` (an `asyncio.Event`), accepts for `drain_seconds` more, then ends in order."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, drain_seconds: int) -> None:
        super().__init__(config)
        self._draining: asyncio.Event = app.state.draining
        self._drain_seconds = drain_seconds
        self._stop_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 -- the signature is uvicorn's
        """Runs between two byte codes, so it only takes a note; the second Ctrl-C does not wait."""
        if self._stop_at is None:
            self._stop_at = time.monotonic() + self._drain_seconds
        elif sig == signal.SIGINT:
            self.should_exit = self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        if self._stop_at is not None:
            self._draining.set()
            self.should_exit = self.should_exit or time.monotonic() >= self._stop_at
        if counter % TICKS_A_SECOND == 0:
            for connection in [c for c in self.server_state.connections if isinstance(c, Connection)]:
                connection.check(asyncio.get_running_loop().time())
        return await super().on_tick(counter)


def run(settings: Settings, socket_number: int | None) -> None:
    """Serves until told to stop; on the socket that the parent bound, or on one of its own."""
    address = settings.bind_address or "0.0.0.0"  # noqa: S104 -- in a container the app is reached from outside
    bound = socket.socket(fileno=socket_number) if socket_number is not None else listening.bind(address, settings.port)
    most = allow_connections(settings.connections_max)
    app = create_app()
    app.state.draining = asyncio.Event()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=bounded(most),
        backlog=BACKLOG,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=settings.grace_seconds,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    log.info("app_started", address=address, port=settings.port)
    # What stays as long as the process is not looked through again whenever garbage is collected: that took 0.1 s beside a large tree.
    gc.collect()
    gc.freeze()
    Server(config, app, settings.drain_seconds).run(sockets=[bound])
    log.info("app_stopped")


def allow_connections(wanted: int) -> int:
    """Lets this process have the open files of so many connections; how many it may have where the system allows fewer.

    Beyond that many it is our rule that somebody gives way. Left to the system, whoever comes, and the database, would find no file
    until those who are there end by themselves.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + FILES_BESIDES + BACKLOG
    allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    most = min(wanted, max(LEAST_CONNECTIONS, allowed - FILES_BESIDES))
    if most < wanted:
        log.warning("few_files", allowed=hard, connections=most, wanted=wanted, remedy="raise `ulimit -n`, or lower CONNECTIONS_MAX")
    return most
