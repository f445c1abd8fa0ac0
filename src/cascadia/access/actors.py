"""Who somebody is at this moment: the actor of a job, and the one of a request once more, under a lock."""

from cascadia.access import queries
from cascadia.access.http import NOBODY, ActorRow
from cascadia.access.known import SignedIn
from cascadia.access.model import Actor
from cascadia.kernel.db import Primary, Read, Write
from cascadia.kernel.errors import Forbidden, NotSignedIn


async def actor_of(read: Read, user_id: int) -> Actor:
    """The actor for a user's id; 403 where the account is not active any more."""
    row = await read.one(queries.ACTOR, ActorRow, {"user_id": user_id})
    if row is None:
        raise Forbidden("The account of whoever asked for this is not active any more.")
    return row.actor()


async def as_of_now(primary: Primary, actor: Actor) -> Actor:
    """The actor with the rights of this moment, which may be fewer than when the request began; 401 where the account was switched off."""
    row = await primary.one(queries.ACTOR, ActorRow, {"user_id": actor.user_id})
    if row is None:
        raise NotSignedIn(NOBODY)
    return row.actor()


async def administering(write: Write, actor: Actor) -> None:
    """Refuses everybody but an administrator; nobody becomes one or is one no more until the transaction ends."""
    await write.value(queries.INSTANCE_LOCK)
    (await as_of_now(write, actor)).require_administrator()


async def lock_signed_in(write: Write, who: SignedIn) -> None:
    """Nothing ends the access of this user until the transaction has ended; 401 where something ended what they are signed in by."""
    params = {"user_id": who.actor.user_id, "token_hash": who.token_hash, "token_id": who.token_id}
    await write.value(queries.LOCK_USER, params)
    # A statement of its own: it sees what was committed while the lock was waited for.
    if not await write.value(queries.STILL_SIGNED_IN, params):
        raise NotSignedIn(NOBODY)
