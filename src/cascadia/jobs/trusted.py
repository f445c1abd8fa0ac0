"""The child that runs a domain's own code, with database and files; it dies when it is told to, like the confined one."""

import asyncio
import importlib
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from cascadia.jobs.channel import Channel
from cascadia.jobs.confinement import Limits, limit
from cascadia.jobs.ledger import finish_statement, run_fenced
from cascadia.jobs.model import LeaseLost, failure_of
from cascadia.jobs.registry import Registry
from cascadia.kernel import blobs, log
from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database, Write
from cascadia.kernel.declare import Payload
from cascadia.kernel.events import Origin, current_origin
from cascadia.kernel.statements import Statement
from cascadia.settings import Settings, load

logger = structlog.get_logger()


class Context:
    """See `kernel.declare.JobContext`."""

    def __init__(self, request: Mapping[str, Any], channel: Channel, database: Database, store: BlobStore) -> None:
        self.job_id: int = request["job"]["id"]
        self.job_uid = UUID(request["job"]["uid"])
        self.attempt: int = request["job"]["attempt"]
        self.actor_id: int | None = request["job"]["actor_id"]
        self.program_id: int | None = request["job"]["program_id"]
        self.folder = Path(request["folder"])
        self.database = database
        self.blobs = store
        self.finished = False
        self._channel = channel

    def progress(self, fraction: float, note: str = "") -> None:
        self._channel.progress(fraction, note)

    def log(self, line: str) -> None:
        self._channel.send({"log": line})

    @asynccontextmanager
    async def finish(self, result: Payload | None = None) -> AsyncIterator[Write]:
        """The fence comes first: who has lost the job learns it before they write, and waits for nobody."""
        async with self.database.write() as write:
            await run_fenced(write, self.finish_statement(result))
            write.notify("cascadia_outbox")
            yield write
        self.finished = True

    def finish_statement(self, result: Payload | None = None) -> Statement:
        return finish_statement(self.job_id, self.attempt, result)


def run(connection: socket.socket) -> None:
    """Serves the one request that comes over the connection."""
    channel = Channel(connection)
    request = channel.receive()
    limit(Limits.of(request["limits"]))
    settings = load()
    log.configure(settings.log_level, settings.log_format or "json")
    structlog.contextvars.bind_contextvars(job=request["job"]["uid"], type=request["job"]["type"], request_id=request["job"]["request_id"])
    channel.send(asyncio.run(_outcome(request, settings, channel)))


async def _outcome(request: Mapping[str, Any], settings: Settings, channel: Channel) -> dict[str, Any]:
    current_origin.set(Origin(request_id=request["job"]["request_id"]))
    try:
        async with Database(settings.database_url or "", size=2, idle=0, name="job") as database:
            context = Context(request, channel, database, blobs.store_from(settings))
            result = await _call(request, context)
    except LeaseLost:
        return {"fenced": True}
    except Exception as error:  # the edge of the process
        failure = failure_of(error)
        logger.warning("job_raised", code=failure.code, phase=request["phase"], exc_info=not failure.permanent)
        return {"error": failure.words(), "permanent": failure.permanent}
    return {"finished": True} if context.finished else {"result": result}


async def _call(request: Mapping[str, Any], context: Context) -> Payload | None:
    kind = _registry(request["registry"]).types[request["job"]["type"]]
    payload = request["payload"]
    match request["phase"]:
        case "prepare":
            assert kind.prepare is not None
            await kind.prepare(context, payload)
            return None
        case "complete":
            assert kind.complete is not None
            return await kind.complete(context, payload, request["result"])
        case _:
            assert kind.run is not None
            return await kind.run(context, payload)


def _registry(name: str) -> Registry:
    """The zygote has imported its module already."""
    module, _, function = name.partition(":")
    found: Registry = getattr(importlib.import_module(module), function)()
    return found
