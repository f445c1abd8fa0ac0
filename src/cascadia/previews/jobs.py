"""When documents are previewed, and what is kept of it: by content and converter version, so nothing is made twice."""

from typing import Final
from uuid import UUID

from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobContext, JobType, Payload, Subscription
from cascadia.kernel.errors import NotFound
from cascadia.kernel.events import Event
from cascadia.previews.model import CONVERTER_VERSION, PREVIEWED
from cascadia.vault import service as vault
from cascadia.vault.service import NewDerivative

PREVIEW: Final = "conversion.document.preview"
KINDS: Final = frozenset({"preview", "text"})


async def prepare(context: JobContext, payload: Payload) -> None:
    """Puts the file's bytes where the sandboxed child finds them."""
    async with context.database.read() as read:
        blob = await vault.blob_of_file(read, UUID(payload["file"]))
    await vault.fetch(context.blobs, blob.key, context.folder / "input" / "source")


async def complete(context: JobContext, payload: Payload, result: Payload) -> Payload:
    """Stores what the child made; fenced, so that a late attempt leaves nothing."""
    made = []
    for output in result["outputs"]:
        if output["kind"] in KINDS:
            stored = await vault.keep(context.blobs, context.folder / "output" / output["name"])
            made.append(NewDerivative(output["kind"], vault.WHOLE, output["media_type"], stored))
    summary = {"made": sorted(d.kind for d in made)}
    async with context.finish(summary) as write:
        unneeded = await vault.save_derivatives(write, payload["blob"], CONVERTER_VERSION, made)
        await write.emit(Event("preview.created", UUID(payload["file"]), context.actor_id, context.program_id, summary))
    for key in unneeded:
        await context.blobs.delete(key)
    return summary


async def wanted(write: Write, event: Incoming) -> list[Enqueue]:
    """A new document gets a preview, unless one was made of the same content."""
    if event.data["media_type"] not in PREVIEWED:
        return []
    try:
        blob = await vault.blob_of_file(write, event.subject)
    except NotFound:
        return []
    if await vault.derivatives_of(write, [blob.blob_id], component=vault.WHOLE, converter=CONVERTER_VERSION):
        return []
    payload = {"file": str(event.subject), "blob": blob.blob_id, "media_type": event.data["media_type"]}
    return [
        Enqueue(
            PREVIEW,
            payload,
            key=f"{blob.sha256}:{CONVERTER_VERSION}",
            actor_id=event.actor_id,
            program_id=event.program_id,
            subject_kind="file",
            subject=event.subject,
            subject_name=str(event.data["name"]),
        )
    ]


DECLARED: Final = Declared(
    families=(
        Family(
            "conversion.document",
            Isolation.SANDBOXED,
            memory_mb=1024,
            wall_seconds=120,
            cpu_seconds=120,
            output_mb=64,
            max_failures=3,
            preload="cascadia.previews.preload",
        ),
    ),
    types=(JobType(PREVIEW, "conversion.document", prepare=prepare, child="cascadia.previews.child:run", complete=complete),),
    subscriptions=(Subscription("previews.files", ("file.created",), wanted),),
)
