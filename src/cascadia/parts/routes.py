"""REST of parts: find, list, create, edit, number, aliases."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from cascadia.access.http import CurrentActor
from cascadia.access.model import Actor
from cascadia.items import service as items
from cascadia.items import units
from cascadia.items.model import AttributeType, ItemRow, Phase
from cascadia.items.service import ItemFilter, NewItem
from cascadia.kernel import idempotency
from cascadia.kernel.db import Database, Primary, Write
from cascadia.kernel.errors import Invalid
from cascadia.kernel.http import Db, IdempotencyKey, IfMatch, Paging, answer, check_version, page_answer, permission
from cascadia.kernel.route import routes
from cascadia.kernel.text import pointer
from cascadia.parts.model import PART, typed_attributes
from cascadia.parts.schemas import KindField, KindView, NewAlias, NewNumber, NewPart, Part, PartPage, PartPatch
from cascadia.versioning.http import Judged, Point, VersionedWrite, View, Writing, write_versioned

router: Final = routes("parts")
RULE_OWNED: Final = {
    "number": "a number is corrected by POST …/number, until the first release",
    "aliases": "aliases are added by POST …/aliases",
    "phase": "a phase is moved by POST …/phase",
    "revision": "a revision is given at release",
    "revision_status": "this follows from revisions",
    "expected_revision": "this follows from the scheme of revisions",
    "project": "a part stays in its project",
}
"""Fields that follow rules of their own, each with what its person does instead."""


def part_view(actor: Actor) -> View:
    """How a part is answered to this actor."""
    return View(
        statement=lambda uid, seq: items.one_statement(actor, [PART.name], seq, uid=uid),
        build=lambda row: ((part := Part.of(ItemRow(**row))), part.version),
        path=lambda uid: f"/api/v1/parts/{uid}",
    )


async def part_filter(
    project: Annotated[UUID | None, Query(description="Only this project.")] = None,
    program: Annotated[UUID | None, Query(description="Only this program.")] = None,
    phase: Annotated[Phase | None, Query(description="Only this phase.")] = None,
    revision_status: Annotated[Literal["in_work", "released"] | None, Query(description="Only this status.")] = None,
    number: Annotated[str | None, Query(max_length=100, description="Exactly this number.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="A piece of the number, an alias or the name.")] = None,
    sort: Annotated[
        Literal["number", "-number", "name", "-name", "updated_at", "-updated_at"], Query(description="Order; `-` = descending.")
    ] = "number",
) -> ItemFilter:
    """What a list of parts is narrowed to."""
    released = None if revision_status is None else revision_status == "released"
    return ItemFilter(project, program, phase, number, q, released, sort.removeprefix("-"), sort.startswith("-"))


@router.get("/kinds/{kind}", response_model=KindView)
@permission("signed_in")
async def get_kind(request: Request, _: CurrentActor, kind: Annotated[Literal["part"], Path(description="The kind of item.")]) -> Response:
    """The attributes of a kind of item: types, choices, units and control class."""
    fields = [
        KindField(
            name=f.name,
            title=f.title,
            type=f.type,
            control=f.control,
            dimension=f.dimension,
            derived=f.derived,
            choices=list(f.choices),
            units=[u for u, (d, _) in units.UNITS.items() if f.type is AttributeType.UNIT or d == f.dimension],
        )
        for f in PART.fields
    ]
    return answer(request, KindView(kind=kind, title=PART.title, fields=fields))


@router.get("/parts", response_model=PartPage)
@permission("part.read")
async def list_parts(
    request: Request, db: Db, actor: CurrentActor, paging: Paging, at: Point, wanted: Annotated[ItemFilter, Depends(part_filter)]
) -> Response:
    """One page of the parts that one may see."""
    async with db.read() as read:
        rows, cursor, total = await items.page(read, actor, PART.name, wanted, at, paging)
    return page_answer(request, PartPage(items=[Part.of(row) for row in rows], next=cursor, total=total), cursor)


@router.post("/parts", response_model=Part, status_code=201)
@permission("part.create")
async def create_part(
    request: Request, db: Db, actor: CurrentActor, body: NewPart, options: Writing, key: IdempotencyKey = None
) -> Response:
    """A new part on `main`, as one commit."""

    async def judge(primary: Primary) -> Judged:
        new = NewItem(body.project, body.name, body.number, body.description, body.owner, typed_attributes(body.attributes))
        created = await items.judge_create(primary, actor, PART, new, options.message)
        return Judged(created.change, created.uid)

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, part_view(actor), 201))


@router.get("/parts/by-number/{number:path}", response_model=Part)
@permission("part.read")
async def get_part_by_number(request: Request, db: Db, actor: CurrentActor, number: str, at: Point) -> Response:
    """A part by its number or one of its aliases, upper and lower case alike."""
    async with db.read() as read:
        part = Part.of(await items.find(read, actor, [PART.name], number=number, at=at))
    return answer(request, part, version=part.version)


@router.get("/parts/{part_id}", response_model=Part)
@permission("part.read")
async def get_part(request: Request, db: Db, actor: CurrentActor, part_id: UUID, at: Point) -> Response:
    """A part at a point in history."""
    async with db.read() as read:
        part = Part.of(await items.find(read, actor, [PART.name], uid=part_id, at=at))
    return answer(request, part, version=part.version)


@router.patch("/parts/{part_id}", response_model=Part)
@permission("part.edit")
async def edit_part(
    request: Request,
    db: Db,
    actor: CurrentActor,
    part_id: UUID,
    body: PartPatch,
    options: Writing,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Changes name, description, owner or attributes, as one commit. Needs `If-Match`."""
    patch = _mentioned(body)

    async def judge(primary: Primary) -> Judged:
        row = await items.find(primary, actor, [PART.name], uid=part_id)
        check_version(if_match, row.version)
        return Judged(await items.judge_edit(primary, actor, PART, row, patch, options.message), part_id)

    return await write_versioned(VersionedWrite(request, db, actor, key, judge, part_view(actor), target=part_id))


