"""`Idempotency-Key`: the same request sent again has its effect once and gets the same answer.

The key's row is the first statement of the transaction that has the effect, so a twin waits for it on the unique index.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString
from uuid import UUID

from fastapi import Request

from cascadia.kernel.db import Read
from cascadia.kernel.errors import Invalid
from cascadia.kernel.statements import Statement

CLAIM: Final[LiteralString] = (
    "INSERT INTO idempotency (actor_id, route, key, body_hash, status, uids, commit_uid) "
    "VALUES (%(actor_id)s, %(route)s, %(key)s, %(body_hash)s, %(status)s, %(uids)s::uuid[], %(commit_uid)s::uuid)"
)
FIND: Final[LiteralString] = (
    "SELECT body_hash, status, uids, commit_uid, answer FROM idempotency "
    "WHERE actor_id = %(actor_id)s AND route = %(route)s AND key = %(key)s"
)
CONSTRAINT: Final = "idempotency_pkey"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an earlier request under the same key left."""

    body_hash: bytes
    status: int | None
    uids: list[UUID]
    commit_uid: UUID | None
    answer: bytes | None


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


async def find(read: Read, repeat: Repeat) -> Recorded | None:
    """What the key was used for, or None; 422 where it came with another query or body."""
    params = {"actor_id": repeat.actor_id, "route": repeat.route, "key": repeat.key}
    found = await read.one(FIND, Recorded, params)
    if found and found.body_hash != repeat.body_hash:
        raise Invalid(
            "This `Idempotency-Key` was used for another request. Make a new key for each new request.", code="idempotency_key_reused"
        )
    return found
