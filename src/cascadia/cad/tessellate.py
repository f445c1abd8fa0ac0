"""Shapes into triangles: per component one mesh per colour, with the normals of the true surface."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Tool
from OCP.BRepLib import BRepLib_ToolTriangulatedShape
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.TopAbs import TopAbs_FACE, TopAbs_REVERSED
from OCP.TopExp import TopExp
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Shape

from cascadia.cad.measure import Box, subshapes
from cascadia.cad.model import Rgba

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEFAULT_COLOR: Final[Rgba] = (0.62, 0.66, 0.71, 1.0)
ANGLE: Final = 0.35
RELATIVE_DEFLECTION: Final = 0.001
LEAST_DEFLECTION_MM: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles of one colour: points (n, 3) in mm, unit normals (n, 3) outwards, triangles (m, 3) of indexes, seen from outside."""

    color: Rgba
    points: Floats
    normals: Floats
    triangles: Ints


Patch = tuple[Floats, Floats, Ints]


def tessellate(shape: TopoDS_Shape, box: Box | None, color: Rgba | None, parts: Sequence[tuple[TopoDS_Shape, Rgba]]) -> list[Mesh]:
    """The shape's meshes, by colour: a face's own colour wins over its solid's, that over the component's. Empty without faces."""
    if box is None:
        return []
    deflection = max(math.dist(box[:3], box[3:]) * RELATIVE_DEFLECTION, LEAST_DEFLECTION_MM)
    BRepMesh_IncrementalMesh(shape, deflection, False, ANGLE, False)
    patches: dict[Rgba, list[Patch]] = defaultdict(list)
    faces = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, TopAbs_FACE, faces)
    painted = _painted(faces, parts)
    for index in range(1, faces.Extent() + 1):
        patch = _patch(faces.FindKey(index))
        if patch is not None:
            patches[painted.get(index) or color or DEFAULT_COLOR].append(patch)
    return [_join(color, found) for color, found in sorted(patches.items())]


def _painted(faces: Any, parts: Iterable[tuple[TopoDS_Shape, Rgba]]) -> dict[int, Rgba]:
    """Index of a face → its colour: from large parts to small ones, so that the smallest wins."""
    colors: dict[int, Rgba] = {}
    for part, color in sorted(parts, key=lambda each: each[0].ShapeType().value):
        for face in subshapes(part, TopAbs_FACE):
            colors[faces.FindIndex(face)] = color
    return colors


def _patch(shape: TopoDS_Shape) -> Patch | None:
    """One face: its points, their normals on the surface, its triangles; None where OpenCASCADE could not mesh it."""
    face, location = TopoDS.Face(shape), TopLoc_Location()
    mesh = BRep_Tool.Triangulation_s(face, location)
    if mesh is None or not mesh.NbTriangles():
        return None
    BRepLib_ToolTriangulatedShape.ComputeNormals_s(face, mesh)
    count = range(1, mesh.NbNodes() + 1)
    matrix = _matrix(location)
    points = np.array([mesh.Node(index).Coord() for index in count]) @ matrix[:, :3].T + matrix[:, 3]
    normals = np.array([mesh.Normal(index).Coord() for index in count]) @ matrix[:, :3].T
    triangles = np.array([mesh.Triangle(index).Get() for index in range(1, mesh.NbTriangles() + 1)], dtype=np.int64) - 1
    if face.Orientation() == TopAbs_REVERSED:
        triangles, normals = triangles[:, ::-1], -normals
    return points, normals, triangles


def _matrix(location: TopLoc_Location) -> Floats:
    transformation = location.Transformation()
    return np.array([[transformation.Value(row, column) for column in (1, 2, 3, 4)] for row in (1, 2, 3)])


def _join(color: Rgba, patches: Sequence[Patch]) -> Mesh:
    starts = np.cumsum([0, *(len(points) for points, _, _ in patches)])
    return Mesh(
        color,
        np.concatenate([points for points, _, _ in patches]),
        _unit(np.concatenate([normals for _, normals, _ in patches])),
        np.concatenate([corners + start for (_, _, corners), start in zip(patches, starts, strict=False)]),
    )


def _unit(normals: Floats) -> Floats:
    """Length 1 each; where a surface has no normal (the tip of a cone) any direction is as good."""
    normals = np.where(np.isfinite(normals), normals, 0.0)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    unit: Floats = np.where(lengths > 1e-12, normals / np.where(lengths > 1e-12, lengths, 1.0), (0.0, 0.0, 1.0))
    return unit
