"""Use cases of files: judge and record uploads, find files, keep what converters make, move bytes for jobs."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.kernel.blobs import PIECE, BlobStore, StoredBlob
from cascadia.kernel.db import Primary, Read, Write
from cascadia.kernel.errors import NotFound
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.kernel.statements import Statement
from cascadia.vault import queries
from cascadia.vault.model import (
    AttachmentRow,
    Blob,
    DerivativeRow,
    FileRow,
    ItemPoint,
    NewAttachment,
    OutputRow,
    Target,
    check_name,
    media_type_of,
)
from cascadia.vault.tables import ATTACHMENT_V
from cascadia.versioning.model import At, Delta

WHOLE: Final = ""
"""The component of a derivative that shows the whole content."""


@dataclass(frozen=True, slots=True)
class NewDerivative:
    """What a conversion made and put into the store; `component` '' means the whole content."""

    kind: str
    component: str
    media_type: str
    stored: StoredBlob


@dataclass(frozen=True, slots=True)
class NewOutput:
    """A file that a job made for one person and put into the store; kept for a week.

    `programs`: those whose content is in it. Who reads it has a role in each of them at that moment.
    """

    name: str
    media_type: str
    created_for: int
    programs: Sequence[int]
    stored: StoredBlob
    uid: UUID = field(default_factory=new_uid)


@dataclass(frozen=True, slots=True)
class CadAttachment:
    """An attachment with role `cad` at the head of `main`, with what a check-in needs."""

    attachment_id: int
    uid: UUID
    from_seq: int
    item_id: int
    item_uid: UUID
    file_id: int
    name: str
    blob_id: int
    category: str | None
    component: str | None


async def judge_upload(read: Read, actor: Actor, project: UUID, name: str, declared_type: str | None) -> Target:
    """Where an upload will go, before its bytes are read. 404, 403 or 422 where it may not."""
    project_id, program_id = await _place(read, actor, project)
    return Target(project_id, project, program_id, check_name(name), media_type_of(name, declared_type))


async def judge_again(read: Read, actor: Actor, target: Target) -> None:
    """As `judge_upload` judged, by what the actor may do now that the bytes are there."""
    await _place(read, actor, target.project_uid)


async def _place(read: Read, actor: Actor, project: UUID) -> tuple[int, int]:
    """The ids of the project and its program; 404 or 403 where the actor may put no file there."""
    rows = await read.rows(queries.PROJECT, {"uid": project, "programs": actor.programs})
    if not rows:
        raise NotFound("There is no such project, or you may not see it.")
    place = rows[0]
    actor.require("file.create", place["program_id"])
    return place["project_id"], place["program_id"]


async def create_file(write: Write, actor: Actor, target: Target, stored: StoredBlob, uid: UUID) -> Blob:
    """The file row of stored bytes with its event. Where the answer's key is not that of `stored`, the content existed: delete yours."""
    blob = (await write.all(queries.TAKE_BLOB, Blob, asdict(stored)))[0]
    await write.execute(
        queries.INSERT_FILE,
        {
            "uid": uid,
            "blob_id": blob.blob_id,
            "name": target.name,
            "media_type": target.media_type,
            "size": blob.size,
            "project_id": target.project_id,
            "created_by": actor.user_id,
        },
    )
    data = {
        "file": str(uid),
        "name": target.name,
        "media_type": target.media_type,
        "sha256": blob.sha256,
        "size": blob.size,
        "project": str(target.project_uid),
    }
    await write.emit(Event("file.created", uid, actor.user_id, target.program_id, data))
    return blob


async def save_output(write: Write, output: NewOutput) -> None:
    """The row of an output, in the job's finish transaction."""
    blob = (await write.all(queries.TAKE_BLOB, Blob, asdict(output.stored)))[0]
    params = {"uid": output.uid, "blob_id": blob.blob_id, "name": output.name, "media_type": output.media_type}
    await write.execute(queries.INSERT_OUTPUT, {**params, "created_for": output.created_for, "programs": list(output.programs)})


