"""REST of files, what was made from them, and attachments."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from cascadia.access.http import CurrentActor
from cascadia.access.model import Actor
from cascadia.kernel import idempotency
from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.bodies import STREAMED, takes
from cascadia.kernel.db import Primary
from cascadia.kernel.errors import NotFound, UnsupportedMediaType
from cascadia.kernel.events import current_origin
from cascadia.kernel.http import Db, IdempotencyKey, IfMatch, Paging, Problem, answer, method_of, page_answer, permission
from cascadia.kernel.route import routes
from cascadia.kernel.statements import Statement
from cascadia.vault import attaching, delivery, queries, service, storing
from cascadia.vault.model import COMPONENT_MAX, AttachmentRow, DerivativeRow, FileRow, OutputRow
from cascadia.vault.schemas import (
    AttachmentPage,
    AttachmentPatch,
    AttachmentView,
    DerivativePage,
    DerivativeView,
    FilePage,
    FileView,
    NewAttachmentBody,
)
from cascadia.versioning.http import Judged, Point, VersionedWrite, View, Writing, write_versioned
from cascadia.versioning.model import At
from cascadia.versioning.schemas import PointView

router = routes("files")

BYTES: Final[dict[str, Any]] = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
CONTENT: Final[dict[str, Any]] = {"content": {**BYTES["content"], "*/*": BYTES["content"]["application/octet-stream"]}}
"""Bytes as the type that they have: of a file what its sender said, or its name tells."""
PROBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The whole content"},
    304: {"description": "The reader has these bytes"},
}
DELIVERED: Final[dict[int | str, dict[str, Any]]] = {
    **PROBED,
    200: {"description": "The whole content", **CONTENT},
    206: {"description": "The range that was asked for", **CONTENT},
    307: {"description": "The link to the bytes in the store, for some minutes, where `S3_PUBLIC_ENDPOINT` is set"},
    416: {"description": "The range begins behind the last byte", "model": Problem},
}
EXACTLY: Final = "private, no-cache"
FOR_EVER: Final = "private, max-age=31536000, immutable"
AN_HOUR: Final = "private, max-age=3600"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which bytes a reader wants, and which it has."""

    span: str | None
    if_range: str | None
    if_none_match: str | None


async def wanted(
    span: Annotated[str | None, Header(alias="Range", description="One range, such as `bytes=0-1023`.")] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", description="Serve the range only of the content with this ETag.")] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match", description="ETags of what the reader has.")] = None,
) -> Wanted:
    """Reads the headers of a download."""
    return Wanted(span, if_range, if_none_match)


async def blob_store(request: Request) -> BlobStore:
    """The store of this process."""
    store: BlobStore = request.app.state.blobs
    return store


Blobs = Annotated[BlobStore, Depends(blob_store)]
Asked = Annotated[Wanted, Depends(wanted)]
Project = Annotated[UUID | None, Query(description="Only files of this project.")]


