"""The 3D model, read back by a small reader of its own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cascadia.cad.glb import read_meshes, write_glb
from cascadia.cad.layout import Layout, Piece, Place
from cascadia.cad.model import Rgba
from cascadia.cad.read_step import IDENTITY
from cascadia.cad.tessellate import Mesh
from cascadia.structures.model import totals
from tests.cad.conversion import Conversion, Glb

TYPES = {5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC3": 3}


@pytest.fixture(scope="module")
def glb(as1: Conversion) -> Glb:
    return Glb.parse(as1.bytes_of("glb"))


def values(glb: Glb, index: int) -> Any:
    accessor = glb.document["accessors"][index]
    view = glb.document["bufferViews"][accessor["bufferView"]]
    kind, width = np.dtype(TYPES[accessor["componentType"]]), WIDTHS[accessor["type"]]
    assert view["byteOffset"] % 4 == 0
    assert view["byteLength"] == accessor["count"] * width * kind.itemsize
    return np.frombuffer(glb.data, kind, accessor["count"] * width, view["byteOffset"]).reshape(-1, width)


def walk(glb: Glb, index: int = 0, matrix: Any = None) -> list[tuple[dict[str, Any], Any]]:
    node = glb.document["nodes"][index]
    own = np.array(node.get("matrix", np.eye(4).T.reshape(-1))).reshape(4, 4).T
    world = own if matrix is None else matrix @ own
    return [(node, world), *(each for child in node.get("children", []) for each in walk(glb, child, world))]


def test_every_occurrence_is_a_node_with_its_keys(glb: Glb, as1: Conversion) -> None:
    nodes = [node for node, _ in walk(glb)]
    assert len(nodes) == len(glb.document["nodes"]) == 28
    usages = {(u.child, u.key, u.name) for u in as1.structure.usages}
    assert {(n["extras"]["component"], n["extras"]["usage"], n["name"]) for n in nodes[1:]} == usages
    assert nodes[0]["extras"] == {"component": "as1"}
    counted: dict[str, int] = {}
    for node in nodes:
        counted[node["extras"]["component"]] = counted.get(node["extras"]["component"], 0) + 1
    assert counted == totals(as1.structure).per_component


def test_occurrences_of_a_component_share_one_mesh(glb: Glb) -> None:
    assert sorted(mesh["name"] for mesh in glb.document["meshes"]) == ["bolt", "l-bracket", "nut", "plate", "rod"]
    nodes = [node for node, _ in walk(glb) if "mesh" in node]
    assert len(nodes) == 18
    assert all(glb.document["meshes"][node["mesh"]]["name"] == node["extras"]["component"] for node in nodes)


def test_it_stands_upright_in_metres(glb: Glb) -> None:
    """The assembly's box, -12 to 92 mm high in the file's Z, is its Y here; what was in front (-Y) is at +Z."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for node, matrix in walk(glb):
        for primitive in glb.document["meshes"][node["mesh"]]["primitives"] if "mesh" in node else []:
            points = values(glb, primitive["attributes"]["POSITION"]) @ matrix[:3, :3].T + matrix[:3, 3]
            low, high = np.minimum(low, points.min(axis=0)), np.maximum(high, points.max(axis=0))
    assert low == pytest.approx([0, -0.012, -0.140], abs=1e-6)
    assert high == pytest.approx([0.2, 0.092, 0], abs=1e-6)


def test_meshes_are_closed_and_seen_from_outside(glb: Glb, as1: Conversion) -> None:
    """The volume that the triangles enclose is positive and near the exact one: none is missing or turned."""
    for mesh in glb.document["meshes"]:
        volume = 0.0
        for primitive in mesh["primitives"]:
            points = values(glb, primitive["attributes"]["POSITION"]).astype(float)
            normals = values(glb, primitive["attributes"]["NORMAL"]).astype(float)
            corners = values(glb, primitive["indices"]).reshape(-1, 3)
            assert corners.max() < len(points) == len(normals)
            assert np.linalg.norm(normals, axis=1) == pytest.approx(np.ones(len(normals)), abs=1e-5)
            a, b, c = (points[corners[:, n]] for n in range(3))
            facing = np.cross(b - a, c - a)
            assert ((facing * normals[corners[:, 0]]).sum(axis=1) > 0).all()
            volume += float((a * facing).sum()) / 6
        exact = float(as1.component(mesh["name"]).volume or 0) * 1e-9
        assert volume == pytest.approx(exact, rel=0.01)