def _mentioned(body: PartPatch) -> dict[str, Any]:
    """The members of a patch; 422 for those that a rule owns or that nobody knows."""
    extra = body.model_extra or {}
    if extra:
        errors = [{"pointer": pointer(name), "message": RULE_OWNED.get(name, "a part has no such field")} for name in extra]
        owned = any(name in RULE_OWNED for name in extra)
        raise Invalid("These fields are not set by an ordinary edit.", code="rule_owned_field" if owned else "unknown_field", errors=errors)
    members = body.model_dump(exclude_unset=True)
    if members.get("attributes"):
        members["attributes"] = typed_attributes(members["attributes"])
    return members


@router.post("/parts/{part_id}/number", response_model=Part)
@permission("part.edit")
async def correct_part_number(
    request: Request, db: Db, actor: CurrentActor, part_id: UUID, body: NewNumber, key: IdempotencyKey = None
) -> Response:
    """Corrects the number of a part that was never released; the old one stays as an alias."""

    async def change(write: Write, row: ItemRow) -> None:
        await items.correct_number(write, actor, PART, row, body.number)

    return await _renamed(request, db, actor, part_id, key, change)


@router.post("/parts/{part_id}/aliases", response_model=Part)
@permission("part.edit")
async def add_part_alias(
    request: Request, db: Db, actor: CurrentActor, part_id: UUID, body: NewAlias, key: IdempotencyKey = None
) -> Response:
    """Another number that finds the part."""

    async def change(write: Write, row: ItemRow) -> None:
        await items.add_alias(write, actor, PART, row, body.alias)

    return await _renamed(request, db, actor, part_id, key, change)


@router.delete("/parts/{part_id}/aliases/{alias:path}", response_model=Part)
@permission("part.edit")
async def remove_part_alias(
    request: Request, db: Db, actor: CurrentActor, part_id: UUID, alias: str, key: IdempotencyKey = None
) -> Response:
    """Takes an alias away."""

    async def change(write: Write, row: ItemRow) -> None:
        await items.remove_alias(write, actor, PART, row, alias)

    return await _renamed(request, db, actor, part_id, key, change)


async def _renamed(
    request: Request, db: Database, actor: Actor, part_id: UUID, key: str | None, change: Callable[[Write, ItemRow], Awaitable[None]]
) -> Response:
    """The part after an unversioned change of its numbers."""

    async def effect(write: Write) -> Part:
        await change(write, await items.find(write, actor, [PART.name], uid=part_id))
        return Part.of(await items.find(write, actor, [PART.name], uid=part_id))

    return await idempotency.repeatable(request, db, actor.user_id, key, effect)
