"""The child that reads uploaded bytes: it cages itself, calls one function, and tells what came out."""

import importlib
import os
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cascadia.jobs.channel import Channel
from cascadia.jobs.confinement import Limits, cage, limit
from cascadia.jobs.model import Failure, judge

Function = Callable[[Path, dict[str, Any], Callable[..., None]], dict[str, Any] | None]


def run(connection: socket.socket) -> None:
    """Serves the one request that comes over the connection."""
    channel = Channel(connection)
    request = channel.receive()
    if request is None:
        return
    folder = Path(request["folder"])
    _enter(folder)
    limit(Limits.of(request["limits"]))
    cage(folder)
    try:
        result = _function(request["function"])(folder, request["payload"], channel.progress)
        channel.send({"result": result})
    except Exception as error:  # noqa: BLE001 - the edge of the job's process
        traceback.print_exc()
        failure = judge(error)
        channel.send({"error": failure.words(), "permanent": isinstance(failure, Failure) and failure.permanent})


def _enter(folder: Path) -> None:
    """Its folder is all that it has: working directory, home, temporary files, and a log for what libraries print."""
    os.chdir(folder)
    (folder / "tmp").mkdir()
    os.environ.update({"HOME": str(folder), "TMPDIR": str(folder / "tmp")})
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def _function(name: str) -> Function:
    module, _, function = name.partition(":")
    found: Function = getattr(importlib.import_module(module), function)
    return found