def test_bounds_of_positions_are_those_of_the_bytes(glb: Glb) -> None:
    for mesh in glb.document["meshes"]:
        for primitive in mesh["primitives"]:
            index = primitive["attributes"]["POSITION"]
            points, accessor = values(glb, index), glb.document["accessors"][index]
            assert accessor["min"] == points.min(axis=0).tolist()
            assert accessor["max"] == points.max(axis=0).tolist()


def triangle(color: Rgba, count: int = 3) -> Mesh:
    points = np.arange(count * 3, dtype=np.float32).reshape(-1, 3)
    upright = np.tile(np.array([0, 0, 1], dtype=np.float32), (count, 1))
    return Mesh(color, points, upright, np.array([[0, 1, count - 1]], dtype=np.uint32))


def glb_of(meshes: dict[str, list[Mesh]], paint: Rgba | None = None) -> bytes:
    pieces, places = [Piece("top", "top")], []
    for number, key in enumerate(meshes):
        pieces.append(Piece(key, key, number))
        places.append(Place("top", key, f"{number}", key, list(IDENTITY)))
        places.append(Place("top", key, f"painted {number}", key, list(IDENTITY), paint))
    layout = Layout("top", pieces, places, [*meshes])
    return write_glb(layout, dict(enumerate(meshes.values())))


def test_a_painted_occurrence_has_its_colour_and_the_same_points() -> None:
    red, blue = (1.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 0.5)
    document = Glb.parse(glb_of({"part": [triangle(red)]}, paint=blue)).document
    plain, painted = (document["meshes"][document["nodes"][n]["mesh"]]["primitives"][0] for n in (1, 2))
    assert plain["attributes"] == painted["attributes"]
    assert plain["indices"] == painted["indices"]
    materials = document["materials"]
    assert materials[plain["material"]]["pbrMetallicRoughness"]["baseColorFactor"] == [1, 0, 0, 1]
    assert "alphaMode" not in materials[plain["material"]]
    assert materials[painted["material"]]["pbrMetallicRoughness"]["baseColorFactor"] == [0, 0, 1, 0.5]
    assert materials[painted["material"]]["alphaMode"] == "BLEND"


def test_indexes_are_short_where_they_fit() -> None:
    grey = (0.5, 0.5, 0.5, 1.0)
    glb = Glb.parse(glb_of({"small": [triangle(grey, 65535)], "large": [triangle(grey, 65536)]}))
    kinds = {m["name"]: glb.document["accessors"][m["primitives"][0]["indices"]]["componentType"] for m in glb.document["meshes"]}
    assert kinds == {"small": 5123, "large": 5125}
    assert values(glb, glb.document["meshes"][1]["primitives"][0]["indices"]).tolist() == [[0], [1], [65535]]


def test_a_model_is_read_back_as_it_was_written_unpainted(tmp_path: Path) -> None:
    red, glass = (1.0, 0.25, 0.5, 1.0), (0.1, 0.2, 0.3, 0.5)
    (tmp_path / "model.glb").write_bytes(glb_of({"part": [triangle(glass), triangle(red)]}, paint=(0.0, 0.0, 1.0, 1.0)))
    ((number, meshes),) = read_meshes(tmp_path / "model.glb").items()
    assert number == 0
    assert [mesh.color for mesh in meshes] == [pytest.approx(glass, abs=1e-3), pytest.approx(red, abs=1e-3)]
    expected = triangle(red)
    for mesh in meshes:
        assert mesh.points == pytest.approx(expected.points, rel=1e-6)
        assert mesh.normals.tolist() == expected.normals.tolist()
        assert mesh.triangles.tolist() == expected.triangles.tolist()
