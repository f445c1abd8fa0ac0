"""Colours of components, faces and usages, from the file into the 3D model."""

from pathlib import Path

import pytest
from OCP.Quantity import Quantity_Color, Quantity_TOC_sRGB
from OCP.TopAbs import TopAbs_FACE
from OCP.TopExp import TopExp_Explorer
from OCP.XCAFDoc import XCAFDoc_ColorSurf

from tests.assets.make_as1 import Drawing, Placed, bolt
from tests.cad.conversion import Glb, convert

GREY, RED, BLUE = (0.5, 0.5, 0.5), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
LINEAR_GREY = 0.214041


def colors_of(glb: Glb, node: int) -> list[list[float]]:
    primitives = glb.document["meshes"][glb.document["nodes"][node]["mesh"]]["primitives"]
    materials = [glb.document["materials"][p["material"]]["pbrMetallicRoughness"]["baseColorFactor"][:3] for p in primitives]
    return sorted(materials)


def test_a_face_has_its_own_colour_and_a_usage_paints_all_below(tmp_path: Path) -> None:
    drawing = Drawing()
    shape = bolt()
    drawing.part("bolt", shape, GREY)
    face = TopExp_Explorer(shape, TopAbs_FACE).Current()
    drawing.colors.SetColor(
        drawing.shapes.AddSubShape(drawing.labels["bolt"], face), Quantity_Color(*RED, Quantity_TOC_sRGB), XCAFDoc_ColorSurf
    )
    drawing.assembly("top", [Placed("bolt", "plain"), Placed("bolt", "painted", (50, 0, 0))])
    painted = drawing.usage("top", 2)
    drawing.colors.SetColor(painted, Quantity_Color(*BLUE, Quantity_TOC_sRGB), XCAFDoc_ColorSurf)
    drawing.write(tmp_path / "colors.stp")
    made = convert(tmp_path / "job", tmp_path / "colors.stp")
    assert made.component("bolt").color == "#808080"
    glb = Glb.parse(made.bytes_of("glb"))
    nodes = {node["name"]: index for index, node in enumerate(glb.document["nodes"])}
    assert colors_of(glb, nodes["plain"]) == [pytest.approx([LINEAR_GREY] * 3, abs=1e-3), [1, 0, 0]]
    assert colors_of(glb, nodes["painted"]) == [[0, 0, 1], [0, 0, 1]]