async def output_by_uid(read: Read, actor: Actor, uid: UUID) -> OutputRow:
    """An output that was made for the actor and of nothing that they may not see today; 404 for anybody else, and after a week."""
    found = await read.one(queries.OUTPUT, OutputRow, {"uid": uid, "actor": actor.user_id, "programs": actor.programs})
    if found is None:
        raise NotFound("There is no such file of yours, or its week is over. Ask for it again.")
    return found


async def file_by_uid(read: Read, actor: Actor, uid: UUID) -> FileRow:
    """The file; 404 where there is none that the actor may see."""
    row = await read.one(queries.FILE, FileRow, {"uid": uid, "programs": actor.programs})
    if row is None:
        raise NotFound("There is no such file, or you may not see it.")
    return row


async def files_page(read: Read, actor: Actor, project: UUID | None, paging: PageRequest) -> tuple[list[FileRow], str | None, int | None]:
    """One page of files, newest first, the cursor of the next one, and (when asked) the total."""
    params = {"programs": actor.programs, "project": project}
    rows = await read.all(queries.FILE_PAGE, FileRow, {**params, "after": paging.after(int)[0], "limit": paging.limit + 1})
    total = await read.value(queries.FILE_COUNT, params) if paging.count else None
    return *paging.cut(rows, lambda row: [row.file_id]), total


async def derivatives_of(
    read: Read, sources: Sequence[int], *, kind: str | None = None, component: str | None = None, converter: str | None = None
) -> list[DerivativeRow]:
    """What was made from the blobs: of each kind and component the latest, or only what `converter` made."""
    params = {"sources": list(sources), "kind": kind, "component": component, "converter": converter}
    return await read.all(queries.DERIVATIVES, DerivativeRow, {**params, "after_kind": None, "after_component": None, "limit": None})


async def derivatives_page(
    read: Read, source: int, kind: str | None, paging: PageRequest
) -> tuple[list[DerivativeRow], str | None, int | None]:
    """One page of what was made from a blob, by kind and component, the cursor of the next one, and (when asked) the total."""
    kind_after, component_after = paging.after(str, str)
    params = {"sources": [source], "kind": kind, "component": None, "converter": None, "limit": paging.limit + 1}
    rows = await read.all(queries.DERIVATIVES, DerivativeRow, {**params, "after_kind": kind_after, "after_component": component_after})
    total = await read.value(queries.DERIVATIVE_COUNT, {"source": source, "kind": kind}) if paging.count else None
    return *paging.cut(rows, lambda row: [row.kind, row.component]), total


async def made_by_hash(read: Read, kind: str, hashes: Sequence[str]) -> list[Blob]:
    """Derivatives of a kind by their SHA-256 (hexadecimal), as far as they are kept. Asks for no permission."""
    return await read.all(queries.MADE_BY_HASH, Blob, {"kind": kind, "hashes": list(hashes)})


async def drop_derivative(write: Write, source: int, converter: str, kind: str) -> None:
    """Forgets what a later job was to use and has used; its content goes with the collector."""
    await write.execute(queries.DROP_DERIVATIVE, {"source": source, "converter": converter, "kind": kind})


async def pictured(read: Read, file: UUID, components: Sequence[str]) -> frozenset[str]:
    """Of these components of a file (`WHOLE` is one) those that have a picture. Asks for no permission."""
    rows = await read.rows(queries.PICTURED, {"file": file, "components": list(components)})
    return frozenset(row["component"] for row in rows)


async def save_derivatives(write: Write, source: int, converter: str, made: Sequence[NewDerivative]) -> list[str]:
    """Keeps what `converter` (name and version) made from the blob `source`; what is there already stays.

    Returns the keys of objects that are not needed, because their content was stored before: delete them after the commit.
    """
    given = [
        {
            "kind": d.kind,
            "component": d.component,
            "media_type": d.media_type,
            "sha256": d.stored.sha256,
            "size": d.stored.size,
            "key": d.stored.key,
        }
        for d in made
    ]
    rows = await write.rows(queries.SAVE_DERIVATIVES, {"source": source, "converter": converter, "rows": Jsonb(given)})
    return [row["key"] for row in rows if not row["used"]]


