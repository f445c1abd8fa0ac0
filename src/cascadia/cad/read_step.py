"""Reads a STEP file into a tree of components and usages, by OpenCASCADE's XCAF."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from OCP.collections import Sequence_TDF_Label
from OCP.IFSelect import IFSelect_RetDone
from OCP.Interface import Interface_Static
from OCP.Message import Message
from OCP.Quantity import Quantity_Color, Quantity_TOC_sRGB
from OCP.StepBasic import StepBasic_Product
from OCP.STEPCAFControl import STEPCAFControl_Reader
from OCP.TCollection import TCollection_AsciiString, TCollection_ExtendedString
from OCP.TDataStd import TDataStd_Name
from OCP.TDF import TDF_Label, TDF_Tool
from OCP.TDocStd import TDocStd_Document
from OCP.TopoDS import TopoDS_Shape
from OCP.XCAFDoc import (
    XCAFDoc_ColorCurv,
    XCAFDoc_ColorGen,
    XCAFDoc_ColorSurf,
    XCAFDoc_ColorTool,
    XCAFDoc_DocumentTool,
    XCAFDoc_MaterialTool,
    XCAFDoc_ShapeTool,
)

from cascadia.cad.model import CadError

IDENTITY: Final = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
COLOR_TYPES: Final = (XCAFDoc_ColorSurf, XCAFDoc_ColorGen, XCAFDoc_ColorCurv)
EXTERNAL: Final = re.compile(rb"DOCUMENT_FILE\s*\(\s*'([^']*)'")


@dataclass(slots=True)
class ReadComponent:
    """A distinct component: its shape in its own frame, and what XCAF says of it."""

    key: str
    number: str
    name: str
    shape: TopoDS_Shape
    is_assembly: bool
    color: str | None
    density: float | None


@dataclass(frozen=True, slots=True)
class ReadUsage:
    """One component placed in another; 16 numbers, row by row, millimetres."""

    parent: str
    child: str
    key: str
    name: str
    placement: tuple[float, ...]


@dataclass(slots=True)
class ReadModel:
    """All of a file. `document` keeps the shapes and colours alive."""

    document: TDocStd_Document
    root: str = ""
    components: dict[str, ReadComponent] = field(default_factory=dict)
    usages: list[ReadUsage] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def read(path: Path, title: str) -> ReadModel:
    """The components and usages of a STEP file; `title` names a root that has to be made for several free shapes."""
    Message.DefaultMessenger_s().ChangePrinters().Clear()
    document = TDocStd_Document(TCollection_ExtendedString("cascadia"))
    reader = STEPCAFControl_Reader()
    reader.SetNameMode(True)
    reader.SetColorMode(True)
    reader.SetMatMode(True)
    Interface_Static.SetIVal_s("read.stepcaf.codepage", 5)
    if reader.ReadFile(str(path)) != IFSelect_RetDone or not reader.Transfer(document):
        raise CadError("cad_unreadable", "The file could not be read: its content is damaged or not what STEP allows. Export it again.")
    return _Reading(document, _product_ids(reader)).run(title, path)


def _product_ids(reader: STEPCAFControl_Reader) -> dict[str, str]:
    """Product name → product id, where the name is given to one product only."""
    model = reader.ChangeReader().StepModel()
    names: dict[str, set[str]] = {}
    for index in range(1, model.NbEntities() + 1):
        entity = model.Value(index)
        if isinstance(entity, StepBasic_Product):
            names.setdefault(_text(entity.Name()), set()).add(_text(entity.Id()))
    return {name: ids.pop() for name, ids in names.items() if len(ids) == 1}


def _text(handle: Any) -> str:
    return str(handle.ToCString()) if handle is not None else ""


class _Reading:
    """One document on its way into a `ReadModel`."""

    def __init__(self, document: TDocStd_Document, product_ids: dict[str, str]) -> None:
        self.shapes = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
        self.colors = XCAFDoc_DocumentTool.ColorTool_s(document.Main())
        self.product_ids = product_ids
        self.keys: dict[str, str] = {}
        self.taken: Counter[str] = Counter()
        self.model = ReadModel(document)

    def run(self, title: str, path: Path) -> ReadModel:
        free = Sequence_TDF_Label()
        self.shapes.GetFreeShapes(free)
        roots = [free.Value(i) for i in range(1, free.Length() + 1)]
        if not roots:
            raise CadError("cad_no_shapes", "The file holds no shapes. Export the model itself, not only its metadata.")
        keys = [self._component(label) for label in roots]
        self.model.root = keys[0] if len(keys) == 1 else self._made_root(title, keys)
        self.model.missing = _missing(path)
        return self.model

    def _made_root(self, title: str, keys: list[str]) -> str:
        key = self._unique(title)
        self.model.components[key] = ReadComponent(key, title, title, self.shapes.GetOneShape(), True, None, None)
        for index, child in enumerate(keys, start=1):
            name = self.model.components[child].name
            self.model.usages.append(ReadUsage(key, child, f"{name}_{index}", name, IDENTITY))
        return key

    def _component(self, label: TDF_Label) -> str:
        entry = _entry(label)
        if entry in self.keys:
            return self.keys[entry]
        name = _name(label) or "unnamed"
        number = self.product_ids.get(name) or name
        key = self.keys[entry] = self._unique(number)
        assembly = XCAFDoc_ShapeTool.IsAssembly_s(label)
        shape = XCAFDoc_ShapeTool.GetShape_s(label)
        self.model.components[key] = ReadComponent(key, number, name, shape, assembly, self._color(label), _density(label))
        if assembly:
            self._usages(label, key)
        return key

    def _usages(self, label: TDF_Label, parent: str) -> None:
        below = Sequence_TDF_Label()
        XCAFDoc_ShapeTool.GetComponents_s(label, below)
        taken: Counter[str] = Counter()
        for index in range(1, below.Length() + 1):
            instance, referred = below.Value(index), TDF_Label()
            if not XCAFDoc_ShapeTool.GetReferredShape_s(instance, referred):
                continue
            child = self._component(referred)
            name = _name(instance) or self.model.components[child].name
            taken[name] += 1
            key = name if taken[name] == 1 else f"{name}#{taken[name]}"
            self.model.usages.append(ReadUsage(parent, child, key, name, _placement(instance)))

    def _unique(self, number: str) -> str:
        self.taken[number] += 1
        return number if self.taken[number] == 1 else f"{number}#{self.taken[number]}"

    def _color(self, label: TDF_Label) -> str | None:
        color = Quantity_Color()
        if any(XCAFDoc_ColorTool.GetColor_s(label, kind, color) for kind in COLOR_TYPES):
            return hex_color(color)
        return None


def face_color(colors: XCAFDoc_ColorTool, face: TopoDS_Shape) -> str | None:
    """The colour that the file gives to one face, or None."""
    color = Quantity_Color()
    if any(colors.GetColor(face, kind, color) for kind in COLOR_TYPES):
        return hex_color(color)
    return None


def hex_color(color: Quantity_Color) -> str:
    """`#rrggbb` in sRGB."""
    red, green, blue = (round(max(0.0, min(1.0, v)) * 255) for v in color.Values(Quantity_TOC_sRGB))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _entry(label: TDF_Label) -> str:
    text = TCollection_AsciiString()
    TDF_Tool.Entry_s(label, text)
    return str(text.ToCString())


def _name(label: TDF_Label) -> str:
    attribute = TDataStd_Name()
    return str(attribute.Get().ToExtString()).strip() if label.FindAttribute(TDataStd_Name.GetID_s(), attribute) else ""


def _density(label: TDF_Label) -> float | None:
    """Grams per cubic centimetre, where the file says so."""
    density = XCAFDoc_MaterialTool.GetDensityForShape_s(label)
    return density if density > 0 else None


def _placement(label: TDF_Label) -> tuple[float, ...]:
    matrix = XCAFDoc_ShapeTool.GetLocation_s(label).Transformation()
    rows = [round(matrix.Value(r, c), 9) + 0.0 for r in (1, 2, 3) for c in (1, 2, 3, 4)]
    return (*rows, 0.0, 0.0, 0.0, 1.0)


def _missing(path: Path) -> list[str]:
    """Names of the documents that the file refers to: nothing outside of it is opened."""
    names = {m.group(1).decode("utf-8", errors="replace") for m in EXTERNAL.finditer(path.read_bytes())}
    return sorted(name for name in names if name)
