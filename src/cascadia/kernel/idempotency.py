"""`Idempotency-Key`: the same request sent again has its effect once and gets the same answer.

The key's row is the first statement of the transaction that has the effect, so a twin waits for it on the unique index.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString, NoReturn
from uuid import UUID

import psycopg
from fastapi import Request, Response
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb
from pydantic import BaseModel

from cascadia.kernel.db import Database, Read, Write
from cascadia.kernel.errors import CascadiaError, Conflict, Forbidden, Invalid, NotFound, NotSignedIn, Unavailable
from cascadia.kernel.http import PRIVATE, etag
from cascadia.kernel.statements import Statement

CLAIM: Final[LiteralString] = (
    "INSERT INTO idempotency (actor_id, route, key, body_hash, status, uids, commit_uid) "
    "VALUES (%(actor_id)s, %(route)s, %(key)s, %(body_hash)s, %(status)s, %(uids)s::uuid[], %(commit_uid)s::uuid)"
)
FIND: Final[LiteralString] = (
    "SELECT body_hash, status, uids, commit_uid, answer, rights FROM idempotency "
    "WHERE actor_id = %(actor_id)s AND route = %(route)s AND key = %(key)s"
)
STORE: Final[LiteralString] = (
    "UPDATE idempotency SET status = %(status)s, answer = %(answer)s, rights = %(rights)s"
    " WHERE actor_id = %(actor_id)s AND route = %(route)s AND key = %(key)s"
)
FORGET: Final[LiteralString] = (
    "DELETE FROM idempotency WHERE (actor_id, route, key) IN (SELECT actor_id, route, key FROM idempotency "
    "WHERE created_at < now() - interval '24 hours' ORDER BY created_at LIMIT %(batch)s)"
)
RIGHTS: Final = "rights"
"""In the state of a request: what the asker is allowed today, a level by place (`access` names them), none being 0."""
CONSTRAINT: Final = "idempotency_pkey"
BATCH: Final = 5000
NO_CONTENT: Final = 204


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an earlier request under the same key left."""

    body_hash: bytes
    status: int | None
    uids: list[UUID]
    commit_uid: UUID | None
    answer: bytes | None
    rights: dict[str, int] | None = None
    """What the asker was allowed, see `RIGHTS`; None where it was not kept."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """One repeatable request: whose, which route with its ids, which key, and a hash of query and body."""

    actor_id: int
    route: str
    key: str
    body_hash: bytes

    @classmethod
    def of(cls, request: Request, actor_id: int, key: str, body: bytes) -> "Repeat":
        """The request as its key's row knows it."""
        digest = hashlib.sha256(request.url.query.encode() + b"\0" + body).digest()
        return cls(actor_id, f"{request.method} {request.url.path}", key, digest)

    def claim(self, *, status: int | None = None, uids: Sequence[UUID] = (), commit_uid: UUID | None = None) -> Statement:
        """The statement that takes the key; raises UniqueViolation (`idempotency_pkey`) where a twin was here."""
        return Statement(
            CLAIM,
            {
                "actor_id": self.actor_id,
                "route": self.route,
                "key": self.key,
                "body_hash": self.body_hash,
                "status": status,
                "uids": list(uids),
                "commit_uid": commit_uid,
            },
        )


Effect = Callable[[Write], Awaitable[BaseModel | None]]


async def repeatable(
    request: Request,
    database: Database,
    actor_id: int,
    key: str | None,
    effect: Effect,
    *,
    status: int = 200,
    location: str | None = None,
    secret: bool = False,
    content: bytes | None = None,
) -> Response:
    """Carries out an unversioned write once per key and answers with what `effect` returns (204 for None), the same on every repeat.

    `effect` runs in one transaction with the key's row; what it refuses leaves no key. `location` is the path of the collection:
    `Location` names the answer's `id` in it. The answer of a `secret` effect is not stored: a repeat is refused (409).
    `content` stands for a body that was streamed: its hash.

    A repeat by somebody from whom a right was taken meanwhile is judged again: they read nothing that they may not see today.
    """
    repeat = Repeat.of(request, actor_id, key, await request.body() if content is None else content) if key else None
    try:
        async with database.write() as write:
            if repeat:
                claim = repeat.claim()
                await write.execute(claim.query, claim.params)
            result = await effect(write)
            body = None if result is None else result.model_dump_json().encode()
            status = NO_CONTENT if body is None else status
            if repeat:
                rights = Jsonb(_rights(request))
                await write.execute(STORE, {**_identity(repeat), "status": status, "answer": None if secret else body, "rights": rights})
    except UniqueViolation as error:
        if repeat is None or error.diag.constraint_name != CONSTRAINT:
            raise
        found = await _earlier(database, repeat)
        if found.status != NO_CONTENT and _was_taken(found.rights, _rights(request)):
            await _judge_again(database, effect)
        status, body = _answer_of(found)
    return _response(status, body, location)


