"""Lists in sentences, which say what they leave out. Pure."""

from collections.abc import Sequence


def listed(names: Sequence[str], most: int, *, between: str = ", ") -> str:
    """`A, B, C and 4 more`: the first `most`, and how many there are besides."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return between.join(names[:most]) + more
