"""Lists of this package are paged by one integer key."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from cascadia.kernel.errors import BadRequest
from cascadia.kernel.paging import PageRequest, encode_cursor

Row = TypeVar("Row")
LARGEST_KEY: Final = 2**31 - 1


def key_after(paging: PageRequest) -> int | None:
    """The key of the last row of the page before, or None at the start."""
    keys = paging.after(1)
    if keys is None:
        return None
    if not isinstance(keys[0], int) or not 0 <= keys[0] <= LARGEST_KEY:
        raise BadRequest("The cursor belongs to another list. Start again without one.", code="bad_cursor")
    return keys[0]


def cut(rows: Sequence[Row], paging: PageRequest, key: Callable[[Row], int]) -> tuple[list[Row], str | None]:
    """The page out of `limit + 1` rows that were read, and the cursor of the next one where there is more."""
    page = list(rows[: paging.limit])
    return page, encode_cursor([key(page[-1])]) if len(rows) > paging.limit else None
