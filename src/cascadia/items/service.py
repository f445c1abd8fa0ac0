"""Use cases of items, whatever their kind: find, list, create, edit, number. Versioned writes come back as a `Change`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from cascadia.access.model import CODE_MAX, Actor
from cascadia.items import queries
from cascadia.items.attributes import merge_attributes
from cascadia.items.model import SEQUENCE_DIGITS, ItemRow, Kind, Phase, clean_name, clean_number, longest_number, read_number
from cascadia.items.tables import ITEM_V
from cascadia.kernel.db import Primary, Read, Write
from cascadia.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest
from cascadia.kernel.sql import like_part
from cascadia.kernel.statements import Statement
from cascadia.kernel.text import spelled
from cascadia.versioning.model import At, Author, Change, CommitSeq, Delta, Ref, Unchanged


@dataclass(frozen=True, slots=True)
class NewItem:
    """What a caller says about an item to be made; `number` None = drawn by the scheme."""

    project: UUID
    name: str
    number: str | None = None
    description: str | None = None
    owner: UUID | None = None
    attributes: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What a list is narrowed to; `q` looks in numbers, aliases and names."""

    project: UUID | None = None
    program: UUID | None = None
    phase: Phase | None = None
    number: str | None = None
    q: str | None = None
    released: bool | None = None
    sort: str = "number"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """A judged creation: the change, and the uid that the item will have."""

    change: Change
    uid: UUID


@dataclass(frozen=True, slots=True)
class _Creation:
    project_id: int
    program_id: int
    typed_allowed: bool
    owner_id: int | None
    number_taken: bool
    ids: list[int] | None
    numbers: list[str] | None


def one_statement(
    actor: Actor,
    kinds: Sequence[str],
    seq: CommitSeq | int | None,
    *,
    uid: UUID | None = None,
    number: str | None = None,
    at: At | None = None,
) -> Statement:
    """The query for one item; `seq` may be that of a commit in the same message."""
    point = (at or At()).params()
    if seq is not None:
        point["at_seq"] = seq
    return Statement(
        queries.ONE,
        {**point, "uid": uid, "number": spelled(number) if number else number, "kinds": list(kinds), "programs": actor.programs},
    )


async def find(
    read: Read, actor: Actor, kinds: Sequence[str], *, uid: UUID | None = None, number: str | None = None, at: At | None = None
) -> ItemRow:
    """The item of that uid, number or alias at the point; 404 where there is none that the actor may see."""
    statement = one_statement(actor, kinds, None, uid=uid, number=number, at=at)
    row = await read.one(statement.query, ItemRow, statement.params)
    if row is None:
        raise NotFound("There is no such item at this point, or you may not see it.")
    return row


async def by_ids(read: Read, actor: Actor, ids: Sequence[int]) -> list[ItemRow]:
    """The items of these ids at the head of `main` that the actor may see."""
    return await read.all(queries.BY_IDS, ItemRow, {**At().params(), "ids": list(ids), "programs": actor.programs})


async def programs_of(read: Read, ids: Sequence[int]) -> list[int]:
    """The programs in which one needs a role to see these items: none for those of libraries."""
    return [int(row["program_id"]) for row in await read.rows(queries.PROGRAMS_OF, {"ids": list(ids)})]


async def page(
    read: Read, actor: Actor, kind: str, wanted: ItemFilter, at: At, paging: PageRequest
) -> tuple[list[ItemRow], str | None, int | None]:
    """One page of items, the cursor of the next one, and (when asked) the total."""
    paging = paging.ordered(f"{wanted.sort} {wanted.descending}")
    after_key, after_id = paging.after(int if wanted.sort == "updated_at" else str, int)
    params = {
        **at.params(),
        "kind": kind,
        "programs": actor.programs,
        "project": wanted.project,
        "program": wanted.program,
        "phase": wanted.phase,
        "number": spelled(wanted.number) if wanted.number else wanted.number,
        "like": like_part(wanted.q),
        "released": wanted.released,
        "after_key": after_key,
        "after_id": after_id,
        "limit": paging.limit + 1,
    }
    rows = await read.all(queries.page(wanted.sort, descending=wanted.descending), ItemRow, params)
    total = await read.value(queries.COUNT, params) if paging.count else None
    return *paging.cut(rows, lambda row: _keys(row, wanted.sort)), total


