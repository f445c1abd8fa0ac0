"""Writes an assembly like the well-known as1 with OpenCASCADE: a plate, two brackets bolted on it, a rod through both.

    python tests/assets/make_as1.py as1.stp [--schema AP203|AP214|AP242] [--unit mm|in] [--density]

Five leaf parts, 13 usages, 27 occurrences (18 of leaves: plate 1, bracket 2, rod 1, bolt 6, nut 8), 9 lines of a BOM. The same
arguments give the same model (OpenCASCADE writes colours in any order).
"""

import argparse
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cascadia.cad import native

native.load()

from OCP.BRepAlgoAPI import BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse  # noqa: E402 - after the libraries that OpenCASCADE is linked with
from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeFace, BRepBuilderAPI_MakePolygon  # noqa: E402
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCylinder, BRepPrimAPI_MakePrism  # noqa: E402
from OCP.collections import Sequence_TDF_Label  # noqa: E402
from OCP.gp import gp_Ax1, gp_Ax2, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec  # noqa: E402
from OCP.IFSelect import IFSelect_RetDone  # noqa: E402
from OCP.Interface import Interface_Static  # noqa: E402
from OCP.Message import Message  # noqa: E402
from OCP.Quantity import Quantity_Color, Quantity_TOC_sRGB  # noqa: E402
from OCP.STEPCAFControl import STEPCAFControl_Writer  # noqa: E402
from OCP.TCollection import TCollection_ExtendedString, TCollection_HAsciiString  # noqa: E402
from OCP.TDataStd import TDataStd_Name  # noqa: E402
from OCP.TDF import TDF_Label  # noqa: E402
from OCP.TDocStd import TDocStd_Document  # noqa: E402
from OCP.TopLoc import TopLoc_Location  # noqa: E402
from OCP.TopoDS import TopoDS_Shape  # noqa: E402
from OCP.XCAFDoc import XCAFDoc_ColorSurf, XCAFDoc_DocumentTool  # noqa: E402

SCHEMAS: Final = {"AP203": "AP203", "AP214": "AP214IS", "AP242": "AP242DIS"}
UNITS: Final = {"mm": "MM", "in": "INCH"}
COLORS: Final = {
    "plate": (0.45, 0.55, 0.66),
    "l-bracket": (0.93, 0.60, 0.22),
    "rod": (0.72, 0.75, 0.78),
    "bolt": (0.30, 0.34, 0.40),
    "nut": (0.84, 0.72, 0.38),
}
STEEL_G_PER_CM3: Final = 7.85
PLATE: Final = (200.0, 140.0, 16.0)
BRACKET_HOLES: Final = ((20.0, 20.0), (44.0, 40.0), (20.0, 60.0))
ROD_AT: Final = (6.0, 40.0, 50.0)


@dataclass(frozen=True, slots=True)
class Placed:
    """A component in its parent: moved, and turned before by degrees about an axis."""

    child: str
    name: str
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    axis: tuple[float, float, float] = (0.0, 0.0, 1.0)
    degrees: float = 0.0


ASSEMBLIES: Final[Mapping[str, Sequence[Placed]]] = {
    "nut-bolt-assembly": (Placed("bolt", "bolt_1"), Placed("nut", "nut_1", (0, 0, -34))),
    "l-bracket-assembly": (
        Placed("l-bracket", "l-bracket_1"),
        *(Placed("nut-bolt-assembly", f"nut-bolt-assembly_{n}", (x, y, 12)) for n, (x, y) in enumerate(BRACKET_HOLES, start=1)),
    ),
    "rod-assembly": (
        Placed("rod", "rod_1"),
        Placed("nut", "nut_1", (0, 0, 14)),
        Placed("nut", "nut_2", (0, 0, 180)),
    ),
    "as1": (
        Placed("plate", "plate_1"),
        Placed("l-bracket-assembly", "l-bracket-assembly_1", (26, 30, PLATE[2])),
        Placed("l-bracket-assembly", "l-bracket-assembly_2", (174, 110, PLATE[2]), degrees=180),
        Placed("rod-assembly", "rod-assembly_1", (0, 70, PLATE[2] + ROD_AT[2]), (0, 1, 0), 90),
    ),
}
"""Children before parents."""


