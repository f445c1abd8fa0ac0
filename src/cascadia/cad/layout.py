"""What stands where in a file's product: handed from the job that reads it to those that make its 3D model and pictures."""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from cascadia.cad.model import Rgba

Floats = NDArray[np.float64]


class Piece(msgspec.Struct, frozen=True):
    """A component; `shape` is the number of its shape in the bundle, None where it has none of its own."""

    key: str
    name: str
    shape: int | None = None


class Place(msgspec.Struct, frozen=True):
    """One component in another; 16 numbers, row by row, in millimetres, None where the file gives none. A colour paints all below."""

    parent: str
    child: str
    key: str
    name: str
    placement: list[float] | None
    color: Rgba | None = None


class Layout(msgspec.Struct, frozen=True, dict=True):
    """All pieces, in the order of the file, and where they stand. `shapes` names each distinct shape by a digest of all it is made of."""

    root: str
    pieces: list[Piece]
    places: list[Place]
    shapes: list[str]

    @cached_property
    def below(self) -> Mapping[str, Sequence[Place]]:
        """The places in each assembly, in the order of the file; those without a placement are not in the picture."""
        found: dict[str, list[Place]] = defaultdict(list)
        for place in self.places:
            if place.placement is not None:
                found[place.parent].append(place)
        return dict(found)

    @cached_property
    def shape_of(self) -> Mapping[str, int]:
        """The number of the shape of each piece that has one."""
        return {piece.key: piece.shape for piece in self.pieces if piece.shape is not None}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One occurrence of a shape: 4×4 matrix in millimetres; `color` paints over the shape's own."""

    shape: int
    matrix: Floats
    color: Rgba | None


def leaves(layout: Layout, key: str, shown: Container[int]) -> Iterator[Leaf]:
    """All occurrences of the `shown` shapes in a component, its own included."""
    stack: list[tuple[str, Floats, Rgba | None]] = [(key, np.eye(4), None)]
    while stack:
        at, matrix, color = stack.pop()
        shape = layout.shape_of.get(at)
        if shape is not None and shape in shown:
            yield Leaf(shape, matrix, color)
        for place in reversed(layout.below.get(at, ())):
            inner: Floats = matrix @ np.array(place.placement).reshape(4, 4)
            stack.append((place.child, inner, color or place.color))


def encode(layout: Layout) -> bytes:
    """As JSON, the same bytes for the same layout."""
    return msgspec.json.encode(layout)


def decode(content: bytes) -> Layout:
    """The layout that was encoded."""
    return msgspec.json.decode(content, type=Layout)
