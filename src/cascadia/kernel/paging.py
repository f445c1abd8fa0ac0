"""Lists are paged by key: an opaque cursor holds the sort keys of the last row, so it is stable while data changes.

A cursor is signed with a secret of the instance, for the one list that gave it: what comes back is what some app server wrote.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from cascadia.kernel.errors import BadRequest

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
SIGNED: Final = 16
"""Bytes of the signature, ahead of the keys."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What the caller asked for: how many, after which row, whether to count all; the list's address and a secret sign its cursors."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    count: bool = False
    address: str = ""
    secret: bytes = b""

    def ordered(self, order: str) -> "PageRequest":
        """The same for a list that comes in several orders: a cursor of one is none of the others."""
        return replace(self, address=f"{self.address} {order}")

    def after(self, *types: type) -> list[Any]:
        """The sort keys of the last row of the page before, one of each type; all None at the start. 400 `bad_cursor` for any other."""
        if self.cursor is None:
            return [None] * len(types)
        keys = self._read(self.cursor)
        if [type(key) for key in keys] != list(types):
            raise _bad()
        return keys

    def cut(self, rows: Sequence[Row], keys: Callable[[Row], Sequence[str | int]]) -> tuple[list[Row], str | None]:
        """The page out of the `limit + 1` rows that were read, and the cursor of the next one where there is more."""
        page = list(rows[: self.limit])
        return page, self.cursor_after(keys(page[-1])) if len(rows) > self.limit else None

    def cursor_after(self, keys: Sequence[str | int]) -> str:
        """The cursor of a page that begins after these sort keys."""
        text = json.dumps(list(keys), separators=(",", ":"), ensure_ascii=False).encode()
        return _encoded(self._signature(text) + text)

    def _read(self, cursor: str) -> list[Any]:
        try:
            held = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise _bad() from error
        signature, text = held[:SIGNED], held[SIGNED:]
        if _encoded(held) != cursor or not hmac.compare_digest(signature, self._signature(text)):
            raise _bad()
        keys: list[Any] = json.loads(text)
        return keys

    def _signature(self, text: bytes) -> bytes:
        signed = b"cursor\0" + self.address.encode(errors="surrogatepass") + b"\0" + text
        return hmac.digest(self.secret, signed, hashlib.sha256)[:SIGNED]


def _encoded(held: bytes) -> str:
    return base64.urlsafe_b64encode(held).decode().rstrip("=")


def _bad() -> BadRequest:
    return BadRequest("The cursor is damaged, or it belongs to another list. Start again without one.", code="bad_cursor")
