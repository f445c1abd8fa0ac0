"""SQL of versioning: what is made from a registered table, and the fixed statements of a commit."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.adapt import Dumper
from psycopg.types.json import Jsonb

from cascadia.kernel.statements import Statement
from cascadia.versioning.canonical import canonical
from cascadia.versioning.model import OPEN_END, Change, Delta, Ref, VersionedTable


@dataclass(frozen=True, slots=True)
class CommitSeq:
    """Stands in a message for the seq of the commit that the same message writes."""

    uid: UUID


class _CommitSeqDumper(Dumper):
    """Only for client-side binding: becomes a call of `commit_seq`."""

    def dump(self, obj: CommitSeq) -> bytes:
        raise TypeError("a CommitSeq stands in a message only")

    def quote(self, obj: CommitSeq) -> bytes:
        return f"commit_seq('{obj.uid}'::uuid)".encode()


psycopg.adapters.register_dumper(CommitSeq, _CommitSeqDumper)

BEGIN = Statement("BEGIN")
COMMIT = Statement("COMMIT")

RESULT: LiteralString = (
    "SELECT c.seq, c.at, pg_current_wal_insert_lsn()::text AS position, "
    "extract(epoch FROM clock_timestamp() - c.at)::float8 AS held, pg_notify('cascadia_outbox', '') "
    "FROM commit_log c WHERE c.uid = %(uid)s"
)
COMMIT_SEQ: LiteralString = "SELECT commit_seq(%(uid)s)"
OPEN_COMMIT: LiteralString = (
    "SELECT open_commit(%(branch_id)s, %(uid)s, %(author_id)s, %(message)s, %(kind)s, %(import_id)s, %(digest)s, %(programs)s::int[])"
)
EMIT_ALL: LiteralString = (
    "SELECT emit(e.uid, e.type, e.subject, e.program_id, e.actor_id, "
    "e.data || jsonb_build_object('branch_id', %(branch_id)s::int, 'seq', seq(), 'commit', %(uid)s::uuid), %(request_id)s, %(address)s) "
    "FROM jsonb_to_recordset(%(events)s) AS e(uid uuid, type text, subject uuid, program_id int, actor_id bigint, data jsonb)"
)


def close_rows(table: VersionedTable, branch_id: int, deltas: list[Delta]) -> Statement:
    """Closes the rows that the deltas saw; raises CA412 where one of them is not the open one any more."""
    return Statement(
        (
            f"WITH closed AS (UPDATE {table.table} v SET to_seq = seq() "
            "FROM unnest(%(ids)s::bigint[], %(seen)s::bigint[]) AS s(id, from_seq) "
            f"WHERE v.branch_id = %(branch_id)s AND v.{table.id_column} = s.id AND v.from_seq = s.from_seq AND v.to_seq = {OPEN_END} "
            "RETURNING 1) SELECT expect_rows((SELECT count(*) FROM closed), %(count)s, %(what)s)"
        ),
        {
            "branch_id": branch_id,
            "ids": [d.id for d in deltas],
            "seen": [d.seen for d in deltas],
            "count": len(deltas),
            "what": table.name,
        },
    )


def insert_rows(table: VersionedTable, branch_id: int, deltas: list[Delta]) -> Statement:
    """Inserts the new rows of the deltas, valid from this commit on."""
    names = ", ".join(f.name for f in table.fields)
    columns = ", ".join(f"{f.name} {f.sql_type}" for f in table.fields)
    return Statement(
        (
            f"INSERT INTO {table.table} (branch_id, {table.id_column}, from_seq, {names}) "
            f"SELECT %(branch_id)s, r.row_id, seq(), {', '.join('r.' + f.name for f in table.fields)} "
            f"FROM jsonb_to_recordset(%(rows)s) AS r(row_id bigint, {columns})"
        ),
        {"branch_id": branch_id, "rows": Jsonb([_row(table, d) for d in deltas])},
    )


def emit_all(change: Change, request_id: str | None, address: str | None) -> Statement:
    """Leaves the change's events, each with branch, seq and commit in its data."""
    events = [
        {
            "uid": str(e.uid),
            "type": e.type,
            "subject": str(e.subject),
            "program_id": e.program_id,
            "actor_id": e.actor_id,
            "data": canonical(e.data),
        }
        for e in change.events
    ]
    params = {"events": Jsonb(events), "branch_id": change.branch_id, "uid": change.uid, "request_id": request_id, "address": address}
    return Statement(EMIT_ALL, params)


def _row(table: VersionedTable, delta: Delta) -> dict[str, Any]:
    assert delta.new is not None
    row: dict[str, Any] = {"row_id": delta.id}
    for field in table.fields:
        value = delta.new.get(field.name)
        row[field.name] = stored(value)
    return row


def stored(value: Any) -> Any:
    """The JSON in which a field is sent to its column: references as ids, decimals as plain strings, the rest as it is."""
    match value:
        case Ref():
            return value.id
        case Decimal():
            return canonical(value)
        case dict():
            return {k: stored(v) for k, v in value.items() if v is not None}
        case list() | tuple() | set() | frozenset():
            return [stored(v) for v in value]
        case _:
            return value
