"""Who was asking a moment ago: what reads need not ask the database again, for seconds."""

import time
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cascadia.access.model import Actor

TRUST_SECONDS: Final = 3.0
"""How long a read believes what was read of who asks: what was taken away stops within 5 s everywhere."""
KNOWN_MAX: Final = 10_000
"""Sessions and tokens kept in one process; the longest unused goes first."""
CHANNEL: Final = "cascadia_access"
"""On which one process tells the others to forget."""
TELLING: Final = ("session.ended", "token.", "user.", "role.", "program.")
"""Beginnings of the types of events after which somebody may be less, or more, than was read."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An actor and what they are signed in by: the hash of a session's token, or of an API token."""

    actor: Actor
    token_hash: bytes
    expires_at: datetime | None
    by_cookie: bool
    token_id: int | None
    """The API token's; None for a session."""
    scope: str


class Known:
    """Who is signed in by which secrets, in one process; by the hashes of the secrets, for seconds, and never beyond their end."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[bool, tuple[bytes, ...]], tuple[float, SignedIn]] = OrderedDict()
        self.moment = 0
        """Changes when something was forgotten: what was read before must not be kept after it."""

    def get(self, hashes: Sequence[bytes], *, by_cookie: bool) -> SignedIn | None:
        """Who it is; None where it was not read within the last seconds."""
        key = (by_cookie, tuple(hashes))
        until, who = self._kept.get(key, (0.0, None))
        if who is None or time.monotonic() >= until:
            self._kept.pop(key, None)
            return None
        self._kept.move_to_end(key)
        return who

    def keep(self, hashes: Sequence[bytes], who: SignedIn, *, moment: int) -> None:
        """Keeps what was read; `moment` is that of before it was read."""
        left = (who.expires_at - datetime.now(UTC)).total_seconds() if who.expires_at else TRUST_SECONDS
        if moment != self.moment or left <= 0:
            return
        key = (who.by_cookie, tuple(hashes))
        self._kept[key] = (time.monotonic() + min(left, TRUST_SECONDS), who)
        self._kept.move_to_end(key)
        while len(self._kept) > KNOWN_MAX:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Forgets everybody: somewhere somebody became less, or more."""
        self._kept.clear()
        self.moment += 1


def changes_rights(types: Collection[str]) -> bool:
    """Whether one of these events may have changed what somebody may do."""
    return any(kind.startswith(TELLING) for kind in types)
