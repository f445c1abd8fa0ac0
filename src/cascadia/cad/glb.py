"""Writes binary glTF 2.0 (and reads its own): metres, Y up, a node per occurrence, a mesh per distinct shape."""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cascadia.cad.layout import Layout
from cascadia.cad.model import Rgba
from cascadia.cad.tessellate import Mesh

METRES: Final = 0.001
Y_UP: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Turns Z up into Y up: what pointed up still does, and what faced the viewer (along -Y) comes towards +Z."""
FLOAT, USHORT, UINT = 5126, 5123, 5125
VERTICES, INDEXES = 34962, 34963
USHORT_MAX: Final = 65535

Json = dict[str, Any]


def write_glb(layout: Layout, meshes: Mapping[int, Sequence[Mesh]]) -> bytes:
    """The whole product as GLB, the same bytes for the same layout and meshes (by number of shape); what has no place has no node.

    Each node has `extras.component`; below the root also `extras.usage`. Every mesh is there, those without a node too; `extras.shape`
    is the number of its shape.
    """
    writer = _Writer(layout, meshes)
    nodes = _nodes(layout, writer)
    writer.add_unplaced()
    document = {
        "asset": {"version": "2.0", "generator": "Cascadia"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        **writer.tables(),
    }
    return _pack(document, bytes(writer.data))


def _nodes(layout: Layout, writer: "_Writer") -> list[Json]:
    root, names = layout.root, {piece.key: piece.name for piece in layout.pieces}
    nodes: list[Json] = [{"name": names[root], "extras": {"component": root}}]
    nodes[0].update(writer.mesh(root, None))
    open_nodes: list[tuple[int, str, Rgba | None]] = [(0, root, None)]
    for index, key, color in open_nodes:
        places = layout.below.get(key, ())
        if places:
            nodes[index]["children"] = list(range(len(nodes), len(nodes) + len(places)))
        for place in places:
            paint = color or place.color
            open_nodes.append((len(nodes), place.child, paint))
            node: Json = {"name": place.name, "extras": {"component": place.child, "usage": place.key}}
            nodes.append(node | _matrix(place.placement or ()) | writer.mesh(place.child, paint))
    return nodes


def _matrix(placement: Sequence[float]) -> Json:
    """Column by column, in metres and Y up; nothing where it moves nothing."""
    matrix = np.array(placement).reshape(4, 4)
    turned = np.eye(4)
    turned[:3, :3] = Y_UP @ matrix[:3, :3] @ Y_UP.T
    turned[:3, 3] = Y_UP @ matrix[:3, 3] * METRES
    if np.array_equal(turned, np.eye(4)):
        return {}
    return {"matrix": [round(float(value), 12) + 0.0 for value in turned.T.reshape(-1)]}


class _Writer:
    """Meshes, materials and bytes of a document in the making."""

    def __init__(self, layout: Layout, meshes: Mapping[int, Sequence[Mesh]]) -> None:
        self.data = bytearray()
        self._layout = layout
        self._source = meshes
        self._meshes: list[Json] = []
        self._materials: list[Json] = []
        self._accessors: list[Json] = []
        self._views: list[Json] = []
        self._mesh_of: dict[tuple[int, Rgba | None], int] = {}
        self._material_of: dict[Rgba, int] = {}
        self._geometry_of: dict[int, list[Json]] = {}

    def tables(self) -> Json:
        """The document's parts that are not empty, as glTF wants it."""
        tables: Json = {"meshes": self._meshes, "materials": self._materials, "accessors": self._accessors, "bufferViews": self._views}
        if self.data:
            tables["buffers"] = [{"byteLength": len(self.data)}]
        return {name: values for name, values in tables.items() if values}

    def mesh(self, key: str, paint: Rgba | None) -> Json:
        """What a node says of its mesh; a painted one shares the points of the plain one. Nothing where there are no triangles."""
        shape = self._layout.shape_of.get(key)
        sources = None if shape is None else self._source.get(shape)
        if shape is None or not sources:
            return {}
        if (shape, paint) not in self._mesh_of:
            if shape not in self._geometry_of:
                self._geometry_of[shape] = [self._geometry(mesh) for mesh in sources]
            shapes = zip(sources, self._geometry_of[shape], strict=True)
            primitives = [geometry | {"material": self._material(paint or mesh.color)} for mesh, geometry in shapes]
            self._mesh_of[shape, paint] = len(self._meshes)
            self._meshes.append({"name": key, "primitives": primitives, "extras": {"shape": shape, "painted": paint is not None}})
        return {"mesh": self._mesh_of[shape, paint]}

    def add_unplaced(self) -> None:
        """The plain meshes that no node has: pictures are made of them."""
        for piece in self._layout.pieces:
            self.mesh(piece.key, None)

    def _geometry(self, mesh: Mesh) -> Json:
        points = (mesh.points @ Y_UP.T * METRES).astype("<f4")
        bounds = {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
        short = len(points) <= USHORT_MAX
        indexes = mesh.triangles.reshape(-1).astype("<u2" if short else "<u4")
        return {
            "attributes": {
                "POSITION": self._accessor(points, FLOAT, "VEC3", VERTICES, bounds),
                "NORMAL": self._accessor((mesh.normals @ Y_UP.T).astype("<f4"), FLOAT, "VEC3", VERTICES, {}),
            },
            "indices": self._accessor(indexes, USHORT if short else UINT, "SCALAR", INDEXES, {}),
        }

    def _accessor(self, values: NDArray[Any], component: int, shape: str, target: int, bounds: Json) -> int:
        self.data += b"\0" * (-len(self.data) % 4)
        self._views.append({"buffer": 0, "byteOffset": len(self.data), "byteLength": values.nbytes, "target": target})
        self.data += values.tobytes()
        accessor: Json = {"bufferView": len(self._views) - 1, "componentType": component, "count": len(values), "type": shape}
        self._accessors.append(accessor | bounds)
        return len(self._accessors) - 1

    def _material(self, color: Rgba) -> int:
        if color not in self._material_of:
            self._material_of[color] = len(self._materials)
            factor = [*(_linear(value) for value in color[:3]), color[3]]
            material: Json = {
                "pbrMetallicRoughness": {"baseColorFactor": factor, "metallicFactor": 0.1, "roughnessFactor": 0.55},
                "doubleSided": True,
            }
            self._materials.append(material | ({"alphaMode": "BLEND"} if color[3] < 1 else {}))
        return self._material_of[color]


def _linear(value: float) -> float:
    """Linear light, which glTF counts in, of an sRGB value."""
    return round(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4, 6)


def _pack(document: Json, data: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    chunks = _chunk(b"JSON", text, b" ") + (_chunk(b"BIN\0", data, b"\0") if data else b"")
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _chunk(kind: bytes, content: bytes, fill: bytes) -> bytes:
    content += fill * (-len(content) % 4)
    return struct.pack("<I4s", len(content), kind) + content


def read_meshes(path: Path) -> Mapping[int, Sequence[Mesh]]:
    """The plain meshes of a GLB that `write_glb` made, by number of shape: millimetres, Z up."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<I", content, 12)
    document, start = json.loads(content[20 : 20 + length]), 20 + length + 8
    plain = [mesh for mesh in document.get("meshes", ()) if not mesh["extras"]["painted"]]
    return {mesh["extras"]["shape"]: [_mesh(document, content, start, part) for part in mesh["primitives"]] for mesh in plain}


def _mesh(document: Json, content: bytes, start: int, part: Json) -> Mesh:
    def values(accessor: int, kind: str) -> NDArray[Any]:
        said = document["accessors"][accessor]
        at = start + document["bufferViews"][said["bufferView"]]["byteOffset"]
        return np.frombuffer(content, kind, said["count"] * (3 if said["type"] == "VEC3" else 1), at)

    *rgb, opacity = document["materials"][part["material"]]["pbrMetallicRoughness"]["baseColorFactor"]
    red, green, blue = map(_encoded, rgb)
    points, normals = (values(part["attributes"][name], "<f4").reshape(-1, 3) @ Y_UP.astype("<f4") for name in ("POSITION", "NORMAL"))
    short = document["accessors"][part["indices"]]["componentType"] == USHORT
    corners = values(part["indices"], "<u2" if short else "<u4").astype(np.uint32).reshape(-1, 3)
    return Mesh((red, green, blue, opacity), points / np.float32(METRES), normals, corners)


def _encoded(value: float) -> float:
    """The sRGB value of linear light."""
    return round(value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055, 4)
