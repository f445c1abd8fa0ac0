"""The `geometry` document of a file: the faces and edges of each of its components, by which its shape is known again. Pure.

What is kept of a part is a pointer into it: the SHA-256 of the document, and the place in it.
"""

import math
import re
import struct
from collections.abc import Collection, Sequence
from typing import Annotated, Final

import msgspec

from cascadia.structures.congruence import EDGE, Patch, Shape

SCHEMA: Final = 1
KIND: Final = "geometry"
"""Of the derivative."""
MEDIA_TYPE: Final = "application/vnd.msgpack"
PATCHES_MAX: Final = 100_000
"""Faces and edges of one shape; what has more is not compared."""
NUMBERS: Final = 5
"""Of a face or edge: its kind, its size and the three of its centre, as little-endian doubles."""
LARGEST: Final = 1e40
POINTER: Final = re.compile(r"([0-9a-f]{64})#(\d{1,6})")


class _Shape(msgspec.Struct, frozen=True, array_like=True):
    volume: float | None
    box: Annotated[list[float], msgspec.Meta(min_length=6, max_length=6)] | None
    patches: bytes


class _Document(msgspec.Struct, frozen=True):
    schema: int
    shapes: list[_Shape]


def encode(shapes: Sequence[Shape]) -> bytes:
    """The document, the same bytes for the same shapes."""
    stored = [_Shape(shape.volume, None if shape.box is None else list(shape.box), _packed(shape.patches)) for shape in shapes]
    return msgspec.msgpack.encode(_Document(SCHEMA, stored), order="deterministic")


def _packed(patches: Sequence[Patch]) -> bytes:
    return b"".join(struct.pack("<5d", kind, size, *at) for kind, size, at in patches)


def decode(data: bytes, places: Collection[int] | None = None) -> dict[int, Shape]:
    """The shapes of a document by their places: all, or only these as far as they are there.

    Raises `msgspec.ValidationError` for any other document: it comes from a child that has read a stranger's bytes.
    """
    document = msgspec.msgpack.decode(data, type=_Document)
    if document.schema != SCHEMA:
        raise msgspec.ValidationError(f"schema {document.schema} is not known")
    return {place: _shape(stored) for place, stored in enumerate(document.shapes) if places is None or place in places}


def _shape(stored: _Shape) -> Shape:
    box = None if stored.box is None else [_real(value) for value in stored.box]
    return Shape(None if stored.volume is None else _real(stored.volume), box, _unpacked(stored.patches))


def _unpacked(data: bytes) -> list[Patch]:
    if len(data) % (8 * NUMBERS) or len(data) > 8 * NUMBERS * PATCHES_MAX:
        raise msgspec.ValidationError("faces and edges have five numbers each, and there are too many or half ones")
    patches = [
        Patch(int(_real(kind)), _real(size), (_real(x), _real(y), _real(z))) for kind, size, x, y, z in struct.iter_unpack("<5d", data)
    ]
    if any(not 0 <= patch.kind <= EDGE or patch.size < 0 for patch in patches):
        raise msgspec.ValidationError("there is no such face")
    return patches


def _real(value: float) -> float:
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise msgspec.ValidationError("a size is no number of a thing")
    return value


def pointer(sha256: str, place: int) -> str:
    """Where the shape is that stands at a place of the document with this SHA-256 (hexadecimal)."""
    return f"{sha256}#{place}"


def pointed(text: object) -> tuple[str, int] | None:
    """The document and place of a pointer; None for what is none."""
    found = POINTER.fullmatch(text) if isinstance(text, str) else None
    return (found[1], int(found[2])) if found else None