def refuse_encoded(request: Request) -> None:
    """415 for bytes that came packed for the way: they would be stored as what they are not."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedMediaType("Send the bytes of the file as they are, without `Content-Encoding`.", code="unsupported_encoding")


@router.post("/files", status_code=201, response_model=FileView, openapi_extra={"requestBody": {"required": True, **BYTES}})
@permission("file.create")
@takes(STREAMED)
async def create_file(
    request: Request,
    db: Db,
    blobs: Blobs,
    actor: CurrentActor,
    name: Annotated[str, Query(description="Any Unicode name of at most 255 characters; no path.")],
    project: Annotated[UUID, Query(description="The project that the file belongs to.")],
    key: IdempotencyKey = None,
) -> Response:
    """Stores the body, as it comes, as a new file of its `Content-Type`. Contents that exist already take no more room.

    507 `storage_full` or `quota_exceeded` as soon as there is no room for it. Judged again when the whole is there.
    """
    refuse_encoded(request)
    async with db.primary() as primary:
        target = await service.judge_upload(primary, actor, project, name, request.headers.get("content-type"))
    sent = storing.Sent(request, db, target, key)
    if await idempotency.is_used(request, db, actor.user_id, key):
        return await storing.repeat(sent)
    return await storing.store(sent, blobs, request.app.state.settings.storage_reserve)


@router.get("/files", response_model=FilePage)
@permission("file.read")
async def list_files(request: Request, db: Db, actor: CurrentActor, paging: Paging, project: Project = None) -> Response:
    """Files that one may see, newest first."""
    async with db.read() as read:
        rows, following, total = await service.files_page(read, actor, project, paging)
        made = await service.derivatives_of(read, [row.blob_id for row in rows], component=service.WHOLE)
    page = FilePage(items=[FileView.of(row, made) for row in rows], next=following, total=total)
    return page_answer(request, page, following)


@router.get("/files/{file_id}", response_model=FileView)
@permission("file.read")
async def read_file(request: Request, db: Db, actor: CurrentActor, file_id: UUID) -> Response:
    """One file."""
    async with db.read() as read:
        row = await service.file_by_uid(read, actor, file_id)
        made = await service.derivatives_of(read, [row.blob_id], component=service.WHOLE)
    return answer(request, FileView.of(row, made))


@router.get("/files/{file_id}/content", response_class=StreamingResponse, responses=DELIVERED)
@permission("file.read")
async def read_content(request: Request, db: Db, blobs: Blobs, actor: CurrentActor, asked: Asked, file_id: UUID) -> Response:
    """The bytes, or one `Range` of them, as a download. The ETag is the SHA-256."""
    async with db.read() as read:
        row = await service.file_by_uid(read, actor, file_id)
    return await _download(method_of(request), asked, blobs, row)


@router.head("/files/{file_id}/content", response_class=Response, responses=PROBED)
@permission("file.read")
async def probe_content(request: Request, db: Db, blobs: Blobs, actor: CurrentActor, asked: Asked, file_id: UUID) -> Response:
    """The headers of a download."""
    return await read_content(request, db, blobs, actor, asked, file_id)


@router.get("/files/{file_id}/derivatives", response_model=DerivativePage)
@permission("file.read")
async def list_derivatives(
    request: Request,
    db: Db,
    actor: CurrentActor,
    paging: Paging,
    file_id: UUID,
    kind: Annotated[str | None, Query(max_length=50, description="Only this kind.")] = None,
) -> Response:
    """What was made from a file, by kind and component."""
    async with db.read() as read:
        file = await service.file_by_uid(read, actor, file_id)
        rows, following, total = await service.derivatives_page(read, file.blob_id, kind, paging)
    page = DerivativePage(items=[DerivativeView.of(file_id, row) for row in rows], next=following, total=total)
    return page_answer(request, page, following)


@router.get("/files/{file_id}/derivatives/{kind}", response_class=StreamingResponse, responses=DELIVERED)
@permission("file.read")
async def read_derivative(
    request: Request,
    db: Db,
    blobs: Blobs,
    actor: CurrentActor,
    asked: Asked,
    file_id: UUID,
    kind: Annotated[str, Path(max_length=50)],
    component: Annotated[str, Query(max_length=COMPONENT_MAX, description="A component of the file; absent = the whole.")] = service.WHOLE,
    v: Annotated[
        str | None, Query(max_length=64, description="From the derivative's `url`: lets a browser keep the bytes for ever.")
    ] = None,
) -> Response:
    """The bytes of a derivative. Pictures and models are shown in place; everything else is a download."""
    async with db.read() as read:
        file = await service.file_by_uid(read, actor, file_id)
        rows = await service.derivatives_of(read, [file.blob_id], kind=kind, component=component)
    if not rows:
        raise NotFound("There is no such derivative of this file (yet).")
    row = rows[0]
    kept = FOR_EVER if v and row.sha256.startswith(v) else AN_HOUR
    name = f"{file.name.rsplit('.', 1)[0]}-{kind}{delivery.suffix_of(row.media_type)}"
    headers = delivery.safe_headers(name, row.media_type, inline=row.media_type in delivery.INLINE)
    return await _deliver(method_of(request), asked, blobs, row, {**headers, "Cache-Control": kept, "Vary": "Cookie, Authorization"})


@router.get("/outputs/{output_id}", response_class=StreamingResponse, responses=DELIVERED)
@permission("signed_in")
async def read_output(request: Request, db: Db, blobs: Blobs, actor: CurrentActor, asked: Asked, output_id: UUID) -> Response:
    """A file that a job made for me, such as an export; kept for a week."""
    async with db.read() as read:
        row = await service.output_by_uid(read, actor, output_id)
    return await _download(method_of(request), asked, blobs, row)


async def _download(method: str, asked: Wanted, blobs: BlobStore, content: FileRow | OutputRow) -> Response:
    """The content under its name: by a link to the store where readers reach that, else through this server."""
    headers = delivery.safe_headers(content.name, content.media_type, inline=False)
    if method == "GET" and (link := blobs.link(content.key, headers)):
        return Response(status_code=307, headers={"Location": link, "Cache-Control": "no-store"})
    return await _deliver(method, asked, blobs, content, {**headers, "Cache-Control": EXACTLY})


async def _deliver(
    method: str, asked: Wanted, blobs: BlobStore, content: FileRow | DerivativeRow | OutputRow, headers: Mapping[str, str]
) -> Response:
    """The content as the reader wants it: 200, 206, 304 or 416."""
    etag = f'"{content.sha256}"'
    headers = {**headers, "ETag": etag}
    if delivery.is_known(asked.if_none_match, etag):
        return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Cache-Control")})
    if method == "HEAD":
        return Response(headers={**headers, "Content-Length": str(content.size)})
    span = None
    if delivery.wants_range(asked.if_range, etag):
        try:
            span = delivery.parse_range(asked.span, content.size)
        except delivery.Unsatisfiable:
            return _unsatisfiable(content.size)
    if span is None:
        return _stream(await blobs.open(content.key), 200, content.size, headers)
    pieces = await blobs.open(content.key, span.start, span.end)
    return _stream(pieces, 206, span.end - span.start, {**headers, "Content-Range": span.content_range})


def _stream(pieces: AsyncIterator[bytes], status: int, length: int, headers: Mapping[str, str]) -> Response:
    return StreamingResponse(pieces, status_code=status, headers={**headers, "Content-Length": str(length)})


def _unsatisfiable(size: int) -> Response:
    problem = Problem(
        type="about:blank",
        title="The range cannot be served",
        status=416,
        detail=f"The content has {size} bytes; the range begins behind the last one.",
        code="range_not_satisfiable",
        errors=[],
        request_id=current_origin.get().request_id,
    )
    headers = {"Content-Range": f"bytes */{size}"}
    return Response(problem.model_dump_json(), status_code=416, media_type="application/problem+json", headers=headers)


def _attachment_view(actor: Actor) -> View:
    def statement(uid: UUID, seq: Any) -> Statement:
        return Statement(queries.ATTACHMENT, {**At().params(), "at_seq": seq, "programs": actor.programs, "uid": uid})

    def build(row: Mapping[str, Any]) -> tuple[AttachmentView, str]:
        attachment = AttachmentRow(**row)
        return AttachmentView.of(attachment), attachment.version

    return View(statement, build, lambda uid: f"/api/v1/attachments/{uid}")


@router.get("/parts/{part_id}/attachments", response_model=AttachmentPage)
@permission("file.read")
async def list_attachments(request: Request, db: Db, actor: CurrentActor, paging: Paging, at: Point, part_id: UUID) -> Response:
    """The files of a part at a point in history."""
    async with db.read() as read:
        point = await service.item_point(read, actor, part_id, at)
        rows, following, total = await service.attachments_page(read, actor, point, paging)
    shown = PointView(branch=point.branch, seq=point.seq, head=point.head, time=point.time)
    page = AttachmentPage(items=[AttachmentView.of(row) for row in rows], next=following, total=total, at=shown)
    return page_answer(request, page, following)


@router.post("/parts/{part_id}/attachments", status_code=201, response_model=AttachmentView)
@permission("file.attach")
async def create_attachment(
    request: Request, db: Db, actor: CurrentActor, writing: Writing, part_id: UUID, body: NewAttachmentBody, key: IdempotencyKey = None
) -> Response:
    """Attaches a file to a part, as one commit."""
    wanted = attaching.Attach(body.file, body.role, body.category, body.component)

    async def judge(primary: Primary) -> Judged:
        return Judged(*await attaching.judge_attach(primary, actor, part_id, wanted, writing.message))

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, _attachment_view(actor), status=201))


@router.get("/attachments/{attachment_id}", response_model=AttachmentView)
@permission("file.read")
async def read_attachment(request: Request, db: Db, actor: CurrentActor, at: Point, attachment_id: UUID) -> Response:
    """One attachment at a point in history."""
    async with db.read() as read:
        row = await attaching.one(read, actor, attachment_id, at)
    return answer(request, AttachmentView.of(row), version=row.version)


@router.patch("/attachments/{attachment_id}", response_model=AttachmentView)
@permission("file.attach")
async def edit_attachment(
    request: Request,
    db: Db,
    actor: CurrentActor,
    writing: Writing,
    attachment_id: UUID,
    body: AttachmentPatch,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Changes role, category or component; another `file` is a check-in: a new version of the attachment that keeps the rest."""
    patch = {name: getattr(body, name) for name in body.model_fields_set}

    async def judge(primary: Primary) -> Judged:
        change = await attaching.judge_edit(primary, actor, attachment_id, patch, if_match=if_match, message=writing.message)
        return Judged(change, attachment_id)

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, _attachment_view(actor), target=attachment_id))


@router.delete("/attachments/{attachment_id}", status_code=204, response_class=Response)
@permission("file.attach")
async def delete_attachment(
    request: Request,
    db: Db,
    actor: CurrentActor,
    writing: Writing,
    attachment_id: UUID,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Takes a file away from its item from now on; the past and the file stay."""

    async def judge(primary: Primary) -> Judged:
        change = await attaching.judge_detach(primary, actor, attachment_id, if_match, writing.message)
        return Judged(change, attachment_id)

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, None, status=204))
