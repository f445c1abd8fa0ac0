"""API tokens: for programs that act for a person, within their rights, for a time, and no wider than their scope."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cascadia.access import queries
from cascadia.access.actors import as_of_now, lock_signed_in
from cascadia.access.http import token_hash
from cascadia.access.known import SignedIn
from cascadia.access.model import Actor, Scope, TokenRow
from cascadia.kernel.db import Read, Write
from cascadia.kernel.errors import Conflict, Invalid, NotFound
from cascadia.kernel.events import Event
from cascadia.kernel.ids import new_uid
from cascadia.kernel.paging import PageRequest

PREFIX: Final = "cascadia_"
"""By it, scanners of repositories find a token that leaked."""
DEFAULT: Final = timedelta(days=90)
MOST: Final = 50
"""Of one person, that have not ended."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token to be made; without an end it gets the default one."""

    name: str
    scope: Scope
    expires_at: datetime | None = None


async def list_tokens(read: Read, actor: Actor, paging: PageRequest, *, everybody: bool) -> tuple[list[TokenRow], str | None, int | None]:
    """One page of the actor's own API tokens, oldest first; of `everybody`'s for an administrator."""
    if everybody:
        actor.require_administrator()
    params = {"user_id": actor.user_id, "everybody": everybody, "after": paging.after(int)[0], "limit": paging.limit + 1}
    rows = await read.all(queries.TOKENS, TokenRow, params)
    total = await read.value(queries.TOKEN_COUNT, params) if paging.count else None
    return *paging.cut(rows, lambda row: [row.token_id]), total


async def create_token(write: Write, maker: SignedIn, wanted: Wanted, longest: timedelta) -> tuple[TokenRow, str]:
    """A new API token of whoever is signed in, with its secret, which nobody can read again.

    Made by another token, it ends with that one. 401 where what they are signed in by has ended since the request began.
    """
    actor, expires_at = maker.actor, _end(maker, wanted.expires_at, longest)
    await lock_signed_in(write, maker)
    if await write.value(queries.TOKENS_IN_USE, {"user_id": actor.user_id}) >= MOST:
        raise Conflict(f"You have {MOST} API tokens. Revoke those that nobody uses any more.", code="too_many_tokens")
    secret = PREFIX + secrets.token_urlsafe(32)
    params = {
        "uid": new_uid(),
        "token_hash": token_hash(secret),
        "user_id": actor.user_id,
        "name": wanted.name,
        "scope": wanted.scope,
        "expires_at": expires_at,
        "made_by": maker.token_id,
    }
    (made,) = await write.rows(queries.INSERT_TOKEN, params)
    row = TokenRow(**made, user_uid=actor.uid, user_name=actor.name, user_email=actor.email)
    await write.emit(Event("token.created", row.uid, actor.user_id, data={"name": wanted.name, "scope": wanted.scope}))
    return row, secret


def _end(maker: SignedIn, wanted: datetime | None, longest: timedelta) -> datetime:
    now = datetime.now(UTC)
    last = now + longest
    if maker.token_id is not None and maker.expires_at:
        last = min(last, maker.expires_at)
    if wanted is None:
        return min(now + DEFAULT, last)
    if wanted <= now:
        raise Invalid("Choose a time to come.", errors=[{"pointer": "/expires_at", "message": "This time has passed."}])
    if wanted > last:
        message = f"A token that you make here ends on {last:%Y-%m-%d %H:%M} UTC at the latest."
        raise Invalid("Choose an earlier end.", errors=[{"pointer": "/expires_at", "message": message}])
    return wanted


async def revoke_token(write: Write, actor: Actor, uid: UUID) -> None:
    """Makes a token, and those that were made by it, worthless at once: one of the actor's own, anybody's for an administrator."""
    if not await _revoke(write, await as_of_now(write, actor), uid=uid):
        raise NotFound("There is no such token, or it is somebody else's.")


async def revoke_own(write: Write, actor: Actor, hashed: bytes) -> None:
    """Revokes the token that signed the request in."""
    await _revoke(write, actor, hashed=hashed)


async def _revoke(write: Write, actor: Actor, *, uid: UUID | None = None, hashed: bytes | None = None) -> bool:
    params = {"uid": uid, "token_hash": hashed, "user_id": actor.user_id, "anybodys": actor.administrator}
    gone = await write.rows(queries.REVOKE_TOKENS, params)
    for row in gone:
        await write.emit(Event("token.revoked", row["uid"], actor.user_id))
    return bool(gone)