def plate() -> TopoDS_Shape:
    """A plate with the holes of both brackets."""
    shape = BRepPrimAPI_MakeBox(*PLATE).Shape()
    for x, y in BRACKET_HOLES:
        shape = drilled(shape, (26 + x, 30 + y, -1), 5.5, PLATE[2] + 2)
        shape = drilled(shape, (174 - x, 110 - y, -1), 5.5, PLATE[2] + 2)
    return shape


def bracket() -> TopoDS_Shape:
    """An L with three holes below, one for the rod, and a notch that gives it a hand: its mirror image is another part."""
    foot = BRepPrimAPI_MakeBox(64.0, 80.0, 12.0).Shape()
    shape = BRepAlgoAPI_Fuse(foot, BRepPrimAPI_MakeBox(12.0, 80.0, 76.0).Shape()).Shape()
    for x, y in BRACKET_HOLES:
        shape = drilled(shape, (x, y, -1), 5.5, 14)
    shape = drilled(shape, (-1, ROD_AT[1], ROD_AT[2]), 5.5, 14, gp_Dir(1, 0, 0))
    return BRepAlgoAPI_Cut(shape, BRepPrimAPI_MakeBox(gp_Pnt(52, 68, -1), gp_Pnt(65, 81, 13)).Shape()).Shape()


def rod() -> TopoDS_Shape:
    """A rod along Z."""
    return BRepPrimAPI_MakeCylinder(5.0, 200.0).Shape()


def bolt() -> TopoDS_Shape:
    """A bolt whose head lies on Z = 0 and whose shaft points down."""
    shaft = BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(0, 0, -40), gp_Dir(0, 0, 1)), 5.0, 40.0).Shape()
    return BRepAlgoAPI_Fuse(hexagon(17.0, 6.0), shaft).Shape()


def nut() -> TopoDS_Shape:
    """A nut from Z = 0 to 6, for the bolt and for the rod."""
    return drilled(hexagon(17.0, 6.0), (0, 0, -1), 5.0, 8)


def hexagon(across_flats: float, height: float) -> TopoDS_Shape:
    """A hexagonal prism on Z = 0."""
    radius = across_flats / math.sqrt(3)
    polygon = BRepBuilderAPI_MakePolygon()
    for corner in range(6):
        angle = math.radians(60 * corner)
        polygon.Add(gp_Pnt(radius * math.cos(angle), radius * math.sin(angle), 0))
    polygon.Close()
    return BRepPrimAPI_MakePrism(BRepBuilderAPI_MakeFace(polygon.Wire()).Face(), gp_Vec(0, 0, height)).Shape()


def drilled(shape: TopoDS_Shape, at: tuple[float, float, float], radius: float, depth: float, along: gp_Dir | None = None) -> TopoDS_Shape:
    """The shape without a cylinder that begins at a point."""
    tool = BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(*at), along or gp_Dir(0, 0, 1)), radius, depth).Shape()
    return BRepAlgoAPI_Cut(shape, tool).Shape()


PARTS: Final = {"plate": plate, "l-bracket": bracket, "rod": rod, "bolt": bolt, "nut": nut}


