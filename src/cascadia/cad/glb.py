"""Writes binary glTF 2.0: metres, Y up, a node per occurrence, a mesh per distinct component."""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cascadia.cad.model import Rgba
from cascadia.cad.scene import Scene
from cascadia.cad.tessellate import Mesh

METRES: Final = 0.001
Y_UP: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Turns Z up into Y up: what pointed up still does, and what faced the viewer (along -Y) comes towards +Z."""
FLOAT, USHORT, UINT = 5126, 5123, 5125
VERTICES, INDEXES = 34962, 34963
USHORT_MAX: Final = 65535

Json = dict[str, Any]


def write_glb(scene: Scene) -> bytes:
    """The whole product as GLB, the same bytes for the same scene; a usage without a place has no node.

    Each node has `extras.component`; below the root also `extras.usage`.
    """
    writer = _Writer(scene.meshes)
    nodes = _nodes(scene, writer)
    document = {
        "asset": {"version": "2.0", "generator": "Cascadia"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        **writer.tables(),
    }
    return _pack(document, bytes(writer.data))


def _nodes(scene: Scene, writer: "_Writer") -> list[Json]:
    root = scene.model.root
    nodes: list[Json] = [{"name": scene.model.components[root].product.name, "extras": {"component": root}}]
    nodes[0].update(writer.mesh(root, None))
    open_nodes: list[tuple[int, str, Rgba | None]] = [(0, root, None)]
    for index, key, color in open_nodes:
        usages = [(usage, usage.placement) for usage in scene.below.get(key, ()) if usage.placement is not None]
        if usages:
            nodes[index]["children"] = list(range(len(nodes), len(nodes) + len(usages)))
        for usage, placement in usages:
            paint = color or usage.color
            open_nodes.append((len(nodes), usage.child, paint))
            node: Json = {"name": usage.name, "extras": {"component": usage.child, "usage": usage.key}}
            nodes.append(node | _matrix(placement) | writer.mesh(usage.child, paint))
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

    def __init__(self, meshes: Mapping[str, Sequence[Mesh]]) -> None:
        self.data = bytearray()
        self._source = meshes
        self._meshes: list[Json] = []
        self._materials: list[Json] = []
        self._accessors: list[Json] = []
        self._views: list[Json] = []
        self._mesh_of: dict[tuple[str, Rgba | None], int] = {}
        self._material_of: dict[Rgba, int] = {}
        self._geometry_of: dict[str, list[Json]] = {}

    def tables(self) -> Json:
        """The document's parts that are not empty, as glTF wants it."""
        tables: Json = {"meshes": self._meshes, "materials": self._materials, "accessors": self._accessors, "bufferViews": self._views}
        if self.data:
            tables["buffers"] = [{"byteLength": len(self.data)}]
        return {name: values for name, values in tables.items() if values}

    def mesh(self, key: str, paint: Rgba | None) -> Json:
        """What a node says of its mesh; a painted one shares the points of the plain one. Nothing where there are no triangles."""
        sources = self._source.get(key)
        if not sources:
            return {}
        if (key, paint) not in self._mesh_of:
            if key not in self._geometry_of:
                self._geometry_of[key] = [self._geometry(mesh) for mesh in sources]
            shapes = zip(sources, self._geometry_of[key], strict=True)
            primitives = [shape | {"material": self._material(paint or mesh.color)} for mesh, shape in shapes]
            self._mesh_of[key, paint] = len(self._meshes)
            self._meshes.append({"name": key, "primitives": primitives})
        return {"mesh": self._mesh_of[key, paint]}

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
