"""Lists are paged by key: an opaque cursor holds the sort keys of the last row, so it is stable while data changes."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from cascadia.kernel.errors import BadRequest

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

LARGEST_KEY = 2**63 - 1

Item = TypeVar("Item")
Row = TypeVar("Row")


class Page(BaseModel, Generic[Item]):
    """One page of a list. `next` is the cursor of the next page, null at the end; `total` only when asked for."""

    model_config = ConfigDict(arbitrary_types_allowed=False)

    items: list[Item]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What the caller asked for: how many, after which row, and whether to count all."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    count: bool = False

    def after(self, arity: int) -> list[Any] | None:
        """The sort keys of the last row of the page before, or None at the start; refuses a cursor of another list."""
        if self.cursor is None:
            return None
        try:
            keys = json.loads(base64.urlsafe_b64decode(self.cursor + "=" * (-len(self.cursor) % 4)))
        except (ValueError, UnicodeDecodeError) as error:
            raise BadRequest("The cursor is damaged. Start again without one.", code="bad_cursor") from error
        if not isinstance(keys, list) or len(keys) != arity:
            raise BadRequest("The cursor belongs to another list. Start again without one.", code="bad_cursor")
        return keys

    def after_number(self, largest: int = LARGEST_KEY) -> int | None:
        """The one integer key of the last row of the page before, or None at the start."""
        keys = self.after(1)
        if keys is None:
            return None
        if not isinstance(keys[0], int) or not 0 <= keys[0] <= largest:
            raise BadRequest("The cursor belongs to another list. Start again without one.", code="bad_cursor")
        return keys[0]

    def cut(self, rows: Sequence[Row], keys: Callable[[Row], Sequence[Any]]) -> tuple[list[Row], str | None]:
        """The page out of the `limit + 1` rows that were read, and the cursor of the next one where there is more."""
        page = list(rows[: self.limit])
        return page, encode_cursor(keys(page[-1])) if len(rows) > self.limit else None


def encode_cursor(keys: Sequence[Any]) -> str:
    """An opaque cursor over the sort keys (strings, numbers, None) of the last row of a page."""
    return base64.urlsafe_b64encode(json.dumps(list(keys), separators=(",", ":"), default=str).encode()).decode().rstrip("=")
