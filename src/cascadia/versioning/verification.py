"""Whether the history is the one that was committed: its rows, its commits, their order, and the rules that keep it."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from cascadia.kernel.chain import Record, Walk
from cascadia.kernel.db import Read
from cascadia.kernel.naming import listed
from cascadia.versioning import queries, registry
from cascadia.versioning.canonical import canonical_delta, digest
from cascadia.versioning.model import Reference, VersionedTable
from cascadia.versioning.rules import broken_rules

WINDOW: Final = 100
"""Commits whose rows are in memory at once."""
NAMED: Final = 3

Deltas = dict[int, list[Mapping[str, Any]]]
Fault = tuple[int, str]
"""A commit, and what does not hold about it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read and what does not hold, in words; `head` is the newest commit as NUMBER:HASH."""

    commits: int
    head: str
    faults: list[str]


async def verify_history(read: Read, *, known: tuple[int, str] | None = None) -> Verified:
    """Reads the whole history of `main`; commits go on arriving meanwhile.

    `known` is a commit that was noted elsewhere, with (the beginning of) its hash in hexadecimal: a history that somebody made anew
    from end to end, every hash with it, is told by that alone.
    """
    walk, faults = await _commits(read)
    told = await _trail(read, {seq for seq, _ in faults})
    words = [word for _, word in sorted(faults)]
    words = [*await broken_rules(read), *words, *await _rows(read), *told, *await _noted(read, known)]
    return Verified(walk.last, f"{walk.last}:{walk.hash.hex()}", words)


async def verify_chain(read: Read) -> list[str]:
    """What does not hold, in words."""
    return (await verify_history(read)).faults


async def _commits(read: Read) -> tuple[Walk, list[Fault]]:
    """Every commit against its rows, and against the one before it."""
    head = await read.value(queries.HEAD)
    walk, faults = Walk(), list[Fault]()
    while rows := await read.rows(queries.CHAIN, {"after": walk.last, "head": head, "window": WINDOW}):
        deltas, touched = await _window(read, walk.last, rows[-1]["seq"])
        for row in rows:
            walk.take(Record(row["seq"], row["micros"].to_bytes(8, "big", signed=True) + row["digest"], row["hash"]))
            if digest(row["author"], row["message"], deltas.get(row["seq"], ())) != row["digest"]:
                among = _named(touched[row["seq"]])
                faults.append((row["seq"], f"commit {row['seq']}: its author, message or rows are not those that were committed{among}"))
    return walk, faults + _links(walk, head)


def _links(walk: Walk, head: int) -> list[Fault]:
    moved = walk.moved()
    faults = [(number, f"commit {number}: {_how(moved.get(number))}") for number in (record.number for record in walk.broken)]
    faults += [(first, _missing(first, last)) for first, last in walk.missing]
    if walk.last < head:
        faults.append((walk.last + 1, f"{_missing(walk.last + 1, head)}: the end was cut off"))
    return faults


def _how(made: int | None) -> str:
    if made is None:
        return "the chain is broken: its time, digest or hash was changed"
    return f"it was made as commit {made}: commits were reordered"


async def _noted(read: Read, known: tuple[int, str] | None) -> list[str]:
    """A commit that was noted elsewhere."""
    if known is None:
        return []
    found = await read.value(queries.HASH, {"seq": known[0]})
    if found is not None and found.startswith(known[1]):
        return []
    return [f"commit {known[0]} is not the one that was noted: {found or 'there is none'}"]


def _missing(first: int, last: int) -> str:
    return f"commit {first} is missing" if first == last else f"commits {first} to {last} are missing"


def _named(rows: Sequence[str]) -> str:
    """The rows among which the changed one is: the hash covers them together."""
    if not rows:
        return " (there are none)"
    return f" (among {listed(rows, NAMED)})"


async def _window(read: Read, after: int, last: int) -> tuple[Deltas, dict[int, list[str]]]:
    """What the commits in (after, last] did: their deltas, and what each touched in words."""
    deltas: Deltas = defaultdict(list)
    touched: dict[int, list[str]] = defaultdict(list)
    span = {"after": after, "last": last}
    for table in registry.tables():
        opened = await read.rows(queries.opened_between(table), span)
        values = [json.loads(row["fields"], parse_float=Decimal) for row in opened]
        named = await _named_by(read, table, values)
        for row, fields in zip(opened, values, strict=True):
            new = {f.name: _hashed(fields.get(f.name), f.reference, named) for f in table.fields}
            deltas[row["from_seq"]].append(canonical_delta(table.name, row["uid"], new))
            touched[row["from_seq"]].append(f"{table.name} of {row['number']}")
        for row in await read.rows(queries.ended_between(table), span):
            deltas[row["to_seq"]].append(canonical_delta(table.name, row["uid"], None))
            touched[row["to_seq"]].append(f"{table.name} of {row['number']}")
    return deltas, touched


async def _named_by(read: Read, table: VersionedTable, values: Sequence[Mapping[str, Any]]) -> Mapping[Reference, Mapping[int, UUID]]:
    """The uids of what the rows name."""
    ids: dict[Reference, set[int]] = defaultdict(set)
    for versioned in table.fields:
        if versioned.reference:
            ids[versioned.reference] |= {row[versioned.name] for row in values if row.get(versioned.name) is not None}
    return {
        reference: {row["id"]: row["uid"] for row in await read.rows(queries.uids(reference), {"ids": sorted(wanted)})}
        for reference, wanted in ids.items()
    }


def _hashed(value: Any, reference: Reference | None, named: Mapping[Reference, Mapping[int, UUID]]) -> Any:
    return value if reference is None or value is None else named[reference].get(value)


async def _rows(read: Read) -> list[str]:
    """Intervals that are none: versions of one id that overlap, that begin or end at no commit, that no commit made."""
    faults = []
    for table in registry.tables():
        for row in await read.rows(queries.impossible(table)):
            where = f"{table.name} of {row['number']}, from commit {row['from_seq']}"
            faults.append(f"{where}: {WRONG[row['wrong']].format(**row)}")
    return faults


MISTOLD: Final = "its kind, import or programs are not those of which the audit trail tells"
UNTOLD: Final = "the audit trail does not tell of it: it was added or changed"
WRONG: Final = {
    "overlap": "it ends at {to_seq} although the next version begins at {next_seq}: two states at one moment",
    "empty": "it ends at {to_seq}, before it began",
    "no_begin": "there is no such commit",
    "no_end": "it ends at commit {to_seq}, which does not exist",
    "deleted": "it is marked as deleted, which no commit on main does",
    "branch": "it is on branch {branch_id}, which has no commits",
}


async def _trail(read: Read, named: set[int]) -> list[str]:
    """Commits that the sealed audit trail names and that are not there, and those that it does not name; not those that are `named`."""
    shown = set(map(str, named))
    lost = [row["seq"] for row in await read.rows(queries.LOST)]
    untold = [row["seq"] for row in await read.rows(queries.UNTOLD)]
    return [
        *(f"commit {seq} is not the one that the audit trail names: it was removed or replaced" for seq in lost if seq not in shown),
        *(f"commit {seq}: the audit trail does not name it" for seq in untold if str(seq) not in lost),
        *(f"commit {row['seq']}: {MISTOLD}" for row in await read.rows(queries.MISTOLD)),
        *await _revisions(read),
    ]


async def _revisions(read: Read) -> list[str]:
    """Released revisions of which the sealed audit trail tells nothing, and those that it names and that are not there."""
    added = [
        f"revision {r['revision']} of {r['number']}, of commit {r['seq']}: {UNTOLD}" for r in await read.rows(queries.UNTOLD_REVISIONS)
    ]
    lost = [
        f"revision {r['revision']} of the item {r['subject']}, which commit {r['seq']} released, was removed or changed"
        for r in await read.rows(queries.LOST_REVISIONS)
    ]
    return added + lost