def _keys(row: ItemRow, sort: str) -> list[Any]:
    key: Any = {"number": row.number, "name": row.name, "updated_at": row.from_seq}[sort]
    return [key, row.item_id]


async def judge_create(primary: Primary, actor: Actor, kind: Kind, new: NewItem, message: str | None) -> Created:
    """A new item on `main`; refused where the actor may not create in the project, or the typed number is taken."""
    number = clean_number(new.number) if new.number is not None else None
    permission = f"{kind.name}.create"
    params = {
        "project": new.project,
        "kind": kind.name,
        "number": number,
        "owner": new.owner,
        "programs": actor.programs,
        "creating": [p for p in actor.programs if actor.may(permission, p)],
    }
    found = await primary.one(queries.CREATION, _Creation, params)
    if found is None:
        raise NotFound("There is no such project, or you may not see it.")
    if found.ids is None:
        if found.program_id in actor.roles:
            actor.require(permission, found.program_id)
        raise Forbidden("You may read this project, but not create in it.")
    if number is not None and not found.typed_allowed:
        raise Invalid("Numbers of this kind are drawn by the scheme; leave `number` out.", code="number_not_typed")
    if number is not None and found.number_taken:
        raise number_taken(number)
    if new.owner is not None and found.owner_id is None:
        raise unknown_owner()
    assigned = number or (found.numbers or [""])[0]
    if not assigned:
        raise Invalid("The number scheme of this kind has no sequence, so type a number.", code="number_needed")
    return _created(actor, kind, new, found, assigned, message)


def _created(actor: Actor, kind: Kind, new: NewItem, found: _Creation, number: str, message: str | None) -> Created:
    assert found.ids
    uid, item_id = new_uid(), found.ids[0]
    identity = {"item_id": item_id, "uid": uid, "kind": kind.name, "project_id": found.project_id, "number": number}
    owner = Ref(found.owner_id, new.owner) if found.owner_id and new.owner else None
    fields = new_fields(new.name, new.description, merge_attributes(kind, {}, new.attributes or {}), owner)
    change = Change(
        author=Author(actor.user_id, actor.uid),
        message=message or f"Create {number}",
        programs=frozenset({found.program_id}),
        deltas=(item_delta(item_id, uid, None, fields),),
        before=(Statement(queries.INSERT_ITEM, identity), Statement(queries.INSERT_NUMBER, identity)),
        events=(Event(f"{kind.name}.created", uid, actor.user_id, found.program_id, {"number": number}),),
    )
    return Created(change, uid)


def new_fields(name: str, description: str | None, attributes: Mapping[str, Any], owner: Ref | None = None) -> dict[str, Any]:
    """Every versioned field of an item to be made: a prototype, with checked attributes."""
    return {
        "name": clean_name(name),
        "description": description or None,
        "phase": Phase.PROTOTYPE.value,
        "owner_id": owner,
        "attributes": dict(attributes),
    }


def item_delta(item_id: int, uid: UUID, seen: int | None, fields: Mapping[str, Any] | None) -> Delta:
    """One item made, changed or (fields None) deleted."""
    return Delta(ITEM_V.name, item_id, uid, seen, fields)


def identities(created: Sequence[Mapping[str, Any]]) -> list[Statement]:
    """What a change that makes many items runs `before`: their identities and numbers (item_id, uid, kind, project_id, number)."""
    params = {"items": Jsonb(list(created))}
    return [Statement(queries.INSERT_ITEMS, params), Statement(queries.INSERT_NUMBERS, params)]


def more_aliases(aliases: Sequence[Mapping[str, Any]]) -> Statement:
    """Other numbers that find items (item_id, number), for what a change runs `before`; a taken one makes it lose the race."""
    return Statement(queries.INSERT_ALIASES, {"aliases": Jsonb(list(aliases))})


def number_taken(number: str) -> Conflict:
    """The refusal of a number that stands somewhere already; says nothing else about it."""
    return Conflict(f"The number {number} is taken. Choose another one.", code="number_taken")


