"""A synthetic organisation, written into a migrated database past the program: trees of ten children each."""

from dataclasses import dataclass
from typing import Final, LiteralString

import psycopg

TREES: Final = {"10k": (1, 4), "100k": (1, 5), "1M": (9, 5)}
"""By size: how many trees, and how many levels each has below its top."""
WORDS: Final = (
    "Bracket",
    "Bearing",
    "Shaft",
    "Gasket",
    "Spindle",
    "Flange",
    "Housing",
    "Carriage",
    "Seal",
    "Nut",
    "Bolt",
    "Washer",
    "Lever",
    "Guide",
)
FIRST: Final = 1_000_000
"""The id of the first seeded item, above those that the program makes meanwhile."""

MADE: Final[tuple[LiteralString, ...]] = (
    """INSERT INTO item (item_id, uid, kind, project_id, number)
    SELECT %(first)s + n, gen_random_uuid(), 'part', %(project)s, 'B-' || lpad(n::text, 8, '0') FROM generate_series(0, %(items)s - 1) n""",
    """INSERT INTO item_number (number, item_id, role)
    SELECT 'B-' || lpad(n::text, 8, '0'), %(first)s + n, 'current' FROM generate_series(0, %(items)s - 1) n""",
    """INSERT INTO item_v (branch_id, item_id, from_seq, name, phase, attributes)
    SELECT 0, %(first)s + n, 1, (%(words)s::text[])[1 + n * 7 %% %(count)s] || ' ' || n %% 9973, 'prototype',
      CASE WHEN n %% %(each)s >= %(inner)s THEN
        jsonb_build_object('mass', jsonb_build_object('value', '0.' || lpad((n %% 997)::text, 3, '0'), 'unit', 'kg')) ELSE '{}' END
    FROM generate_series(0, %(items)s - 1) n""",
    """INSERT INTO bom_line (line_id, uid)
    SELECT %(first)s + n, gen_random_uuid() FROM generate_series(0, %(items)s - 1) n WHERE n %% %(each)s > 0""",
    """INSERT INTO bom_v (branch_id, line_id, from_seq, parent_id, child_id, quantity, unit, find_number, designators)
    SELECT 0, %(first)s + n, 1, %(first)s + n - n %% %(each)s + (n %% %(each)s - 1) / 10, %(first)s + n, 1 + n %% 4, 'ea',
      10 + n %% 10 * 10,
      CASE WHEN n %% 10 = 3 THEN jsonb_build_object('R' || n, '{}'::jsonb) ELSE '{}' END
    FROM generate_series(0, %(items)s - 1) n WHERE n %% %(each)s > 0""",
    "ANALYZE",
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """What was made: ids of items by their place in a tree. `top` has all lines of a tree below it, `section` a tenth."""

    items: int
    lines: int
    top: str
    section: str
    leaf: str
    leaf_number: str


def organisation(admin: str, project: str, size: str) -> Organisation:
    """Writes the parts into a project, as its superuser: with no look at history, as if they had come in by the first commit."""
    trees, levels = TREES[size]
    each, inner = (10 ** (levels + 1) - 1) // 9, (10**levels - 1) // 9
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        project_id = _one(connection, "SELECT project_id FROM project WHERE uid = %s", project)
        params = {"first": FIRST, "items": trees * each, "each": each, "inner": inner, "project": project_id}
        params |= {"words": list(WORDS), "count": len(WORDS)}
        for statement in MADE:
            connection.execute(statement, params)
        top, section, leaf = (str(_one(connection, "SELECT uid FROM item WHERE item_id = %s", FIRST + n)) for n in (0, 1, each - 1))
    return Organisation(trees * each, each - 1, top, section, leaf, f"B-{each - 1:08}")


def _one(connection: psycopg.Connection[tuple[object, ...]], query: LiteralString, value: object) -> object:
    found = connection.execute(query, (value,)).fetchone()
    assert found
    return found[0]
