"""When files are converted, and what is kept of it: everything by content and converter version, so nothing is converted twice."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from cascadia.cad.model import CONVERTER_VERSION
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobContext, JobType, Payload, Subscription
from cascadia.kernel.errors import NotFound
from cascadia.kernel.events import Event
from cascadia.vault import service as vault
from cascadia.vault.service import NewDerivative

CAD: Final = Family(
    "conversion.cad",
    Isolation.SANDBOXED,
    memory_mb=3072,
    wall_seconds=900,
    cpu_seconds=900,
    output_mb=2048,
    max_failures=3,
    preload="cascadia.cad.preload",
)
STEP: Final = "model/step"


async def prepare(context: JobContext, payload: Payload) -> None:
    """Puts the file's bytes where the sandboxed child finds them."""
    folder = context.folder / "input"
    folder.mkdir(exist_ok=True)
    async with context.database.read() as read:
        blob = await vault.blob_of_file(read, UUID(payload["file"]))
    await vault.fetch(context.blobs, blob.key, folder / "source.stp")


async def complete(context: JobContext, payload: Payload, result: Payload) -> Payload:
    """Stores what the child made and says so by an event; fenced, so that a late attempt leaves nothing."""
    made = []
    for output in result["outputs"]:
        stored = await vault.keep(context.blobs, context.folder / "output" / output["name"])
        made.append(NewDerivative(output["kind"], output["component"] or vault.WHOLE, output["media_type"], stored))
    summary = {"outputs": len(made), "converter": result["converter"]}
    async with context.finish(summary) as write:
        unneeded = await vault.save_derivatives(write, payload["blob"], result["converter"], made)
        await write.emit(_event("derivative.created", payload, context.actor_id, context.program_id, summary))
    for key in unneeded:
        await context.blobs.delete(key)
    return summary


async def conversion_failed(write: Write, payload: Payload, error: Mapping[str, str]) -> None:
    """Tells those who wait for the file why there will be nothing."""
    await write.emit(_event("derivative.failed", payload, payload.get("actor_id"), payload.get("program_id"), error))


def _event(event: str, payload: Payload, actor_id: int | None, program_id: int | None, data: Mapping[str, Any]) -> Event:
    return Event(event, UUID(payload["file"]), actor_id, program_id, {**data, "blob": payload["blob"], "file": payload["file"]})


async def wanted(write: Write, event: Incoming) -> list[Enqueue]:
    """A new STEP file, or one that a proposal asks for, is converted unless this converter has done so before."""
    file = UUID(str(event.data["file"]))
    try:
        blob = await vault.blob_of_file(write, file)
    except NotFound:
        return []
    if await vault.derivatives_of(write, [blob.blob_id], kind="structure", component=vault.WHOLE, converter=CONVERTER_VERSION):
        return []
    payload = {
        "file": str(file),
        "blob": blob.blob_id,
        "name": event.data.get("name"),
        "actor_id": event.actor_id,
        "program_id": event.program_id,
    }
    subject_kind = "proposal" if event.type == "proposal.requested" else "file"
    return [
        Enqueue(
            type="conversion.cad.step",
            payload=payload,
            key=f"{blob.sha256}:{CONVERTER_VERSION}",
            actor_id=event.actor_id,
            program_id=event.program_id,
            subject_kind=subject_kind,
            subject=event.subject,
            subject_name=str(event.data.get("name", "")),
        )
    ]


DECLARED: Final = Declared(
    families=(CAD,),
    types=(
        JobType(
            "conversion.cad.step",
            "conversion.cad",
            prepare=prepare,
            child="cascadia.cad.child:run",
            complete=complete,
            failed=conversion_failed,
        ),
    ),
    subscriptions=(
        Subscription("cad.files", ("file.created",), wanted, where={"media_type": STEP}),
        Subscription("cad.proposals", ("proposal.requested",), wanted),
    ),
)
