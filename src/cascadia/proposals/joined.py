"""Parts that imports joined by a guess: which they are, and how one is made two again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.bom import bulk
from cascadia.bom.bulk import OpenLine
from cascadia.items import service as items
from cascadia.items.model import ItemRow
from cascadia.items.service import Created, NewItem
from cascadia.kernel.db import Primary, Read
from cascadia.kernel.errors import Forbidden, Invalid, NotFound
from cascadia.kernel.ids import new_uid
from cascadia.kernel.naming import listed
from cascadia.kernel.paging import PageRequest
from cascadia.kernel.statements import Statement
from cascadia.parts.model import PART
from cascadia.proposals import queries
from cascadia.proposals.naming import PLACEHOLDER
from cascadia.proposals.opening import may_change
from cascadia.proposals.parts import measured
from cascadia.proposals.rows import Row, component_of, product_of_row
from cascadia.structures.model import Reader, reader_of
from cascadia.vault import service as vault
from cascadia.vault.model import AttachmentRole, NewAttachment
from cascadia.versioning.model import Delta, Ref

LINES_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Joined:
    """A component of a file that became a part by a guess. `together`: how many components of that file are this part."""

    row_id: int
    uid: UUID
    part_uid: UUID
    part_number: str
    part_name: str
    number: str | None
    name: str | None
    file_name: str
    proposal_uid: UUID
    project_code: str
    at: datetime
    match_by: str
    together: int


@dataclass(frozen=True, slots=True)
class Split:
    """What becomes a part of its own: these lines, and (`row` of an accepted proposal) what that component of a file is from now on."""

    name: str | None
    number: str | None
    lines: Sequence[UUID]
    row: UUID | None


async def page(read: Read, actor: Actor, paging: PageRequest) -> tuple[list[Joined], str | None]:
    """One page of guesses that nobody has mended yet, the oldest first."""
    after = paging.after(int)[0] or 0
    params = {"programs": actor.programs, "placeholders": sorted(PLACEHOLDER), "row": None, "after": after, "limit": paging.limit + 1}
    return paging.cut(await read.all(queries.JOINED, Joined, params), lambda row: [row.row_id])


async def judge_split(primary: Primary, actor: Actor, part: ItemRow, wanted: Split, message: str | None) -> Created:
    """A new part in the project of this one, on the lines that are named; 422 where these do not use the part."""
    row = await _row(primary, actor, part, wanted.row) if wanted.row else None
    lines = await _lines(primary, actor, part, wanted.lines)
    name = wanted.name or (row.found["name"] if row else None)
    if name is None or not (lines or row):
        raise Invalid("Say which lines, or which row of a proposal, become a part of their own, and its name.", code="nothing_to_split")
    attributes = {"unit": part.attributes["unit"]} if "unit" in part.attributes else {}
    attributes |= measured(component_of(row)) if row else {}
    new = NewItem(project=part.project_uid, number=wanted.number, name=name, description=None, attributes=attributes, owner=None)
    created = await items.judge_create(primary, actor, PART, new, message or f"Split {name} from {part.number}")
    child = Ref(created.change.deltas[0].id, created.change.deltas[0].uid)
    parents = sorted({line.parent_id for line in lines})
    seen = await bulk.bom_versions(primary, parents, 2**62)
    expectations, checks = bulk.guards({parent: seen.get(parent, 0) for parent in parents}, [part.item_id], parents)
    place = await _place(primary, row) if row else {}
    shown = await _shown(primary, row, place, child) if row else []
    attaching, attached = vault.attachment_rows(shown) if shown else (None, ())
    change = replace(
        created.change,
        programs=created.change.programs | {item.program_id for item in await items.by_ids(primary, actor, parents)},
        before=(*created.change.before, *([attaching] if attaching else ())),
        deltas=(*created.change.deltas, *(_moved(line, child) for line in lines), *attached),
        expectations=(
            *expectations,
            Statement(queries.SPLIT_LINES, {"lines": [line.line_id for line in lines], "item_id": part.item_id, "child": child.id}),
            *([_remember(row, place, child)] if row else ()),
        ),
        checks=checks,
    )
    return replace(created, change=change)


async def _row(primary: Primary, actor: Actor, part: ItemRow, uid: UUID) -> Row:
    found = await primary.rows(queries.ACCEPTED_ROW, {"row": uid, "item_id": part.item_id, "programs": actor.programs})
    if not found:
        raise NotFound("No accepted proposal has a row of this id that became this part.")
    (row,) = await primary.all(queries.ONE_ROW, Row, {"proposal_id": found[0]["proposal_id"], "row": uid})
    return row


async def _lines(primary: Primary, actor: Actor, part: ItemRow, wanted: Sequence[UUID]) -> list[OpenLine]:
    """The lines, all of this part, in assemblies that the person may edit."""
    asked = {"lines": list(wanted), "item_id": part.item_id}
    parents = [row["parent_id"] for row in await primary.rows(queries.PARENTS_OF_LINES, asked)] if wanted else []
    lines = [line for line in await bulk.open_lines(primary, parents) if line.uid in wanted and line.child_id == part.item_id]
    seen = await items.by_ids(primary, actor, parents)
    if len(lines) != len(set(wanted)) or len(seen) != len(parents):
        raise Invalid(f"Not all of these lines use {part.number} today.", code="not_its_lines")
    fixed = [item.number for item in seen if not may_change(actor, item)]
    if fixed:
        raise Forbidden(f"You may not edit {listed(fixed, LINES_NAMED)}, or it is released.")
    return lines


async def _place(primary: Primary, row: Row) -> dict[str, Any]:
    """Where the row's file is remembered."""
    (place,) = await primary.rows(queries.PLACE_OF_ROW, {"row_id": row.row_id})
    return place


def _moved(line: OpenLine, child: Ref) -> Delta:
    return bulk.line_delta(line.line_id, line.uid, line.from_seq, {**line.fields(), "child_id": child})


async def _shown(primary: Primary, row: Row, place: Mapping[str, Any], child: Ref) -> list[NewAttachment]:
    """What shows the new part: the component of the row's file, where that is a model."""
    if reader_of(place["file_name"], place["media_type"]) is not Reader.STEP or row.found.get("is_root"):
        return []
    (attachment_id,) = await vault.draw_attachment_ids(primary, 1)
    file = Ref(place["file_id"], place["file_uid"])
    return [NewAttachment(attachment_id, new_uid(), child, file, AttachmentRole.CAD, None, row.component)]


def _remember(row: Row, place: Mapping[str, Any], child: Ref) -> Statement:
    """From now on the component of that file is the new part."""
    found, key = row.found, product_of_row(row).sources[0]
    source = {"key": key, "item_id": child.id, "number": found["number"], "name": found["name"], "geometry": found.get("shape")}
    where = {name: place[name] for name in ("project_id", "file_name", "root")}
    return Statement(queries.REMEMBER, {**where, "seq": None, "sources": Jsonb([{**source, "match_by": None}])})
