"""SQL of proposals."""

from typing import Final, LiteralString

from cascadia.kernel.sql import query

HITS: Final = query(__package__, "hits")
ITEM_HIT: Final = query(__package__, "item_hit")
SHAPES: Final = query(__package__, "shapes")
JOINED: Final = query(__package__, "joined")
ACCEPTED_ROW: Final[LiteralString] = (
    "SELECT r.proposal_id FROM proposal_row r JOIN proposal q USING (proposal_id) JOIN project pr ON pr.project_id = q.project_id "
    "WHERE r.uid = %(row)s AND r.kind = 'part' AND r.match_id = %(item_id)s AND q.state = 'accepted' "
    "AND pr.program_id = ANY(%(programs)s::int[])"
)
PLACE_OF_ROW: Final[LiteralString] = (
    "SELECT q.project_id, f.name AS file_name, f.media_type, f.file_id, f.uid AS file_uid, root.match_id AS root "
    "FROM proposal_row r JOIN proposal q USING (proposal_id) "
    "JOIN file f USING (file_id) LEFT JOIN proposal_row root ON root.proposal_id = r.proposal_id AND root.kind = 'part' "
    "AND root.found ->> 'is_root' = 'true' AND root.choice <> 'skip' WHERE r.row_id = %(row_id)s"
)
SPLIT_LINES: Final[LiteralString] = (
    "UPDATE line_source SET child_id = %(child)s WHERE line_id = ANY(%(lines)s::bigint[]) AND child_id = %(item_id)s"
)
PARENTS_OF_LINES: Final[LiteralString] = (
    "SELECT DISTINCT v.parent_id FROM bom_line l JOIN bom_v v USING (line_id) WHERE l.uid = ANY(%(lines)s::uuid[]) AND v.branch_id = 0 "
    "AND v.to_seq = 9223372036854775807 AND NOT v.deleted AND v.child_id = %(item_id)s"
)
SOURCES: Final = query(__package__, "sources")
NUMBERING: Final[LiteralString] = (
    "SELECT s.segments, s.typed_allowed, ARRAY(SELECT n.key FROM item_number n WHERE n.key = ANY(%(numbers)s::text[])) AS taken "
    "FROM number_scheme s WHERE s.kind = 'part'"
)
VIEW: Final = query(__package__, "view")
ONE: Final[LiteralString] = VIEW + " AND q.uid = %(uid)s"
PAGE: Final[LiteralString] = (
    VIEW + " AND (%(project)s::uuid IS NULL OR pr.uid = %(project)s::uuid) AND (%(state)s::text IS NULL OR q.state = %(state)s::text) "
    "AND (%(before)s::bigint IS NULL OR q.proposal_id < %(before)s::bigint) ORDER BY q.proposal_id DESC LIMIT %(limit)s"
)
ROWS: Final = query(__package__, "rows")
ROW_PAGE: Final[LiteralString] = (
    ROWS + " AND (%(kind)s::text IS NULL OR r.kind = %(kind)s::text) AND r.ordinal > %(after)s ORDER BY r.ordinal LIMIT %(limit)s"
)
ONE_ROW: Final[LiteralString] = ROWS + " AND r.uid = %(row)s"