def unknown_owner() -> Invalid:
    """The refusal of an owner who is no active user."""
    return Invalid("There is no such active user.", code="unknown_owner", errors=[{"pointer": "/owner", "message": "no active user"}])


def fields_of(row: ItemRow) -> dict[str, Any]:
    """Every versioned field of an item as a delta carries it."""
    return {
        "name": row.name,
        "description": row.description,
        "phase": Phase(row.phase).value,
        "owner_id": Ref(row.owner_id, row.owner_uid) if row.owner_id and row.owner_uid else None,
        "attributes": row.attributes,
    }


async def judge_edit(primary: Primary, actor: Actor, kind: Kind, row: ItemRow, patch: Mapping[str, Any], message: str | None) -> Change:
    """A merge patch of name, description, owner and attributes over the row that was seen. Raises `Unchanged` when nothing differs."""
    actor.require(f"{kind.name}.edit", row.program_id)
    fields = fields_of(row)
    if "name" in patch:
        fields["name"] = clean_name(patch["name"] or "")
    if "description" in patch:
        fields["description"] = patch["description"] or None
    if "owner" in patch:
        fields["owner_id"] = await _owner(primary, patch["owner"])
    if "attributes" in patch:
        fields["attributes"] = merge_attributes(kind, row.attributes, patch["attributes"] or {})
    return edit_change(actor, kind, row, fields, message)


def edit_change(
    actor: Actor, kind: Kind, row: ItemRow, fields: Mapping[str, Any], message: str | None, *, expectations: tuple[Statement, ...] = ()
) -> Change:
    """One item's row replaced by `fields`; raises `Unchanged` when they are what is there."""
    before = fields_of(row)
    differing = sorted(name for name in fields if fields[name] != before[name])
    if not differing:
        raise Unchanged
    return Change(
        author=Author(actor.user_id, actor.uid),
        message=message or f"Edit {row.number}: {', '.join(n.removesuffix('_id') for n in differing)}",
        programs=frozenset({row.program_id}),
        deltas=(Delta(ITEM_V.name, row.item_id, row.uid, row.from_seq, fields),),
        expectations=expectations,
        events=(Event(f"{kind.name}.changed", row.uid, actor.user_id, row.program_id, {"number": row.number, "fields": differing}),),
    )


async def _owner(primary: Primary, owner: UUID | None) -> Ref | None:
    if owner is None:
        return None
    user_id = await primary.value(queries.OWNER, {"uid": owner})
    if user_id is None:
        raise unknown_owner()
    return Ref(user_id, owner)


def judge_delete(actor: Actor, kind: Kind, row: ItemRow, message: str | None) -> Change:
    """The item leaves `main` from this commit on; its past stays readable. Released items are never deleted."""
    actor.require(f"{kind.name}.delete", row.program_id)
    if row.revision is not None:
        raise Conflict("A released item is obsoleted by a change order, never deleted.", code="released")
    return Change(
        author=Author(actor.user_id, actor.uid),
        message=message or f"Delete {row.number}",
        programs=frozenset({row.program_id}),
        deltas=(Delta(ITEM_V.name, row.item_id, row.uid, row.from_seq, None),),
        events=(Event(f"{kind.name}.deleted", row.uid, actor.user_id, row.program_id, {"number": row.number}),),
    )


async def correct_number(write: Write, actor: Actor, kind: Kind, row: ItemRow, typed: str) -> None:
    """Rule 2: until first release a number may be corrected (unversioned, audited); the old one stays as an alias."""
    actor.require(f"{kind.name}.edit", row.program_id)
    number = clean_number(typed)
    old = await write.value(queries.LOCK_ITEM, {"item_id": row.item_id})
    if await write.value(queries.RELEASED, {"item_id": row.item_id}):
        raise Conflict("The number of a released item does not change any more.", code="released")
    if number == old:
        return
    params = {"item_id": row.item_id, "number": number}
    mine = await _is_mine(write, row.item_id, number)
    await write.execute(queries.DEMOTE_NUMBER, params)
    if mine:
        await write.execute(queries.PROMOTE_ALIAS, params)
    else:
        await _insert_number(write, queries.INSERT_NUMBER, params)
    await write.execute(queries.SET_NUMBER, params)
    await write.emit(Event(f"{kind.name}.renumbered", row.uid, actor.user_id, row.program_id, {"old": old, "new": number}))


