"""Reading history: commits, and what each did to an item. Made once for all registered tables."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from cascadia.access.model import Actor
from cascadia.kernel.aside import beside
from cascadia.kernel.db import Read
from cascadia.kernel.errors import NotFound
from cascadia.kernel.paging import PageRequest
from cascadia.versioning import queries, registry
from cascadia.versioning.canonical import canonical
from cascadia.versioning.model import ITEM, MAIN, OPEN_END, FieldKind, Reference, VersionedField, VersionedTable

Made = TypeVar("Made")
ROWS_AT_ONCE: Final = 500
"""Rows of versions that are put together on the event loop; more of them in a thread."""


@dataclass(frozen=True, slots=True)
class CommitRow:
    """One commit as queries return it."""

    uid: UUID
    branch: str
    seq: int
    at: datetime
    author_uid: UUID
    author_name: str
    message: str
    kind: str
    hash: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version row, opened or closed by the commits that were asked for."""

    table: VersionedTable
    row_id: int
    uid: UUID
    owner_id: int
    from_seq: int
    to_seq: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Label:
    """What a reference names: None for both where the actor may not see it."""

    uid: UUID | None
    text: str | None

    @property
    def restricted(self) -> bool:
        """Whether it is hidden."""
        return self.uid is None


Labels = Mapping[tuple[str, int], Label]


@dataclass(frozen=True, slots=True)
class Edit:
    """One field of a row before and after."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class RowEdit:
    """What one commit did to one row; `action` is added, changed or removed."""

    kind: str
    action: str
    uid: UUID
    owner: Label
    edits: list[Edit]


async def commits(
    read: Read, actor: Actor, paging: PageRequest, *, branch: str = MAIN, author: UUID | None = None
) -> tuple[list[CommitRow], str | None]:
    """One page of a branch's commits, newest first, as far as the actor may see them."""
    params = {"branch": branch, "programs": actor.programs, "author": author, "before": paging.after(int)[0], "seq": None}
    rows = await read.all(queries.COMMITS, CommitRow, {**params, "limit": paging.limit + 1})
    return paging.cut(rows, lambda row: [row.seq])


async def find_commit(read: Read, actor: Actor, branch: str, seq: int) -> CommitRow:
    """The commit of that seq; 404 where there is none that the actor may see."""
    params = {"branch": branch, "programs": actor.programs, "author": None, "before": None, "seq": seq, "limit": 1}
    row = await read.one(queries.COMMITS, CommitRow, params)
    if row is None:
        raise NotFound("There is no such commit, or you may not see it.")
    return row


async def item_history(
    read: Read, actor: Actor, item: UUID, paging: PageRequest
) -> tuple[list[tuple[CommitRow, list[RowEdit]]], str | None]:
    """The commits that touched an item or its rows (lines, attachments), newest first, with what each did."""
    item_id = await read.value(queries.VISIBLE_ITEM, {"uid": item, "programs": actor.programs})
    if item_id is None:
        raise NotFound("There is no such item, or you may not see it.")
    (before,) = paging.after(int)
    params = {"owner": item_id, "before": OPEN_END if before is None else before, "limit": paging.limit + 1}
    found = await read.rows(queries.touching(registry.tables()), params)
    page, cursor = paging.cut(found, lambda row: [row["seq"]])
    seqs = [row["seq"] for row in page]
    rows = await read.all(queries.COMMITS_AT, CommitRow, {"seqs": seqs})
    edits = await _edits(read, actor, seqs, owner=item_id)
    return [(row, edits.get(row.seq, [])) for row in rows], cursor


async def commit_edits(read: Read, actor: Actor, seq: int, paging: PageRequest) -> tuple[list[RowEdit], str | None]:
    """One page of what a commit on `main` did, row by row."""
    after_kind, after_id = paging.after(str, int)
    params = {
        "seq": seq,
        "programs": actor.programs,
        "after_kind": after_kind,
        "after_id": after_id,
        "limit": paging.limit + 1,
    }
    found = await read.rows(queries.touched(registry.tables()), params)
    page, cursor = paging.cut(found, lambda row: [row["kind"], row["row_id"]])
    only: dict[str, list[int]] = defaultdict(list)
    for row in page:
        only[row["kind"]].append(row["row_id"])
    edits = (await _edits(read, actor, [seq], only=only)).get(seq, [])
    return edits, cursor


