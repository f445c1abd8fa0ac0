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
TREE_ITEMS: Final = query(__package__, "tree_items")
WHERE_USED: Final = query(__package__, "where_used")
PARENT: Final = query(__package__, "parent")

INSERT_LINES: Final[LiteralString] = "INSERT INTO bom_line (line_id, uid) SELECT * FROM unnest(%(ids)s::bigint[], %(uids)s::uuid[])"
EXPECT_BOM: Final[LiteralString] = "SELECT expect_bom(%(branch_id)s, %(parent_id)s, %(seen)s)"
EXPECT_FIND_NUMBERS: Final[LiteralString] = "SELECT expect_find_numbers(%(branch_id)s, %(parents)s::bigint[])"
EXPECT_ACYCLIC: Final[LiteralString] = "SELECT expect_acyclic(%(branch_id)s, %(parents)s::bigint[])"
EXPECT_UNUSED: Final[LiteralString] = "SELECT expect_unused(%(branch_id)s, %(items)s::bigint[])"
