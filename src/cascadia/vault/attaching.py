"""Judging attachments: which files belong to an item. Each write is one `Change`; check-in is one that sets another file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cascadia.access.model import Actor
from cascadia.kernel.db import Primary, Read
from cascadia.kernel.errors import Conflict, Invalid, NotFound, Stale
from cascadia.kernel.events import Event
from cascadia.kernel.http import check_version
from cascadia.kernel.ids import new_uid
from cascadia.kernel.statements import Statement
from cascadia.vault import queries, service
from cascadia.vault.model import AttachmentRole, AttachmentRow, NewAttachment
from cascadia.vault.tables import ATTACHMENT_V
from cascadia.versioning.model import At, Author, Change, Delta, Ref, Unchanged


@dataclass(frozen=True, slots=True)
class Attach:
    """A file to be attached. `component` None = the whole file shows the item."""

    file: UUID
    role: AttachmentRole
    category: str | None
    component: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """An item and a file as a judge sees them; null members where the actor may not see them."""

    item_id: int | None
    item_number: str | None
    item_program_id: int | None
    file_id: int | None
    file_name: str | None
    file_program_id: int | None
    file_library: bool | None
    attached: bool


async def judge_attach(primary: Primary, actor: Actor, item: UUID, wanted: Attach, message: str | None) -> tuple[Change, UUID]:
    """A new attachment of an item, and the uid that it will have."""
    item_id, file_id, place = await _place(primary, actor, item, wanted)
    new = NewAttachment(
        attachment_id=(await service.draw_attachment_ids(primary, 1))[0],
        uid=new_uid(),
        item=Ref(item_id, item),
        file=Ref(file_id, wanted.file),
        role=wanted.role,
        category=wanted.category,
        component=wanted.component,
    )
    before, deltas = service.attachment_rows([new])
    program = place.item_program_id or 0
    change = Change(
        author=Author(actor.user_id, actor.uid),
        message=message or f"Attach {place.file_name} to {place.item_number}",
        programs=frozenset({program}),
        deltas=deltas,
        before=(before,),
        expectations=(_expect_item(item_id),),
        checks=(_expect_one(deltas[0]),),
        events=(_event("attachment.created", actor, program, new.uid, {"item": item, "file": wanted.file}),),
    )
    return change, new.uid


async def judge_edit(
    primary: Primary, actor: Actor, uid: UUID, patch: Mapping[str, Any], *, if_match: str | None, message: str | None
) -> Change:
    """A merge patch of file, role, category and component. Raises `Unchanged` where nothing differs."""
    row = await one(primary, actor, uid)
    actor.require("file.attach", row.item_program_id)
    await _check_version(primary, actor, row, if_match)
    wanted = Attach(
        file=patch.get("file", row.file_uid),
        role=AttachmentRole(patch.get("role", row.role)),
        category=patch.get("category", row.category),
        component=patch.get("component", row.component),
    )
    file_id, name = row.file_id, row.name
    if (wanted.file, wanted.role, wanted.component) != (row.file_uid, row.role, row.component):
        _, file_id, place = await _place(primary, actor, row.item_uid, wanted)
        name = place.file_name or ""
    fields = _fields(row) | {
        "file_id": Ref(file_id, wanted.file),
        "role": wanted.role.value,
        "category": wanted.category,
        "component": wanted.component,
    }
    if fields == _fields(row):
        raise Unchanged
    delta = Delta(ATTACHMENT_V.name, row.attachment_id, row.uid, row.from_seq, fields)
    verb = "Check in" if wanted.file != row.file_uid else "Edit attachment"
    return Change(
        author=Author(actor.user_id, actor.uid),
        message=message or f"{verb} {name} for {row.item_number}",
        programs=frozenset({row.item_program_id}),
        deltas=(delta,),
        checks=(_expect_one(delta),),
        events=(_event("attachment.changed", actor, row.item_program_id, uid, {"item": row.item_uid, "file": wanted.file}),),
    )


async def judge_detach(primary: Primary, actor: Actor, uid: UUID, if_match: str | None, message: str | None) -> Change:
    """The attachment ends with this commit; its past and the file stay."""
    row = await one(primary, actor, uid)
    actor.require("file.attach", row.item_program_id)
    await _check_version(primary, actor, row, if_match)
    return Change(
        author=Author(actor.user_id, actor.uid),
        message=message or f"Detach {row.name} from {row.item_number}",
        programs=frozenset({row.item_program_id}),
        deltas=(Delta(ATTACHMENT_V.name, row.attachment_id, row.uid, row.from_seq, None),),
        events=(_event("attachment.deleted", actor, row.item_program_id, uid, {"item": row.item_uid, "file": row.file_uid}),),
    )


async def one(read: Read, actor: Actor, uid: UUID, at: At | None = None) -> AttachmentRow:
    """The attachment at a point (None = head of `main`); 404 where there is none that the actor may see."""
    point = {**(at or At()).params(), "programs": actor.programs, "uid": uid}
    row = await read.one(queries.ATTACHMENT, AttachmentRow, point)
    if row is None:
        raise NotFound("There is no such attachment, or you may not see it.")
    return row


async def _place(primary: Primary, actor: Actor, item: UUID, wanted: Attach) -> tuple[int, int, _Place]:
    params = {"item": item, "file": wanted.file, "role": wanted.role.value, "component": wanted.component, "programs": actor.programs}
    place = (await primary.all(queries.about_item("attaching"), _Place, params))[0]
    if place.item_id is None or place.item_program_id is None:
        raise NotFound("There is no such item, or you may not see it.")
    actor.require("file.attach", place.item_program_id)
    if place.file_id is None:
        raise _bad_file("There is no such file, or you may not see it.", "unknown_file")
    if place.file_program_id != place.item_program_id and not place.file_library:
        raise _bad_file("A file is attached inside its own program only. Upload it to a project of the item's program.", "foreign_file")
    if place.attached:
        raise Conflict("This file is attached in this role already.", code="already_attached")
    return place.item_id, place.file_id, place


async def _check_version(primary: Primary, actor: Actor, row: AttachmentRow, if_match: str | None) -> None:
    """As `check_version`; a stale one also learns which fields differ from what was seen."""
    try:
        check_version(if_match, row.version)
    except Stale as stale:
        stale.extra["differing"] = await _differing(primary, actor, row, if_match or "")
        raise


async def _differing(primary: Primary, actor: Actor, row: AttachmentRow, if_match: str) -> list[str]:
    branch, _, seq = if_match.removeprefix("W/").strip('"').split(".", 1)[0].partition("-")
    if branch != str(row.branch_id) or not seq.isdecimal() or int(seq) > row.at_seq:
        return []
    try:
        seen = _fields(await one(primary, actor, row.uid, At(seq=int(seq))))
    except NotFound:
        return []
    now = _fields(row)
    return sorted(name.removesuffix("_id") for name in now if now[name] != seen[name])


def _fields(row: AttachmentRow) -> dict[str, Any]:
    return {
        "item_id": Ref(row.item_id, row.item_uid),
        "file_id": Ref(row.file_id, row.file_uid),
        "role": row.role,
        "category": row.category,
        "component": row.component,
    }


def _expect_item(item_id: int) -> Statement:
    return Statement(queries.about_item("expect_item"), {"branch_id": 0, "item_id": item_id})


def _expect_one(delta: Delta) -> Statement:
    """No twin: the same file in the same role shows an item once."""
    new = delta.new or {}
    params = {"item_id": new["item_id"].id, "file_id": new["file_id"].id, "role": new["role"], "component": new["component"]}
    return Statement(queries.EXPECT_ONE, {"branch_id": 0, **params})


def _event(name: str, actor: Actor, program: int, uid: UUID, about: Mapping[str, UUID]) -> Event:
    return Event(name, uid, actor.user_id, program, {key: str(value) for key, value in about.items()})


def _bad_file(detail: str, code: str) -> Invalid:
    return Invalid(detail, code=code, errors=[{"pointer": "/file", "message": detail}])
