"""Opening a proposal: its rows from today's parts, anew whenever these or what a person said of the root have changed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.bom import bulk
from cascadia.items import service as items
from cascadia.items.model import ItemRow
from cascadia.kernel.db import Read, Write
from cascadia.kernel.events import Event
from cascadia.proposals import finding, queries, service
from cascadia.proposals.finding import Finding, Place
from cascadia.proposals.matching import LineRow, match_lines
from cascadia.proposals.model import Certainty, Choice, Product, Verdict
from cascadia.proposals.parts import Numbering, PartRow, new_changes, used_row
from cascadia.proposals.preview import preview
from cascadia.proposals.products import products_of
from cascadia.proposals.rows import Entry, Row, component_of, default_of, file_group_of, line_json, part_json, product_of_row
from cascadia.proposals.service import Source
from cascadia.proposals.standing import Said
from cascadia.structures.model import Component, LineGroup, Structure, bom_lines, titled, totals
from cascadia.vault import service as vault


@dataclass(frozen=True, slots=True)
class Given:
    """What a file gives of one part: `quantity` is how often it stands in the whole."""

    component: Component
    product: Product
    quantity: int


def given_of(rows: Sequence[Row]) -> list[Given]:
    """What the part rows of a proposal hold of its file."""
    return [Given(component_of(row), product_of_row(row), row.found["quantity"]) for row in rows if row.kind == "part"]


async def match(write: Write, actor: Actor, source: Source, structure: Structure) -> None:
    """Writes the proposal's rows anew from today's items and opens it. What a person decided stays where the same is proposed as before."""
    base_seq = await write.value(queries.HEAD_SEQ)
    named = titled(structure, PurePath(source.file_name).stem or source.file_name)
    sums = totals(named)
    products = products_of(named, titled=named != structure)
    given = [Given(c, p, sums.per_component.get(c.key, 0)) for c, p in zip(named.components, products, strict=True)]
    await write_rows(write, actor, source, given, bom_lines(named))
    counts = {"usages": sums.counts["usages"]}
    notes = [msgspec.structs.asdict(note) for note in structure.notes]
    opened = {"proposal_id": source.proposal_id, "base_seq": base_seq, "counts": Jsonb(counts), "notes": Jsonb(notes)}
    report = Jsonb(msgspec.to_builtins(structure.reading)) if structure.reading else None
    await write.execute(queries.OPEN, {**opened, "report": report})
    await count(write, source)
    await write.emit(Event("proposal.opened", source.uid, actor.user_id, source.program_id, {"file": str(source.file_uid)}))


async def match_again(write: Write, actor: Actor, source: Source, rows: Sequence[Row]) -> None:
    """The rows anew for what a person said of the root, from what the rows hold of the file."""
    await write_rows(write, actor, source, given_of(rows), [group for row in rows if row.kind == "line" and (group := file_group_of(row))])


async def write_rows(write: Write, actor: Actor, source: Source, given: Sequence[Given], groups: Sequence[LineGroup]) -> None:
    """All rows of a proposal, in place of those that it has: these keep their ids, and what a person decided of them."""
    before = await service.every_row(write, source.proposal_id)
    old = {row.component: row for row in before if row.kind == "part" and row.component}
    found = await find(write, actor, source, given, before)
    parts = [
        await _as_decided(write, actor, source, one, row, old.get(row.component), found) for one, row in zip(given, found.rows, strict=True)
    ]
    parts = await _not_applied(write, actor, parts)
    used = {row.component: row.match_id for row in parts if row.match_id is not None and row.choice is Choice.USE}
    rows = [
        {**part_json(one.component, one.product, one.quantity, n, row, proposal), **_kept(row, proposal, old.get(row.component))}
        for n, (one, row, proposal) in enumerate(zip(given, parts, found.rows, strict=True))
    ]
    rows += line_rows(await lines_of(write, actor, source, groups, used), before, start=len(rows))
    await write.execute(queries.DELETE_ROWS, {"proposal_id": source.proposal_id, "kind": None})
    await write.execute(queries.INSERT_ROWS, {"proposal_id": source.proposal_id, "rows": Jsonb(rows)})


async def find(read: Read, actor: Actor, source: Source, given: Sequence[Given], before: Sequence[Row]) -> Finding:
    """What is proposed for the parts today, for the root that a person chose, if they did."""
    root = next((row for row in before if row.kind == "part" and row.found.get("is_root") and row.decided), None)
    place = Place(
        source.project_id,
        source.file_name,
        root=root.match_id if root and root.choice == Choice.USE else None,
        is_new=root is not None and root.choice == Choice.CREATE,
    )
    return await finding.find(read, actor, place, [one.component for one in given], [one.product for one in given])


async def _as_decided(read: Read, actor: Actor, source: Source, given: Given, row: PartRow, old: Row | None, found: Finding) -> PartRow:
    """The row as a person decided it, where the same is proposed as then (of the root: in any case); else as it is proposed."""
    if old is None or not old.decided or not (given.product.is_root or old.found.get("default") == default_of(row)):
        return row
    if old.choice == Choice.USE and old.match_id == row.match_id:
        return row
    if old.choice == Choice.USE:
        hit = await finding.hit_of(read, actor, source.project_id, given.product.key, old.match_uid) if old.match_uid else None
        if hit is None:
            return row
        remembered = found.memory.found.get(given.product.key)
        used = used_row(given.component, given.product, hit, remembered, found.numbering)
        return replace(used, candidates=row.candidates, number=row.number, notes=row.notes)
    return not_used(given.product, row, Choice(old.choice), found.numbering)


def not_used(product: Product, row: PartRow, choice: Choice, numbering: Numbering) -> PartRow:
    """The row of a part that a person makes anew or skips."""
    new = PartRow(row.component, Verdict.NEW, choice, candidates=row.candidates, number=row.number, notes=row.notes)
    return replace(new, certainty=Certainty.SURE, changes=new_changes(product, numbering))


def _kept(row: PartRow, proposal: PartRow, old: Row | None) -> dict[str, Any]:
    """The id of the row before, and what a person typed or confirmed there."""
    if old is None:
        return {}
    is_same = old.found.get("default") == default_of(proposal)
    typed = {"number": old.number, "name": old.name, "description": old.description} if old.decided and row.verdict is Verdict.NEW else {}
    confirmed = {"confirmed": True} if old.confirmed and is_same else {}
    return {"uid": str(old.uid), "decided": (old.decided and is_same) or row is not proposal, **typed, **confirmed}


async def _not_applied(read: Read, actor: Actor, rows: Sequence[PartRow]) -> list[PartRow]:
    """The rows, with nothing applied to parts that the person may not edit."""
    ids = sorted({row.match_id for row in rows if row.match_id is not None})
    fixed = frozenset(item.item_id for item in await items.by_ids(read, actor, ids) if not may_change(actor, item))
    return finding.fixed_rows(rows, fixed)


def line_rows(lines: Sequence[LineRow], before: Sequence[Row], start: int) -> list[dict[str, Any]]:
    """Line rows as they are kept, with the ids and the choices of those before that say the same."""
    old: dict[tuple[str | None, str | None, int | None, str], list[Row]] = defaultdict(list)
    for was in (row for row in before if row.kind == "line"):
        old[was.parent, was.child, was.line_id, was.found.get("line") or ""].append(was)
    rows = []
    for n, line in enumerate(lines, start=start):
        row = line_json(n, line)
        same = old[line.parent, line.child, line.line.line_id if line.line else None, line.group.line if line.group else ""]
        if same:
            was = same.pop(0)
            row["uid"] = str(was.uid)
            row["choice"] = was.choice if was.choice != was.found.get("default") else row["choice"]
            if was.doubts == row["doubts"] and [c["field"] for c in was.changes] == [c["field"] for c in row["changes"]]:
                taken = {change["field"] for change in was.changes if change.get("apply")}
                row["changes"] = [{**change, "apply": change["field"] in taken} for change in row["changes"]]
                row |= {"confirmed": was.confirmed, "verdict": was.verdict if taken else row["verdict"]}
        rows.append(row)
    return rows


async def lines_of(read: Read, actor: Actor, source: Source, groups: Sequence[LineGroup], used: Mapping[str, int]) -> list[LineRow]:
    """Rows of the lines of a file, for the items that its components are taken for; what people changed since the file before stands.

    A line whose part the person may not see is not taken out by a file that cannot have it.
    """
    ids = sorted(set(used.values()))
    fixed = frozenset(item.item_id for item in await items.by_ids(read, actor, ids) if not may_change(actor, item))
    asked = {"project_id": source.project_id, "file_name": source.file_name, "parents": ids}
    said = {each.line_id: each for each in await read.all(queries.SAID, Said, asked)}
    existing = await bulk.open_lines(read, ids)
    rows = match_lines(groups, used, existing, fixed, said)
    left = sorted({row.line.child_id for row in rows if row.line and row.verdict is Verdict.REMOVE})
    seen = {item.item_id for item in await items.by_ids(read, actor, left)} if left else set()
    return [replace(row, choice=Choice.SKIP) if _is_hidden(row, seen) else row for row in rows]


def _is_hidden(row: LineRow, seen: Collection[int]) -> bool:
    return row.verdict is Verdict.REMOVE and row.group is None and row.line is not None and row.line.child_id not in seen


def may_change(actor: Actor, item: ItemRow) -> bool:
    """A file changes only parts, and lines of parts, that its person may edit and that were never released."""
    return item.revision is None and actor.may("part.edit", item.program_id)


async def count(write: Write, source: Source) -> None:
    """Says anew what is left out and how much would be written, after rows were decided otherwise."""
    found = await write.all(queries.ENTRIES, Entry, {"proposal_id": source.proposal_id})
    parts = [entry for entry in found if entry.kind == "part"]
    lines = [entry for entry in found if entry.kind == "line"]
    seen = preview([entry.part for entry in parts], [entry.line for entry in lines])
    turned = [entry.row_id for entry in parts if entry.left_out != (entry.component in seen.left_out)]
    turned += [entry.row_id for entry, out in zip(lines, seen.lines_left_out, strict=True) if entry.left_out != out]
    if turned:
        await write.execute(queries.LEAVE_OUT, {"proposal_id": source.proposal_id, "rows": turned})
    root = next((entry.match_id for entry in parts if entry.is_root and entry.choice == Choice.USE), None)
    shown = await vault.cad_attachments(write, [root]) if root else []
    is_newer = source.file_name in [a.name for a in shown] and source.blob_id not in [a.blob_id for a in shown]
    counts = {**seen.counts, "files": int(is_newer)}
    await write.execute(queries.COUNTED, {"proposal_id": source.proposal_id, "counts": Jsonb(counts)})
