"""Shapes into triangles: one mesh per component, split by colour, with normals."""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Tool
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.TopAbs import TopAbs_FACE, TopAbs_REVERSED
from OCP.TopExp import TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Face, TopoDS_Shape
from OCP.XCAFDoc import XCAFDoc_ColorTool

from cascadia.cad.measure import bounding_box
from cascadia.cad.read_step import face_color

DEFAULT_COLOR: Final = "#9aa3ad"
ANGLE: Final = 0.35
RELATIVE_DEFLECTION: Final = 0.001
SMALLEST_DEFLECTION_MM: Final = 0.005


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles of one colour: points (n, 3) in mm, unit normals (n, 3), triangles (m, 3) of indexes."""

    color: str
    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    triangles: NDArray[np.uint32]


def tessellate(shape: TopoDS_Shape, colors: XCAFDoc_ColorTool, color: str | None) -> list[Mesh]:
    """The shape's meshes, by colour; a face's own colour wins over the component's."""
    box = bounding_box(shape)
    if box is None:
        return []
    diagonal = math.dist(box[:3], box[3:])
    BRepMesh_IncrementalMesh(shape, max(diagonal * RELATIVE_DEFLECTION, SMALLEST_DEFLECTION_MM), False, ANGLE, False)
    groups: dict[str, list[tuple[NDArray[np.float64], NDArray[np.uint32]]]] = defaultdict(list)
    explorer = TopExp_Explorer(shape, TopAbs_FACE)
    while explorer.More():
        face = TopoDS.Face(explorer.Current())
        piece = _triangles(face)
        if piece is not None:
            groups[face_color(colors, face) or color or DEFAULT_COLOR].append(piece)
        explorer.Next()
    return [_join(color, pieces) for color, pieces in sorted(groups.items())]


def _triangles(face: TopoDS_Face) -> tuple[NDArray[np.float64], NDArray[np.uint32]] | None:
    location = TopLoc_Location()
    mesh = BRep_Tool.Triangulation_s(face, location)
    if mesh is None or not mesh.NbTriangles():
        return None
    matrix = location.Transformation()
    nodes = (mesh.Node(i).Transformed(matrix) for i in range(1, mesh.NbNodes() + 1))
    points = np.array([(p.X(), p.Y(), p.Z()) for p in nodes])
    corners = np.array([mesh.Triangle(i).Get() for i in range(1, mesh.NbTriangles() + 1)], dtype=np.int64)[:, -3:] - 1
    if face.Orientation() == TopAbs_REVERSED:
        corners = corners[:, ::-1]
    return points, corners.astype(np.uint32)


def _join(color: str, pieces: list[tuple[NDArray[np.float64], NDArray[np.uint32]]]) -> Mesh:
    starts = np.cumsum([0, *(len(points) for points, _ in pieces)])
    points = np.concatenate([points for points, _ in pieces])
    triangles = np.concatenate([corners + np.uint32(start) for (_, corners), start in zip(pieces, starts, strict=False)])
    return Mesh(color, points, _normals(points, triangles), triangles)


def _normals(points: NDArray[np.float64], triangles: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Smooth within a face (its points are its own), sharp between faces."""
    corners = points[triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], facing)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    flat = length[:, 0] < 1e-12
    normals[flat], length[flat] = (0.0, 0.0, 1.0), 1.0
    unit: NDArray[np.float64] = normals / length
    return unit
