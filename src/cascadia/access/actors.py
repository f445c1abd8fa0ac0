"""The actor of a job: the person who asked for it, with the roles of today."""

from typing import Final, LiteralString

from cascadia.access.http import ActorRow
from cascadia.access.model import Actor
from cascadia.kernel.db import Read
from cascadia.kernel.errors import Forbidden

ACTOR: Final[LiteralString] = (
    "SELECT ''::bytea AS token_hash, NULL::timestamptz AS expires_at, u.user_id, u.uid, u.name, u.email, u.administrator, "
    "coalesce((SELECT jsonb_object_agg(r.program_id, r.role) FROM program_role r WHERE r.user_id = u.user_id), '{}') AS roles "
    "FROM user_account u WHERE u.user_id = %(user_id)s AND u.active"
)


async def actor_of(read: Read, user_id: int) -> Actor:
    """The actor for a user's id; 403 where the account is not active any more."""
    row = await read.one(ACTOR, ActorRow, {"user_id": user_id})
    if row is None:
        raise Forbidden("The account of whoever asked for this is not active any more.")
    return row.actor()
