"""Shapes into triangles: per shape one mesh per colour, with the normals of the true surface. OpenCASCADE's glTF writer hands them over."""

import json
import math
import struct
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Builder, BRep_Tool
from OCP.BRepLib import BRepLib_ToolTriangulatedShape
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.collections import IndexedDataMap_TCollection_AsciiString_TCollection_AsciiString as NoInfo
from OCP.Message import Message_ProgressRange
from OCP.RWGltf import RWGltf_CafWriter
from OCP.TCollection import TCollection_AsciiString, TCollection_ExtendedString
from OCP.TDataStd import TDataStd_Name
from OCP.TDocStd import TDocStd_Document
from OCP.TopAbs import TopAbs_FACE
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Compound, TopoDS_Shape
from OCP.XCAFDoc import XCAFDoc_DocumentTool

from cascadia.cad.boxes import subshapes
from cascadia.cad.bundle import Colors
from cascadia.cad.model import Rgba

Floats = NDArray[np.float32]
Ints = NDArray[np.uint32]

ANGLE: Final = 0.35
RELATIVE_DEFLECTION: Final = 0.001
LEAST_DEFLECTION_MM: Final = 1e-4
TYPES: Final = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS: Final = {"SCALAR": 1, "VEC3": 3}


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles of one colour: points (n, 3) in mm, unit normals (n, 3) outwards, triangles (m, 3) of indexes, seen from outside."""

    color: Rgba
    points: Floats
    normals: Floats
    triangles: Ints


class Tessellation:
    """Shapes on their way into meshes, which OpenCASCADE writes all at once: asked for point by point they take longer than to be made."""

    def __init__(self) -> None:
        self._document = TDocStd_Document(TCollection_ExtendedString("XmlXCAF"))
        self._shapes = XCAFDoc_DocumentTool.ShapeTool_s(self._document.Main())
        self._colors: dict[str, tuple[int, Rgba]] = {}

    def add(self, number: int, shape: TopoDS_Shape, colors: Colors) -> None:
        """Meshes one shape."""
        if colors.box is None:
            return
        deflection = max(math.dist(colors.box[:3], colors.box[3:]) * RELATIVE_DEFLECTION, LEAST_DEFLECTION_MM)
        BRepMesh_IncrementalMesh(shape, deflection, False, ANGLE, False)
        _add_normals(shape)
        for color, piece in _by_color(shape, colors):
            name = str(len(self._colors))
            label = self._shapes.AddShape(piece, False)
            TDataStd_Name.Set_s(label, TCollection_ExtendedString(name))
            self._colors[name] = number, color

    def meshes(self, scratch: Path) -> Mapping[int, Sequence[Mesh]]:
        """Number of each shape that has triangles → its meshes, by colour. `scratch` is a folder."""
        path = scratch / "meshes.glb"
        writer = RWGltf_CafWriter(TCollection_AsciiString(str(path)), True)
        writer.SetMergeFaces(True)
        if not self._colors or not writer.Perform(self._document, NoInfo(), Message_ProgressRange()):
            return {}
        found: dict[int, list[Mesh]] = defaultdict(list)
        for name, arrays in _read(path.read_bytes()):
            number, color = self._colors[name]
            found[number].append(Mesh(color, *arrays))
        return {number: sorted(meshes, key=lambda mesh: mesh.color) for number, meshes in found.items()}


def _add_normals(shape: TopoDS_Shape) -> None:
    """To triangles without a surface, of which the writer has none."""
    for each in subshapes(shape, TopAbs_FACE):
        face = TopoDS.Face(each)
        if BRep_Tool.Surface_s(face) is None:
            mesh = BRep_Tool.Triangulation_s(face, TopLoc_Location())
            if mesh is not None:
                BRepLib_ToolTriangulatedShape.ComputeNormals_s(face, mesh)


def _by_color(shape: TopoDS_Shape, colors: Colors) -> Sequence[tuple[Rgba, TopoDS_Shape]]:
    if not colors.faces:
        return [(colors.whole, shape)]
    groups: dict[Rgba, list[TopoDS_Shape]] = defaultdict(list)
    for index, face in enumerate(subshapes(shape, TopAbs_FACE), start=1):
        groups[colors.faces.get(index, colors.whole)].append(face)
    return [(color, _compound(faces)) for color, faces in sorted(groups.items())]


def _compound(shapes: Sequence[TopoDS_Shape]) -> TopoDS_Shape:
    builder, whole = BRep_Builder(), TopoDS_Compound()
    builder.MakeCompound(whole)
    for shape in shapes:
        builder.Add(whole, shape)
    return whole


def _read(content: bytes) -> Sequence[tuple[str, tuple[Floats, Floats, Ints]]]:
    """Names and points, normals and triangles of what OpenCASCADE wrote: a mesh per label, whose node has the label's name."""
    (length,) = struct.unpack_from("<I", content, 12)
    document = json.loads(content[20 : 20 + length])
    data = content[20 + length + 8 :]
    names = {node["mesh"]: node["name"] for node in document["nodes"] if "mesh" in node}

    def values(accessor: int) -> NDArray[Any]:
        said = document["accessors"][accessor]
        view = document["bufferViews"][said["bufferView"]]
        width, at = WIDTHS[said["type"]], view.get("byteOffset", 0) + said.get("byteOffset", 0)
        return np.frombuffer(data, TYPES[said["componentType"]], said["count"] * width, at).reshape(-1, width)

    made = []
    for index, mesh in enumerate(document.get("meshes", ())):
        for part in mesh["primitives"]:
            points, normals = values(part["attributes"]["POSITION"]), values(part["attributes"]["NORMAL"])
            made.append((names[index], (points, _unit(normals), values(part["indices"]).reshape(-1, 3).astype(np.uint32))))
    return made


def _unit(normals: Floats) -> Floats:
    """Length 1 each; where a surface has no normal (the tip of a cone) any direction is as good."""
    normals = np.where(np.isfinite(normals), normals, np.float32(0))
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    upright = np.array([0, 0, 1], dtype=np.float32)
    unit: Floats = np.where(lengths > 1e-12, normals / np.where(lengths > 1e-12, lengths, np.float32(1)), upright)
    return unit.astype(np.float32)
