"""Families, job types and a subscription that only tests know."""

import asyncio
import ctypes
import errno
import os
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cascadia.jobs.model import LeaseLost, PermanentJobError
from cascadia.jobs.registry import Registry, collect
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobContext, JobType, Payload, Schedule, Subscription
from cascadia.kernel.errors import Unavailable

TABLES = """
CREATE TABLE effect (job uuid NOT NULL, attempt int NOT NULL, note text, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE told (payload jsonb NOT NULL, code text NOT NULL, message text NOT NULL);
GRANT ALL ON effect, told TO cascadia_app;
"""


async def leave_effect(context: JobContext, write: Write, note: str = "") -> None:
    await write.execute(
        "INSERT INTO effect (job, attempt, note) VALUES (%(job)s, %(attempt)s, %(note)s)",
        {"job": context.job_uid, "attempt": context.attempt, "note": note},
    )


async def effect(context: JobContext, payload: Payload) -> Payload:
    """Works for `seconds`, reports each tenth, and leaves one row."""
    for step in range(10):
        context.progress(step / 10, f"step {step}")
        await asyncio.sleep(payload.get("seconds", 0) / 10)
    async with context.finish({"worked": payload.get("seconds", 0)}) as write:
        await leave_effect(context, write, payload.get("note", ""))
    return {}


async def lingering(context: JobContext, payload: Payload) -> None:
    """Has something to tidy up after its finish."""
    async with context.finish() as write:
        await leave_effect(context, write)
    await asyncio.sleep(payload["seconds"])
    await asyncio.to_thread(Path(payload["tidied"]).touch)


def wait_for_file(path: Path) -> None:
    while not path.exists():
        time.sleep(0.01)


async def gated(context: JobContext, payload: Payload) -> None:
    """Begins, waits for a file named after the attempt, then finishes; says where the finish was refused."""
    gate = Path(payload["gate"])
    await asyncio.to_thread(gate.with_name(f"begun.{context.attempt}").touch)
    await asyncio.to_thread(wait_for_file, gate.with_name(f"go.{context.attempt}"))
    try:
        async with context.finish() as write:
            await leave_effect(context, write)
    except LeaseLost:
        await asyncio.to_thread(gate.with_name(f"refused.{context.attempt}").touch)
        raise


async def empty(context: JobContext, payload: Payload) -> Payload:
    return {"got": payload.get("value")}


async def talkative(context: JobContext, payload: Payload) -> None:
    context.log("one")
    context.log("two")


async def pid(context: JobContext, payload: Payload) -> Payload:
    """Which process it ran in; `leave`: a process of its own goes on."""
    if payload.get("leave"):
        await asyncio.create_subprocess_exec("sleep", "600")
    return {"pid": os.getpid()}


async def flaky(context: JobContext, payload: Payload) -> None:
    """Fails until the attempt that the payload names."""
    if context.attempt < payload["succeeds_at"]:
        raise RuntimeError("not yet")


async def needy(context: JobContext, payload: Payload) -> None:
    """Needs something that answers as soon as a file is there."""
    if not await asyncio.to_thread(Path(payload["flag"]).exists):
        raise Unavailable("It does not answer.", code="away", needs=payload["needs"])


async def refuse(context: JobContext, payload: Payload) -> None:
    raise PermanentJobError("bad_input", "This cannot be read. Upload another one.")


async def family_of_processes(context: JobContext, payload: Payload) -> None:
    """Starts a process of its own, writes its pid, and waits for it."""
    process = await asyncio.create_subprocess_exec("sleep", "600")
    await asyncio.to_thread(Path(payload["pid_file"]).write_text, str(process.pid))
    await process.wait()


async def tell(write: Write, payload: Payload, error: Mapping[str, str]) -> None:
    from psycopg.types.json import Jsonb

    await write.execute("INSERT INTO told VALUES (%(payload)s, %(code)s, %(message)s)", {"payload": Jsonb(payload), **error})


async def prepare(context: JobContext, payload: Payload) -> None:
    (context.folder / "input" / "source").write_text(payload.get("text", "bytes"))


async def complete(context: JobContext, payload: Payload, result: Payload) -> None:
    text = (context.folder / "output" / "made").read_text() if (context.folder / "output" / "made").is_file() else ""
    async with context.finish(result) as write:
        await leave_effect(context, write, text)


def child(folder: Path, payload: Payload, progress: Callable[..., None]) -> dict[str, Any]:
    """Does what the payload says, in the cage."""
    progress(0.5, "half")
    outcome: dict[str, Any] = BEHAVIOURS[payload["do"]](folder, payload) or {}
    return outcome


def convert(folder: Path, payload: Payload) -> dict[str, Any]:
    text = (folder / "input" / "source").read_text()
    (folder / "output" / "made").write_text(text.upper())
    return {"length": len(text)}


def crash(folder: Path, payload: Payload) -> None:
    ctypes.string_at(0)


def hang(folder: Path, payload: Payload) -> None:
    time.sleep(600)


def spin(folder: Path, payload: Payload) -> None:
    while True:
        pass


