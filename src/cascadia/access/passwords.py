"""Passwords: what they must be like, and Argon2id hashes made and checked off the event loop."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cascadia.kernel.errors import Invalid

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 1000
MIN_DIFFERENT: Final = 5

_THREADS: Final = ThreadPoolExecutor(max_workers=4, thread_name_prefix="password")
"""A hash takes 64 MiB: four at once, the others wait. A pool of its own, so that a flood of sign-ins does not stop file work."""
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$fqvMLvpdGFW/0n7d9DyCDw$NTJ1CzcMFNjeZ0Bl+P0/JAzQwwhpqqnz1IiBlDq8qQ0"
"""The hash of a password that nobody knows: checked for unknown users, so that an answer takes as long as for known ones."""


def check_rules(password: str, email: str) -> None:
    """Refuses (422) a password that is easy to guess, saying why."""
    reason = _weakness(_normal(password), email)
    if reason:
        raise Invalid("Choose another password.", code="weak_password", errors=[{"pointer": "/password", "message": reason}])


def _weakness(password: str, email: str) -> str | None:
    known = {email.casefold(), email.casefold().partition("@")[0]}
    if len(password) < MIN_LENGTH:
        return f"Use {MIN_LENGTH} characters or more."
    if password.casefold().strip() in known:
        return "Do not use your email."
    if len(set(password)) < MIN_DIFFERENT:
        return f"Use {MIN_DIFFERENT} different characters or more."
    return None


def _normal(password: str) -> str:
    """Keyboards compose accents in different ways; the same password must be the same bytes."""
    return unicodedata.normalize("NFC", password)


class Passwords:
    """Argon2id hashes with the library's recommended cost; another `hasher` is for tests, which sign in often."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = hasher.hash("nobody") if hasher else NOBODY

    async def hash(self, password: str) -> str:
        """The Argon2id hash to store, with its parameters and salt."""
        return await asyncio.get_running_loop().run_in_executor(_THREADS, self._hasher.hash, _normal(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password of the stored hash. Without one (no such user, no password) False, after the same time."""
        matches = await asyncio.get_running_loop().run_in_executor(_THREADS, self._matches, stored or self._nobody, _normal(password))
        return matches and stored is not None

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's, so that it should be made anew."""
        return self._hasher.check_needs_rehash(stored)
