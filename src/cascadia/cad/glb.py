"""Writes a binary glTF 2.0: metres, Y up, a node per occurrence, a mesh per distinct component."""

import json
import struct
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cascadia.cad.tessellate import Mesh
from cascadia.proposals.model import Structure, Usage

MILLIMETRE: Final = 0.001
Y_UP: Final = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
"""Column by column: turns Z up into Y up."""
OCCURRENCES_MAX: Final = 200_000
FLOAT: Final = 5126
UINT: Final = 5125
ARRAY_BUFFER: Final = 34962
ELEMENT_BUFFER: Final = 34963


class _Writer:
    """A glTF document in the making."""

    def __init__(self, meshes: Mapping[str, Sequence[Mesh]]) -> None:
        self.meshes = meshes
        self.data = bytearray()
        self.document: dict[str, list[Any]] = {k: [] for k in ("nodes", "meshes", "materials", "accessors", "bufferViews")}
        self.mesh_of: dict[str, int] = {}
        self.material_of: dict[str, int] = {}

    def mesh(self, key: str) -> int | None:
        """The index of a component's mesh, written at its first use; None where it has no triangles."""
        if key not in self.mesh_of and self.meshes.get(key):
            self.mesh_of[key] = len(self.document["meshes"])
            self.document["meshes"].append({"name": key, "primitives": [self._primitive(m) for m in self.meshes[key]]})
        return self.mesh_of.get(key)

    def _primitive(self, mesh: Mesh) -> dict[str, Any]:
        points = (mesh.points * MILLIMETRE).astype(np.float32)
        bounds = {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
        return {
            "attributes": {
                "POSITION": self._accessor(points, FLOAT, "VEC3", ARRAY_BUFFER, bounds),
                "NORMAL": self._accessor(mesh.normals.astype(np.float32), FLOAT, "VEC3", ARRAY_BUFFER, {}),
            },
            "indices": self._accessor(mesh.triangles.reshape(-1), UINT, "SCALAR", ELEMENT_BUFFER, {}),
            "material": self._material(mesh.color),
        }

    def _accessor(self, values: NDArray[Any], component: int, shape: str, target: int, extra: Mapping[str, Any]) -> int:
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": values.nbytes, "target": target}
        self.data += values.astype(values.dtype.newbyteorder("<")).tobytes()
        self.document["bufferViews"].append(view)
        accessor = {"bufferView": len(self.document["bufferViews"]) - 1, "componentType": component, "count": len(values), "type": shape}
        self.document["accessors"].append({**accessor, **extra})
        return len(self.document["accessors"]) - 1

    def _material(self, color: str) -> int:
        if color not in self.material_of:
            self.material_of[color] = len(self.document["materials"])
            rgb = [_linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5)]
            pbr = {"baseColorFactor": [*rgb, 1.0], "metallicFactor": 0.1, "roughnessFactor": 0.6}
            self.document["materials"].append({"name": color, "pbrMetallicRoughness": pbr, "doubleSided": True})
        return self.material_of[color]

    def node(self, node: dict[str, Any]) -> int:
        """The index of a new node."""
        self.document["nodes"].append(node)
        return len(self.document["nodes"]) - 1


def _linear(value: float) -> float:
    return round(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4, 6)


def write_glb(structure: Structure, meshes: Mapping[str, Sequence[Mesh]]) -> bytes:
    """The whole product as GLB. Each node has `extras.component` and, below the root, `extras.usage`."""
    writer = _Writer(meshes)
    below: dict[str, list[Usage]] = defaultdict(list)
    for usage in structure.usages:
        below[usage.parent].append(usage)
    names = {component.key: component.name for component in structure.components}
    root = _tree(writer, structure.root, below, names)
    writer.node({"name": "Z up", "matrix": Y_UP, "children": [root]})
    return _pack(writer, len(writer.document["nodes"]) - 1)


def _tree(writer: _Writer, root: str, below: Mapping[str, Sequence[Usage]], names: Mapping[str, str]) -> int:
    first = writer.node(_node(writer, root, names[root], {"component": root}, None))
    open_nodes = [(first, root)]
    while open_nodes and len(writer.document["nodes"]) < OCCURRENCES_MAX:
        index, key = open_nodes.pop()
        children = []
        for usage in below.get(key, ()):
            extras = {"component": usage.child, "usage": usage.key}
            child = writer.node(_node(writer, usage.child, usage.name, extras, usage.placement))
            children.append(child)
            open_nodes.append((child, usage.child))
        if children:
            writer.document["nodes"][index]["children"] = children
    return first


def _node(writer: _Writer, key: str, name: str, extras: Mapping[str, str], placement: Sequence[float] | None) -> dict[str, Any]:
    node: dict[str, Any] = {"name": name, "extras": dict(extras)}
    mesh = writer.mesh(key)
    if mesh is not None:
        node["mesh"] = mesh
    if placement is not None:
        matrix = np.array(placement).reshape(4, 4)
        matrix[:3, 3] *= MILLIMETRE
        node["matrix"] = [float(v) for v in matrix.T.reshape(-1)]
    return node


def _pack(writer: _Writer, scene_root: int) -> bytes:
    document = {
        "asset": {"version": "2.0", "generator": "Cascadia"},
        "scene": 0,
        "scenes": [{"nodes": [scene_root]}],
        **{name: values for name, values in writer.document.items() if values},
    }
    if writer.data:
        document["buffers"] = [{"byteLength": len(writer.data)}]
    text = json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if writer.data:
        data = bytes(writer.data) + b"\0" * (-len(writer.data) % 4)
        chunks += struct.pack("<II", len(data), 0x004E4942) + data
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks
