"""What every converter does around its child: fetch the file, keep what was made, say what became of it. Nothing is made twice."""

import asyncio
import errno
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from cascadia.jobs.model import PermanentJobError
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Enqueue, Incoming, JobContext, Payload
from cascadia.kernel.errors import NotFound
from cascadia.kernel.events import Event
from cascadia.vault import service as vault
from cascadia.vault.service import NewDerivative

TOO_LARGE: Final = "The file has {:,.0f} MiB, more than this reader of files may take in. The file itself is kept whole."

GONE: Final = "What an earlier job left for this one is not there any more ({}). Ask for the file to be converted again."
AT_ONCE: Final = 8


async def wanted(write: Write, event: Incoming, job_type: str, converter: str, *, kind: str | None = "structure") -> list[Enqueue]:
    """The job of the event's file (`data.file`), unless `converter` made a derivative of that `kind` (None: any) of its content."""
    file = UUID(str(event.data["file"]))
    try:
        blob = await vault.blob_of_file(write, file)
    except NotFound:
        return []
    if await vault.derivatives_of(write, [blob.blob_id], kind=kind, component=vault.WHOLE, converter=converter):
        return []
    name = str(event.data.get("name", ""))
    payload = {
        "file": str(file),
        "blob": blob.blob_id,
        "name": name,
        "media_type": event.data.get("media_type"),
        "converter": converter,
        "actor_id": event.actor_id,
        "program_id": event.program_id,
    }
    return [
        Enqueue(
            type=job_type,
            payload=payload,
            key=f"{blob.sha256}:{converter}",
            actor_id=event.actor_id,
            program_id=event.program_id,
            subject_kind="proposal" if event.type == "proposal.requested" else "file",
            subject=event.subject,
            subject_name=name,
        )
    ]


def fetching(name: str) -> Callable[[JobContext, Payload], Awaitable[None]]:
    """A `prepare` that puts the file's bytes where the sandboxed child finds them: `input/NAME`."""

    async def prepare(context: JobContext, payload: Payload) -> None:
        folder = context.folder / "input"
        folder.mkdir(exist_ok=True)
        async with context.database.read() as read:
            blob = await vault.blob_of_file(read, UUID(payload["file"]))
        try:
            await vault.fetch(context.blobs, blob.key, folder / name)
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise
            raise PermanentJobError("file_too_large", TOO_LARGE.format(blob.size / 2**20)) from error

    return prepare


def fetching_made(names: Mapping[str, str]) -> Callable[[JobContext, Payload], Awaitable[None]]:
    """A `prepare` that fetches what earlier jobs made of the payload's `blob`: kind → name in `input`. `payload["converter"]` made it."""

    async def prepare(context: JobContext, payload: Payload) -> None:
        folder = context.folder / "input"
        folder.mkdir(exist_ok=True)
        async with context.database.primary() as primary:
            made = await vault.derivatives_of(primary, [payload["blob"]], component=vault.WHOLE, converter=payload["converter"])
        keys = {derivative.kind: derivative.key for derivative in made}
        if missing := names.keys() - keys.keys():
            raise PermanentJobError("input_gone", GONE.format(", ".join(sorted(missing))))
        for kind, name in names.items():
            await vault.fetch(context.blobs, keys[kind], folder / name)

    return prepare


Follow = Callable[[Write, JobContext, Payload, Payload], Awaitable[None]]
"""What else a finished conversion does, in the same transaction: `(write, context, payload, result)`."""


def keeping(
    event: str, kinds: frozenset[str], follow: Follow | None = None
) -> Callable[[JobContext, Payload, Payload], Awaitable[Payload]]:
    """A `complete` that stores what the child made of these kinds and says so by `event`; fenced, so that a late attempt leaves nothing."""

    async def complete(context: JobContext, payload: Payload, result: Payload) -> Payload:
        outputs = [output for output in result["outputs"] if output["kind"] in kinds]
        made = await _kept(context, outputs)
        summary = {"outputs": len(made), "made": sorted({d.kind for d in made}), "converter": result["converter"]}
        async with context.finish(summary) as write:
            unneeded = await vault.save_derivatives(write, payload["blob"], result["converter"], made)
            await write.emit(_event(event, payload, context.actor_id, context.program_id, summary))
            if follow is not None:
                await follow(write, context, payload, result)
        for key in unneeded:
            await context.blobs.delete(key)
        return summary

    return complete


async def _kept(context: JobContext, outputs: Sequence[Mapping[str, Any]]) -> list[NewDerivative]:
    """Stores some at a time: each waits for a disk or a network."""
    few = asyncio.Semaphore(AT_ONCE)

    async def keep(output: Mapping[str, Any]) -> NewDerivative:
        async with few:
            stored = await vault.keep(context.blobs, context.folder / "output" / output["name"])
        return NewDerivative(output["kind"], output.get("component") or vault.WHOLE, output["media_type"], stored)

    return list(await asyncio.gather(*map(keep, outputs)))


async def not_made(write: Write, payload: Payload, error: Mapping[str, str]) -> None:
    """Says that what was to follow a conversion will not come; what was read before stays."""
    await write.emit(_event("derivative.missing", payload, payload.get("actor_id"), payload.get("program_id"), error))


async def conversion_failed(write: Write, payload: Payload, error: Mapping[str, str]) -> None:
    """Tells those who wait for the file why there will be nothing."""
    told = {**error, "converter": payload.get("converter")}
    await write.emit(_event("derivative.failed", payload, payload.get("actor_id"), payload.get("program_id"), told))


def _event(event: str, payload: Payload, actor_id: int | None, program_id: int | None, data: Mapping[str, Any]) -> Event:
    return Event(event, UUID(payload["file"]), actor_id, program_id, {**data, "blob": payload["blob"], "file": payload["file"]})
