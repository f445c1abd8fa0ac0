"""Uploads in pieces: begun on one app server, gone on with on any other, put together when the last piece is there.

Each piece is stored (`receiving`), then recorded under the upload's lock: of two pieces for one offset one is refused. The whole is put
together by the server that took the last piece where that is quick, else (or where that server died) by the job `vault.assemble`; both
may be at it at once, and one of them makes the file.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.actors import actor_of
from cascadia.access.model import Actor
from cascadia.jobs import service as jobs
from cascadia.kernel.blobs import BlobMissing, BlobStore, Piece, StoredBlob
from cascadia.kernel.db import Database, Read, Write
from cascadia.kernel.declare import Enqueue, Payload
from cascadia.kernel.errors import CascadiaError, Conflict, Forbidden, Invalid, NotFound
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.vault import queries, room, service
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
    """An upload as queries return it; `sha256` in hexadecimal where the client declared one.

    `hashed` is what it was hashed to as it came, where one server received all of it; the tail is its last stored object.
    """

    upload_id: int
    uid: UUID
    created_by: int
    created_by_uid: UUID
    created_by_name: str
    created_at: datetime
    project_id: int
    project_uid: UUID
    project_code: str
    project_name: str
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
    hashed: str | None = None
    tail_start: int | None = None
    tail_key: str | None = None

    @property
    def complete(self) -> bool:
        """Every byte is there."""
        return self.received == self.size

    @property
    def quick(self) -> bool:
        """Whether putting it together takes no long time: it is small, or one object whose hash is known."""
        return self.size <= AT_ONCE or (self.hashed is not None and self.tail_start == 0)

    @property
    def target(self) -> Target:
        """Where the file goes."""
        return Target(self.project_id, self.project_uid, self.program_id, self.name, self.media_type)


async def open_page(read: Read, actor: Actor, paging: PageRequest, *, everyone: bool) -> tuple[list[UploadRow], str | None]:
    """One page of the actor's uploads that became no file, newest first, or of everybody's, for administrators; the next cursor."""
    if everyone:
        actor.require_administrator()
    (after,) = paging.ordered("everyone" if everyone else "mine").after(int)
    mine = {"creator": None if everyone else actor.user_id, "programs": actor.programs}
    rows = await read.all(queries.OPEN_UPLOADS, UploadRow, {**mine, "after": after, "limit": paging.limit + 1})
    return paging.ordered("everyone" if everyone else "mine").cut(rows, lambda row: [row.upload_id])


async def begin(write: Write, store: BlobStore, actor: Actor, target: Target, size: int, sha256: str | None, reserve: int) -> UploadRow:
    """A new upload of nothing yet; the target was judged before. 507 where there is no room for all of it besides `reserve`."""
    await room.promise(write, store, target, size, reserve)
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


async def find(read: Read, actor: Actor, uid: UUID, *, any_for_administrators: bool = False) -> UploadRow:
    """The actor's own upload; 404 for another's, and 403 for whoever may upload nothing into its program.

    Where it says so, administrators find anybody's.
    """
    row = await read.one(queries.UPLOAD, UploadRow, {"uid": uid})
    if row is not None and any_for_administrators and actor.administrator:
        return row
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


async def record_piece(write: Write, upload: UploadRow, stored: Piece, start: int | None, hashed: str | None) -> UploadRow:
    """The upload with a stored piece. 409 where another one came first.

    `start` is where the object begins that the piece made longer; None: the piece is an object of its own. `hashed`: all of it, at its end.
    """
    params = {"uid": upload.uid, "start": upload.received, "bytes": stored.length, "key": stored.key, "object_start": start}
    received = await write.value(queries.ADD_PIECE if start is None else queries.GROW_PIECE, params)
    if received is None:
        raise WrongOffset("Another piece came first. Ask for the offset by HEAD and go on there.")
    tail = upload.received if start is None else start
    after = replace(upload, received=received, hashed=hashed, tail_start=tail, tail_key=stored.key)
    if after.complete:
        await write.execute(queries.SET_HASHED, {"uid": upload.uid, "hashed": hashed})
        await _ask_for_assembly(write, upload.created_by, upload.target, upload.uid, FALLBACK_SECONDS if after.quick else 0.0)
    return after


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
        pieces = await primary.all(queries.PIECES, Piece, {"upload_id": upload.upload_id}) if upload else []
    if upload is None or upload.state == "done" or not upload.complete or (upload.state == "failed" and not pieces):
        return upload
    try:
        stored, kept = await _put_together(store, upload, pieces), False
    except BlobMissing:
        async with database.primary() as primary:
            now = await primary.one(queries.UPLOAD, UploadRow, {"uid": uid})
        if now is None or now.state == "done":  # somebody else was faster, and the pieces are gone
            return now
        raise
    try:
        async with database.write() as write:
            state = await write.value(queries.LOCK_UPLOAD, {"uid": uid})
            if state not in {"receiving", "failed"}:
                return await _by_uid(write, uid) if state else None
            kept = await _end(write, upload, stored)
            done = await _by_uid(write, uid)
    finally:
        if not kept:
            await store.delete(stored.key)
    for piece in pieces:
        await store.delete(piece.key)
    return done


async def _end(write: Write, upload: UploadRow, stored: StoredBlob) -> bool:
    """The file of a whole that is as it was announced, else the end of an upload that failed; whether the object is in use."""
    try:
        actor = await _judge(write, upload, stored)
    except (Forbidden, WrongChecksum) as refusal:
        error = {"code": refusal.code, "message": refusal.detail}
        await write.execute(queries.END_UPLOAD, {"uid": upload.uid, "state": "failed", "file_uid": None, "error": Jsonb(error)})
        return False
    file = new_uid()
    blob = await service.create_file(write, actor, upload.target, stored, file)
    await write.execute(queries.END_UPLOAD, {"uid": upload.uid, "state": "done", "file_uid": file, "error": None})
    return blob.key == stored.key


async def _judge(write: Write, upload: UploadRow, stored: StoredBlob) -> Actor:
    """Whose file it becomes; refuses other bytes than were announced, and those of whoever may add none to the project any more."""
    if stored.size != upload.size or (upload.sha256 and stored.sha256 != upload.sha256):
        raise WrongChecksum("The bytes arrived otherwise than they were sent. Upload the file again.")
    try:
        actor = await actor_of(write, upload.created_by)
        await service.judge_again(write, actor, upload.target)
    except (Forbidden, NotFound) as refusal:
        raise Forbidden("Whoever sent this may add no files to the project any more.") from refusal
    return actor


async def _put_together(store: BlobStore, upload: UploadRow, pieces: Sequence[Piece]) -> StoredBlob:
    """One object: shared or copied by the store where it can, else read and written once more."""
    hashed = upload.hashed or (await _hash_of(store, pieces) if len(pieces) == 1 else None)
    stored = await store.join(pieces, hashed, new_uid()) if hashed else None
    return stored or await store.put(_bytes_of(store, pieces), new_uid(), upload.size)


async def _hash_of(store: BlobStore, pieces: Sequence[Piece]) -> str:
    digest = hashlib.sha256()
    async for chunk in _bytes_of(store, pieces):
        await asyncio.to_thread(digest.update, chunk)
    return digest.hexdigest()


async def assembly_failed(write: Write, payload: Payload, error: Mapping[str, str]) -> None:
    """Ends the upload with the job's words. Its pieces stay for their day: the job, tried again by hand, still makes the file."""
    await write.execute(queries.FAIL_UPLOAD, {"uid": payload["upload"], "error": Jsonb(dict(error))})


async def _bytes_of(store: BlobStore, pieces: Sequence[Piece]) -> AsyncIterator[bytes]:
    """Their bytes in order; raises where an object is shorter than its row says."""
    for piece in pieces:
        left = piece.length
        async for chunk in await store.open(piece.key, 0, piece.length):
            left -= len(chunk)
            yield chunk
        if left:
            raise BlobMissing("The store does not have all that arrived. Upload the file again, and tell your administrator.")


async def end(write: Write, upload: UploadRow) -> list[str]:
    """Forgets an upload; returns the keys of its pieces, to be deleted."""
    keys = [row["key"] for row in await write.rows(queries.PIECES, {"upload_id": upload.upload_id})]
    await write.execute(queries.DELETE_UPLOAD, {"uid": upload.uid})
    return keys


async def _by_uid(read: Read, uid: UUID) -> UploadRow:
    row = await read.one(queries.UPLOAD, UploadRow, {"uid": uid})
    assert row
    return row
