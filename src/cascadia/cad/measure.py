"""What a shape measures: volume, area, centre, box, and a hash that knows the same solid again in another file."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from OCP.Bnd import Bnd_Box
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepGProp import BRepGProp
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_SOLID, TopAbs_VERTEX
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS, TopoDS_Shape

DECIMALS: Final = 6
HASH_DIGITS: Final = 6
PRECISION: Final = 1e-6
"""Relative error of a volume for each face."""
MM3_PER_CM3: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Volume in mm³ (0 where the shape is not closed), area in mm², centre and box in mm, in the shape's own frame."""

    volume: float
    area: float
    center: tuple[float, float, float]
    box: tuple[float, float, float, float, float, float] | None
    geometry_hash: str | None


def measure(shape: TopoDS_Shape, *, hashed: bool) -> Measures:
    """Measures of one shape; the hash only where it is asked for, and there is a solid."""
    volume, surface = GProp_GProps(), GProp_GProps()
    BRepGProp.SurfaceProperties_s(shape, surface)
    solid = _count(shape, TopAbs_SOLID) > 0
    if solid:
        BRepGProp.VolumeProperties_s(shape, volume, PRECISION)
    source = volume if solid else surface
    center = source.CentreOfMass()
    return Measures(
        volume=abs(volume.Mass()) if solid else 0.0,
        area=surface.Mass(),
        center=(center.X(), center.Y(), center.Z()),
        box=bounding_box(shape),
        geometry_hash=_geometry_hash(shape, volume, surface) if hashed and solid else None,
    )


def bounding_box(shape: TopoDS_Shape) -> tuple[float, float, float, float, float, float] | None:
    """The axis-parallel box without gaps, or None where there is no geometry."""
    box = Bnd_Box()
    BRepBndLib.AddOptimal_s(shape, box, False, False)
    if box.IsVoid():
        return None
    low, high = box.CornerMin(), box.CornerMax()
    return low.X(), low.Y(), low.Z(), high.X(), high.Y(), high.Z()


def box_of_points(points: NDArray[np.float64]) -> tuple[float, float, float, float, float, float] | None:
    """The box of a mesh, (n, 3) in millimetres."""
    if not len(points):
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    return (*(float(v) for v in low), *(float(v) for v in high))  # type: ignore[return-value]


def decimal_text(value: float) -> str:
    """A measured number as a plain decimal with at most six places, the same text for the same measurement."""
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _geometry_hash(shape: TopoDS_Shape, volume: GProp_GProps, surface: GProp_GProps) -> str:
    """From what no placement and no order in a file changes: sizes, principal moments, topology, kinds of surfaces."""
    moments = sorted(abs(m) for m in volume.PrincipalProperties().Moments())
    sizes = [_significant(v) for v in (abs(volume.Mass()), surface.Mass(), *moments)]
    counts = [_count(shape, kind) for kind in (TopAbs_SOLID, TopAbs_FACE, TopAbs_EDGE, TopAbs_VERTEX)]
    text = repr((sizes, counts, sorted(_surface_kinds(shape).items())))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _significant(value: float) -> str:
    return f"{value:.{HASH_DIGITS - 1}e}"


def _count(shape: TopoDS_Shape, kind: Any) -> int:
    explorer, found = TopExp_Explorer(shape, kind), 0
    while explorer.More():
        found += 1
        explorer.Next()
    return found


def _surface_kinds(shape: TopoDS_Shape) -> Counter[str]:
    kinds: Counter[str] = Counter()
    explorer = TopExp_Explorer(shape, TopAbs_FACE)
    while explorer.More():
        kinds[BRepAdaptor_Surface(TopoDS.Face(explorer.Current())).GetType().name] += 1
        explorer.Next()
    return kinds
