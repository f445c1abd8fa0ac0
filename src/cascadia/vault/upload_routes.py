"""Uploads in pieces, as tus 1.0 (https://tus.io/protocols/resumable-upload) says: creation, checksum, expiration, termination."""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Header, Query, Request, Response
from starlette.requests import ClientDisconnect

from cascadia.access.http import CurrentActor, signed_in_on
from cascadia.kernel import idempotency
from cascadia.kernel.bodies import PIECE, takes
from cascadia.kernel.db import Write
from cascadia.kernel.errors import BadRequest, CascadiaError, Invalid, UnsupportedMediaType
from cascadia.kernel.http import Db, IdempotencyKey, Paging, answer, page_answer, permission
from cascadia.kernel.route import routes
from cascadia.vault import receiving, service, uploads
from cascadia.vault.routes import BYTES, Blobs, refuse_encoded
from cascadia.vault.schemas import OpenUploadPage, UploadView
from cascadia.vault.uploads import UploadRow

router = routes("files")

VERSION: Final = "1.0.0"
TUS: Final = {"Tus-Resumable": VERSION}
PIECE_TYPE: Final = "application/offset+octet-stream"
SHA256_BYTES: Final = 32
IDLE_SECONDS: Final = 30.0
Length = Annotated[int, Header(alias="Upload-Length", ge=0, le=2**63 - 1, description="Bytes of the whole file.")]
Metadata = Annotated[
    str,
    Header(
        alias="Upload-Metadata",
        max_length=4000,
        description="Pairs `key base64` separated by commas: `name` (or `filename`), `project` (id), and where known `type` (or "
        "`filetype`) and `sha256` (hexadecimal).",
    ),
]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, description="Where the piece begins: what the upload has come to.")]
Checksum = Annotated[str | None, Header(alias="Upload-Checksum", description="`sha256 base64` of the piece.")]


class OtherTus(CascadiaError):
    """Whoever asks speaks another version of tus; `Tus-Version` names the one that is spoken here."""

    status, code, title = 412, "tus_version", "This version of tus is not spoken here"


def speaks_tus(request: Request) -> None:
    """Refuses who says to speak another version of tus; who does not say it is taken to speak ours."""
    if request.headers.get("tus-resumable", VERSION) != VERSION:
        raise OtherTus(f"Speak tus {VERSION}, as `Tus-Version` says.", headers={"Tus-Version": VERSION, **TUS})


@router.post("/uploads", status_code=201, response_model=UploadView)
@permission("file.create")
async def begin_upload(
    request: Request, db: Db, blobs: Blobs, actor: CurrentActor, length: Length, metadata: Metadata, key: IdempotencyKey = None
) -> Response:
    """Begins an upload of a file in pieces; `Location` is where they go. It is kept for a day after its last piece.

    507 `storage_full` or `quota_exceeded` where there is no room for all of it.
    """
    speaks_tus(request)
    told = _metadata(metadata)
    async with db.primary() as primary:
        target = await service.judge_upload(
            primary, actor, _project(told), told.get("name") or told.get("filename", ""), told.get("type") or told.get("filetype")
        )
    digest = told.get("sha256")
    if digest is not None and not _is_sha256(digest):
        raise Invalid("sha256 in Upload-Metadata is 64 hexadecimal digits.", code="bad_upload_metadata")

    async def effect(write: Write) -> UploadView:
        return UploadView.of(await uploads.begin(write, blobs, actor, target, length, digest, _reserve(request)))

    content = hashlib.sha256(f"{length} {metadata}".encode()).digest()
    response = await idempotency.repeatable(
        request, db, actor.user_id, key, effect, status=201, location="/api/v1/uploads", content=content
    )
    response.headers.update(TUS)
    return response


@router.get("/uploads", response_model=OpenUploadPage)
@permission("signed_in")
async def list_uploads(
    request: Request,
    db: Db,
    actor: CurrentActor,
    paging: Paging,
    everyone: Annotated[bool, Query(description="Everybody's: administrators only.")] = False,  # noqa: FBT002 - FastAPI calls by name
) -> Response:
    """My uploads that became no file: still on their way, or failed. `DELETE` drops one."""
    async with db.primary() as primary:
        rows, following = await uploads.open_page(primary, actor, paging, everyone=everyone)
    return page_answer(request, OpenUploadPage(items=[UploadView.of(row) for row in rows], next=following), following)


@router.options("/uploads", status_code=204, response_class=Response)
@permission("signed_in")
async def probe_uploads(actor: CurrentActor, blobs: Blobs) -> Response:  # noqa: ARG001 - refuses who is not signed in
    """What of tus this server speaks, in `Tus-Version`, `Tus-Extension`, `Tus-Checksum-Algorithm` and `Tus-Max-Size`."""
    spoken = {"Tus-Version": VERSION, "Tus-Extension": "creation,checksum,expiration,termination", "Tus-Checksum-Algorithm": "sha256"}
    return Response(status_code=204, headers={**TUS, **spoken, "Tus-Max-Size": str(blobs.largest)})


