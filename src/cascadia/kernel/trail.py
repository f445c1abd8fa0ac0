"""Whether the audit trail is the one that was sealed."""

from typing import Final, LiteralString

from cascadia.kernel.chain import Record, Walk
from cascadia.kernel.db import Read

WINDOW: Final = 5000

SEALS: LiteralString = (
    "SELECT s.position, s.audit_id, s.hash, audit_digest(a) AS digest, a.id IS NULL AS lost FROM audit_seal s "
    "LEFT JOIN audit a ON a.id = s.audit_id "
    "WHERE s.position > %(after)s ORDER BY s.position LIMIT %(window)s"
)
UNSEALED: LiteralString = (
    "SELECT a.id FROM audit a LEFT JOIN audit_seal s ON s.audit_id = a.id LEFT JOIN outbox_new n ON n.id = a.id "
    "WHERE s.audit_id IS NULL AND n.id IS NULL ORDER BY a.id"
)
UNWRITTEN: LiteralString = (
    "SELECT o.id FROM outbox o LEFT JOIN audit a ON a.id = o.id LEFT JOIN audit_seal s ON s.audit_id = o.id "
    "WHERE a.id IS NULL AND s.audit_id IS NULL ORDER BY o.id"
)
HANDED_ON: LiteralString = (
    "SELECT greatest((SELECT max(position) FROM outbox_position), (SELECT max(position) FROM subscription_cursor)) AS far, "
    "coalesce((SELECT max(position) FROM audit_seal), 0) AS sealed"
)


async def verify_trail(read: Read) -> tuple[int, list[str]]:
    """How many events are sealed, and what does not hold, in words; events go on arriving meanwhile."""
    walk, faults, sealed = Walk(), [], {}
    while rows := await read.rows(SEALS, {"after": walk.last, "window": WINDOW}):
        for row in rows:
            if row["lost"]:
                faults.append(f"event {row['audit_id']} (seal {row['position']}) is missing from the audit trail")
            else:
                sealed[row["position"]] = row["audit_id"]
            walk.take(Record(row["position"], row["digest"], row["hash"]))
    moved = walk.moved()
    faults += [_missing(*gap) for gap in walk.missing]
    faults += [f"event {sealed[b.number]} (seal {b.number}) {_how(moved.get(b.number))}" for b in walk.broken if b.number in sealed]
    return walk.last, faults + await _beside(read)


async def _beside(read: Read) -> list[str]:
    """What the seals alone cannot tell: events that none covers, and an end that was cut off."""
    unsealed = [
        f"event {r['id']} of the audit trail was never sealed: it was added, or its seal was removed" for r in await read.rows(UNSEALED)
    ]
    unwritten = [f"event {r['id']} is missing from the audit trail, its seal too" for r in await read.rows(UNWRITTEN)]
    (ends,) = await read.rows(HANDED_ON)
    if (ends["far"] or 0) > ends["sealed"]:
        unwritten.append(f"{_missing(ends['sealed'] + 1, ends['far'])}: its end was cut off")
    return unsealed + unwritten


def _how(made: int | None) -> str:
    return "is not what was sealed: it was changed or exchanged" if made is None else f"was sealed as {made}: events were reordered"


def _missing(first: int, last: int) -> str:
    return f"seal {first} of the audit trail is missing" if first == last else f"seals {first} to {last} of the audit trail are missing"
