"""Runs one claimed job in children: its phases one after the other, watched, and says how it ended."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from cascadia.jobs.confinement import MEBIBYTE
from cascadia.jobs.model import NOTE_LENGTH, OUT_OF_MEMORY, Claimed, Done, Failure, Fenced, Lost, Outcome
from cascadia.jobs.registry import Registry
from cascadia.jobs.zygotes import Child, Kind, ZygoteBroken, ZygoteLost, Zygotes
from cascadia.kernel.declare import Family, JobType

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.5
LOG_TAIL: Final = 2000
TOO_LONG: Final = Failure("timeout", "The work took longer than is allowed for it.")
TOO_MUCH_OUTPUT: Final = Failure("output_too_large", "The work writes more to the disk than is allowed for it.")
NONSENSE: Final = Failure("bad_answer", "The work ended without a result that could be read.")
BROKEN: Final = Failure("runner_broken", "The server cannot start what runs this work. Tell your administrator.")
KILLS: Final[Mapping[str, Failure]] = {"timeout": TOO_LONG, "output_too_large": TOO_MUCH_OUTPUT, "bad_answer": NONSENSE}


@dataclass(slots=True, eq=False)
class Running:
    """A job while this worker runs it: what the heartbeat carries, and the handle that ends it."""

    job: Claimed
    progress: float | None = None
    note: str | None = None
    moved: bool = False
    child: Child | None = None
    stopped_for: str | None = field(default=None)

    def stop(self, reason: str) -> None:
        """Kills what runs now, and lets no further phase begin."""
        self.stopped_for = self.stopped_for or reason
        if self.child:
            self.child.kill(reason)

    def tell(self, fraction: Any, note: Any) -> None:
        """Takes progress that a child reports; it comes from code that read uploaded bytes, so it is not believed."""
        if isinstance(fraction, int | float) and 0 <= fraction <= 1:
            self.progress, self.note, self.moved = float(fraction), str(note)[:NOTE_LENGTH].replace("\0", "") or None, True


class Runner:
    """Runs jobs of one registry below one folder. `registry_name` is the "module:function" that makes it, for the children."""

    def __init__(self, registry: Registry, registry_name: str, folder: Path, zygotes: Zygotes) -> None:
        self._registry = registry
        self._registry_name = registry_name
        self._folder = folder
        self._zygotes = zygotes
        self._trusted = Kind("cascadia.jobs.trusted:run", (registry_name.partition(":")[0],), trusted=True)

    async def run(self, running: Running) -> Outcome:
        """How the job ended. Where it was stopped, `running.stopped_for` says why and the outcome means nothing."""
        kind = self._registry.types[running.job.type]
        family = self._registry.families[running.job.family]
        async with self._private_folder(running.job) as folder:
            if kind.child is None:
                return await self._trust(running, family, folder, "run")
            outcome = await self._trust(running, family, folder, "prepare")
            if isinstance(outcome, Done):
                outcome = await self._confine(running, kind, family, folder)
            if isinstance(outcome, Done):
                outcome = await self._trust(running, family, folder, "complete", outcome.result)
            return outcome

    async def _trust(self, running: Running, family: Family, folder: Path, phase: str, result: Mapping[str, Any] | None = None) -> Outcome:
        job = running.job
        request = {
            "registry": self._registry_name,
            "phase": phase,
            "job": {
                "id": job.id,
                "uid": str(job.uid),
                "attempt": job.attempt,
                "type": job.type,
                "actor_id": job.actor_id,
                "program_id": job.program_id,
                "request_id": job.request_id,
            },
            "payload": job.payload,
            "result": result or {},
        }
        return await self._phase(running, self._trusted, family, folder, request)

    async def _confine(self, running: Running, kind: JobType, family: Family, folder: Path) -> Outcome:
        modules = (family.preload,) if family.preload else ()
        request = {"function": kind.child, "payload": running.job.payload}
        outcome = await self._phase(running, Kind("cascadia.jobs.confined:run", modules, trusted=False), family, folder, request)
        if isinstance(outcome, Failure) and not running.stopped_for:
            log.warning("child_failed", job=str(running.job.uid), code=outcome.code, output=await asyncio.to_thread(_tail, folder / "log"))
        return outcome

    async def _phase(self, running: Running, kind: Kind, family: Family, folder: Path, request: dict[str, Any]) -> Outcome:
        if running.stopped_for:
            return Lost()
        limits = {"memory_mb": family.memory_mb, "cpu_seconds": family.cpu_seconds, "output_mb": family.output_mb}
        try:
            child = running.child = await self._zygotes.fork(kind)
            if running.stopped_for:
                child.kill(running.stopped_for)
            return await _watched(
                running, child, {**request, "folder": str(folder), "limits": limits}, family, folder, trusted=kind.trusted
            )
        except ZygoteBroken as error:
            log.error("zygote_broken", entry=kind.entry, modules=kind.modules, reason=str(error))  # noqa: TRY400 - the zygote said more
            return BROKEN
        except ZygoteLost:
            return Lost()
        finally:
            running.child = None

    @asynccontextmanager
    async def _private_folder(self, job: Claimed) -> AsyncIterator[Path]:
        folder = self._folder / f"{job.uid}-{job.attempt}"
        for part in (folder, folder / "input", folder / "output"):
            part.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _watched(running: Running, child: Child, request: dict[str, Any], family: Family, folder: Path, *, trusted: bool) -> Outcome:
    """Sends the request, hears the child, ends it where it takes too long or too much, and judges how it ended."""
    watching = asyncio.create_task(_watch_folder(child, folder, family.output_mb * MEBIBYTE))
    hearing = asyncio.create_task(_hear(running, child))
    try:
        await child.started
        with contextlib.suppress(ConnectionError):
            child.writer.write(json.dumps(request, default=str).encode() + b"\n")
            await child.writer.drain()
        status = await _status(child, family.wall_seconds)
        return _judge(status, child.killed_for, await hearing, trusted=trusted)
    finally:
        watching.cancel()
        hearing.cancel()
        child.writer.close()


async def _status(child: Child, seconds: float) -> int:
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(child.ended)
    except TimeoutError:
        child.kill("timeout")
        return await child.ended


async def _hear(running: Running, child: Child) -> dict[str, Any] | None:
    """The child's last message that is not progress; None where it left none that can be read."""
    last: dict[str, Any] | None = None
    try:
        async for line in child.reader:
            message = json.loads(line)
            if "progress" in message:
                running.tell(message["progress"], message.get("note", ""))
            elif "log" in message:
                log.info("job_says", job=str(running.job.uid), line=str(message["log"])[:NOTE_LENGTH])
            else:
                last = message
    except ConnectionError:
        return last
    except (ValueError, TypeError, RecursionError):
        child.kill("bad_answer")
        return None
    return last


