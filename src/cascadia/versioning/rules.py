"""Whether the rules by which the database keeps the past are those that this release made: each by its name and by its whole text."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Final

from cascadia.kernel.db import Read
from cascadia.migrations.schema import CODE_VERSION, read_sql
from cascadia.versioning import queries, registry

KEPT: Final = {
    **dict.fromkeys(("commit_log", "commit_program", "revision", "audit", "audit_seal"), ("history_only_added",)),
    **dict.fromkeys(("item", "bom_line", "attachment", "user_account"), ("history_names_it",)),
    "file": ("history_names_it", "history_content"),
    "blob": ("history_content",),
}
"""The rules that the database keeps for tables beside the versioned ones."""
KEPT_FOR_VERSIONS: Final = ("history_closed_once", "history_in_a_commit", "history_inserted_once", "history_never_edited")
FUNCTIONS: Final = (
    *("audit_digest", "chain_hash", "commit_about", "commit_being_made", "commit_branch", "emit", "expect_commit", "expect_rows"),
    *("number_outbox", "open_commit", "refuse_rewriting", "seq"),
)
"""What the rules call, and what makes commits, events and their hashes."""
TRIGGER: Final = re.compile(r"^CREATE TRIGGER (history_\w+) .* ON (\w+) .*;$", re.MULTILINE)
FUNCTION: Final = re.compile(r"^CREATE OR REPLACE FUNCTION (\w+)\(.*?\$function\$;$", re.MULTILINE | re.DOTALL)

Rule = tuple[str, str]
"""The table and the name of a trigger."""


async def broken_rules(read: Read) -> list[str]:
    """In words, what is missing, switched off, or other than this release made it."""
    version = await read.value(queries.SCHEMA_VERSION)
    if version != CODE_VERSION:
        return [
            f"the rules of schema version {version} are known to its own release only, this one is for {CODE_VERSION}: verify with that"
        ]
    return [*_triggers(await read.rows(queries.RULES)), *_functions(await read.rows(queries.FUNCTIONS, {"names": list(FUNCTIONS)}))]


def _triggers(rows: list[dict[str, str]]) -> list[str]:
    there = {(row["name"], row["rule"]): _plain(row["text"]) for row in rows}
    made = _made_triggers()
    faults = []
    for table, rule in sorted(_wanted()):
        text = there.get((table, rule))
        if text is None:
            faults.append(f"{table}: the rule {rule} is missing or switched off")
        elif text != made[table, rule]:
            faults.append(f"{table}: the rule {rule} was replaced by another one of its name")
    return faults


def _functions(rows: list[dict[str, str]]) -> list[str]:
    there = defaultdict[str, set[str]](set)
    for row in rows:
        there[row["name"]].add(_plain(row["text"]))
    made = _made_functions()
    return [
        f"the function {name}, by which the history is kept, was replaced or removed" for name in FUNCTIONS if there[name] != made[name]
    ]


def _wanted() -> set[Rule]:
    wanted = {(table, rule) for table, rules in KEPT.items() for rule in rules}
    return wanted | {(table.table, rule) for table in registry.tables() for rule in KEPT_FOR_VERSIONS}


@cache
def _made_triggers() -> Mapping[Rule, str]:
    return {(found[2], found[1]): _plain(found[0]) for found in TRIGGER.finditer(read_sql("schema"))}


@cache
def _made_functions() -> Mapping[str, set[str]]:
    made = defaultdict[str, set[str]](set)
    for found in FUNCTION.finditer(read_sql("schema")):
        made[found[1]].add(_plain(found[0]))
    return made


def _plain(text: str) -> str:
    """As `schema.sql` writes it."""
    return text.rstrip().replace("public.", "").rstrip("\n;")
