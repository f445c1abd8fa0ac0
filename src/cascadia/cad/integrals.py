"""Areas, volumes and moments of a shape's faces: exact where faces are flat and bounded by lines and circles, else to 1 ppm per face."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepGProp import BRepGProp, BRepGProp_Domain, BRepGProp_Face, BRepGProp_Vinert
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.Geom import (
    Geom_Circle,
    Geom_ConicalSurface,
    Geom_CylindricalSurface,
    Geom_Line,
    Geom_Plane,
    Geom_SphericalSurface,
    Geom_ToroidalSurface,
)
from OCP.Geom2d import Geom2d_Line
from OCP.gp import gp_Pnt
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_REVERSED
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS, TopoDS_Shape

from cascadia.structures.congruence import FACES, Patch

Floats = NDArray[np.float64]

PRECISION: Final = 1e-9
"""Relative error allowed per face: shapes are compared to 1e-7. Without one, OpenCASCADE integrates with fixed points: 6 ppm off on the
plate of `as1`."""
SMOOTH: Final = 1e-6
"""Enough for a cylinder, cone, sphere or torus between lines of its parameters: what comes out is 1e-10 from the exact value."""
OTHER: Final = len(FACES) - 1
RULED: Final = frozenset({Geom_CylindricalSurface, Geom_ConicalSurface})
ROUND: Final = RULED | {Geom_SphericalSurface, Geom_ToroidalSurface}
APART: Final = np.array([0.0031, 0.0017, 0.0023])
PLAIN_CURVES: Final = frozenset({Geom_Line, Geom_Circle})


KINDS: Final = {
    Geom_Plane: FACES.index("plane"),
    Geom_CylindricalSurface: FACES.index("cylinder"),
    Geom_ConicalSurface: FACES.index("cone"),
    Geom_SphericalSurface: FACES.index("sphere"),
    Geom_ToroidalSurface: FACES.index("torus"),
}
NO_NORMAL: Final = (0.0, 0.0, 0.0)
NO_INERTIA: Final = (0.0,) * 6
UPPER: Final = [0, 1, 2, 1, 3, 4, 2, 4, 5]


@dataclass(frozen=True, slots=True)
class Faces:
    """The n faces of a shape: areas (n) in mm², their centres (n, 3), and of flat ones the normal (n, 3) as the surface has it.

    `spreads` (n, 3, 3): ∫ (x - c)(x - c)ᵀ of flat ones. `precisions`: how exactly each is integrated, None where OpenCASCADE's fixed
    points are exact. What is no number (damaged files have such faces) counts nothing.
    """

    shapes: Sequence[TopoDS_Shape]
    kinds: Sequence[int]
    areas: Floats
    centers: Floats
    flat: NDArray[np.bool_]
    normals: Floats
    spreads: Floats
    precisions: Sequence[float | None]
    bare: bool
    """Whether some are triangles without a surface."""

    def patches(self) -> list[Patch]:
        """As they are compared with those of other shapes."""
        rows = zip(self.kinds, self.areas.tolist(), self.centers.tolist(), strict=True)
        return [Patch(kind, area, (x, y, z)) for kind, area, (x, y, z) in rows]


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What faces enclose: volume in mm³, centre in mm, and the three principal moments of inertia (density 1), smallest first."""

    volume: float
    center: Floats
    moments: Floats


def faces_of(shapes: Sequence[TopoDS_Shape], edges: Iterable[TopoDS_Shape]) -> Faces:
    """Integrates the distinct faces of a shape; `edges` are its distinct edges."""
    plain = all(_is_plain(edge) for edge in edges)
    kinds, rows, inertias, precisions = [], [], [], []
    bare = False
    for shape in shapes:
        face, own = TopoDS.Face(shape), GProp_GProps()
        surface = BRep_Tool.Surface_s(face)
        bare = bare or surface is None
        precision = _precision(face, type(surface), plain=plain)
        BRepGProp.SurfaceProperties_s(shape, own, *(() if precision is None else (precision,)))
        normal = _normal(surface) if type(surface) is Geom_Plane else NO_NORMAL
        rows.append((own.Mass(), *own.CentreOfMass().Coord(), *normal))
        inertias.append(_inertia(own) if normal is not NO_NORMAL else NO_INERTIA)
        precisions.append(precision)
        kinds.append(_kind(surface, face))
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    table[~np.isfinite(table[:, :4]).all(axis=1)] = 0.0
    normals = table[:, 4:]
    flat: NDArray[np.bool_] = (normals != 0).any(axis=1)
    return Faces(shapes, kinds, np.abs(table[:, 0]), table[:, 1:4], flat, normals, _spreads(inertias), precisions, bare)


def enclosed(faces: Faces, solids: Sequence[TopoDS_Shape]) -> Enclosed:
    """What the solids hold together: the volumes of the cones from one point (the apex) to each of their faces.

    Those over flat faces follow from the moments of the face; the others are integrated one by one.
    """
    if faces.bare:
        return _of_triangles(solids)
    known = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    for shape in faces.shapes:
        known.Add(shape)
    walls = [(known.FindIndex(shape) - 1, shape) for solid in solids for shape in _each(solid, TopAbs_FACE)]
    apex = _apex(faces)
    parts = [_flat(faces, walls, apex), _curved(faces, walls, apex)]
    volume = sum(float(zero.sum()) for zero, _, _ in parts)
    if not volume:
        return Enclosed(0.0, apex, np.zeros(3))
    middle: Floats = sum((one.sum(axis=0) for _, one, _ in parts), np.zeros(3)) / volume
    second: Floats = sum((two.sum(axis=0) for _, _, two in parts), np.zeros((3, 3)))
    spread = (second - volume * np.outer(middle, middle)) * math.copysign(1, volume)
    if not np.isfinite(spread).all():
        return Enclosed(math.nan, apex, np.zeros(3))
    moments: Floats = np.abs(np.linalg.eigvalsh(np.trace(spread) * np.eye(3) - spread))
    return Enclosed(abs(volume), middle + apex, np.sort(moments))


