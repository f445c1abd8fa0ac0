"""What a shape measures: volume, area, centre, box, and its faces and edges, by which it is known again in another file."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from OCP.BRepGProp import BRepGProp
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_SOLID
from OCP.TopoDS import TopoDS_Shape

from cascadia.cad.boxes import Box, box_of, subshapes
from cascadia.cad.integrals import Enclosed, Faces, enclosed, faces_of
from cascadia.structures.congruence import EDGE, Patch, Shape
from cascadia.structures.shapes import PATCHES_MAX

RESOLUTION: Final = 1e4
"""Steps of the hash per unit of a natural logarithm: sizes that differ by less than 0.01 % count as equal."""
LEAST_EDGE: Final = 1e-7
MIRROR_LEAST: Final = 1e-4
LARGEST: Final = 1e40


@dataclass(frozen=True, slots=True)
class Measures:
    """In the shape's own frame: volume in mm³ (None without a solid), area in mm² (None without a surface), centre and box in mm."""

    volume: float | None
    area: float | None
    center: tuple[float, float, float] | None
    box: Box | None
    geometry_hash: str | None
    """As releases up to 0.1 knew a shape again: for what they left in databases."""
    shape: Shape | None = None
    """The faces and edges of its own shape; None for one that has none, or too many to compare."""


NOTHING: Final = Measures(None, None, None, None, None)


def measure(shape: TopoDS_Shape) -> Measures:
    """All measures of one component's shape."""
    lines, solids = subshapes(shape, TopAbs_EDGE), subshapes(shape, TopAbs_SOLID)
    faces = faces_of(subshapes(shape, TopAbs_FACE), lines)
    edges = [patch for line in lines if (patch := _edge(line)) is not None]
    inside = enclosed(faces, solids) if solids else None
    area = float(faces.areas.sum())
    center = inside.center if inside else faces.areas @ faces.centers / area if area else None
    size, box = inside.volume if inside else None, box_of(shape)
    return Measures(
        volume=size,
        area=area if faces.shapes else None,
        center=(float(center[0]), float(center[1]), float(center[2])) if center is not None else None,
        box=box,
        geometry_hash=_geometry_hash(inside, faces, edges, (len(solids), len(faces.shapes), len(lines))) if inside else None,
        shape=Shape(size, box, [*faces.patches(), *edges]) if faces.shapes and len(faces.shapes) + len(edges) <= PATCHES_MAX else None,
    )


def _edge(shape: TopoDS_Shape) -> Patch | None:
    """Its length and centre; None for the point in which a cone or a sphere ends."""
    own = GProp_GProps()
    BRepGProp.LinearProperties_s(shape, own)
    size = abs(float(own.Mass()))
    return Patch(EDGE, size, own.CentreOfMass().Coord()) if LEAST_EDGE < size < LARGEST else None


def is_real(measures: Measures) -> bool:
    """Whether all numbers can be those of a thing: damaged files have points at infinity."""
    numbers = [measures.volume, measures.area, *(measures.center or ()), *(measures.box or ())]
    return all(number is None or abs(number) < LARGEST for number in numbers)


def _geometry_hash(inside: Enclosed, faces: Faces, edges: Sequence[Patch], counts: tuple[int, int, int]) -> str:
    """SHA-256 over what neither placement nor order in a file changes.

    Volume, principal moments, area of surface, spread of the faces' areas, length of edges, counts, and the hand (a mirrored part is
    another part). No bounding box: it turns with the frame in which a file happens to hold the part.
    """
    areas = faces.areas
    sizes = [inside.volume, *map(float, inside.moments), float(areas.sum()), float(areas @ areas), sum(edge.size for edge in edges)]
    text = repr(("solid-1", [_step(size) for size in sizes], list(counts), _hand(inside, faces)))
    return hashlib.sha256(text.encode()).hexdigest()


def _step(size: float) -> int:
    """A step on a logarithmic scale: round numbers, which designers like, never lie on the border of two."""
    return round(math.log(size) * RESOLUTION) if size > 0 else 0


def _hand(inside: Enclosed, faces: Faces) -> int:
    """1 or -1 for the two mirror images of a part, 0 where it is (nearly) its own; turning it changes nothing.

    The sign of the volume that three vectors span: moments of the faces about the centre, weighted by distance once, by the inertia
    twice and thrice. They turn with the part, and a mirror changes the sign.
    """
    areas, arms = faces.areas, faces.centers - inside.center
    first = (areas[:, None] * arms * (arms**2).sum(axis=1, keepdims=True)).sum(axis=0)
    spread = (areas[:, None, None] * arms[:, :, None] * arms[:, None, :]).sum(axis=0)
    vectors = np.stack([first, spread @ first, spread @ spread @ first])
    lengths = np.linalg.norm(vectors, axis=1)
    scale = float((areas[:, None] * np.abs(arms) * (arms**2).sum(axis=1, keepdims=True)).sum())
    if lengths[0] <= MIRROR_LEAST * scale or not lengths.all():
        return 0
    spanned = float(np.linalg.det(vectors / lengths[:, None]))
    return 0 if abs(spanned) < MIRROR_LEAST else int(math.copysign(1, spanned))


def assembly_hash(children: Sequence[tuple[str | None, Sequence[float] | None]]) -> str | None:
    """The hash of an assembly from its children's hashes and placements, in any order; None where a child has not both."""
    known = [(child, at) for child, at in children if child is not None and at is not None]
    if not known or len(known) < len(children):
        return None
    placed = sorted((child, [round(value * (1e3 if i % 4 == 3 else 1e4)) for i, value in enumerate(at[:12])]) for child, at in known)
    return hashlib.sha256(repr(("assembly-1", placed)).encode()).hexdigest()
