"""Passwords: what they must be like, and Argon2id hashes made and checked off the event loop, so many at once."""

import asyncio
import math
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cascadia.kernel.errors import Invalid, Unavailable

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 1000
LEAST_SCORE: Final = 3
"""Of zxcvbn, 0 to 4: about 10^8 guesses by who tries what people choose first."""
LOOKED_AT: Final = 72
"""Characters of a password that are judged: the time for it grows with their square."""
READINGS: Final = 8
"""Most ways to read a password's signs as letters (`4` and `@` as `a`, …) that are tried: their number grows by multiplication."""
OURS: Final = ("cascadia",)

THREADS: Final = 4
_THREADS: Final = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="password")
"""A hash takes 64 MiB: four at once, the others wait. A pool of its own, so that a flood of sign-ins does not stop file work."""
_JUDGE: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password-judge")
"""One, since zxcvbn keeps what is known of a person where all its callers see it; and apart, so that no sign-in waits for it."""
STRANGERS: Final = 16
EVERYBODY: Final = 48
"""Most that are in turn at once: of those whom nobody knows, and of all. What is more is sent away (503) instead of waiting for long."""
RETRY_SECONDS: Final = 2
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$fqvMLvpdGFW/0n7d9DyCDw$NTJ1CzcMFNjeZ0Bl+P0/JAzQwwhpqqnz1IiBlDq8qQ0"
"""The hash of a password that nobody knows: checked for unknown users, so that an answer takes as long as for known ones."""

Result = TypeVar("Result")


def weakness(password: str, about: Iterable[str] = ()) -> str | None:
    """Why a password is too easy to guess, in a sentence for its person; None where it is not. `about`: what others know of them."""
    text = _normal(password)
    if len(text) < MIN_LENGTH:
        return f"Use {MIN_LENGTH} characters or more."
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its lists take 50 ms and some megabytes, and only new passwords need them

    found = zxcvbn(_readable(text[:LOOKED_AT]), user_inputs=[*OURS, *_words(about)])
    if found["score"] >= LEAST_SCORE:
        return None
    why = found["feedback"]["warning"] or "This is easy to guess, for who knows something of you or of passwords that are common."
    return f"{why} Use several words that do not belong together."


def _readable(text: str) -> str:
    """The text; with letters for the signs that stand for them, each for its first, where there would be too many ways to read it."""
    from zxcvbn.matching import L33T_TABLE  # noqa: PLC0415 - as above

    ways = math.prod(max(1, sum(sign in text for sign in signs)) for signs in L33T_TABLE.values())
    letters = {sign: letter for letter, signs in reversed(L33T_TABLE.items()) for sign in signs}
    return text.translate(str.maketrans(letters)) if ways > READINGS else text


def _words(about: Iterable[str]) -> list[str]:
    """Names and addresses: whole, without what separates their pieces, and the pieces."""
    words: list[str] = []
    for text in about:
        for part in (text.casefold(), text.casefold().partition("@")[0]):
            pieces = [piece for piece in re.split(r"[\W_]+", part) if piece]
            words += [part, "".join(pieces), *pieces]
    return words


def _normal(password: str) -> str:
    """Keyboards compose accents in different ways; the same password must be the same bytes."""
    return unicodedata.normalize("NFC", password)


class Passwords:
    """Argon2id hashes with the library's recommended cost; another `hasher` is for tests, which sign in often."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = hasher.hash("nobody") if hasher else NOBODY
        self._in_turn = 0

    @asynccontextmanager
    async def turn(self, *, known: bool) -> AsyncIterator[None]:
        """A place among those whose passwords are worked on; 503 where there is none. Places are kept for people who are `known`."""
        if self._in_turn >= (EVERYBODY if known else STRANGERS):
            raise Unavailable("Many are signing in at this moment. Try again in some seconds.", code="busy", retry_after=RETRY_SECONDS)
        self._in_turn += 1
        try:
            yield
        finally:
            self._in_turn -= 1

    async def check(self, password: str, about: Iterable[str], pointer: str = "/password") -> None:
        """Refuses (422) a password that is easy to guess, saying why."""
        reason = await self._work(lambda: weakness(password, about), _JUDGE)
        if reason:
            raise Invalid("Choose another password.", code="weak_password", errors=[{"pointer": pointer, "message": reason}])

    async def hash(self, password: str) -> str:
        """The Argon2id hash to store, with its parameters and salt."""
        return await self._work(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password of the stored hash. Without one (no such user, no password) False, after the same time.

        The caller holds a `turn` meanwhile.
        """
        matches = await self._work(lambda: self._matches(stored or self._nobody, _normal(password)))
        return matches and stored is not None

    async def _work(self, work: Callable[[], Result], threads: ThreadPoolExecutor = _THREADS) -> Result:
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's, so that it should be made anew."""
        return self._hasher.check_needs_rehash(stored)
