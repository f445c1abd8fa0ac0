"""Undoing a commit of `main` as one act: its inverse, for as long as nothing builds on it. Made once for all registered tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from cascadia.kernel.db import Read
from cascadia.kernel.statements import Statement
from cascadia.versioning import queries, registry
from cascadia.versioning.model import Delta, Ref, Reference, VersionedTable

ITEMS: Final = "item"
"""The name of the versioned table of items."""


@dataclass(frozen=True, slots=True)
class Builder:
    """Something that came after the commit and rests on it: a later version of a row, or a row that uses an item which it made."""

    owner_id: int
    seq: int


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes a commit back. `made`: items that it made, which go; `owners`: items whose rows change.

    Valid only where `builders` is empty; `checks` hold it while it is written.
    """

    deltas: tuple[Delta, ...]
    made: frozenset[int]
    owners: frozenset[int]
    builders: tuple[Builder, ...]
    checks: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row that the commit touched: as it was before (None: it made it) and after (None: it removed it)."""

    table: VersionedTable
    row_id: int
    uid: Any
    owner_id: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


async def inverse(read: Read, seq: int) -> Undo:
    """What takes the commit `seq` of `main` back, and what builds on it."""
    rows = [row for table in registry.tables() for row in await _touched(read, table, seq)]
    made = frozenset(row.row_id for row in rows if row.table.name == ITEMS and row.before is None)
    uids = await _uids(read, rows)
    deltas = tuple(_delta(row, seq, uids) for row in rows)
    owners = frozenset(row.owner_id for row in rows)
    builders = [builder for table in registry.tables() for builder in await _builders(read, table, rows, made, seq)]
    unused = tuple(Statement(queries.expect_unused(table), {"items": sorted(made)}) for table in registry.tables()) if made else ()
    return Undo(deltas, made, owners, tuple(sorted(set(builders), key=lambda b: (b.seq, b.owner_id))), unused)


async def _touched(read: Read, table: VersionedTable, seq: int) -> list[_Row]:
    """The rows that the commit opened or closed, each once."""
    found = await read.rows(queries.versions(table), {"seqs": [seq], "owner": None, "ids": None})
    opened = {row["row_id"]: row for row in found if row["from_seq"] == seq}
    closed = {row["row_id"]: row for row in found if row["to_seq"] == seq}
    return [
        _Row(
            table,
            row_id,
            row["uid"],
            row["owner_id"],
            _values(table, closed[row_id]) if row_id in closed else None,
            _values(table, opened[row_id]) if row_id in opened else None,
        )
        for row_id, row in sorted({**closed, **opened}.items())
    ]


def _values(table: VersionedTable, row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a version: decimals exactly, everything else as its JSON says."""
    plain, exact = json.loads(row["fields"]), json.loads(row["fields"], parse_float=Decimal)
    numeric = {field.name for field in table.fields if field.sql_type == "numeric"}
    return {name: Decimal(exact[name]) if name in numeric and value is not None else value for name, value in plain.items()}


async def _uids(read: Read, rows: Iterable[_Row]) -> dict[tuple[Reference, int], Any]:
    """The uids of all that the rows before refer to."""
    wanted: dict[Reference, set[int]] = {}
    for row in rows:
        for field in row.table.fields:
            value = row.before.get(field.name) if row.before else None
            if field.reference and value is not None:
                wanted.setdefault(field.reference, set()).add(value)
    found: dict[tuple[Reference, int], Any] = {}
    for reference, ids in wanted.items():
        found |= {(reference, r["id"]): r["uid"] for r in await read.rows(queries.uids(reference), {"ids": sorted(ids)})}
    return found


def _delta(row: _Row, seq: int, uids: Mapping[tuple[Reference, int], Any]) -> Delta:
    """The row as it was before."""
    fields: dict[str, Any] | None = None
    if row.before is not None:
        fields = dict(row.before)
        for field in row.table.fields:
            value = fields.get(field.name)
            if field.reference and value is not None:
                fields[field.name] = Ref(value, uids[field.reference, value])
    return Delta(row.table.name, row.row_id, row.uid, seq if row.after is not None else None, fields)


async def _builders(read: Read, table: VersionedTable, rows: Sequence[_Row], made: frozenset[int], seq: int) -> list[Builder]:
    """Later versions of the rows, and rows of later commits that use what it made."""
    ids = [row.row_id for row in rows if row.table is table]
    found = await read.rows(queries.later(table), {"ids": ids, "seq": seq})
    if made:
        found += await read.rows(queries.later_users(table), {"items": sorted(made), "seq": seq})
    return [Builder(row["owner_id"], row["seq"]) for row in found]