async def blob_of_file(read: Read, file: UUID) -> Blob:
    """The content of a file, for a job that acts on an event about it. Asks for no permission."""
    blob = await read.one(queries.BLOB_OF_FILE, Blob, {"uid": file})
    if blob is None:
        raise NotFound("There is no such file.")
    return blob


async def item_point(read: Read, actor: Actor, item: UUID, at: At) -> ItemPoint:
    """The item at a point, whatever its kind; 404 where the actor may not see it or it is not there."""
    point = await read.one(queries.about_item("item_at"), ItemPoint, {**at.params(), "uid": item, "programs": actor.programs})
    if point is None:
        raise NotFound("There is no such item at this point, or you may not see it.")
    return point


async def attachments_page(
    read: Read, actor: Actor, point: ItemPoint, paging: PageRequest
) -> tuple[list[AttachmentRow], str | None, int | None]:
    """One page of an item's attachments at the point, oldest first, the cursor of the next one, and (when asked) the total."""
    where = {**At(point.branch, point.seq).params(), "item_id": point.item_id, "programs": actor.programs}
    params = {**where, "after": paging.after(int)[0], "limit": paging.limit + 1}
    rows = await read.all(queries.ITEM_ATTACHMENTS, AttachmentRow, params)
    total = await read.value(queries.ITEM_ATTACHMENT_COUNT, where) if paging.count else None
    return *paging.cut(rows, lambda row: [row.attachment_id]), total


async def draw_attachment_ids(primary: Primary, count: int) -> list[int]:
    """Ids for attachments to be made; each is drawn once for ever."""
    return [row["id"] for row in await primary.rows(queries.DRAW_IDS, {"n": count})]


def attachment_rows(attachments: Sequence[NewAttachment]) -> tuple[Statement, tuple[Delta, ...]]:
    """What a change needs to make attachments: a statement for its `before`, and its deltas."""
    identities = [{"attachment_id": a.attachment_id, "uid": str(a.uid)} for a in attachments]
    deltas = [
        Delta(
            ATTACHMENT_V.name,
            a.attachment_id,
            a.uid,
            None,
            {"item_id": a.item, "file_id": a.file, "role": a.role.value, "category": a.category, "component": a.component},
        )
        for a in attachments
    ]
    return Statement(queries.INSERT_ATTACHMENTS, {"rows": Jsonb(identities)}), tuple(deltas)


def attachment_delta(attachment_id: int, uid: UUID, seen: int, fields: Mapping[str, Any]) -> Delta:
    """An attachment with other fields: a check-in sets another file."""
    return Delta(ATTACHMENT_V.name, attachment_id, uid, seen, fields)


async def fetch(store: BlobStore, key: str, path: Path) -> None:
    """Writes the object to a new file at `path`, a piece at a time."""
    with path.open("xb") as target:
        async for piece in await store.open(key):
            await asyncio.to_thread(target.write, piece)


async def read_bytes(store: BlobStore, key: str) -> bytes:
    """The whole object in memory: for small ones, such as a structure or a thumbnail."""
    return b"".join([piece async for piece in await store.open(key)])


async def keep(store: BlobStore, path: Path) -> StoredBlob:
    """Puts the file at `path` into the store, a piece at a time."""
    return await store.put(_pieces(path), new_uid())


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as source:
        while piece := await asyncio.to_thread(source.read, PIECE):
            yield piece


async def cad_attachments(read: Read, items: Sequence[int]) -> list[CadAttachment]:
    """The attachments with role `cad` of these items at the head of `main`."""
    return await read.all(queries.CAD_ATTACHMENTS, CadAttachment, {"items": list(items)})