async def is_repeated(request: Request, database: Database, actor_id: int, key: str | None) -> bool:
    """Whether a request under this key has had its effect already: what is judged before the effect would be judged by its outcome."""
    if key is None:
        return False
    async with database.primary() as primary:
        return await find(primary, Repeat.of(request, actor_id, key, await request.body())) is not None


async def is_used(request: Request, database: Database, actor_id: int, key: str | None) -> bool:
    """Whether there was a request under this key, whatever its body: asked before a body is read that would take room."""
    if key is None:
        return False
    async with database.primary() as primary:
        return await primary.one(FIND, Recorded, _identity(Repeat.of(request, actor_id, key, b""))) is not None


def expired() -> Unavailable:
    """What there was under the key is forgotten: the effect is to be had again."""
    return Unavailable("The key of this request has just expired. Send it again.", retry_after=1)


async def _earlier(database: Database, repeat: Repeat) -> Recorded:
    async with database.primary() as primary:
        found = await find(primary, repeat)
    if found is None or found.status is None:
        raise expired()
    return found


def _answer_of(found: Recorded) -> tuple[int, bytes | None]:
    assert found.status
    if found.answer is None and found.status != NO_CONTENT:
        raise Conflict("This was done already. Its answer held a secret and was not kept: make a new one.", code="answer_not_kept")
    return found.status, found.answer


def _rights(request: Request) -> dict[str, int]:
    found: dict[str, int] = getattr(request.state, RIGHTS, {})
    return found


def _was_taken(then: Mapping[str, int] | None, now: Mapping[str, int]) -> bool:
    return then is None or any(now.get(place, 0) < level for place, level in then.items())


class _Undone(Exception):
    """Ends the transaction of an effect that is only tried."""


async def _judge_again(database: Database, effect: Effect) -> None:
    """Tries the effect in a transaction that is undone, for a refusal for want of a right; that it clashes with its first run is none."""
    try:
        async with database.write() as write:
            await effect(write)
            _undo()
    except (NotSignedIn, Forbidden, NotFound, psycopg.OperationalError):
        raise
    except (_Undone, CascadiaError, psycopg.Error):
        return


def _undo() -> NoReturn:
    raise _Undone


def _response(status: int, body: bytes | None, location: str | None) -> Response:
    if body is None:
        return Response(status_code=status)
    members = json.loads(body)
    headers = {"Cache-Control": PRIVATE, "ETag": etag(members.get("version", "0"), body)}
    if location is not None:
        headers["Location"] = f"{location}/{members['id']}"
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def _identity(repeat: Repeat) -> dict[str, object]:
    return {"actor_id": repeat.actor_id, "route": repeat.route, "key": repeat.key}


async def find(read: Read, repeat: Repeat) -> Recorded | None:
    """What the key was used for, or None; 422 where it came with another query or body."""
    found = await read.one(FIND, Recorded, _identity(repeat))
    if found and found.body_hash != repeat.body_hash:
        raise Invalid(
            "This `Idempotency-Key` was used for another request. Make a new key for each new request.", code="idempotency_key_reused"
        )
    return found


async def forget_expired(database: Database) -> int:
    """Deletes the keys of more than 24 hours ago, in short transactions; how many."""
    forgotten = 0
    while True:
        async with database.write() as write:
            gone = await write.execute(FORGET, {"batch": BATCH})
        forgotten += gone
        if gone < BATCH:
            return forgotten
