"""Uploads in pieces: begun on one app server, gone on with on any other, put together when the last piece is there.

Each piece is one object under a key of its own, then a row under the upload's lock: of two pieces for one offset one is refused. The
whole is put together by the server that took the last piece where it is small, else (or where that server died) by the job
`vault.assemble`; both may be at it at once, and one of them makes the file.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.actors import actor_of
from cascadia.access.model import Actor
from cascadia.jobs import service as jobs
from cascadia.kernel.blobs import BlobStore, StoredBlob
from cascadia.kernel.db import Database, Read, Write
from cascadia.kernel.declare import Enqueue, Payload
from cascadia.kernel.errors import CascadiaError, Conflict, Invalid, NotFound
from cascadia.kernel.ids import new_uid
from cascadia.vault import queries, service
from cascadia.vault.model import Target

ASSEMBLE: Final = "vault.assemble"
AT_ONCE: Final = 64 * 1024 * 1024
"""Bytes up to which the server that takes the last piece puts the whole together itself."""
FALLBACK_SECONDS: Final = 20.0
"""After that the job looks whether that server did."""


class WrongOffset(Conflict):
    """A piece that does not begin where the upload has come to."""

    code = "upload_offset"


class WrongChecksum(CascadiaError):
    """Bytes that are not those that the client announced."""

    status: ClassVar[int] = 422
    code = "upload_checksum"
    title: ClassVar[str] = "The bytes arrived otherwise than they were sent"


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An upload as queries return it; `sha256` in hexadecimal where the client declared one."""

    upload_id: int
    uid: UUID
    created_by: int
    project_id: int
    project_uid: UUID
    program_id: int
    name: str
    media_type: str
    size: int
    sha256: str | None
    received: int
    state: str
    file_uid: UUID | None
    error: dict[str, str] | None
    expires_at: datetime

    @property
    def complete(self) -> bool:
        """Every byte is there."""
        return self.received == self.size

    @property
    def target(self) -> Target:
        """Where the file goes."""
        return Target(self.project_id, self.project_uid, self.program_id, self.name, self.media_type)


async def begin(write: Write, actor: Actor, target: Target, size: int, sha256: str | None) -> UploadRow:
    """A new upload of nothing yet; the target was judged before."""
    uid = new_uid()
    await write.execute(
        queries.INSERT_UPLOAD,
        {
            "uid": uid,
            "created_by": actor.user_id,
            "project_id": target.project_id,
            "name": target.name,
            "media_type": target.media_type,
            "size": size,
            "sha256": sha256,
        },
    )
    if size == 0:
        await _ask_for_assembly(write, actor.user_id, target, uid, 0.0)
    return await _by_uid(write, uid)


async def find(read: Read, actor: Actor, uid: UUID) -> UploadRow:
    """The actor's own upload. 404 for another's, and 403 for whoever may upload nothing into its program."""
    row = await read.one(queries.UPLOAD, UploadRow, {"uid": uid})
    if row is None or row.program_id not in actor.programs:
        raise NotFound("There is no such upload of yours, or its day is over. Begin it again.")
    actor.require("file.create", row.program_id)
    if row.created_by != actor.user_id:
        raise NotFound("There is no such upload of yours, or its day is over. Begin it again.")
    return row


def check_offset(upload: UploadRow, offset: int) -> None:
    """409 with where it has come to, 422 where nothing more is taken."""
    if upload.state == "failed":
        raise Invalid((upload.error or {}).get("message", "This upload failed. Begin it again."), code="upload_failed")
    if offset != upload.received:
        raise WrongOffset(f"This upload has come to byte {upload.received}, not {offset}. Ask for it by HEAD and go on there.")


async def add_piece(write: Write, upload: UploadRow, piece: StoredBlob) -> int:
    """Records a stored piece; returns the new offset. 409 where another one came first, 422 where it is too long."""
    if upload.received + piece.size > upload.size:
        raise Invalid(f"The upload was announced with {upload.size} bytes; this piece goes beyond.", code="upload_too_long")
    offset: int | None = await write.value(
        queries.ADD_PIECE, {"uid": upload.uid, "start": upload.received, "bytes": piece.size, "key": piece.key}
    )
    if offset is None:
        raise WrongOffset("Another piece came first. Ask for the offset by HEAD and go on there.")
    if offset == upload.size:
        delay = FALLBACK_SECONDS if upload.size <= AT_ONCE else 0.0
        await _ask_for_assembly(write, upload.created_by, upload.target, upload.uid, delay)
    return offset


async def _ask_for_assembly(write: Write, actor_id: int, target: Target, uid: UUID, delay: float) -> None:
    await jobs.enqueue(
        write,
        Enqueue(
            ASSEMBLE,
            {"upload": str(uid)},
            key=f"assemble:{uid}",
            actor_id=actor_id,
            program_id=target.program_id,
            subject_kind="upload",
            subject=uid,
            subject_name=target.name,
            delay_seconds=delay,
        ),
    )


async def assemble(database: Database, store: BlobStore, uid: UUID) -> UploadRow | None:
    """Makes the file of a complete upload, once, whoever else is at it; returns how it stands then, None where there is none any more.

    One that failed because its job died has its pieces still, and is made whole when the job is tried again.
    """
    async with database.primary() as primary:
        upload = await primary.one(queries.UPLOAD, UploadRow, {"uid": uid})
        pieces = await primary.rows(queries.PIECES, {"upload_id": upload.upload_id}) if upload else []
    if upload is None or upload.state == "done" or not upload.complete or (upload.state == "failed" and not pieces):
        return upload
    stored, kept = await store.put(_bytes_of(store, [piece["key"] for piece in pieces]), new_uid()), False
    try:
        async with database.write() as write:
            state = await write.value(queries.LOCK_UPLOAD, {"uid": uid})
            if state not in {"receiving", "failed"}:
                return await _by_uid(write, uid) if state else None
            if upload.sha256 and stored.sha256 != upload.sha256:
                error = {"code": WrongChecksum.code, "message": "The bytes arrived otherwise than they were sent. Upload the file again."}
                await write.execute(queries.END_UPLOAD, {"uid": uid, "state": "failed", "file_uid": None, "error": Jsonb(error)})
            else:
                file = new_uid()
                blob = await service.create_file(write, await actor_of(write, upload.created_by), upload.target, stored, file)
                kept = blob.key == stored.key
                await write.execute(queries.END_UPLOAD, {"uid": uid, "state": "done", "file_uid": file, "error": None})
            done = await _by_uid(write, uid)
    finally:
        if not kept:
            await store.delete(stored.key)
    for piece in pieces:
        await store.delete(piece["key"])
    return done


async def assembly_failed(write: Write, payload: Payload, error: Mapping[str, str]) -> None:
    """Ends the upload with the job's words. Its pieces stay for their day: the job, tried again by hand, still makes the file."""
    await write.execute(queries.FAIL_UPLOAD, {"uid": payload["upload"], "error": Jsonb(dict(error))})


async def _bytes_of(store: BlobStore, keys: list[str]) -> AsyncIterator[bytes]:
    for key in keys:
        async for chunk in await store.open(key):
            yield chunk


async def end(write: Write, upload: UploadRow) -> list[str]:
    """Forgets an upload; returns the keys of its pieces, to be deleted."""
    keys = [row["key"] for row in await write.rows(queries.PIECES, {"upload_id": upload.upload_id})]
    await write.execute(queries.DELETE_UPLOAD, {"uid": upload.uid})
    return keys


async def _by_uid(read: Read, uid: UUID) -> UploadRow:
    row = await read.one(queries.UPLOAD, UploadRow, {"uid": uid})
    assert row
    return row