def eat_memory(folder: Path, payload: Payload) -> None:
    kept = [bytearray(16 * 1024 * 1024) for _ in range(200)]
    raise AssertionError(len(kept))


def fork(folder: Path, payload: Payload) -> None:
    os.fork()


def execute(folder: Path, payload: Payload) -> None:
    subprocess.run(["true"], check=True)


def open_socket(folder: Path, payload: Payload) -> None:
    socket.create_connection(("127.0.0.1", payload["port"]))


def fill_disk(folder: Path, payload: Payload) -> None:
    for number in range(10_000):
        (folder / "output" / str(number)).write_bytes(os.urandom(1024 * 1024))
        time.sleep(0.01)


def write_one_large_file(folder: Path, payload: Payload) -> None:
    with (folder / "output" / "large").open("wb") as file:
        for _ in range(100):
            file.write(bytes(1024 * 1024))


def look_around(folder: Path, payload: Payload) -> dict[str, Any]:
    """What a curious reader of a hostile file could get at."""
    refused = {}
    attempts: dict[str, Callable[[], object]] = {
        "outside": lambda: Path(payload["secret"]).read_text(),
        "write": lambda: Path(payload["secret"]).with_name("planted").write_text("x"),
        "symlink": lambda: (folder / "output" / "made").symlink_to(payload["secret"]),
        "link": lambda: (folder / "output" / "made").hardlink_to(payload["secret"]),
        "pipe": lambda: os.mkfifo(folder / "output" / "made"),
        "parent": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
        "kill": lambda: os.kill(os.getppid(), 0),
        "limits": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError as error:
            refused[name] = errno.errorcode[error.errno or 0]
    return {"refused": refused, "environment": sorted(os.environ)}


def use_thread(folder: Path, payload: Payload) -> dict[str, Any]:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(1))
    thread.start()
    thread.join()
    return {"threads": len(found)}


def refuse_in_cage(folder: Path, payload: Payload) -> None:
    raise PermanentJobError("bad_file", "The file is damaged. Export it again.")


def claim_disk_full(folder: Path, payload: Payload) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def answer_nonsense(folder: Path, payload: Payload) -> None:
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"{{{\n")
        except OSError:
            continue
    time.sleep(600)


BEHAVIOURS: dict[str, Callable[[Path, Payload], dict[str, Any] | None]] = {
    f.__name__: f
    for f in (
        convert, crash, hang, spin, eat_memory, fork, execute, open_socket, fill_disk, write_one_large_file, look_around, use_thread,
        refuse_in_cage, claim_disk_full, answer_nonsense,
    )
}  # fmt: skip


async def on_ping(write: Write, event: Incoming) -> list[Enqueue]:
    if event.data.get("poison") and not await write.value("SELECT count(*) FROM told"):
        raise RuntimeError("poison")
    return [Enqueue("sample.effect", {"note": str(event.data["number"])}, actor_id=event.actor_id)]


SAMPLE = Family("sample", Isolation.TRUSTED, wall_seconds=30, max_failures=3)
MAINTENANCE = Family("maintenance", Isolation.TRUSTED, max_failures=3)
OTHER = Family("other.kind", Isolation.TRUSTED)
CAGE = Family(
    "cage", Isolation.SANDBOXED, memory_mb=96, wall_seconds=2, cpu_seconds=1, output_mb=8, max_failures=1, preload="tests.jobs.sample"
)
PATIENT = Family("patient", Isolation.SANDBOXED, wall_seconds=2, output_mb=8, preload="tests.jobs.sample", advice="Export it again.")
BROKEN = Family("broken", Isolation.SANDBOXED, max_failures=1, preload="tests.jobs.no_such_module")

DECLARED = Declared(
    families=(SAMPLE, MAINTENANCE, OTHER, CAGE, PATIENT, BROKEN),
    types=(
        JobType("sample.effect", "sample", run=effect),
        JobType("sample.empty", "sample", run=empty),
        JobType("sample.lingering", "sample", run=lingering),
        JobType("sample.gated", "sample", run=gated),
        JobType("sample.tick", "sample", run=empty),
        JobType("sample.talkative", "sample", run=talkative),
        JobType("sample.pid", "sample", run=pid),
        JobType("sample.flaky", "sample", run=flaky),
        JobType("sample.needy", "sample", run=needy),
        JobType("sample.refuse", "sample", run=refuse, failed=tell),
        JobType("sample.processes", "sample", run=family_of_processes),
        JobType("other.kind.empty", "other.kind", run=empty),
        JobType("broken.read", "broken", prepare=prepare, child="tests.jobs.sample:child", complete=complete),
        JobType("patient.read", "patient", prepare=prepare, child="tests.jobs.sample:child", complete=complete),
        JobType("cage.read", "cage", prepare=prepare, child="tests.jobs.sample:child", complete=complete, failed=tell),
    ),
    schedules=(Schedule("sample.yearly", "0 0 1 1 *", "sample.tick"),),
    subscriptions=(Subscription("sample.pings", ("ping",), on_ping),),
)


def registry() -> Registry:
    return collect([DECLARED])
