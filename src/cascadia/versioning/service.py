"""Use cases of versioning: write a change as one commit, resolve points, read history, verify the chain."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

import psycopg
import structlog

from cascadia.kernel import telemetry
from cascadia.kernel.aside import beside
from cascadia.kernel.db import Write
from cascadia.kernel.events import current_origin
from cascadia.kernel.statements import Statement
from cascadia.versioning import queries, registry
from cascadia.versioning.canonical import canonical_delta, digest
from cascadia.versioning.model import Change, CommitSeq, Committed, Delta, LostRace

log = structlog.get_logger()

Render = Callable[[CommitSeq], Sequence[Statement]]
DELTAS_AT_ONCE: Final = 200
"""More are hashed and written out beside the event loop."""
LOST = frozenset({"CA409", "CA410", "CA412", "CA422"})


async def commit(write: Write, change: Change, *, first: Sequence[Statement] = (), render: Render | None = None) -> Committed:
    """Writes the change in one message: everything or nothing, and the lock on the branch never waits for the network.

    `first` runs before anything else (the idempotency row); `render` reads the answer at the new commit, past the lock,
    in the same message. Raises `LostRace` (its code says what moved) and psycopg's errors.
    """
    large = len(change.deltas) > DELTAS_AT_ONCE
    statements = await beside(lambda: _statements(change, first)) if large else _statements(change, first)
    ending = len(statements) - 1
    statements += render(CommitSeq(change.uid)) if render else ()
    try:
        results = await write.send(statements, large=large)
    except psycopg.DatabaseError as error:
        raise _refusal(error) from error
    row = results[ending][0]
    telemetry.MAIN_LOCK_SECONDS.observe(row["held"])
    telemetry.COMMITS.labels("main" if change.branch_id == 0 else "change").inc()
    return Committed(change.uid, row["seq"], row["at"], row["position"], results[ending + 1 :])


def _statements(change: Change, first: Sequence[Statement]) -> list[Statement]:
    """The message that writes the change; its last statement answers with what it became."""
    statements = [queries.BEGIN, *first, *change.before, _open(change), *change.expectations]
    statements += [*_rows(change.deltas, change.branch_id), *change.checks]
    origin = current_origin.get()
    if change.events:
        statements.append(queries.emit_all(change, origin.request_id, origin.address))
    return [*statements, *change.after, queries.COMMIT, Statement(queries.RESULT, {"uid": change.uid})]


def _open(change: Change) -> Statement:
    deltas = [canonical_delta(d.table, d.uid, d.new) for d in change.deltas]
    return Statement(
        queries.OPEN_COMMIT,
        {
            "branch_id": change.branch_id,
            "uid": change.uid,
            "author_id": change.author.user_id,
            "message": change.message,
            "kind": change.kind,
            "import_id": change.import_id,
            "digest": digest(change.author.uid, change.message, deltas),
            "programs": sorted(change.programs),
        },
    )


def _rows(deltas: Sequence[Delta], branch_id: int) -> list[Statement]:
    by_table: dict[str, list[Delta]] = defaultdict(list)
    for delta in deltas:
        by_table[delta.table].append(delta)
    statements = []
    for name in sorted(by_table):
        table = registry.table(name)
        closing = [d for d in by_table[name] if d.seen is not None]
        inserting = [d for d in by_table[name] if d.new is not None]
        if closing:
            statements.append(queries.close_rows(table, branch_id, closing))
        if inserting:
            statements.append(queries.insert_rows(table, branch_id, inserting))
    return statements


def _refusal(error: psycopg.DatabaseError) -> Exception:
    """What lost a race becomes `LostRace`; a number taken meanwhile is one too (the judge says so in words)."""
    state = error.sqlstate or ""
    constraint = error.diag.constraint_name or ""
    if state in LOST or (state == "23505" and not constraint.startswith("idempotency")):
        return LostRace(
            "Others changed the same things several times while this was being written. Try again.",
            retry_after=1,
            reason=state,
        )
    return error
