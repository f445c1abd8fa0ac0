"""SQL of the vault: the named files of `sql/`, and short statements."""

from functools import cache
from typing import Final, LiteralString

from cascadia.kernel.sql import query
from cascadia.versioning import registry

FILES: Final = query(__package__, "file")
FILE: Final[LiteralString] = FILES + " AND f.uid = %(uid)s"
FILE_PAGE: Final[LiteralString] = (
    FILES + " AND (%(project)s::uuid IS NULL OR pr.uid = %(project)s::uuid)"
    " AND (%(after)s::bigint IS NULL OR f.file_id < %(after)s::bigint) ORDER BY f.file_id DESC LIMIT %(limit)s"
)
FILE_COUNT: Final[LiteralString] = (
    "SELECT count(*) FROM file f JOIN project pr USING (project_id) "
    "WHERE (pr.program_id = ANY(%(programs)s::int[]) OR pr.library) AND (%(project)s::uuid IS NULL OR pr.uid = %(project)s::uuid)"
)
PROJECT: Final[LiteralString] = (
    "SELECT project_id, program_id FROM project WHERE uid = %(uid)s AND (program_id = ANY(%(programs)s::int[]) OR library)"
)
DERIVATIVES: Final = query(__package__, "derivatives")
DERIVATIVE_COUNT: Final[LiteralString] = (
    "SELECT count(DISTINCT (kind, component)) FROM derivative "
    "WHERE source_blob_id = %(source)s AND (%(kind)s::text IS NULL OR kind = %(kind)s::text)"
)
MADE_BY_HASH: Final[LiteralString] = (
    "SELECT b.blob_id, encode(b.sha256, 'hex') AS sha256, b.size, b.key FROM blob b "
    "WHERE b.sha256 = ANY(ARRAY(SELECT decode(h, 'hex') FROM unnest(%(hashes)s::text[]) AS h)) "
    "AND EXISTS (SELECT FROM derivative d WHERE d.blob_id = b.blob_id AND d.kind = %(kind)s)"
)
SAVE_DERIVATIVES: Final = query(__package__, "save_derivatives")
DROP_DERIVATIVE: Final[LiteralString] = (
    "DELETE FROM derivative WHERE source_blob_id = %(source)s AND converter = %(converter)s AND kind = %(kind)s"
)
PICTURED: Final[LiteralString] = (
    "SELECT DISTINCT d.component FROM file f JOIN derivative d ON d.source_blob_id = f.blob_id"
    " WHERE f.uid = %(file)s AND d.kind = 'thumbnail' AND d.component = ANY(%(components)s::text[])"
)
TAKE_BLOB: Final[LiteralString] = (
    "SELECT blob_id, encode(sha256, 'hex') AS sha256, size, key FROM take_blob(decode(%(sha256)s, 'hex'), %(size)s, %(key)s)"
)
INSERT_FILE: Final[LiteralString] = (
    "INSERT INTO file (uid, blob_id, name, media_type, size, project_id, created_by) "
    "VALUES (%(uid)s, %(blob_id)s, %(name)s, %(media_type)s, %(size)s, %(project_id)s, %(created_by)s)"
)
BLOB_OF_FILE: Final[LiteralString] = (
    "SELECT b.blob_id, encode(b.sha256, 'hex') AS sha256, b.size, b.key FROM file f JOIN blob b USING (blob_id) WHERE f.uid = %(uid)s"
)
ATTACHMENTS: Final = query(__package__, "attachment")
ATTACHMENT: Final[LiteralString] = ATTACHMENTS + " AND a.uid = %(uid)s"
ITEM_ATTACHMENTS: Final[LiteralString] = (
    ATTACHMENTS + " AND v.item_id = %(item_id)s AND (%(after)s::bigint IS NULL OR v.attachment_id > %(after)s::bigint)"
    " ORDER BY v.attachment_id LIMIT %(limit)s"
)
ITEM_ATTACHMENT_COUNT: Final[LiteralString] = f"SELECT count(*) FROM ({ATTACHMENTS} AND v.item_id = %(item_id)s) a"
DRAW_IDS: Final[LiteralString] = "SELECT draw_attachment_ids(%(n)s) AS id"
INSERT_ATTACHMENTS: Final[LiteralString] = (
    "INSERT INTO attachment (attachment_id, uid) SELECT * FROM jsonb_to_recordset(%(rows)s) AS r(attachment_id bigint, uid uuid)"
)
EXPECT_ONE: Final = query(__package__, "expect_one")
INSERT_OUTPUT: Final[LiteralString] = (
    "INSERT INTO output_file (uid, blob_id, name, media_type, created_for, programs)"
    " VALUES (%(uid)s, %(blob_id)s, %(name)s, %(media_type)s, %(created_for)s, %(programs)s)"
)
OUTPUT: Final[LiteralString] = (
    "SELECT o.uid, o.name, o.media_type, b.key, b.size, encode(b.sha256, 'hex') AS sha256 FROM output_file o JOIN blob b USING (blob_id)"
    " WHERE o.uid = %(uid)s AND o.created_for = %(actor)s AND o.programs <@ %(programs)s::int[] AND o.expires_at > now()"
)
UNVERIFIED: Final[LiteralString] = (
    "SELECT blob_id, key, encode(sha256, 'hex') AS sha256, size, damage FROM blob"
    " WHERE doomed_at IS NULL AND (verified_at IS NULL OR verified_at < %(before)s)"
    " ORDER BY verified_at NULLS FIRST, blob_id LIMIT %(limit)s"
)
VERIFIED: Final[LiteralString] = "UPDATE blob SET verified_at = clock_timestamp(), damage = %(damage)s WHERE blob_id = %(blob_id)s"
FILES_OF_BLOB: Final[LiteralString] = (
    "SELECT f.uid, f.name, p.program_id FROM file f JOIN project p USING (project_id) WHERE f.blob_id = %(blob_id)s"
)
DAMAGED: Final[LiteralString] = (
    "SELECT f.file_id, f.uid, f.name, f.size, b.damage, b.verified_at FROM blob b JOIN file f USING (blob_id)"
    " WHERE b.damage IS NOT NULL AND f.file_id > %(after)s ORDER BY f.file_id LIMIT %(limit)s"
)
DAMAGED_COUNT: Final[LiteralString] = "SELECT count(*) FROM blob b JOIN file f USING (blob_id) WHERE b.damage IS NOT NULL"
FORGET_OUTPUTS: Final[LiteralString] = "DELETE FROM output_file WHERE expires_at < now()"
REPRIEVE: Final = query(__package__, "reprieve")
DOOM: Final = query(__package__, "doom")
DELETE_DOOMED: Final = query(__package__, "delete_doomed")
BEFORE: Final[LiteralString] = "SELECT now() - %(grace)s::interval"
UNKNOWN_KEYS: Final[LiteralString] = (
    "SELECT k.key FROM unnest(%(keys)s::text[]) AS k(key) WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.key = k.key)"
    " AND NOT EXISTS (SELECT 1 FROM upload_piece p WHERE p.key = k.key)"
)
INSERT_UPLOAD: Final[LiteralString] = (
    "INSERT INTO upload (uid, created_by, project_id, name, media_type, size, sha256) VALUES"
    " (%(uid)s, %(created_by)s, %(project_id)s, %(name)s, %(media_type)s, %(size)s, decode(%(sha256)s, 'hex'))"
)
UPLOADS: Final = query(__package__, "uploads")
UPLOAD: Final[LiteralString] = UPLOADS + " AND u.uid = %(uid)s"
OPEN_UPLOADS: Final[LiteralString] = (
    UPLOADS + " AND u.state <> 'done' AND (%(after)s::bigint IS NULL OR u.upload_id < %(after)s::bigint)"
    " AND (%(creator)s::bigint IS NULL OR (u.created_by = %(creator)s::bigint AND p.program_id = ANY(%(programs)s::int[])))"
    " ORDER BY u.upload_id DESC LIMIT %(limit)s"
)
ADD_PIECE: Final[LiteralString] = "SELECT upload_add_piece(%(uid)s, %(start)s, %(bytes)s, %(key)s)"
GROW_PIECE: Final[LiteralString] = "SELECT upload_grow(%(uid)s, %(object_start)s, %(key)s, %(start)s, %(bytes)s)"
SET_HASHED: Final[LiteralString] = "UPDATE upload SET hashed = decode(%(hashed)s, 'hex') WHERE uid = %(uid)s"
LOCK_RECEIVED: Final[LiteralString] = "SELECT received FROM upload WHERE uid = %(uid)s FOR UPDATE"
PIECE_LENGTH: Final[LiteralString] = "SELECT length FROM upload_piece WHERE key = %(key)s"
PIECES: Final[LiteralString] = "SELECT key, length FROM upload_piece WHERE upload_id = %(upload_id)s ORDER BY start"
LOCK_UPLOAD: Final[LiteralString] = "SELECT state FROM upload WHERE uid = %(uid)s FOR UPDATE"
END_UPLOAD: Final[LiteralString] = (
    "WITH gone AS (DELETE FROM upload_piece USING upload u WHERE u.uid = %(uid)s AND upload_piece.upload_id = u.upload_id)"
    " UPDATE upload SET state = %(state)s, file_uid = %(file_uid)s, error = %(error)s WHERE uid = %(uid)s"
)
FAIL_UPLOAD: Final[LiteralString] = (
    "UPDATE upload SET state = 'failed', error = %(error)s WHERE uid = %(uid)s AND state = 'receiving' AND received = size"
)
DELETE_UPLOAD: Final[LiteralString] = "DELETE FROM upload WHERE uid = %(uid)s"
EXPIRED_PIECES: Final[LiteralString] = (
    "SELECT p.key FROM upload_piece p JOIN upload u USING (upload_id) WHERE u.expires_at < now() FOR UPDATE OF u"
)
LOCK_ROOM: Final[LiteralString] = "SELECT pg_advisory_xact_lock(hashtextextended('cascadia.vault.room', 0))"
COMING: Final[LiteralString] = (
    "SELECT coalesce(sum(size - received), 0)::bigint FROM upload WHERE state = 'receiving' AND expires_at > now()"
)
LOCK_QUOTA: Final[LiteralString] = "SELECT allowed FROM program_quota WHERE program_id = %(program_id)s FOR UPDATE"
SET_QUOTA: Final[LiteralString] = (
    "INSERT INTO program_quota (program_id, allowed, set_by) VALUES (%(program_id)s, %(allowed)s, %(actor)s) "
    "ON CONFLICT (program_id) DO UPDATE SET allowed = excluded.allowed, set_by = excluded.set_by, set_at = now()"
)
USAGE: Final = query(__package__, "usage")
USAGE_OF: Final[LiteralString] = USAGE + " WHERE p.program_id = %(program_id)s"
USAGE_PAGE: Final[LiteralString] = (
    USAGE + " WHERE %(after)s::int IS NULL OR p.program_id > %(after)s::int ORDER BY p.program_id LIMIT %(limit)s"
)
PROGRAM_COUNT: Final[LiteralString] = "SELECT count(*) FROM program"
FORGET_UPLOADS: Final[LiteralString] = "DELETE FROM upload WHERE expires_at < now()"


@cache
def about_item(name: str) -> LiteralString:
    """The file of that name over the table that holds the versions of items: its owner is above, so the registry names it."""
    return query(__package__, name).replace("{item_v}", registry.table("item").table)


CAD_ATTACHMENTS: Final[LiteralString] = (
    "SELECT v.attachment_id, a.uid, v.from_seq, v.item_id, i.uid AS item_uid, v.file_id, f.name, f.blob_id, v.category, v.component "
    "FROM attachment_v v JOIN attachment a USING (attachment_id) JOIN file f USING (file_id) JOIN item i ON i.item_id = v.item_id "
    "WHERE v.branch_id = 0 AND v.item_id = ANY(%(items)s::bigint[]) AND v.to_seq = 9223372036854775807 AND NOT v.deleted AND v.role = 'cad'"
)
