"""SQL of versioning: what is made from a registered table, and the fixed statements of a commit."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, LiteralString

import psycopg
from psycopg.adapt import Dumper
from psycopg.types.json import Jsonb

from cascadia.kernel.sql import query
from cascadia.kernel.statements import Statement
from cascadia.versioning.canonical import canonical
from cascadia.versioning.model import ITEM, OPEN_END, Change, CommitSeq, Delta, Ref, Reference, VersionedTable


class _CommitSeqDumper(Dumper):
    """Only for client-side binding: becomes a call of `commit_seq`."""

    def dump(self, obj: CommitSeq) -> bytes:  # noqa: ARG002 - the signature is psycopg's
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
    "SELECT emit(e.uid, e.type, e.subject, e.program_id, e.actor_id, e.data || jsonb_build_object("
    "'branch_id', %(branch_id)s::int, 'seq', seq(), 'commit', %(uid)s::uuid, 'about', c.about), %(request_id)s, %(address)s) "
    "FROM jsonb_to_recordset(%(events)s) AS e(uid uuid, type text, subject uuid, program_id int, actor_id bigint, data jsonb), "
    "commit_about(%(kind)s, %(import_id)s::uuid, %(programs)s::int[]) AS c(about)"
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
    about = {"kind": change.kind, "import_id": change.import_id, "programs": sorted(change.programs)}
    params = {
        "events": Jsonb(events),
        "branch_id": change.branch_id,
        "uid": change.uid,
        "request_id": request_id,
        "address": address,
        **about,
    }
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


COMMITS: LiteralString = query(__package__, "commits")
COMMITS_AT: LiteralString = (
    "SELECT c.uid, b.name AS branch, c.seq, c.at, u.uid AS author_uid, u.name AS author_name, c.message, c.kind, "
    "encode(c.hash, 'hex') AS hash "
    "FROM commit_log c JOIN branch b USING (branch_id) JOIN user_account u ON u.user_id = c.author_id "
    "WHERE c.branch_id = 0 AND c.seq = ANY(%(seqs)s::bigint[]) ORDER BY c.seq DESC"
)
VISIBLE_ITEM: LiteralString = (
    "SELECT i.item_id FROM item i JOIN project pr USING (project_id) "
    "WHERE i.uid = %(uid)s AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)"
)
HEAD: LiteralString = "SELECT head_seq FROM branch WHERE branch_id = 0"
CHAIN: LiteralString = (
    "SELECT c.seq, u.uid AS author, c.message, c.digest, c.hash, (extract(epoch FROM c.at) * 1000000)::bigint AS micros "
    "FROM commit_log c LEFT JOIN user_account u ON u.user_id = c.author_id "
    "WHERE c.branch_id = 0 AND c.seq > %(after)s AND c.seq <= %(head)s ORDER BY c.seq LIMIT %(window)s"
)
HASH: LiteralString = "SELECT encode(hash, 'hex') FROM commit_log WHERE branch_id = 0 AND seq = %(seq)s"
LOST: LiteralString = (
    "SELECT DISTINCT a.data ->> 'seq' AS seq FROM audit a LEFT JOIN commit_log c "
    "ON c.uid::text = a.data ->> 'commit' AND c.seq::text = a.data ->> 'seq' AND c.branch_id::text = a.data ->> 'branch_id' "
    "WHERE a.data ? 'commit' AND a.data ? 'branch_id' AND c.uid IS NULL ORDER BY 1"
)
UNTOLD: LiteralString = (
    "SELECT c.seq FROM commit_log c WHERE NOT EXISTS "
    "(SELECT FROM audit a WHERE a.data ? 'branch_id' AND a.data ->> 'commit' = c.uid::text) ORDER BY c.branch_id, c.seq"
)
MISTOLD: LiteralString = (
    "SELECT c.seq FROM commit_log c JOIN audit a ON a.data ->> 'commit' = c.uid::text AND a.data ? 'branch_id' CROSS JOIN LATERAL "
    "(SELECT coalesce(array_agg(program_id), '{}') AS programs FROM commit_program WHERE (branch_id, seq) = (c.branch_id, c.seq)) p "
    "WHERE CASE WHEN a.data ? 'about' THEN a.data ->> 'about' <> commit_about(c.kind, c.import_id, p.programs) "
    "ELSE a.program_id <> ALL (p.programs) END GROUP BY c.branch_id, c.seq ORDER BY c.branch_id, c.seq"
)
UNTOLD_REVISIONS: LiteralString = (
    "SELECT i.number, r.revision, r.seq FROM revision r JOIN item i USING (item_id) LEFT JOIN commit_log c USING (branch_id, seq) "
    "WHERE NOT EXISTS (SELECT FROM audit a WHERE a.subject = i.uid AND a.data ->> 'revision' = r.revision "
    "AND a.data ->> 'commit' = c.uid::text) ORDER BY r.seq, i.number, r.revision"
)
LOST_REVISIONS: LiteralString = (
    "SELECT DISTINCT a.data ->> 'revision' AS revision, a.data ->> 'seq' AS seq, a.subject FROM audit a WHERE a.data ? 'revision' "
    "AND a.data ? 'branch_id' AND NOT EXISTS (SELECT FROM revision r JOIN item i USING (item_id) JOIN commit_log c USING (branch_id, seq) "
    "WHERE i.uid = a.subject AND r.revision = a.data ->> 'revision' AND c.uid::text = a.data ->> 'commit') ORDER BY 2, 1"
)
RULES: LiteralString = (
    "SELECT c.relname AS name, t.tgname AS rule, pg_get_triggerdef(t.oid) AS text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE c.relnamespace = 'public'::regnamespace AND t.tgname LIKE 'history\\_%%' AND t.tgenabled IN ('O', 'A')"
)
FUNCTIONS: LiteralString = (
    "SELECT proname AS name, pg_get_functiondef(oid) AS text FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace AND proname = ANY (%(names)s)"
)
SCHEMA_VERSION: LiteralString = "SELECT version FROM schema_state"


def touching(tables: Sequence[VersionedTable]) -> LiteralString:
    """Query: the seqs of `main` that opened or closed rows of an owner, newest first, before `before`."""
    parts = [
        f"SELECT s FROM {t.table} v CROSS JOIN LATERAL (VALUES (v.from_seq), (v.to_seq)) AS x(s) "
        f"WHERE v.branch_id = 0 AND v.{t.owner_column} = %(owner)s AND s < %(before)s"
        for t in tables
    ]
    return f"SELECT DISTINCT s AS seq FROM ({' UNION ALL '.join(parts)}) all_seqs ORDER BY s DESC LIMIT %(limit)s"


def _columns(table: VersionedTable) -> LiteralString:
    fields = ", ".join(f"'{f.name}', v.{f.name}" for f in table.fields)
    return (
        f"SELECT v.{table.id_column} AS row_id, x.uid, v.{table.owner_column} AS owner_id, v.from_seq, v.to_seq, "
        f"jsonb_build_object({fields})::text AS fields "
        f"FROM {table.table} v JOIN {table.identity} x USING ({table.id_column}) WHERE v.branch_id = 0"
    )


def versions(table: VersionedTable) -> LiteralString:
    """Query: the rows of a table that the commits `seqs` opened or closed, of one owner or of all."""
    return (
        f"{_columns(table)} AND (v.from_seq = ANY(%(seqs)s::bigint[]) OR v.to_seq = ANY(%(seqs)s::bigint[])) "
        f"AND (%(owner)s::bigint IS NULL OR v.{table.owner_column} = %(owner)s::bigint) "
        f"AND (%(ids)s::bigint[] IS NULL OR v.{table.id_column} = ANY(%(ids)s::bigint[]))"
    )


def touched(tables: Sequence[VersionedTable]) -> LiteralString:
    """Query: one page of the rows that a commit of `main` opened or closed, by kind and id, as far as the programs allow."""
    parts = [
        f"SELECT '{t.name}' AS kind, v.{t.id_column} AS row_id FROM {t.table} v "
        f"JOIN item i ON i.item_id = v.{t.owner_column} JOIN project pr USING (project_id) "
        "WHERE v.branch_id = 0 AND (v.from_seq = %(seq)s OR v.to_seq = %(seq)s) "
        "AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)"
        for t in tables
    ]
    return (
        f"SELECT DISTINCT kind, row_id FROM ({' UNION ALL '.join(parts)}) r "
        "WHERE %(after_kind)s::text IS NULL OR (kind, row_id) > (%(after_kind)s::text, %(after_id)s::bigint) "
        "ORDER BY kind, row_id LIMIT %(limit)s"
    )


def later(table: VersionedTable) -> LiteralString:
    """Query: what became of rows of `main` after a commit: the owner and the seq of each later version or end."""
    return (
        f"SELECT DISTINCT v.{table.owner_column} AS owner_id, CASE WHEN v.from_seq > %(seq)s THEN v.from_seq ELSE v.to_seq END AS seq "
        f"FROM {table.table} v WHERE v.branch_id = 0 AND v.{table.id_column} = ANY(%(ids)s::bigint[]) "
        f"AND (v.from_seq > %(seq)s OR (v.to_seq > %(seq)s AND v.to_seq < {OPEN_END}))"
    )


def _uses(table: VersionedTable) -> LiteralString:
    """Condition: a present row of `main` that refers to one of the `items`."""
    fields = [f"v.{field.name} = ANY(%(items)s::bigint[])" for field in table.fields if field.reference == ITEM]
    return f"v.branch_id = 0 AND v.to_seq = {OPEN_END} AND ({' OR '.join(fields) or 'false'})"


def later_users(table: VersionedTable) -> LiteralString:
    """Query: the present rows of `main` that later commits made and that refer to one of the `items`: their owners and seqs."""
    columns = f"v.{table.owner_column} AS owner_id, v.from_seq AS seq"
    return f"SELECT DISTINCT {columns} FROM {table.table} v WHERE {_uses(table)} AND v.from_seq > %(seq)s"


def expect_unused(table: VersionedTable) -> LiteralString:
    """Statement: raises CA412 where a present row of `main` refers to one of the `items`."""
    return f"SELECT expect_rows((SELECT count(*) FROM {table.table} v WHERE {_uses(table)}), 0, '{table.name} use')"


def opened_between(table: VersionedTable) -> LiteralString:
    """Query: the rows of `main` that the commits in (after, last] opened, with the number of the item whose history shows them."""
    fields = ", ".join(f"'{f.name}', v.{f.name}" for f in table.fields)
    return (
        f"SELECT x.uid, i.number, v.from_seq, jsonb_build_object({fields})::text AS fields {_with_owner(table)} "
        "WHERE v.branch_id = 0 AND v.from_seq > %(after)s AND v.from_seq <= %(last)s"
    )


def ended_between(table: VersionedTable) -> LiteralString:
    """Query: the rows of `main` that the commits in (after, last] closed without opening the next version."""
    return (
        f"SELECT x.uid, i.number, v.to_seq {_with_owner(table)} "
        f"WHERE v.branch_id = 0 AND v.to_seq > %(after)s AND v.to_seq <= %(last)s AND v.to_seq < {OPEN_END} AND NOT EXISTS "
        f"(SELECT FROM {table.table} n WHERE n.branch_id = 0 AND n.{table.id_column} = v.{table.id_column} AND n.from_seq = v.to_seq)"
    )


def impossible(table: VersionedTable) -> LiteralString:
    """Query: the rows that no sequence of commits makes, each with what is `wrong` about it."""
    return (
        f"SELECT w.*, i.number FROM (SELECT v.*, CASE WHEN v.branch_id <> 0 THEN 'branch' WHEN v.from_seq >= v.to_seq THEN 'empty' "
        f"WHEN v.to_seq > v.next_seq THEN 'overlap' WHEN b.seq IS NULL THEN 'no_begin' "
        f"WHEN e.seq IS NULL AND v.to_seq <> {OPEN_END} THEN 'no_end' WHEN v.deleted THEN 'deleted' END AS wrong "
        f"FROM (SELECT branch_id, {table.id_column}, {table.owner_column} AS owner, from_seq, to_seq, deleted, "
        f"lead(from_seq) OVER (PARTITION BY branch_id, {table.id_column} ORDER BY from_seq) AS next_seq FROM {table.table}) v "
        "LEFT JOIN commit_log b ON b.branch_id = v.branch_id AND b.seq = v.from_seq "
        "LEFT JOIN commit_log e ON e.branch_id = v.branch_id AND e.seq = v.to_seq) w "
        "LEFT JOIN item i ON i.item_id = w.owner WHERE w.wrong IS NOT NULL ORDER BY w.from_seq, w.to_seq"
    )


def _with_owner(table: VersionedTable) -> LiteralString:
    return (
        f"FROM {table.table} v LEFT JOIN {table.identity} x USING ({table.id_column}) "
        f"LEFT JOIN item i ON i.item_id = v.{table.owner_column}"
    )


def labels(reference: Reference) -> LiteralString:
    """Query: uid and label of the rows that a reference names; both null for items that the programs hide."""
    if reference == ITEM:
        return (
            "SELECT i.item_id AS id, CASE WHEN may.see THEN i.uid END AS uid, CASE WHEN may.see THEN i.number END AS label "
            "FROM item i JOIN project pr USING (project_id) "
            "CROSS JOIN LATERAL (SELECT pr.program_id = ANY(%(programs)s::int[]) OR pr.library AS see) may "
            "WHERE i.item_id = ANY(%(ids)s::bigint[])"
        )
    return (
        f"SELECT {reference.id_column} AS id, uid, {reference.label_column} AS label FROM {reference.table} "
        f"WHERE {reference.id_column} = ANY(%(ids)s::bigint[]) AND %(programs)s::int[] IS NOT NULL"
    )


def uids(reference: Reference) -> LiteralString:
    """Query: the uids of what a reference names by id."""
    return f"SELECT {reference.id_column} AS id, uid FROM {reference.table} WHERE {reference.id_column} = ANY(%(ids)s::bigint[])"
