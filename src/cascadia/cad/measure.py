"""What a shape measures: volume, area, centre, box, and a hash that knows the same solid again in another file."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Tool
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepGProp import BRepGProp
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_SOLID
from OCP.TopExp import TopExp
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Shape

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float, float, float]

PRECISION: Final = 1e-6
"""Relative error allowed per face. Without one, OpenCASCADE integrates with fixed points: 6 ppm off on a plate with six holes."""
RESOLUTION: Final = 1e4
"""Steps of the hash per unit of a natural logarithm: sizes that differ by less than 0.01 % count as equal."""
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


NOTHING: Final = Measures(None, None, None, None, None)


def measure(shape: TopoDS_Shape) -> Measures:
    """All measures of one component's shape."""
    faces, solids = subshapes(shape, TopAbs_FACE), subshapes(shape, TopAbs_SOLID)
    surface = _total(faces, BRepGProp.SurfaceProperties_s)
    volume = _total(solids, BRepGProp.VolumeProperties_s)
    center = (volume if solids else surface).CentreOfMass() if faces else None
    return Measures(
        volume=abs(float(volume.Mass())) if solids else None,
        area=float(surface.Mass()) if faces else None,
        center=(center.X(), center.Y(), center.Z()) if center is not None else None,
        box=_box(shape),
        geometry_hash=_geometry_hash(shape, volume, faces, len(solids)) if solids else None,
    )


def subshapes(shape: TopoDS_Shape, kind: Any) -> list[TopoDS_Shape]:
    """The distinct sub-shapes of a kind, each once, in the order of the file."""
    found = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, kind, found)
    return [found.FindKey(index) for index in range(1, found.Extent() + 1)]


def _length(edges: Sequence[TopoDS_Shape]) -> float:
    total = 0.0
    for edge in edges:
        own = GProp_GProps()
        BRepGProp.LinearProperties_s(edge, own)
        total += abs(float(own.Mass()))
    return total


def _total(shapes: Sequence[TopoDS_Shape], properties: Any) -> GProp_GProps:
    total = GProp_GProps()
    for shape in shapes:
        own = GProp_GProps()
        properties(shape, own, PRECISION)
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


def _geometry_hash(shape: TopoDS_Shape, volume: GProp_GProps, faces: Sequence[TopoDS_Shape], solids: int) -> str:
    """SHA-256 over what neither placement nor order in a file changes.

    Volume, principal moments, area of surface, spread of the faces' areas, length of edges, counts, and the hand (a mirrored part is
    another part). No bounding box: it turns with the frame in which a file happens to hold the part.
    """
    edges = subshapes(shape, TopAbs_EDGE)
    patches = list(_patches(faces))
    moments = sorted(abs(float(moment)) for moment in volume.PrincipalProperties().Moments())
    sizes = [
        abs(float(volume.Mass())),
        *moments,
        sum(area for area, _ in patches),
        sum(area * area for area, _ in patches),
        _length(edges),
    ]
    counts = [solids, len(faces), len(edges)]
    text = repr(("solid-1", [_step(size) for size in sizes], counts, _hand(volume, patches)))
    return hashlib.sha256(text.encode()).hexdigest()


def _patches(faces: Sequence[TopoDS_Shape]) -> Iterator[tuple[float, Floats]]:
    for face in faces:
        own = GProp_GProps()
        BRepGProp.SurfaceProperties_s(face, own, PRECISION)
        yield abs(float(own.Mass())), np.array(own.CentreOfMass().Coord())


def _step(size: float) -> int:
    """A step on a logarithmic scale: round numbers, which designers like, never lie on the border of two."""
    return round(math.log(size) * RESOLUTION) if size > 0 else 0


def _hand(volume: GProp_GProps, patches: Sequence[tuple[float, Floats]]) -> int:
    """1 or -1 for the two mirror images of a part, 0 where it is (nearly) its own; turning it changes nothing.

    The sign of the volume that three vectors span: moments of the faces about the centre, weighted by distance once, by the inertia
    twice and thrice. They turn with the part, and a mirror changes the sign.
    """
    center = np.array(volume.CentreOfMass().Coord())
    areas = np.array([area for area, _ in patches])
    arms = np.array([place for _, place in patches]) - center
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