class Drawing:
    """An XCAF document in the making: parts and assemblies by name, then one STEP file."""

    def __init__(self) -> None:
        self.document = TDocStd_Document(TCollection_ExtendedString("XmlXCAF"))
        main = self.document.Main()
        self.shapes = XCAFDoc_DocumentTool.ShapeTool_s(main)
        self.colors = XCAFDoc_DocumentTool.ColorTool_s(main)
        self.materials = XCAFDoc_DocumentTool.MaterialTool_s(main)
        self.labels: dict[str, TDF_Label] = {}

    def part(self, name: str, shape: TopoDS_Shape, color: Sequence[float], density: float | None = None) -> None:
        """A part with a colour, sRGB from 0 to 1, and a density in g/cm³."""
        label = self._named(self.shapes.AddShape(shape, False), name)
        self.colors.SetColor(label, Quantity_Color(*color, Quantity_TOC_sRGB), XCAFDoc_ColorSurf)
        if density is not None:
            words = (TCollection_HAsciiString(word) for word in ("steel", "S235", "density measure", "POSITIVE_RATIO_MEASURE"))
            material, description, called, kind = words
            self.materials.SetMaterial(label, material, description, density, called, kind)

    def assembly(self, name: str, placed: Sequence[Placed]) -> None:
        """An assembly of parts and assemblies that exist already."""
        label = self._named(self.shapes.NewShape(), name)
        for each in placed:
            self._name(self.shapes.AddComponent(label, self.labels[each.child], _location(each)), each.name)

    def usage(self, assembly: str, number: int) -> TDF_Label:
        """The label of an assembly's usage, counted from 1."""
        found = Sequence_TDF_Label()
        self.shapes.GetComponents_s(self.labels[assembly], found, False)
        return found.Value(number)

    def write(self, path: Path, schema: str = "AP214", unit: str = "mm") -> None:
        """Writes the file, always with the same date."""
        self.shapes.UpdateAssemblies()
        Message.DefaultMessenger_s().ChangePrinters().Clear()
        writer = STEPCAFControl_Writer()
        for setting, value in (("write.step.schema", SCHEMAS[schema]), ("write.step.unit", UNITS[unit])):
            if not Interface_Static.SetCVal_s(setting, value):
                raise ValueError(f"OpenCASCADE does not know {value}")
        writer.SetMaterialMode(True)
        if not writer.Transfer(self.document) or writer.Write(str(path)) != IFSelect_RetDone:
            raise OSError(f"could not write {path}")
        text = path.read_bytes()
        path.write_bytes(re.sub(rb"'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d'", b"'2026-01-01T00:00:00'", text, count=1))

    def _named(self, label: TDF_Label, name: str) -> TDF_Label:
        self._name(label, name)
        self.labels[name] = label
        return label

    def _name(self, label: TDF_Label, name: str) -> None:
        TDataStd_Name.Set_s(label, TCollection_ExtendedString(name, True))


def _location(placed: Placed) -> TopLoc_Location:
    turned, moved = gp_Trsf(), gp_Trsf()
    turned.SetRotation(gp_Ax1(gp_Pnt(0, 0, 0), gp_Dir(*placed.axis)), math.radians(placed.degrees))
    moved.SetTranslation(gp_Vec(*placed.at))
    return TopLoc_Location(moved.Multiplied(turned))


def write_as1(path: Path, schema: str = "AP214", unit: str = "mm", *, density: bool = False) -> None:
    """The whole assembly as one STEP file."""
    drawing = Drawing()
    for name, make in PARTS.items():
        drawing.part(name, make(), COLORS[name], STEEL_G_PER_CM3 if density else None)
    for name, placed in ASSEMBLIES.items():
        drawing.assembly(name, placed)
    drawing.write(path, schema, unit)


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the file that the command line asks for."""
    parser = argparse.ArgumentParser(description="Writes an assembly like as1 as STEP.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--schema", choices=sorted(SCHEMAS), default="AP214")
    parser.add_argument("--unit", choices=sorted(UNITS), default="mm")
    parser.add_argument("--density", action="store_true", help="gives every part the density of steel")
    wanted: Any = parser.parse_args(arguments)
    write_as1(wanted.path, wanted.schema, wanted.unit, density=wanted.density)


if __name__ == "__main__":
    main()
