"""What a shape measures: volume, area, centre, box, and its faces and edges, by which it is known again in another file."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepGProp import BRepGProp
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_SOLID
from OCP.TopExp import TopExp
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Shape

from cascadia.structures.congruence import EDGE, FACES, Patch, Shape
from cascadia.structures.shapes import PATCHES_MAX

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float, float, float]

PRECISION: Final = 1e-9
"""Relative error allowed per face: shapes are compared to 1e-7. Without one, OpenCASCADE integrates with fixed points: 6 ppm off on a
plate with six holes."""
RESOLUTION: Final = 1e4
"""Steps of the hash per unit of a natural logarithm: sizes that differ by less than 0.01 % count as equal."""
LEAST_EDGE: Final = 1e-7
OTHER: Final = len(FACES) - 1
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
    faces = [_face(face) for face in subshapes(shape, TopAbs_FACE)]
    lines = subshapes(shape, TopAbs_EDGE)
    edges = [patch for line in lines if (patch := _edge(line)) is not None]
    solids = subshapes(shape, TopAbs_SOLID)
    volume = _total(solids)
    area = sum(face.size for face in faces)
    size, box = abs(float(volume.Mass())) if solids else None, _box(shape)
    return Measures(
        volume=size,
        area=area if faces else None,
        center=_center(volume, faces, is_solid=bool(solids)),
        box=box,
        geometry_hash=_geometry_hash(volume, faces, edges, (len(solids), len(faces), len(lines))) if solids else None,
        shape=Shape(size, box, [*faces, *edges]) if faces and len(faces) + len(edges) <= PATCHES_MAX else None,
    )


def _center(volume: GProp_GProps, faces: Sequence[Patch], *, is_solid: bool) -> tuple[float, float, float] | None:
    if is_solid:
        center = volume.CentreOfMass()
        return center.X(), center.Y(), center.Z()
    area = sum(face.size for face in faces)
    if not area:
        return None
    x, y, z = (sum(face.size * face.at[axis] for face in faces) / area for axis in range(3))
    return x, y, z


def _face(shape: TopoDS_Shape) -> Patch:
    """Its surface's kind, area and centre; nothing of one that cannot be measured."""
    own, face = GProp_GProps(), TopoDS.Face(shape)
    BRepGProp.SurfaceProperties_s(face, own, PRECISION)
    center, area = own.CentreOfMass(), abs(float(own.Mass()))
    kind = OTHER if BRep_Tool.Surface_s(face) is None else min(int(BRepAdaptor_Surface(face, False).GetType()), OTHER)
    return Patch(kind, area, (center.X(), center.Y(), center.Z())) if math.isfinite(area) else Patch(kind, 0.0, (0.0, 0.0, 0.0))


def _edge(shape: TopoDS_Shape) -> Patch | None:
    """Its length and centre; None for the point in which a cone or a sphere ends."""
    own = GProp_GProps()
    BRepGProp.LinearProperties_s(shape, own)
    center, size = own.CentreOfMass(), abs(float(own.Mass()))
    return Patch(EDGE, size, (center.X(), center.Y(), center.Z())) if LEAST_EDGE < size < LARGEST else None


def subshapes(shape: TopoDS_Shape, kind: Any) -> list[TopoDS_Shape]:
    """The distinct sub-shapes of a kind, each once, in the order of the file."""
    found = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, kind, found)
    return [found.FindKey(index) for index in range(1, found.Extent() + 1)]


def _total(solids: Sequence[TopoDS_Shape]) -> GProp_GProps:
    total = GProp_GProps()
    for solid in solids:
        own = GProp_GProps()
        BRepGProp.VolumeProperties_s(solid, own, PRECISION)
        if math.isfinite(own.Mass()) and own.Mass() != 0:
            total.Add(own)
    return total


def is_real(measures: Measures) -> bool:
    """Whether all numbers can be those of a thing: damaged files have points at infinity."""
    numbers = [measures.volume, measures.area, *(measures.center or ()), *(measures.box or ())]
    return all(number is None or abs(number) < LARGEST for number in numbers)


def bare_points(shape: TopoDS_Shape) -> Floats | None:
    """The points (n, 3) of faces that are triangles only, without a surface behind them (AP242); None where there are none."""
    found = []
    for each in subshapes(shape, TopAbs_FACE):
        face, location = TopoDS.Face(each), TopLoc_Location()
        mesh = BRep_Tool.Triangulation_s(face, location)
        if mesh is not None and BRep_Tool.Surface_s(face) is None:
            place = location.Transformation()
            found += [mesh.Node(index).Transformed(place).Coord() for index in range(1, mesh.NbNodes() + 1)]
    return np.array(found) if found else None


def _box(shape: TopoDS_Shape) -> Box | None:
    """Parallel to the axes, exact, without the gaps of tolerances."""
    box, points = Bnd_Box(), bare_points(shape)
    BRepBndLib.AddOptimal_s(shape, box, False, False)
    corners = [] if box.IsVoid() else [box.CornerMin().Coord(), box.CornerMax().Coord()]
    every = np.array([*corners, *(() if points is None else points)])
    if not len(every):
        return None
    x0, y0, z0, x1, y1, z1 = map(float, (*every.min(axis=0), *every.max(axis=0)))
    return x0, y0, z0, x1, y1, z1


def _geometry_hash(volume: GProp_GProps, faces: Sequence[Patch], edges: Sequence[Patch], counts: tuple[int, int, int]) -> str:
    """SHA-256 over what neither placement nor order in a file changes.

    Volume, principal moments, area of surface, spread of the faces' areas, length of edges, counts, and the hand (a mirrored part is
    another part). No bounding box: it turns with the frame in which a file happens to hold the part.
    """
    moments = sorted(abs(float(moment)) for moment in volume.PrincipalProperties().Moments())
    areas = [face.size for face in faces]
    sizes = [abs(float(volume.Mass())), *moments, sum(areas), sum(area * area for area in areas), sum(edge.size for edge in edges)]
    text = repr(("solid-1", [_step(size) for size in sizes], list(counts), _hand(volume, faces)))
    return hashlib.sha256(text.encode()).hexdigest()


def _step(size: float) -> int:
    """A step on a logarithmic scale: round numbers, which designers like, never lie on the border of two."""
    return round(math.log(size) * RESOLUTION) if size > 0 else 0


def _hand(volume: GProp_GProps, faces: Sequence[Patch]) -> int:
    """1 or -1 for the two mirror images of a part, 0 where it is (nearly) its own; turning it changes nothing.

    The sign of the volume that three vectors span: moments of the faces about the centre, weighted by distance once, by the inertia
    twice and thrice. They turn with the part, and a mirror changes the sign.
    """
    center = np.array(volume.CentreOfMass().Coord())
    areas = np.array([face.size for face in faces])
    arms = np.array([face.at for face in faces]) - center
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
