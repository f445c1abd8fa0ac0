"""The edge of a versioned write: judge, send one message, repeat lost races, render; the same again for a repeated key."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from uuid import UUID

import psycopg
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from cascadia.access.model import Actor
from cascadia.kernel import idempotency, telemetry
from cascadia.kernel.db import Database, Primary, Write
from cascadia.kernel.errors import CascadiaError, Invalid, NotFound, Stale
from cascadia.kernel.http import answer, etag, version_of
from cascadia.kernel.schemas import Lines
from cascadia.kernel.statements import Statement
from cascadia.versioning import service
from cascadia.versioning.model import MAIN, At, Change, CommitSeq, LostRace, Unchanged, parse_at
from cascadia.versioning.queries import COMMIT_SEQ

ATTEMPTS: Final = 5
BOOKKEEPING: Final = frozenset({"version", "at", "updated_at", "updated_by"})
"""Members that differ with every commit."""
DIGITS: Final = 19
POSITION_HEADER: Final = "Cascadia-Position"


@dataclass(frozen=True, slots=True)
class View:
    """How one kind of thing is answered: the statement that reads it at a seq (None = head), and the model with its version."""

    statement: Callable[[UUID, CommitSeq | int | None], Statement]
    build: Callable[[Mapping[str, Any]], tuple[BaseModel, str]]
    path: Callable[[UUID], str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A change that may be written, and the uid of what is answered."""

    change: Change
    uid: UUID


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What every versioned write takes in its query: branch and commit message."""

    message: str | None


@dataclass(frozen=True, slots=True)
class VersionedWrite:
    """One request to write: who, under which key, how it is judged and answered. `view` None answers 204."""

    request: Request
    database: Database
    actor: Actor
    key: str | None
    judge: Callable[[Primary], Awaitable[Judged]]
    view: View | None
    status: int = 200
    target: UUID | None = None
    headers: Callable[[int], Mapping[str, str]] = field(default=lambda _: {})


async def write_options(
    branch: Annotated[str, Query(max_length=100, description="The branch to write on. Only `main` takes writes so far.")] = MAIN,
    message: Annotated[Lines | None, Query(max_length=1000, description="The commit's message; made by the server when absent.")] = None,
) -> WriteOptions:
    """Reads the query of a versioned write; 422 for a branch that takes no writes."""
    if branch != MAIN:
        raise Invalid(
            f"There is no branch {branch[:100]} to write on; write on `main`.",
            code="unknown_branch",
            errors=[{"pointer": "/branch", "message": "only main"}],
        )
    return WriteOptions(message.strip() or None if message else None)


async def point(
    at: Annotated[
        str | None, Query(max_length=200, description="Point in history: `branch:main@12`, `commit:12`, `date:…`; absent = head of main.")
    ] = None,
) -> At:
    """Reads `?at=`."""
    return parse_at(at)


Writing = Annotated[WriteOptions, Depends(write_options)]
Point = Annotated[At, Depends(point)]


async def write_versioned(write: VersionedWrite) -> Response:
    """The answer to a versioned write, committed exactly once however often the request is sent under one key."""
    body = await write.request.body()
    repeat = idempotency.Repeat.of(write.request, write.actor.user_id, write.key, body) if write.key else None
    async with write.database.messages() as connection:
        for attempt in range(ATTEMPTS):
            try:
                return await _attempt(connection, write, repeat)
            except LostRace:
                telemetry.COMMIT_RETRIES.inc()
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(random.random() * 0.02 * 2**attempt)  # noqa: S311 - jitter, no secret
    raise AssertionError("unreachable")


async def _attempt(connection: Write, write: VersionedWrite, repeat: idempotency.Repeat | None) -> Response:
    try:
        judged = await write.judge(connection)
    except Unchanged:
        return await _present(connection, write)
    except CascadiaError as refusal:
        if repeat and (found := await idempotency.find(connection, repeat)):
            return await _replay(connection, write, found)
        raise await _with_current(connection, write, refusal) from refusal
    try:
        return await _commit(connection, write, repeat, judged)
    except psycopg.errors.UniqueViolation as error:
        found = await idempotency.find(connection, repeat) if repeat else None
        if found is None:
            raise LostRace("A twin of this request is being carried out. Try again.", retry_after=1) from error
        return await _replay(connection, write, found)


async def _commit(connection: Write, write: VersionedWrite, repeat: idempotency.Repeat | None, judged: Judged) -> Response:
    view = write.view
    committed = await service.commit(
        connection,
        judged.change,
        first=(repeat.claim(status=write.status, uids=[judged.uid], commit_uid=judged.change.uid),) if repeat else (),
        render=(lambda seq: [view.statement(judged.uid, seq)]) if view else None,
    )
    headers = {POSITION_HEADER: committed.position, **write.headers(committed.seq)}
    return _render(write, judged.uid, committed.rendered[0][0] if view else None, headers)


async def _replay(connection: Write, write: VersionedWrite, found: idempotency.Recorded) -> Response:
    seq = await connection.value(COMMIT_SEQ, {"uid": found.commit_uid})
    headers = write.headers(seq)
    if write.view is None:
        return Response(status_code=204, headers=dict(headers))
    return _render(write, found.uids[0], await _row(connection, write.view, found.uids[0], seq), headers)


async def _present(connection: Write, write: VersionedWrite) -> Response:
    assert write.view
    assert write.target
    return _render(write, write.target, await _row(connection, write.view, write.target, None), {})


def _render(write: VersionedWrite, uid: UUID, row: Mapping[str, Any] | None, headers: Mapping[str, str]) -> Response:
    if write.view is None or row is None:
        return Response(status_code=204, headers=dict(headers))
    model, version = write.view.build(row)
    located = {"Location": write.view.path(uid)} if write.status == 201 else {}
    return answer(write.request, model, version=version, status=write.status, headers={**headers, **located})


async def _row(connection: Write, view: View, uid: UUID, seq: int | None) -> Mapping[str, Any]:
    statement = view.statement(uid, seq)
    rows = await connection.rows(statement.query, statement.params)
    if not rows:
        raise NotFound("There is no such thing any more, or you may not see it.")
    return rows[0]


async def _with_current(connection: Write, write: VersionedWrite, refusal: CascadiaError) -> CascadiaError:
    """A stale write is told what is there now and which fields differ from what was seen, so that the person can compare."""
    if isinstance(refusal, Stale) and write.view and write.target and refusal.extra.get("current") is None:
        model, version = write.view.build(await _row(connection, write.view, write.target, None))
        current = model.model_dump(mode="json")
        refusal.extra |= {
            "current": current,
            "current_etag": etag(version, model.model_dump_json().encode()),
            "differing": await _differing(connection, write, current),
        }
    return refusal


async def _differing(connection: Write, write: VersionedWrite, current: Mapping[str, Any]) -> list[str]:
    """Members of the answer that are not what they were at the version in `If-Match`; empty where that is none of ours."""
    assert write.view
    assert write.target
    branch, _, seq = version_of(write.request.headers.get("if-match", "")).partition("-")
    if branch != "0" or not (seq.isdecimal() and len(seq) < DIGITS):
        return []
    statement = write.view.statement(write.target, int(seq))
    rows = await connection.rows(statement.query, statement.params)
    if not rows:
        return []
    seen = write.view.build(rows[0])[0].model_dump(mode="json")
    return [name for name in current if name not in BOOKKEEPING and current[name] != seen[name]]
