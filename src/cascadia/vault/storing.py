"""A file that comes whole in one request: its bytes, as long as they take, and then its row by what holds at that moment."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import NoReturn

from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from cascadia.access.http import signed_in_now, signed_in_on
from cascadia.access.model import Actor
from cascadia.kernel import idempotency
from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database, Write
from cascadia.kernel.errors import BadRequest
from cascadia.kernel.ids import new_uid
from cascadia.vault import room, service
from cascadia.vault.model import Target
from cascadia.vault.schemas import FileView


@dataclass(frozen=True, slots=True)
class Sent:
    """A request whose body is a file, where its sender was allowed to send it when it began; `key` as in `Idempotency-Key`."""

    request: Request
    database: Database
    target: Target
    key: str | None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes; 400 where it breaks off."""
        try:
            async for chunk in self.request.stream():
                yield chunk
        except ClientDisconnect as error:
            raise BadRequest("The upload broke off; nothing was stored. Send it again.", code="upload_broken_off") from error

    async def judge(self, write: Write) -> Actor:
        """Who sends it; refuses what they may not do any more."""
        actor = (await signed_in_on(self.request, self.database, write)).actor
        await service.judge_again(write, actor, self.target)
        return actor

    async def answer(self, effect: idempotency.Effect, sha256: str) -> Response:
        """The answer of this request, or of the first one under its key, by what the sender is allowed now that the bytes are here."""
        actor = (await signed_in_now(self.request, self.database)).actor
        content = bytes.fromhex(sha256)
        return await idempotency.repeatable(
            self.request, self.database, actor.user_id, self.key, effect, status=201, location="/api/v1/files", content=content
        )


async def store(sent: Sent, blobs: BlobStore, reserve: int) -> Response:
    """Stores the body and makes the file. What gets no row leaves nothing; 507 as soon as there is no room."""
    announced = int(sent.request.headers.get("content-length", "0"))
    chunks = room.within(sent.database, blobs, sent.target, sent.chunks(), announced, reserve)
    stored = await blobs.put(chunks, new_uid(), announced)
    uid, kept = new_uid(), False

    async def record(write: Write) -> FileView:
        nonlocal kept
        actor = await sent.judge(write)
        await room.check_quota(write, sent.target.program_id, stored.size)
        blob = await service.create_file(write, actor, sent.target, stored, uid)
        kept = blob.key == stored.key
        made = await service.derivatives_of(write, [blob.blob_id], component=service.WHOLE)
        return FileView.of(await service.file_by_uid(write, actor, uid), made)

    try:
        return await sent.answer(record, stored.sha256)
    finally:
        # Once a row was to name the object it stays, whatever happened to the COMMIT: `vault.collect` finds out later.
        if not kept:
            await blobs.delete(stored.key)


async def repeat(sent: Sent) -> Response:
    """The answer of the first request under this key. The body is read to see that it is the same, and takes no room."""
    digest = hashlib.sha256()
    async for chunk in sent.chunks():
        digest.update(chunk)

    async def gone(write: Write) -> NoReturn:
        await sent.judge(write)
        raise idempotency.expired()

    return await sent.answer(gone, digest.hexdigest())