PROJECT: Final[LiteralString] = (
    "SELECT project_id, program_id, code FROM project WHERE uid = %(uid)s AND (program_id = ANY(%(programs)s::int[]) OR library)"
)
INSERT: Final[LiteralString] = (
    "INSERT INTO proposal (uid, file_id, project_id, branch_id, created_by, reading) "
    "VALUES (%(uid)s, %(file_id)s, %(project_id)s, 0, %(actor_id)s, %(reading)s)"
)
WAITS: Final[LiteralString] = "(q.state = 'waiting' OR q.state = 'failed' AND q.error ->> 'away' IS NOT NULL)"
"""Also one that an outage ended: as soon as its file can be read after all, it opens."""
WAITING_OF_BLOB: Final[LiteralString] = (
    "SELECT q.uid, q.created_by, pr.program_id, f.name, f.media_type, q.reading "
    "FROM proposal q JOIN file f USING (file_id) JOIN project pr ON pr.project_id = q.project_id "
    "WHERE " + WAITS + " AND f.blob_id = %(blob_id)s"
)
WAITING: Final[LiteralString] = (
    "SELECT q.proposal_id, q.uid, " + WAITS + " AS waits, q.created_by, q.project_id, pr.program_id, pr.code AS project_code, "
    "f.file_id, f.uid AS file_uid, f.name AS file_name, f.blob_id, q.base_seq, f.media_type, q.reading "
    "FROM proposal q JOIN file f USING (file_id) JOIN project pr ON pr.project_id = q.project_id WHERE q.uid = %(uid)s"
)
LOCK: Final[LiteralString] = "SELECT state FROM proposal WHERE proposal_id = %(proposal_id)s FOR UPDATE"
OPEN: Final[LiteralString] = (
    "UPDATE proposal SET state = 'open', base_seq = %(base_seq)s, counts = %(counts)s, notes = %(notes)s, report = %(report)s, "
    "error = NULL, changed_at = now() "
    "WHERE proposal_id = %(proposal_id)s"
)
FAIL: Final[LiteralString] = (
    "UPDATE proposal q SET state = 'failed', error = %(error)s, changed_at = now() WHERE q.uid = %(uid)s AND " + WAITS + " RETURNING 1"
)
DISCARD: Final[LiteralString] = "UPDATE proposal SET state = 'discarded', changed_at = now() WHERE proposal_id = %(proposal_id)s"
READING: Final[LiteralString] = "SELECT q.reading, q.report FROM proposal q WHERE q.proposal_id = %(proposal_id)s"
READ_AGAIN: Final[LiteralString] = (
    "UPDATE proposal SET state = 'waiting', reading = %(reading)s, report = NULL, error = NULL, counts = NULL, notes = '[]', "
    "changed_at = now() "
    "WHERE proposal_id = %(proposal_id)s"
)
DELETE_ROWS: Final[LiteralString] = (
    "DELETE FROM proposal_row WHERE proposal_id = %(proposal_id)s AND (%(kind)s::text IS NULL OR kind = %(kind)s::text)"
)
INSERT_ROWS: Final[LiteralString] = (
    "INSERT INTO proposal_row (uid, proposal_id, ordinal, kind, component, parent, child, found, verdict, match_id, match_by, candidates, "
    "changes, line_id, choice, number, name, description, problems, certainty, doubts, confirmed, decided, left_out) "
    "SELECT r.uid, %(proposal_id)s, r.ordinal, r.kind, r.component, r.parent, r.child, r.found, r.verdict, r.match_id, r.match_by, "
    "r.candidates, r.changes, r.line_id, r.choice, r.number, r.name, r.description, r.problems, r.certainty, r.doubts, r.confirmed, "
    "r.decided, false "
    "FROM jsonb_to_recordset(%(rows)s) AS r(uid uuid, ordinal int, kind text, component text, parent text, child text, found jsonb, "
    "verdict text, match_id bigint, match_by text, candidates jsonb, changes jsonb, line_id bigint, choice text, number text, "
    "name text, description text, problems jsonb, certainty text, doubts jsonb, confirmed boolean, decided boolean)"
)
UPDATE_ROW: Final[LiteralString] = (
    "UPDATE proposal_row SET verdict = %(verdict)s, match_id = %(match_id)s, match_by = %(match_by)s, changes = %(changes)s, "
    "choice = %(choice)s, number = %(number)s, name = %(name)s, description = %(description)s, found = %(found)s, problems = %(problems)s, "
    "certainty = %(certainty)s, doubts = %(doubts)s, confirmed = %(confirmed)s, decided = %(decided)s, candidates = %(candidates)s "
    "WHERE row_id = %(row_id)s"
)
CONFIRM: Final[LiteralString] = (
    "UPDATE proposal_row SET confirmed = true WHERE proposal_id = %(proposal_id)s AND NOT confirmed "
    "AND (%(rows)s::uuid[] IS NULL OR uid = ANY(%(rows)s::uuid[]))"
)
UNKNOWN_ROWS: Final[LiteralString] = (
    "SELECT count(*) FROM unnest(%(rows)s::uuid[]) AS asked(uid) WHERE NOT EXISTS (SELECT FROM proposal_row r "
    "WHERE r.proposal_id = %(proposal_id)s AND r.uid = asked.uid)"
)
ENTRIES: Final[LiteralString] = (
    "SELECT r.row_id, r.kind, r.component, r.parent, r.child, r.verdict, r.choice, r.confirmed, r.left_out, r.match_id, "
    "r.found ->> 'quantity' AS quantity, coalesce((r.found ->> 'is_root')::boolean, false) AS is_root, "
    "r.changes @> '[{\"apply\": true}]' AS is_changed "
    "FROM proposal_row r WHERE r.proposal_id = %(proposal_id)s ORDER BY r.ordinal"
)
LEAVE_OUT: Final[LiteralString] = (
    "UPDATE proposal_row SET left_out = NOT left_out WHERE proposal_id = %(proposal_id)s AND row_id = ANY(%(rows)s::bigint[])"
)
COUNTED: Final[LiteralString] = "UPDATE proposal SET counts = counts || %(counts)s WHERE proposal_id = %(proposal_id)s"
CLOSE: Final[LiteralString] = (
    "UPDATE proposal SET state = 'accepted', changed_at = now() WHERE proposal_id = %(proposal_id)s AND state = 'open' RETURNING 1"
)
EXPECT_NO_IMPORT: Final[LiteralString] = "SELECT expect_no_import(%(project_id)s, %(seq)s)"
REMEMBER: Final[LiteralString] = "SELECT remember_sources(%(project_id)s, %(file_name)s, %(root)s, coalesce(%(seq)s, seq()), %(sources)s)"
SAID: Final = query(__package__, "said")
REMEMBER_LINES: Final[LiteralString] = "SELECT remember_lines(%(project_id)s, %(file_name)s, %(root)s, coalesce(%(seq)s, seq()), %(lines)s)"
UNDO: Final[LiteralString] = "SELECT undo_proposal(%(proposal_id)s, %(commit_uid)s, %(seq)s, %(made)s::bigint[])"
ALIASES_GIVEN: Final[LiteralString] = (
    "SELECT DISTINCT n.item_id, n.number FROM proposal q "
    "JOIN proposal_row r USING (proposal_id) CROSS JOIN jsonb_array_elements(r.changes) AS change "
    "JOIN item_number n ON n.item_id = r.match_id AND n.role = 'alias' AND n.number = change ->> 'new' AND n.created_at = q.changed_at "
    "WHERE q.proposal_id = %(proposal_id)s AND r.kind = 'part' AND r.choice = 'use' AND change ->> 'field' = 'alias'"
)
"""Other numbers that an accepted proposal gave to parts which were there, as far as these have them (made in one transaction)."""
TAKE_ALIASES: Final[LiteralString] = (
    "DELETE FROM item_number n USING jsonb_to_recordset(%(aliases)s) AS r(item_id bigint, number text) "
    "WHERE n.item_id = r.item_id AND n.role = 'alias' AND n.number = r.number"
)
BEFORE: Final = query(__package__, "before")
ACCEPT: Final[LiteralString] = "SELECT accept_proposal(%(proposal_id)s, %(commit_uid)s)"
HEAD_SEQ: Final[LiteralString] = "SELECT head_seq FROM branch WHERE branch_id = 0"
DRAWN: Final[LiteralString] = (
    "SELECT draw_ids('item', 'item_id', %(items)s) AS items, draw_ids('bom_line', 'line_id', %(lines)s) AS lines, "
    "draw_numbers('part', %(project_code)s, %(numbers)s) AS numbers, "
    "ARRAY(SELECT n.number FROM item_number n WHERE n.key = ANY(SELECT folded(t) FROM unnest(%(typed)s::text[]) AS t)) AS taken"
)
CREATED: Final[LiteralString] = (
    "UPDATE proposal_row r SET match_id = x.item_id FROM unnest(%(rows)s::bigint[], %(items)s::bigint[]) AS x(row_id, item_id) "
    "WHERE r.row_id = x.row_id"
)