async def _watch_folder(child: Child, folder: Path, most: int) -> None:
    """Kills a child whose folder grows beyond the limit: many files, each below the limit of one."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if await asyncio.to_thread(_size, folder) > most:
            child.kill("output_too_large")
            return


def _judge(status: int, killed_for: str | None, last: dict[str, Any] | None, *, trusted: bool) -> Outcome:
    if killed_for:
        return KILLS.get(killed_for) or Lost()
    if os.WIFSIGNALED(status):
        return _ended_by(signal.Signals(os.WTERMSIG(status)))
    match last:
        case {"error": {"code": str(code), "message": str(message)}, "permanent": bool(permanent)}:
            return Failure(code[:100], message[:2000].replace("\0", ""), permanent)
        case {"fenced": True} if trusted:
            return Fenced()
        case {"finished": True} if trusted:
            return Done(finished=True)
        case {"result": None}:
            return Done()
        case {"result": dict(result)}:
            return Done(result)
        case _:
            return NONSENSE


def _ended_by(number: signal.Signals) -> Failure:
    match number:
        case signal.SIGKILL:
            return OUT_OF_MEMORY
        case signal.SIGXCPU:
            return TOO_LONG
        case signal.SIGXFSZ:
            return TOO_MUCH_OUTPUT
        case _:
            return Failure("crashed", f"The program that does this work crashed on it ({number.name}).")


def _size(folder: Path) -> int:
    """Bytes that the folder's files take on the disk."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(parent, name).lstat().st_blocks * 512
    return total


def _tail(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_TAIL))
        return file.read().decode(errors="replace")
