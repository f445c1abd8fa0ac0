"""Runs one claimed job in children: its phases one after the other, watched, and says how it ended."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import structlog

from cascadia.jobs.confinement import MEBIBYTE, make_folder
from cascadia.jobs.kept import Kept
from cascadia.jobs.model import DISK_FULL, NOTE_LENGTH, OUT_OF_MEMORY, Claimed, Done, Failure, Fenced, Lost, Outage, Outcome
from cascadia.jobs.registry import Registry
from cascadia.jobs.zygotes import Child, Kind, ZygoteBroken, ZygoteLost, Zygotes
from cascadia.kernel.declare import Family, JobType

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.5
LOG_TAIL: Final = 4000
MOST_LINES: Final = 200
LONGEST_LOG_LINE: Final = 4000
LONGEST_MESSAGE: Final = 2000
LONGEST_CODE: Final = 100
LEAVING_SECONDS: Final = 5.0
ROOM_LEFT: Final = 16 * MEBIBYTE
"""With less of it a disk is full, as a confined child says; it may not put itself off."""
TOO_LONG: Final = Failure("timeout", "The work took longer than is allowed for it.")
TOO_MUCH_OUTPUT: Final = Failure("output_too_large", "The work writes more to the disk than is allowed for it.")
NONSENSE: Final = Failure("bad_answer", "The work ended without a result that could be read.")
BROKEN: Final = Failure("runner_broken", "The server cannot start what runs this work. Tell your administrator.")
LIMITS: Final = frozenset({TOO_LONG.code, TOO_MUCH_OUTPUT.code})
KILLS: Final[Mapping[str, Failure]] = {"timeout": TOO_LONG, "output_too_large": TOO_MUCH_OUTPUT, "bad_answer": NONSENSE}


@dataclass(slots=True, eq=False)
class Running:
    """A job while this worker runs it: what the heartbeat carries, and the handle that ends it."""

    job: Claimed
    progress: float | None = None
    note: str | None = None
    moved: bool = False
    lines: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    """When a slot took it; before that, when it was claimed."""
    child: Child | None = None
    stopped_for: str | None = field(default=None)

    def stop(self, reason: str) -> None:
        """Kills what runs now, and lets no further phase begin."""
        self.stopped_for = self.stopped_for or reason
        if self.child:
            self.child.kill(reason)

    def keep(self, line: Any) -> None:
        """Keeps a line for the administrator, as long as there are not too many; says what it does not keep."""
        text = str(line).replace("\0", "")
        if len(self.lines) < MOST_LINES:
            self.lines.append(text if len(text) <= LONGEST_LOG_LINE else f"{text[:LONGEST_LOG_LINE]} … ({len(text)} characters)")
        elif len(self.lines) == MOST_LINES:
            self.lines.append(f"… further lines are not kept: an attempt has {MOST_LINES}")

    def tell(self, fraction: Any, note: Any) -> None:
        """Takes progress that a child reports; it comes from code that read uploaded bytes, so it is not believed."""
        if isinstance(fraction, int | float) and 0 <= fraction <= 1:
            self.progress, self.note, self.moved = float(fraction), str(note)[:NOTE_LENGTH].replace("\0", "") or None, True


class Runner:
    """Runs jobs of one registry below one folder. `registry_name` is the "module:function" that makes it, for the children.

    `fetched` hears of a job whose input is there: what it needs has answered.
    """

    def __init__(self, registry: Registry, registry_name: str, folder: Path, zygotes: Zygotes, kept: Kept) -> None:
        self._registry = registry
        self._registry_name = registry_name
        self._folder = folder
        self._zygotes = zygotes
        self._kept = kept
        self.fetched: Callable[[Claimed], None] = _nobody
        self._trusted = Kind("cascadia.jobs.trusted:run", (registry_name.partition(":")[0],), trusted=True)

    async def run(self, running: Running) -> Outcome:
        """How the job ended. Where it was stopped, `running.stopped_for` says why and the outcome means nothing."""
        kind = self._registry.types[running.job.type]
        family = self._registry.families[running.job.family]
        folder = self._folder / f"{running.job.uid}-{running.job.attempt}"
        try:
            if kind.child is None:  # its folder is made when it asks for it
                return await self._trust(running, family, folder, "run")
            make_folder(folder)
            outcome = await self._trust(running, family, folder, "prepare")
            if isinstance(outcome, Done):
                self.fetched(running.job)
                outcome = await self._confine(running, kind, family, folder)
            if isinstance(outcome, Done):
                outcome = await self._trust(running, family, folder, "complete", outcome.result)
            return outcome
        finally:
            if folder.exists():
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

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
                "trace_id": job.trace_id,
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
            output = await asyncio.to_thread(_tail, folder / "log")
            log.warning("child_failed", job=str(running.job.uid), code=outcome.code, output=output)
            if output:
                running.keep(output)
            outcome = _final(outcome, family)
            if outcome.code == DISK_FULL.code and shutil.disk_usage(folder).free < ROOM_LEFT:
                return DISK_FULL
        return outcome

    async def _phase(self, running: Running, kind: Kind, family: Family, folder: Path, request: dict[str, Any]) -> Outcome:
        """One child's part of the work; `Lost` where it did not begin."""
        if running.stopped_for:
            return Lost()
        limits = {"memory_mb": family.memory_mb, "cpu_seconds": family.cpu_seconds, "output_mb": family.output_mb}
        try:
            child = running.child = await (self._kept.take(kind, family.name) if kind.trusted else self._zygotes.fork(kind))
            if running.stopped_for:
                child.kill(running.stopped_for)
            outcome, free = await _watched(running, child, kind, {**request, "folder": str(folder), "limits": limits}, family, folder)
            if free:
                self._kept.give(family.name, child)
        except ZygoteBroken as error:
            log.error("zygote_broken", entry=kind.entry, modules=kind.modules, reason=str(error))  # noqa: TRY400 - the zygote said more
            return BROKEN
        except ZygoteLost:
            return Lost()
        else:
            return outcome
        finally:
            running.child = None