async def add_alias(write: Write, actor: Actor, kind: Kind, row: ItemRow, typed: str) -> None:
    """Another number that finds the item (legacy, customer, ERP); the same one twice is no error."""
    actor.require(f"{kind.name}.edit", row.program_id)
    alias = clean_number(typed)
    if await _is_mine(write, row.item_id, alias):
        return
    await _insert_number(write, queries.INSERT_ALIAS, {"item_id": row.item_id, "number": alias})
    await write.emit(Event(f"{kind.name}.alias_added", row.uid, actor.user_id, row.program_id, {"alias": alias}))


async def remove_alias(write: Write, actor: Actor, kind: Kind, row: ItemRow, alias: str) -> None:
    """Takes an alias away; 404 where the item has no such alias."""
    actor.require(f"{kind.name}.edit", row.program_id)
    if not await write.execute(queries.DELETE_ALIAS, {"item_id": row.item_id, "number": spelled(alias)}):
        raise NotFound("The item has no such alias.")
    await write.emit(Event(f"{kind.name}.alias_removed", row.uid, actor.user_id, row.program_id, {"alias": alias}))


async def _is_mine(write: Write, item_id: int, number: str) -> bool:
    holders = await write.rows(queries.NUMBER_HOLDER, {"number": number})
    if any(holder["item_id"] != item_id for holder in holders):
        raise number_taken(number)
    return bool(holders)


async def _insert_number(write: Write, statement: Any, params: Mapping[str, Any]) -> None:
    try:
        await write.execute(statement, params)
    except psycopg.errors.UniqueViolation as error:
        raise number_taken(str(params["number"])) from error


def expect_open(branch_id: int, item_ids: Sequence[int]) -> Statement:
    """A re-check under the lock: all these (distinct) items are still on the branch."""
    ids = sorted(set(item_ids))
    return Statement(queries.EXPECT_ITEMS_OPEN, {"branch_id": branch_id, "ids": ids, "count": len(ids)})


async def schemes(read: Read, paging: PageRequest) -> tuple[list[dict[str, Any]], str | None]:
    """One page of number schemes, by kind."""
    rows = await read.rows(queries.SCHEMES, {"after": paging.after(str)[0], "limit": paging.limit + 1})
    return paging.cut(rows, lambda row: [row["kind"]])


async def set_scheme(write: Write, actor: Actor, kind: str, segments: Sequence[Mapping[str, Any]], *, typed_allowed: bool) -> None:
    """Changes a kind's scheme.

    422 without exactly one sequence, unless numbers may be typed and there is none; and where what it makes could not be typed.
    """
    actor.require_administrator()
    sequences = sum("sequence" in segment for segment in segments)
    if sequences > 1 or (sequences == 0 and not typed_allowed):
        raise Invalid(
            "A scheme has one sequence; without one every number is typed, so typing must be allowed.",
            code="bad_scheme",
            errors=[{"pointer": "/segments", "message": "one sequence"}],
        )
    _check_longest(longest_number(segments, CODE_MAX))
    values = {"kind": kind, "segments": Jsonb(list(segments)), "typed_allowed": typed_allowed}
    uid = await write.value(queries.SET_SCHEME, values)
    if uid is None:
        raise NotFound("There is no such kind of item.")
    await write.emit(Event("number_scheme.changed", uid, actor.user_id, None, {"kind": kind, "segments": list(segments)}))


def _check_longest(number: str) -> None:
    try:
        usable = read_number(number) == number
        why = "blanks at its ends, two in a row, or hyphens that look like the plain one"
    except ValueError as wrong:
        usable, why = False, str(wrong)
    if not usable:
        raise Invalid(
            f"This scheme makes numbers that cannot be: {why}. Counted are {SEQUENCE_DIGITS} digits of a sequence and {CODE_MAX} "
            "characters of a project's code, since both may become so long.",
            code="bad_scheme",
            errors=[{"pointer": "/segments", "message": why}],
        )
