"""How bytes leave by HTTP: one range of them, validators, and headers under which nothing runs on our origin. Pure (RFC 9110, 6266)."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

INLINE: Final = frozenset({"image/png", "model/gltf-binary"})
"""Types that a browser may show or load from our origin: they cannot hold a script."""
SUFFIXES: Final = {"image/png": ".png", "model/gltf-binary": ".glb", "application/json": ".json", "text/plain": ".txt"}
RANGE: Final = re.compile(r"bytes\s*=\s*(\d{0,20})-(\d{0,20})\s*", re.IGNORECASE | re.ASCII)
QUOTED_UNSAFE: Final = re.compile(r"[^ !#$&'()+,\-.0-9;=@A-Z\[\]^_`a-z{}~]")


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes `[start, end)` of a content of `size`."""

    start: int
    end: int
    size: int

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


class Unsatisfiable(Exception):
    """The range begins behind the last byte (416)."""


def parse_range(header: str | None, size: int) -> Span | None:
    """The one range that a request wants. None where the whole is to be sent: no header, several ranges, another unit, nonsense."""
    found = RANGE.fullmatch(header.strip()) if header else None
    if found is None:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < start:
            return None
    if start >= size:
        raise Unsatisfiable
    return Span(start, end, size)


def wants_range(if_range: str | None, etag: str) -> bool:
    """Whether a range still fits: no `If-Range`, or one that names exactly this content."""
    return if_range is None or if_range.strip() == etag


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Whether the reader has these bytes already (304)."""
    if not if_none_match:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def content_disposition(name: str, *, inline: bool) -> str:
    """The name in two spellings: `filename*` exactly, `filename` for old clients with what ASCII can say."""
    letters = (character for character in unicodedata.normalize("NFKD", name) if not unicodedata.combining(character))
    plain = QUOTED_UNSAFE.sub("_", "".join(letters))
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def suffix_of(media_type: str) -> str:
    """How the name of a derivative ends."""
    return SUFFIXES.get(media_type, "")


def safe_headers(name: str, media_type: str, *, inline: bool) -> dict[str, str]:
    """Headers with which the bytes are saved or, `inline`, shown, but never run on our origin."""
    return {
        "Content-Type": media_type,
        "Content-Disposition": content_disposition(name, inline=inline),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Accept-Ranges": "bytes",
    }
