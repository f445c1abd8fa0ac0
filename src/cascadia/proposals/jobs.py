"""The job that matches a proposal with today's items, and the events that ask for it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from cascadia.access.actors import actor_of
from cascadia.jobs.model import PermanentJobError
from cascadia.kernel.db import Write
from cascadia.kernel.declare import Declared, Enqueue, Family, Incoming, Isolation, JobContext, JobType, Payload, Subscription
from cascadia.proposals import opening, queries, service
from cascadia.proposals.reading import converter_of, structures_of
from cascadia.proposals.shapes import compared
from cascadia.structures.model import decode
from cascadia.vault import service as vault

IMPORT: Final = Family("import", Isolation.TRUSTED, memory_mb=512, wall_seconds=300)
FAILED: Final = "derivative.failed"


async def match(context: JobContext, payload: Payload) -> Payload:
    """Reads the structure that the converter left and writes the proposal's rows; the proposal is open afterwards."""
    async with context.database.primary() as primary:
        source = await service.source_of(primary, UUID(payload["proposal"]))
        if source is None or not source.waits:
            return {"skipped": True}
        found = await structures_of(primary, source.blob_id, source.converter)
        actor = await actor_of(primary, source.created_by)
    if not found:
        raise PermanentJobError("structure_missing", "The file's structure is not there. Ask for the proposal again.")
    context.progress(0.3, "matching")
    try:
        structure = decode(await vault.read_bytes(context.blobs, found[0].key))
    except msgspec.ValidationError as error:
        raise PermanentJobError(
            "structure_unreadable", "The file's structure is of another release. Ask for the proposal again."
        ) from error
    structure = await compared(context.database, context.blobs, actor, source, structure)
    result = {"proposal": payload["proposal"], "components": len(structure.components)}
    async with context.finish(result) as write:
        await opening.match(write, actor, source, structure)
    return result


async def match_failed(write: Write, payload: Payload, error: Mapping[str, str]) -> None:
    """A match that will never come ends the proposal."""
    source = await service.source_of(write, UUID(payload["proposal"]))
    if source is not None:
        await service.fail(write, source.uid, source.program_id, source.created_by, error)


async def wanted(write: Write, event: Incoming) -> list[Enqueue]:
    """Which proposals can be matched now: the one that is asked for, where its file was converted before, or all that wait for a file."""
    if event.type == "proposal.requested":
        source = await service.source_of(write, event.subject)
        if source is None or not await structures_of(write, source.blob_id, source.converter):
            return []
        return [_match(source.uid, source.created_by, source.program_id, source.file_name)]
    rows = await write.rows(queries.WAITING_OF_BLOB, {"blob_id": event.data["blob"]})
    made = event.data.get("converter")
    waiting = [row for row in rows if made is None or converter_of(row["name"], row["media_type"], row["reading"]) in (None, made)]
    if event.type == FAILED:
        await _fail_all(write, waiting, event)
        return []
    return [_match(row["uid"], row["created_by"], row["program_id"], row["name"]) for row in waiting]


async def _fail_all(write: Write, waiting: list[dict[str, Any]], event: Incoming) -> None:
    error = {"code": str(event.data.get("code", "conversion_failed")), "message": str(event.data.get("message", ""))}
    if away := event.data.get("away"):
        error["away"] = str(away)
    for row in waiting:
        await service.fail(write, row["uid"], row["program_id"], row["created_by"], error)


def _match(proposal: UUID, actor_id: int, program_id: int, name: str) -> Enqueue:
    return Enqueue(
        type="import.match",
        payload={"proposal": str(proposal)},
        key=f"match:{proposal}",
        actor_id=actor_id,
        program_id=program_id,
        subject_kind="proposal",
        subject=proposal,
        subject_name=name,
    )


DECLARED: Final = Declared(
    families=(IMPORT,),
    types=(JobType("import.match", "import", run=match, failed=match_failed),),
    subscriptions=(Subscription("proposals.match", ("proposal.requested", "derivative.created", FAILED), wanted),),
)
