"""The actor of a job: the person who asked for it, with the roles of today."""

from cascadia.access import queries
from cascadia.access.http import ActorRow
from cascadia.access.model import Actor
from cascadia.kernel.db import Read
from cascadia.kernel.errors import Forbidden


async def actor_of(read: Read, user_id: int) -> Actor:
    """The actor for a user's id; 403 where the account is not active any more."""
    row = await read.one(queries.ACTOR, ActorRow, {"user_id": user_id})
    if row is None:
        raise Forbidden("The account of whoever asked for this is not active any more.")
    return row.actor()