async def _edits(
    read: Read, actor: Actor, seqs: Sequence[int], *, owner: int | None = None, only: Mapping[str, Sequence[int]] | None = None
) -> dict[int, list[RowEdit]]:
    """Per seq, what it did: the rows that it opened, beside those that it closed."""
    versions: list[Version] = []
    for table in registry.tables():
        versions += await _versions(read, table, seqs, owner, None if only is None else only.get(table.name, ()))
    labels = await _labels(read, actor, versions)
    return await _apart(len(versions), lambda: _by_commit(versions, frozenset(seqs), labels))


async def _apart(rows: int, work: Callable[[], Made]) -> Made:
    """What `work` makes of so many rows: in a thread where they are many, since one commit may touch 10,000."""
    return await beside(work) if rows > ROWS_AT_ONCE else work()


async def _versions(read: Read, table: VersionedTable, seqs: Sequence[int], owner: int | None, ids: Sequence[int] | None) -> list[Version]:
    if ids is not None and not ids:
        return []
    params = {"seqs": list(seqs), "owner": owner, "ids": None if ids is None else list(ids)}
    rows = await read.rows(queries.versions(table), params)
    return await _apart(len(rows), lambda: [_version(table, row) for row in rows])


def _version(table: VersionedTable, row: Mapping[str, Any]) -> Version:
    fields = json.loads(row["fields"], parse_float=Decimal)
    return Version(table, row["row_id"], row["uid"], row["owner_id"], row["from_seq"], row["to_seq"], fields)


def _by_commit(versions: Iterable[Version], seqs: frozenset[int], labels: Labels) -> dict[int, list[RowEdit]]:
    opened: dict[tuple[int, str, int], Version] = {}
    closed: dict[tuple[int, str, int], Version] = {}
    for version in versions:
        if version.from_seq in seqs:
            opened[version.from_seq, version.table.name, version.row_id] = version
        if version.to_seq in seqs:
            closed[version.to_seq, version.table.name, version.row_id] = version
    result: dict[int, list[RowEdit]] = defaultdict(list)
    for key in sorted(opened.keys() | closed.keys()):
        edit = _row_edit(closed.get(key), opened.get(key), labels)
        if edit is not None:
            result[key[0]].append(edit)
    return result


async def _labels(read: Read, actor: Actor, versions: Sequence[Version]) -> Labels:
    """What the references of the rows name, one statement per kind of reference."""
    labels: dict[tuple[str, int], Label] = {}
    for reference, ids in (await _apart(len(versions), lambda: _named_by(versions))).items():
        for row in await read.rows(queries.labels(reference), {"ids": sorted(ids), "programs": actor.programs}):
            labels[reference.table, row["id"]] = Label(row["uid"], row["label"])
    return labels


def _named_by(versions: Iterable[Version]) -> Mapping[Reference, set[int]]:
    wanted: dict[Reference, set[int]] = defaultdict(set)
    for version in versions:
        wanted[ITEM].add(version.owner_id)
        for field in version.table.fields:
            value = version.values.get(field.name)
            if field.reference and value is not None:
                wanted[field.reference].add(value)
    return wanted


def _row_edit(old: Version | None, new: Version | None, labels: Labels) -> RowEdit | None:
    version = new or old
    if version is None:
        return None
    edits = [
        Edit(field.name.removesuffix("_id"), before, after)
        for field in version.table.fields
        if (before := _shown(old, field, labels)) != (after := _shown(new, field, labels))
    ]
    action = "added" if old is None else "removed" if new is None else "changed"
    return RowEdit(version.table.name, action, version.uid, labels["item", version.owner_id], edits)


def _shown(version: Version | None, field: VersionedField, labels: Labels) -> Any:
    """A label for a reference, plain text for a quantity, JSON with its own numbers for anything else."""
    value = version.values.get(field.name) if version else None
    if value is None:
        return None
    if field.reference is not None:
        return labels.get((field.reference.table, value), Label(None, None))
    if field.kind is FieldKind.QUANTITY:
        return canonical(value)
    return json.loads(json.dumps(value, default=float))
