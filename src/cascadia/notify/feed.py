"""The feed: all that happened, in one gapless order, as far as one may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cascadia.access.model import Actor
from cascadia.kernel.db import Read
from cascadia.notify import queries
from cascadia.notify.model import FeedEvent, pattern

SPAN: Final = 10_000
"""Positions that one page looks at, however few of them one may see."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events, and the position from which to go on; `more` where there are events behind it already."""

    events: list[FeedEvent]
    position: int
    more: bool


async def read_feed(read: Read, actor: Actor, after: int, types: Sequence[str], limit: int) -> FeedPage:
    """Up to `limit` events behind the position `after` whose type one of the globs in `types` names (none: all)."""
    newest = int(await read.value(queries.NEWEST))
    params = {
        "after": after,
        "span": SPAN,
        "patterns": [pattern(glob) for glob in types],
        "programs": actor.programs,
        "administrator": actor.administrator,
        "actor": actor.user_id,
        "limit": limit + 1,
    }
    events = await read.all(queries.FEED, FeedEvent, params)
    if len(events) > limit:
        return FeedPage(events[:limit], events[limit - 1].position, more=True)
    reached = max(after, min(newest, after + SPAN))
    if events:
        reached = max(reached, events[-1].position)
    return FeedPage(events, reached, more=reached < newest)
