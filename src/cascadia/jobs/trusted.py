"""The child that runs a domain's own code, with database and files, for one job after the other; it dies when it is told to."""

import asyncio
import importlib
import os
import resource
import socket
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

from cascadia.jobs.channel import Channel
from cascadia.jobs.confinement import MEBIBYTE, Limits, address_space, limit, make_folder
from cascadia.jobs.ledger import finish_statement, run_fenced
from cascadia.jobs.model import LeaseLost, Outage, judge
from cascadia.jobs.registry import Registry
from cascadia.kernel import log
from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database, Write, outage_of
from cascadia.kernel.declare import Payload
from cascadia.kernel.events import Origin, current_origin
from cascadia.kernel.statements import Statement
from cascadia.kernel.stores import store_from
from cascadia.settings import load

logger = structlog.get_logger()

TRACEBACK_FRAMES: Final = 20


class Context:
    """See `kernel.declare.JobContext`."""

    def __init__(self, request: Mapping[str, Any], channel: Channel, database: Database, store: BlobStore) -> None:
        self.job_id: int = request["job"]["id"]
        self.job_uid = UUID(request["job"]["uid"])
        self.attempt: int = request["job"]["attempt"]
        self.actor_id: int | None = request["job"]["actor_id"]
        self.program_id: int | None = request["job"]["program_id"]
        self._folder = Path(request["folder"])
        self.database = database
        self.blobs = store
        self.finished = False
        self._channel = channel

    @property
    def folder(self) -> Path:
        """Made when it is first asked for."""
        make_folder(self._folder)
        return self._folder

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
    """Serves the requests that come over the connection, one after the other, until it ends or this process has used enough.

    A worker that was killed hears no answer any more; its child ends without a word.
    """
    with suppress(BrokenPipeError, ConnectionResetError):
        asyncio.run(_serve(Channel(connection)))


async def _serve(channel: Channel) -> None:
    request = channel.receive()
    if request is None:
        return
    limits = Limits.of(request["limits"])
    limit(limits)
    allowance = Allowance(limits)
    settings = load()
    log.configure(settings.log_level, settings.log_format or "json")
    async with Database(settings.database_url or "", size=2, idle=0, name="job", pooler=settings.pooler) as database:
        store = store_from(settings)
        while request is not None:
            before = asyncio.all_tasks()
            answer = await asyncio.create_task(_outcome(request, channel, database, store))
            leaving = answer.get("away") == "database" or bool(asyncio.all_tasks() - before) or allowance.spent()
            channel.send({**answer, "leaving": leaving})
            if leaving:
                return
            await channel.wait()
            request = channel.receive()


async def _outcome(request: Mapping[str, Any], channel: Channel, database: Database, store: BlobStore) -> dict[str, Any]:
    job = request["job"]
    current_origin.set(Origin(request_id=job["request_id"], trace_id=job["trace_id"]))
    structlog.contextvars.bind_contextvars(
        job=job["uid"], type=job["type"], **{name: job[name] for name in ("request_id", "trace_id") if job[name]}
    )
    context = Context(request, channel, database, store)
    try:
        result = await _call(request, context)
    except LeaseLost:
        return {"fenced": True}
    except Exception as error:  # the edge of the job
        failure = judge(outage_of(error) or error)
        if isinstance(failure, Outage):
            logger.warning("job_put_off", needs=failure.needs, code=failure.code, phase=request["phase"], reason=str(error).strip())
            return {"away": failure.needs, "error": failure.words()}
        logger.warning("job_raised", code=failure.code, phase=request["phase"], exc_info=not failure.permanent)
        context.log(traceback.format_exc(limit=-TRACEBACK_FRAMES))
        return {"error": failure.words(), "permanent": failure.permanent}
    return {"finished": True} if context.finished else {"result": result}


class Allowance:
    """What this process may use before another one takes its place: half of what one job is allowed, and no processes left behind."""

    def __init__(self, limits: Limits) -> None:
        self._cpu_seconds = inf if limits.cpu_seconds is None else limits.cpu_seconds / 2
        self._memory = address_space() + limits.memory_mb * MEBIBYTE // 2

    def spent(self) -> bool:
        """Whether the next job should have another process."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime > self._cpu_seconds or address_space() > self._memory or _has_children()


def _has_children() -> bool:
    """Whether there are any, ended ones included."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


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


@cache
def _registry(name: str) -> Registry:
    """The zygote has imported its module already."""
    module, _, function = name.partition(":")
    found: Registry = getattr(importlib.import_module(module), function)()
    return found
