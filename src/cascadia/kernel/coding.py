"""How an answer's bytes are coded on their way: negotiated as RFC 9110, 12.5.3 says. Pure."""

import re
import sys
import zlib
from typing import Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CODINGS: Final = ("zstd", "gzip")
"""What is offered, the better first."""
LEAST: Final = 1024
"""Bytes from which on coding is worth its while."""
ZSTD_LEVEL: Final = 3
GZIP_LEVEL: Final = 4
GZIP_FORMAT: Final = 31
_OFFER: Final = re.compile(r"\s*([^\s;,]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


def chosen(accepted: str | None) -> str | None:
    """The coding that a client likes best of ours, by its `Accept-Encoding`; None for the bytes as they are.

    What cannot be read of it counts as not said.
    """
    weights: dict[str, float] = {}
    for offer in (accepted or "").lower().split(","):
        if read := _OFFER.fullmatch(offer):
            weights.setdefault(read[1].removeprefix("x-"), float(read[2] or 1))
    others = weights.get("*", 0.0)
    liked = max(CODINGS, key=lambda coding: weights.get(coding, others))
    weight = weights.get(liked, others)
    return liked if weight > 0 and weight >= weights.get("identity", 0.0) else None


def coded(body: bytes, coding: str) -> bytes:
    """The bytes in that coding."""
    if coding == "zstd":
        return zstd.compress(body, ZSTD_LEVEL)
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_FORMAT)
    return packer.compress(body) + packer.flush()
