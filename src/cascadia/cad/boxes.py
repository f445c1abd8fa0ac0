"""Boxes of shapes, parallel to the axes and exact, without the gaps of tolerances."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Tool
from OCP.BRepBndLib import BRepBndLib
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE
from OCP.TopExp import TopExp
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Shape

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float, float, float]

SAME: Final = (2e-5, 1e-6)
"""Millimetres, and diagonals: what reaches less beyond the others does not change the box, as far as it is told."""

NOTHING_YET: Final = np.array([np.inf] * 3 + [-np.inf] * 3)


def subshapes(shape: TopoDS_Shape, kind: Any) -> list[TopoDS_Shape]:
    """The distinct sub-shapes of a kind, each once, in the order of the file."""
    found = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, kind, found)
    return [found.FindKey(index) for index in range(1, found.Extent() + 1)]


def box_of(shape: TopoDS_Shape) -> Box | None:
    """The box of all faces, or of the edges where there are none; None for an empty shape.

    To find where a curved face ends exactly takes long, so that is asked only of those that may reach beyond the others.
    """
    if shape.IsNull():
        return None
    pieces = subshapes(shape, TopAbs_FACE) or subshapes(shape, TopAbs_EDGE)
    bare = bare_points(shape) is not None
    rough = [(piece, box) for piece in pieces if (box := _rough(piece, bare=bare)) is not None]
    if not rough:
        return None
    outer = np.array([box for _, box in rough])
    exact: dict[int, Floats] = {}
    bounds = NOTHING_YET
    slack = min(SAME[0], SAME[1] * float(np.linalg.norm(outer[:, 3:].max(axis=0) - outer[:, :3].min(axis=0))))
    for side in range(6):
        sign = 1 if side < 3 else -1
        for index in np.argsort(sign * outer[:, side], kind="stable"):
            if sign * (outer[index, side] - bounds[side]) >= -slack:
                break
            if index not in exact:
                exact[index] = _exact(*rough[index], bare=bare)
                bounds = merged(bounds, exact[index])
    return as_box(bounds)


def merged(first: Floats, second: Floats) -> Floats:
    """The box (6) around two."""
    return np.concatenate([np.minimum(first[:3], second[:3]), np.maximum(first[3:], second[3:])])


def as_box(bounds: Floats) -> Box | None:
    """None where it holds nothing, or is not finite."""
    if not np.isfinite(bounds).all():
        return None
    x0, y0, z0, x1, y1, z1 = map(float, bounds)
    return x0, y0, z0, x1, y1, z1


def _rough(piece: TopoDS_Shape, *, bare: bool) -> Floats | None:
    """A box that the piece does not leave; where it has triangles only, that of their points."""
    if bare and (points := bare_points(piece)) is not None:
        return np.concatenate([points.min(axis=0), points.max(axis=0)])
    box = Bnd_Box()
    BRepBndLib.Add_s(piece, box, False)
    return _corners(box)


def _exact(piece: TopoDS_Shape, rough: Floats, *, bare: bool) -> Floats:
    if bare and bare_points(piece) is not None:
        return rough
    box = Bnd_Box()
    BRepBndLib.AddOptimal_s(piece, box, False, False)
    found = _corners(box)
    return rough if found is None else found


def _corners(box: Bnd_Box) -> Floats | None:
    if box.IsVoid():
        return None
    box.SetGap(0.0)
    return np.array([*box.CornerMin().Coord(), *box.CornerMax().Coord()])


def bare_points(shape: TopoDS_Shape) -> Floats | None:
    """The points (n, 3) of faces that are triangles only, without a surface behind them (AP242); None where there are none."""
    found = []
    for each in subshapes(shape, TopAbs_FACE):
        face, location = TopoDS.Face(each), TopLoc_Location()
        if BRep_Tool.Surface_s(face) is not None:
            continue
        mesh = BRep_Tool.Triangulation_s(face, location)
        if mesh is not None:
            place = location.Transformation()
            found += [mesh.Node(index).Transformed(place).Coord() for index in range(1, mesh.NbNodes() + 1)]
    return np.array(found) if found else None
