"""Writes an assembly of many distinct parts, or measures what OpenCASCADE takes for one.

python -m benchmarks.many_parts FILE NUMBER SEED      the last part differs by the seed, all others are the same
python -m benchmarks.many_parts floor FILE            {"read": seconds, "mesh": seconds}
"""

import json
import math
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cascadia.cad import native

native.load()

from OCP.Bnd import Bnd_Box  # noqa: E402 - after the libraries that OpenCASCADE is linked with
from OCP.BRepAlgoAPI import BRepAlgoAPI_Fuse  # noqa: E402
from OCP.BRepBndLib import BRepBndLib  # noqa: E402
from OCP.BRepFilletAPI import BRepFilletAPI_MakeFillet  # noqa: E402
from OCP.BRepMesh import BRepMesh_IncrementalMesh  # noqa: E402
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCylinder  # noqa: E402
from OCP.collections import Sequence_TDF_Label  # noqa: E402
from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt  # noqa: E402
from OCP.Message import Message  # noqa: E402
from OCP.STEPCAFControl import STEPCAFControl_Reader  # noqa: E402
from OCP.TCollection import TCollection_ExtendedString  # noqa: E402
from OCP.TDocStd import TDocStd_Document  # noqa: E402
from OCP.TopAbs import TopAbs_EDGE  # noqa: E402
from OCP.TopoDS import TopoDS, TopoDS_Shape  # noqa: E402
from OCP.XCAFDoc import XCAFDoc_DocumentTool, XCAFDoc_ShapeTool  # noqa: E402

from cascadia.cad.boxes import subshapes  # noqa: E402
from cascadia.cad.tessellate import ANGLE, RELATIVE_DEFLECTION  # noqa: E402
from tests.assets.make_as1 import Drawing, Placed, drilled  # noqa: E402

PITCH: Final = 250.0
ROW: Final = 20
SEED: Final = 1


def plate(chance: random.Random) -> TopoDS_Shape:
    """A plate with holes."""
    width, depth, height = (round(chance.uniform(*bounds), 1) for bounds in ((40, 200), (30, 150), (3, 20)))
    shape = BRepPrimAPI_MakeBox(width, depth, height).Shape()
    holes = chance.randint(2, 8)
    for hole in range(holes):
        at = round(width * (hole + 1) / (holes + 1), 2), round(depth * chance.uniform(0.25, 0.75), 2), -1.0
        shape = drilled(shape, at, round(chance.uniform(1, 3), 2), height + 2)
    return shape


def flange(chance: random.Random) -> TopoDS_Shape:
    """A flange with a neck and a circle of holes."""
    radius, height = round(chance.uniform(20, 80), 1), round(chance.uniform(5, 20), 1)
    disc, neck = BRepPrimAPI_MakeCylinder(radius, height).Shape(), BRepPrimAPI_MakeCylinder(radius * 0.5, height * 3).Shape()
    shape = drilled(BRepAlgoAPI_Fuse(disc, neck).Shape(), (0, 0, -1), radius * 0.3, height * 3 + 2)
    holes = chance.randint(3, 8)
    for hole in range(holes):
        angle = 2 * math.pi * hole / holes
        shape = drilled(shape, (radius * 0.75 * math.cos(angle), radius * 0.75 * math.sin(angle), -1), radius * 0.06, height + 2)
    return shape


def shaft(chance: random.Random) -> TopoDS_Shape:
    """A turned shaft of steps."""
    shape, at = BRepPrimAPI_MakeCylinder(round(chance.uniform(4, 20), 1), 10.0).Shape(), 10.0
    for _ in range(chance.randint(1, 5)):
        length = round(chance.uniform(5, 40), 1)
        step = BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(0, 0, at), gp_Dir(0, 0, 1)), round(chance.uniform(4, 20), 1), length).Shape()
        shape, at = BRepAlgoAPI_Fuse(shape, step).Shape(), at + length
    return shape


def block(chance: random.Random) -> TopoDS_Shape:
    """A block with all its edges rounded."""
    shape = BRepPrimAPI_MakeBox(*(round(chance.uniform(20, 90), 1) for _ in range(3))).Shape()
    rounding, radius = BRepFilletAPI_MakeFillet(shape), round(chance.uniform(1, 4), 2)
    for edge in subshapes(shape, TopAbs_EDGE):
        rounding.Add(radius, TopoDS.Edge(edge))
    return rounding.Shape()


KINDS: Final[tuple[Callable[[random.Random], TopoDS_Shape], ...]] = (plate, flange, block, shaft)


def write(path: Path, number: int) -> None:
    """The whole assembly as one STEP file."""
    chance, drawing, placed = random.Random(SEED), Drawing(), []
    for part in range(number):
        name = f"PART-{part:04}"
        drawing.part(name, KINDS[part % len(KINDS)](chance), (chance.random(), chance.random(), chance.random()))
        placed.append(Placed(name, f"{name}:1", (PITCH * (part % ROW), PITCH * (part // ROW), 0)))
    drawing.assembly("MANY", placed)
    drawing.write(path)


def floor(path: Path) -> dict[str, float]:
    """Seconds that OpenCASCADE takes to read the file, and to mesh its shapes as finely as the converter does."""
    Message.DefaultMessenger_s().ChangePrinters().Clear()
    began = time.perf_counter()
    document, reader = TDocStd_Document(TCollection_ExtendedString("XmlXCAF")), STEPCAFControl_Reader()
    reader.ReadFile(str(path))
    reader.Transfer(document)
    read = time.perf_counter()
    labels = Sequence_TDF_Label()
    XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).GetShapes(labels)
    for index in range(1, labels.Length() + 1):
        if not XCAFDoc_ShapeTool.IsAssembly_s(labels.Value(index)):
            shape, box = XCAFDoc_ShapeTool.GetShape_s(labels.Value(index)), Bnd_Box()
            BRepBndLib.Add_s(shape, box)
            BRepMesh_IncrementalMesh(shape, math.sqrt(box.SquareExtent()) * RELATIVE_DEFLECTION, False, ANGLE, False)
    return {"read": read - began, "mesh": time.perf_counter() - read}


if __name__ == "__main__":
    if sys.argv[1] == "floor":
        sys.stdout.write(json.dumps(floor(Path(sys.argv[2]))) + "\n")
    else:
        write(Path(sys.argv[1]), int(sys.argv[2]))