@router.head("/uploads/{upload_id}", response_class=Response)
@permission("file.create")
async def probe_upload(request: Request, db: Db, actor: CurrentActor, upload_id: UUID) -> Response:
    """How far an upload has come, in `Upload-Offset`."""
    speaks_tus(request)
    async with db.primary() as primary:
        upload = await uploads.find(primary, actor, upload_id)
    return Response(headers={**offset_headers(upload), "Upload-Length": str(upload.size), "Cache-Control": "no-store"})


@router.get("/uploads/{upload_id}", response_model=UploadView)
@permission("file.create")
async def read_upload(request: Request, db: Db, blobs: Blobs, actor: CurrentActor, upload_id: UUID) -> Response:
    """An upload with what became of it: `file` is its id once the whole was put together. Administrators read anybody's."""
    async with db.primary() as primary:
        upload = await uploads.find(primary, actor, upload_id, any_for_administrators=True)
    if upload.state == "receiving" and upload.complete and upload.quick:
        upload = await uploads.assemble(db, blobs, upload.uid) or upload
    return answer(request, UploadView.of(upload))


@router.patch(
    "/uploads/{upload_id}",
    status_code=204,
    response_class=Response,
    openapi_extra={"requestBody": {"required": True, "content": {PIECE_TYPE: BYTES["content"]["application/octet-stream"]}}},
)
@permission("file.create")
@takes(PIECE)
async def add_upload_piece(
    request: Request, db: Db, blobs: Blobs, actor: CurrentActor, upload_id: UUID, offset: Offset, checksum: Checksum = None
) -> Response:
    """Adds a piece (at most 20 MiB) at `Upload-Offset`; the last one answers with `Cascadia-File`, or `Cascadia-Job` for a large file.

    409 `upload_offset` where the upload has come to another byte: ask by HEAD. 415 where it is not sent as
    `application/offset+octet-stream`, 412 where `Tus-Resumable` names another version.
    """
    speaks_tus(request)
    refuse_encoded(request)
    async with db.primary() as primary:
        upload = await uploads.find(primary, actor, upload_id)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PIECE_TYPE:
        raise UnsupportedMediaType(f"Send the piece as `{PIECE_TYPE}`, and say so in `Content-Type`.")
    uploads.check_offset(upload, offset)

    async def judge(write: Write) -> None:
        await uploads.find(write, (await signed_in_on(request, db, write)).actor, upload_id)

    if not upload.complete:
        upload = await receiving.receive(db, blobs, upload, _in_time(request.stream()), checksum, judge)
    headers = offset_headers(upload)
    if upload.complete:
        done = await uploads.assemble(db, blobs, upload.uid) if upload.quick else None
        if done and done.file_uid:
            headers["Cascadia-File"] = str(done.file_uid)
        if not upload.quick:
            headers["Cascadia-Job"] = uploads.ASSEMBLE
    return Response(status_code=204, headers=headers)


@router.delete("/uploads/{upload_id}", status_code=204, response_class=Response)
@permission("file.create")
async def end_upload(request: Request, db: Db, blobs: Blobs, actor: CurrentActor, upload_id: UUID, key: IdempotencyKey = None) -> Response:
    """Gives an upload up; what arrived of it is deleted, a file that it became stays. Administrators drop anybody's."""
    speaks_tus(request)
    async with db.primary() as primary:
        upload = await uploads.find(primary, actor, upload_id, any_for_administrators=True)
    keys: list[str] = []

    async def effect(write: Write) -> None:
        keys.extend(await uploads.end(write, upload))

    response = await idempotency.repeatable(request, db, actor.user_id, key, effect, status=204)
    for piece in keys:
        await blobs.delete(piece)
    response.headers.update(TUS)
    return response


async def _in_time(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body; refused where it breaks off, or nothing of it comes for a while: a piece that arrives keeps others out."""
    try:
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield chunk
    except (ClientDisconnect, TimeoutError) as error:
        raise BadRequest("The piece broke off. Ask for the offset by HEAD and send it again.", code="upload_broken_off") from error


def _reserve(request: Request) -> int:
    return int(request.app.state.settings.storage_reserve)


def offset_headers(upload: UploadRow) -> dict[str, str]:
    """How far an upload is and how long it is kept, in GMT whatever the database's time zone is."""
    headers = {
        **TUS,
        "Upload-Offset": str(upload.received),
        "Upload-Expires": format_datetime(upload.expires_at.astimezone(UTC), usegmt=True),
    }
    return {**headers, "Cascadia-File": str(upload.file_uid)} if upload.file_uid else headers


def _metadata(text: str) -> dict[str, str]:
    told: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = pair.partition(" ")
        try:
            told[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Invalid(f"Upload-Metadata: {name[:40]} is no base64 of UTF-8.", code="bad_upload_metadata") from None
    return told


def _project(told: dict[str, str]) -> UUID:
    try:
        return UUID(told.get("project", ""))
    except ValueError:
        raise Invalid("Upload-Metadata names no project: `project` with its id.", code="bad_upload_metadata") from None


def _is_sha256(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == SHA256_BYTES
    except ValueError:
        return False
