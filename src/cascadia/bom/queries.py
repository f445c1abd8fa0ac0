"""SQL of BOMs: the named files of `sql/` and what is composed from them."""

from typing import Final, LiteralString

from cascadia.kernel.sql import query

_ROWS: Final = query(__package__, "line_rows")
LINE: Final[LiteralString] = query(__package__, "pick_line") + _ROWS
LINES: Final[LiteralString] = query(__package__, "pick_lines") + _ROWS
HEAD: Final = query(__package__, "head")
EDGES: Final = query(__package__, "edges")
EDGES_UP: Final = query(__package__, "edges_up")
VERSIONS: Final = query(__package__, "versions")
EDGE_COLUMNS: Final = query(__package__, "edge_columns")
TOUCHED: Final = query(__package__, "touched")
TREE_MASSES: Final = query(__package__, "tree_masses")
TREE_ITEMS: Final = query(__package__, "tree_items")
WHERE_USED: Final = query(__package__, "where_used")
PARENT: Final = query(__package__, "parent")
BATCH: Final = query(__package__, "batch")

INSERT_LINES: Final[LiteralString] = "INSERT INTO bom_line (line_id, uid) SELECT * FROM unnest(%(ids)s::bigint[], %(uids)s::uuid[])"
EXPECT_BOM: Final[LiteralString] = "SELECT expect_bom(%(branch_id)s, %(parent_id)s, %(seen)s)"
EXPECT_FIND_NUMBERS: Final[LiteralString] = "SELECT expect_find_numbers(%(branch_id)s, %(parents)s::bigint[])"
EXPECT_ACYCLIC: Final[LiteralString] = "SELECT expect_acyclic(%(branch_id)s, %(parents)s::bigint[])"
EXPECT_UNUSED: Final[LiteralString] = "SELECT expect_unused(%(branch_id)s, %(items)s::bigint[])"
EXPECT_BOMS: Final[LiteralString] = (
    "SELECT expect_bom(0, s.parent, s.seen) FROM unnest(%(parents)s::bigint[], %(seen)s::bigint[]) AS s(parent, seen)"
)
OPEN_LINES: Final[LiteralString] = (
    "SELECT v.line_id, l.uid, v.from_seq, v.parent_id, i.uid AS parent_uid, v.child_id, c.uid AS child_uid, "
    "c.number AS child_number, v.quantity, v.unit, "
    "v.quantity_kind, v.find_number, v.designators, v.note, v.placements "
    "FROM bom_v v JOIN bom_line l USING (line_id) JOIN item i ON i.item_id = v.parent_id JOIN item c ON c.item_id = v.child_id "
    "WHERE v.branch_id = 0 AND v.parent_id = ANY(%(parents)s::bigint[]) AND v.to_seq = 9223372036854775807 AND NOT v.deleted "
    "ORDER BY v.parent_id, v.find_number NULLS LAST, v.line_id"
)