def _of_triangles(solids: Sequence[TopoDS_Shape]) -> Enclosed:
    """The same where faces have no surface: OpenCASCADE takes their triangles only of whole solids."""
    total = GProp_GProps()
    for solid in solids:
        own = GProp_GProps()
        BRepGProp.VolumeProperties_s(solid, own, PRECISION)
        if math.isfinite(own.Mass()) and own.Mass() != 0:
            total.Add(own)
    moments = np.abs(np.array(total.PrincipalProperties().Moments()))
    return Enclosed(abs(float(total.Mass())), np.array(total.CentreOfMass().Coord()), np.sort(moments))


Wall = tuple[int, TopoDS_Shape]
"""Number of a face, and the face as its solid has it: turned so that its outside is the solid's."""
Moments = tuple[Floats, Floats, Floats]
"""Of m volumes, about the apex: ∫ 1 (m), ∫ x (m, 3), ∫ x xᵀ (m, 3, 3)."""


def _apex(faces: Faces) -> Floats:
    """Near the middle, so that gaps between faces count least, and a little beside it, where cones of equal faces do not cancel out."""
    total = float(faces.areas.sum())
    middle: Floats = faces.areas @ faces.centers / total if total else np.zeros(3)
    return middle + math.sqrt(total) * APART


def _flat(faces: Faces, walls: Sequence[Wall], apex: Floats) -> Moments:
    chosen = [(index, -1.0 if shape.Orientation() == TopAbs_REVERSED else 1.0) for index, shape in walls if faces.flat[index]]
    index, side = np.array([i for i, _ in chosen], dtype=np.int64), np.array([s for _, s in chosen])
    areas, arms = faces.areas[index], faces.centers[index] - apex
    heights = (faces.normals[index] * arms).sum(axis=1) * side
    seconds = faces.spreads[index] + areas[:, None, None] * arms[:, :, None] * arms[:, None, :]
    return heights * areas / 3, (heights * areas / 4)[:, None] * arms, heights[:, None, None] * seconds / 5


def _curved(faces: Faces, walls: Sequence[Wall], apex: Floats) -> Moments:
    at, rows, inertias = gp_Pnt(*map(float, apex)), [], []
    for index, shape in walls:
        if not faces.flat[index]:
            face, own = TopoDS.Face(shape), BRepGProp_Vinert()
            own.SetLocation(at)
            own.Perform(BRepGProp_Face(face), BRepGProp_Domain(face), faces.precisions[index] or PRECISION)
            rows.append((own.Mass(), *own.CentreOfMass().Coord()))
            inertias.append(_inertia(own))
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    kept = np.isfinite(table).all(axis=1) & (table[:, 0] != 0)
    volumes, arms, spreads = table[kept, 0], table[kept, 1:] - apex, _spreads(inertias)[kept]
    return volumes, volumes[:, None] * arms, spreads + volumes[:, None, None] * arms[:, :, None] * arms[:, None, :]


def _kind(surface: Any, face: Any) -> int:
    """An index of `FACES`."""
    known = KINDS.get(type(surface))
    if known is not None:
        return known
    return OTHER if surface is None else min(int(BRepAdaptor_Surface(face, False).GetType()), OTHER)


def _inertia(own: GProp_GProps) -> tuple[float, ...]:
    value = own.MatrixOfInertia().Value
    return value(1, 1), value(1, 2), value(1, 3), value(2, 2), value(2, 3), value(3, 3)


def _spreads(inertias: Sequence[Sequence[float]]) -> Floats:
    """∫ (x - c)(x - c)ᵀ about the centre (n, 3, 3), from the upper triangles of matrices of inertia."""
    matrices = np.array(inertias, dtype=np.float64).reshape(-1, 6)[:, UPPER].reshape(-1, 3, 3)
    spreads: Floats = np.trace(matrices, axis1=1, axis2=2)[:, None, None] / 2 * np.eye(3) - matrices
    return spreads


def _normal(plane: Any) -> tuple[float, float, float]:
    axes = plane.Pln().Position()
    x, y, z = axes.XDirection().Crossed(axes.YDirection()).Coord()
    return x, y, z


def _is_plain(edge: TopoDS_Shape) -> bool:
    return type(BRep_Tool.Curve_s(TopoDS.Edge(edge), 0.0, 0.0)) in PLAIN_CURVES


def _precision(face: Any, surface: type, *, plain: bool) -> float | None:
    """`plain`: all edges of the shape are lines and circles."""
    if surface is Geom_Plane:
        return None if plain or all(map(_is_plain, _each(face, TopAbs_EDGE))) else PRECISION
    if surface in ROUND and ((plain and surface in RULED) or all(_is_parameter(edge, face) for edge in _each(face, TopAbs_EDGE))):
        return SMOOTH
    return PRECISION


def _is_parameter(edge: TopoDS_Shape, face: Any) -> bool:
    """Whether the edge is a line of the face's parameters."""
    return type(BRep_Tool.CurveOnSurface_s(TopoDS.Edge(edge), face, 0.0, 0.0)) is Geom2d_Line


def _each(shape: TopoDS_Shape, kind: Any) -> Iterator[TopoDS_Shape]:
    found = TopExp_Explorer(shape, kind)
    while found.More():
        yield found.Current()
        found.Next()
