"""What follows a conversion: the 3D model and the pictures, each in jobs that may fail without taking anything away."""

import math
from pathlib import Path

import pytest

from cascadia.cad.layout import Layout, Piece, Place, decode, encode, leaves
from cascadia.cad.model import Rgba
from tests.assets.make_as1 import Drawing, Placed, bolt
from tests.cad.conversion import Glb, convert

MOVED = [1.0, 0.0, 0.0, 5.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
BLUE: Rgba = (0.0, 0.0, 1.0, 1.0)


def test_a_layout_comes_back_as_it_was_and_says_where_shapes_stand() -> None:
    places = [
        Place("top", "group", "1", "first", MOVED, BLUE),
        Place("group", "bolt", "1", "bolt", MOVED),
        Place("top", "bolt", "2", "loose", None),
    ]
    layout = Layout("top", [Piece("top", "Top"), Piece("group", "Group"), Piece("bolt", "Bolt", 0)], places, ["digest"])
    assert decode(encode(layout)) == layout
    (leaf,) = leaves(layout, "top", {0})
    assert (leaf.shape, leaf.color, leaf.matrix[:3, 3].tolist()) == (0, BLUE, [10, 0, 0])
    assert [leaf.color for leaf in leaves(layout, "bolt", {0})] == [None]
    assert list(leaves(layout, "top", set())) == []


def test_equal_shapes_are_meshed_once_and_keep_their_places(tmp_path: Path) -> None:
    drawing = Drawing()
    for name in ("left", "right"):
        drawing.part(name, bolt(), (0.5, 0.5, 0.5))
    drawing.part("red", bolt(), (1.0, 0.0, 0.0))
    drawing.assembly("top", [Placed("left", "a"), Placed("right", "b", (50, 0, 0)), Placed("red", "c", (100, 0, 0))])
    drawing.write(tmp_path / "equal.stp")
    made = convert(tmp_path / "job", tmp_path / "equal.stp")
    glb = Glb.parse(made.bytes_of("glb"))
    assert len(glb.document["meshes"]) == 2
    assert [node.get("mesh") for node in glb.document["nodes"]] == [None, 0, 0, 1]
    assert {component.key for component in made.structure.components} == {"left", "right", "red", "top"}
    assert sum(output["kind"] == "thumbnail" for output in made.outputs) == 5


def test_the_box_of_an_assembly_is_exact_however_its_parts_are_turned(tmp_path: Path) -> None:
    """A bolt along Z, turned by 90° and back by 45° about X: a hexagon of 17 mm from 0 to 6, a shaft of 10 mm down to -40."""
    drawing = Drawing()
    drawing.part("bolt", bolt(), (0.5, 0.5, 0.5))
    drawing.assembly("inner", [Placed("bolt", "turned", (0, 0, 0), (1, 0, 0), 90)])
    drawing.assembly("top", [Placed("inner", "back", (0, 0, 1), (1, 0, 0), -45)])
    drawing.write(tmp_path / "turned.stp")
    made = convert(tmp_path / "job", tmp_path / "turned.stp")
    wide, head, shaft = 17 / math.sqrt(3), (8.5 + 6) / math.sqrt(2), (5 + 40) / math.sqrt(2)
    box = [float(value) for value in made.component("top").bbox or ()]
    assert box == pytest.approx([-wide, -head, 1 - shaft, wide, shaft, 1 + head], abs=1e-4)
    inner = [float(value) for value in made.component("inner").bbox or ()]
    assert inner == pytest.approx([-wide, -6, -8.5, wide, 40, 8.5], abs=1e-4)
