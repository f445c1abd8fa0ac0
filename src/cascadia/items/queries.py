"""SQL of items: composed from the named files of `sql/` and from fixed texts, never from what a caller sends."""

from collections.abc import Mapping
from typing import Final, LiteralString

from cascadia.kernel.sql import query
from cascadia.versioning.model import OPEN_END

ROWS: Final = query(__package__, "rows")
MATCHING: Final = query(__package__, "matching")
ONE: Final[LiteralString] = query(__package__, "pick_one") + ROWS
BY_IDS: Final[LiteralString] = query(__package__, "pick_ids") + ROWS
CREATION: Final = query(__package__, "creation")
COUNT: Final[LiteralString] = query(__package__, "count").replace("{matching}", MATCHING)

SORT_COLUMNS: Final[Mapping[str, tuple[LiteralString, LiteralString]]] = {
    "number": ("i.number", "text"),
    "name": ("v.name", "text"),
    "updated_at": ("v.from_seq", "bigint"),
}
"""What lists may be sorted by: field → (column, type of its cursor key). A later commit has a later time and a higher seq."""

INSERT_ITEM: Final[LiteralString] = (
    "INSERT INTO item (item_id, uid, kind, project_id, number) VALUES (%(item_id)s, %(uid)s, %(kind)s, %(project_id)s, %(number)s)"
)
INSERT_NUMBER: Final[LiteralString] = "INSERT INTO item_number (number, item_id, role) VALUES (%(number)s, %(item_id)s, 'current')"
INSERT_ITEMS: Final[LiteralString] = (
    "INSERT INTO item (item_id, uid, kind, project_id, number) "
    "SELECT * FROM jsonb_to_recordset(%(items)s) AS r(item_id bigint, uid uuid, kind text, project_id int, number text)"
)
INSERT_NUMBERS: Final[LiteralString] = (
    "INSERT INTO item_number (number, item_id, role) "
    "SELECT r.number, r.item_id, 'current' FROM jsonb_to_recordset(%(items)s) AS r(number text, item_id bigint)"
)
INSERT_ALIAS: Final[LiteralString] = "INSERT INTO item_number (number, item_id, role) VALUES (%(number)s, %(item_id)s, 'alias')"
INSERT_ALIASES: Final[LiteralString] = (
    "INSERT INTO item_number (number, item_id, role) "
    "SELECT r.number, r.item_id, 'alias' FROM jsonb_to_recordset(%(aliases)s) AS r(number text, item_id bigint)"
)
DELETE_ALIAS: Final[LiteralString] = "DELETE FROM item_number WHERE item_id = %(item_id)s AND role = 'alias' AND key = folded(%(number)s)"
NUMBER_HOLDER: Final[LiteralString] = "SELECT item_id, role FROM item_number WHERE key = folded(%(number)s)"
LOCK_ITEM: Final[LiteralString] = "SELECT number FROM item WHERE item_id = %(item_id)s FOR UPDATE"
DEMOTE_NUMBER: Final[LiteralString] = "UPDATE item_number SET role = 'alias' WHERE item_id = %(item_id)s AND role = 'current'"
PROMOTE_ALIAS: Final[LiteralString] = (
    "UPDATE item_number SET role = 'current', number = %(number)s WHERE item_id = %(item_id)s AND key = folded(%(number)s)"
)
SET_NUMBER: Final[LiteralString] = "UPDATE item SET number = %(number)s WHERE item_id = %(item_id)s"
RELEASED: Final[LiteralString] = "SELECT EXISTS (SELECT 1 FROM revision WHERE item_id = %(item_id)s)"
OWNER: Final[LiteralString] = "SELECT user_id FROM user_account WHERE uid = %(uid)s AND active"
EXPECT_ITEMS_OPEN: Final[LiteralString] = (
    "SELECT expect_rows((SELECT count(*) FROM item_v WHERE branch_id = %(branch_id)s AND item_id = ANY(%(ids)s::bigint[]) "
    f"AND to_seq = {OPEN_END} AND NOT deleted), %(count)s, 'item')"
)
SCHEMES: Final[LiteralString] = (
    "SELECT kind, segments, typed_allowed FROM number_scheme "
    "WHERE %(after)s::text IS NULL OR kind > %(after)s::text ORDER BY kind LIMIT %(limit)s"
)
SET_SCHEME: Final[LiteralString] = (
    "UPDATE number_scheme SET segments = %(segments)s, typed_allowed = %(typed_allowed)s WHERE kind = %(kind)s RETURNING uid"
)


def page(sort: str, *, descending: bool) -> LiteralString:
    """The query of one page in the order of `sort` (a key of SORT_COLUMNS), then by id."""
    column, key_type = SORT_COLUMNS[sort]
    sign, direction = ("<", "DESC") if descending else (">", "ASC")
    text = query(__package__, "pick_page") + ROWS
    return (
        text.replace("{matching}", MATCHING)
        .replace("{after}", f"({column}, i.item_id) {sign} (%(after_key)s::{key_type}, %(after_id)s::bigint)")
        .replace("{order}", f"{column} {direction}, i.item_id {direction}")
    )


PROGRAMS_OF: Final[LiteralString] = (
    "SELECT DISTINCT p.program_id FROM item i JOIN project p USING (project_id) WHERE i.item_id = ANY (%(ids)s::bigint[]) AND NOT p.library"
    " ORDER BY p.program_id"
)