async def _watched(
    running: Running, child: Child, kind: Kind, request: dict[str, Any], family: Family, folder: Path
) -> tuple[Outcome, bool]:
    """Sends the request, hears the child, ends it where it takes too long or too much; how it came out, and whether the child goes on."""
    watch = _FolderWatch(child, folder, family.output_mb * MEBIBYTE) if family.output_mb is not None else None
    free = False
    try:
        await child.started
        with contextlib.suppress(ConnectionError):
            child.writer.write(json.dumps(request, default=str).encode() + b"\n")
            await child.writer.drain()
        last = await _in_time(running, child, family.wall_seconds, until_answer=kind.trusted)
        if kind.trusted and last is not None and not child.killed_for:
            free = last.get("leaving") is False
            if not free:
                await _status(child, LEAVING_SECONDS)
            return _judge(0, None, last, trusted=True), free
        status = await _status(child, LEAVING_SECONDS)
        return _judge(status, child.killed_for, last, trusted=kind.trusted), False
    finally:
        if watch:
            watch.end()
        if not free:
            child.writer.close()


async def _in_time(running: Running, child: Child, seconds: float | None, *, until_answer: bool) -> dict[str, Any] | None:
    """The child's answer; None where it ended without one, or took too long."""
    try:
        async with asyncio.timeout(seconds):
            return await _hear(running, child, until_answer=until_answer)
    except TimeoutError:
        child.kill("timeout")
        return await _hear(running, child, until_answer=until_answer)


async def _status(child: Child, seconds: float) -> int:
    """How the child ended; one that has nothing left to do and goes on is killed."""
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(child.ended)
    except TimeoutError:
        child.kill("timeout")
        return await child.ended


async def _hear(running: Running, child: Child, *, until_answer: bool) -> dict[str, Any] | None:
    """The child's last message that is neither progress nor log; None where it left none that can be read."""
    last: dict[str, Any] | None = None
    try:
        async for line in child.reader:
            message = json.loads(line)
            if "progress" in message:
                running.tell(message["progress"], message.get("note", ""))
            elif "log" in message:
                running.keep(message["log"])
            elif until_answer:
                return dict(message)
            else:
                last = message
    except ConnectionError:
        return last
    except (ValueError, TypeError, RecursionError):
        child.kill("bad_answer")
        return None
    return last


class _FolderWatch:
    """Kills a child whose folder grows beyond `most` bytes: many files, each below the limit of one. A short job ends before it looks."""

    def __init__(self, child: Child, folder: Path, most: int) -> None:
        self._child, self._folder, self._most = child, folder, most
        self._looking: asyncio.Task[None] | None = None
        self._first = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._begin)

    def end(self) -> None:
        """Looks no more."""
        self._first.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _begin(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            if await asyncio.to_thread(_size, self._folder) > self._most:
                self._child.kill("output_too_large")
                return
            await asyncio.sleep(LOOK_SECONDS)


def _nobody(_job: Claimed) -> None:
    """Nobody is to hear of it."""


def _judge(status: int, killed_for: str | None, last: dict[str, Any] | None, *, trusted: bool) -> Outcome:
    if killed_for:
        return KILLS.get(killed_for) or Lost()
    if os.WIFSIGNALED(status):
        return _ended_by(signal.Signals(os.WTERMSIG(status)))
    return (_said_by_ours(last) if trusted else None) or _said(last)


def _said_by_ours(last: dict[str, Any] | None) -> Outcome | None:
    """What only our own code is believed."""
    match last:
        case {"away": str(needs), "error": {"code": str(code), "message": str(message)}}:
            return Outage(needs, code, message)
        case {"fenced": True}:
            return Fenced()
        case {"finished": True}:
            return Done(finished=True)
        case _:
            return None


def _said(last: dict[str, Any] | None) -> Outcome:
    match last:
        case {"error": {"code": str(code), "message": str(message)}, "permanent": bool(permanent)}:
            return Failure(code[:LONGEST_CODE], _short(message.replace("\0", "")), permanent)
        case {"result": None}:
            return Done()
        case {"result": dict(result)}:
            return Done(result)
        case _:
            return NONSENSE


def _short(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"


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


def _final(failure: Failure, family: Family) -> Failure:
    """A confined child that reached a limit of its own reaches it again: no further try. Its person hears what can be done."""
    if failure.code not in {"crashed", OUT_OF_MEMORY.code, *LIMITS}:
        return failure
    message = f"{failure.message} {family.advice}".strip()
    return replace(failure, message=message, permanent=failure.permanent or failure.code in LIMITS)


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
