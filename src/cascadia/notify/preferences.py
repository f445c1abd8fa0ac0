"""What a person wants to be told."""

from cascadia.access.model import Actor
from cascadia.kernel.db import Read, Write
from cascadia.notify import queries


async def wants_mail(read: Read, actor: Actor) -> bool:
    """Whether the actor gets mail when something that they asked for failed for good."""
    return bool(await read.value(queries.SETTING, {"user_id": actor.user_id}))


async def set_wants_mail(write: Write, actor: Actor, *, wanted: bool) -> None:
    """Changes that."""
    await write.execute(queries.SET_SETTING, {"user_id": actor.user_id, "mail_failures": wanted})
