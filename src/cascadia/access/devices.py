"""A browser in which somebody has signed in before is known again by a signed cookie, and has tries of its own. Pure.

Whoever knows an email can use up the tries that strangers have at it; its owner still gets in where they have been before. A browser is
known for as long as the password is the same: who knew the one before is a stranger.
"""

import hashlib
import hmac
import secrets
from typing import Final

MOST_PEOPLE: Final = 5
"""Who share a browser and are remembered in it."""
SECONDS: Final = 180 * 24 * 3600
BETWEEN: Final = "."
AFTER: Final = "~"


def key_of(instance_key: str, password_hash: str) -> str:
    """What signs the cookies of one account, until it has another password."""
    return hmac.new(instance_key.encode(), password_hash.encode(), hashlib.sha256).hexdigest()


def known(cookie: str | None, key: str, email: str) -> str | None:
    """The name of the tries of this browser at this account; None where nobody has signed in to it here."""
    for nonce, signature in _entries(cookie):
        if hmac.compare_digest(signature, _signature(key, nonce, email)):
            return nonce
    return None


def remembered(cookie: str | None, key: str, email: str) -> str:
    """The cookie's new value after a sign-in: the account first, then those that were there."""
    nonce = known(cookie, key, email) or secrets.token_urlsafe(16)
    others = [(n, s) for n, s in _entries(cookie) if n != nonce]
    kept = [(nonce, _signature(key, nonce, email)), *others][:MOST_PEOPLE]
    return AFTER.join(BETWEEN.join(entry) for entry in kept)


def _entries(cookie: str | None) -> list[tuple[str, str]]:
    pairs = [piece.partition(BETWEEN) for piece in (cookie or "").split(AFTER)[:MOST_PEOPLE]]
    return [(nonce, signature) for nonce, _, signature in pairs if nonce and signature.isascii()]


def _signature(key: str, nonce: str, email: str) -> str:
    return hmac.new(key.encode(), f"{nonce}\n{email.strip().lower()}".encode(), hashlib.sha256).hexdigest()
