"""Reads a STEP file, with the documents beside it that it refers to, into components and usages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from OCP.gp import gp_Trsf
from OCP.IFSelect import IFSelect_RetDone
from OCP.Message import Message
from OCP.STEPCAFControl import STEPCAFControl_Reader
from OCP.TCollection import TCollection_ExtendedString
from OCP.TDF import TDF_Label
from OCP.TDocStd import TDocStd_Document
from OCP.TopoDS import TopoDS_Shape
from OCP.XCAFDoc import XCAFDoc_DocumentTool, XCAFDoc_ShapeTool

from cascadia.cad import source
from cascadia.cad.labels import coloured_parts, entry, free_labels, instances, label_color, referred
from cascadia.cad.model import CadError, Rgba
from cascadia.cad.step_model import Occurrence, Product, StepModel
from cascadia.structures.limits import key_of

DEPTH_MAX: Final = 200
UNREADABLE: Final = "The file is damaged: it does not follow the rules of STEP. Export it again."
NO_SHAPES: Final = "The file holds no shapes. Export the model itself, not only its metadata."
IDENTITY: Final = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ReadComponent:
    """A distinct component. `shape` is None for an assembly; `parts` are its solids and faces with colours of their own."""

    key: str
    product: Product
    shape: TopoDS_Shape | None
    color: Rgba | None
    parts: Sequence[tuple[TopoDS_Shape, Rgba]] = ()

    @property
    def is_assembly(self) -> bool:
        """Whether it consists of usages instead of a shape."""
        return self.shape is None


@dataclass(frozen=True, slots=True)
class ReadUsage:
    """One component placed in another: 16 numbers, row by row, millimetres. A colour paints all that is below."""

    parent: str
    child: str
    key: str
    name: str
    placement: tuple[float, ...]
    color: Rgba | None


@dataclass(slots=True)
class ReadModel:
    """All of a file. `files` keep the shapes alive."""

    protocol: str
    unit: str
    root: str = ""
    components: dict[str, ReadComponent] = field(default_factory=dict)
    usages: list[ReadUsage] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    files: dict[Path, "_File"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _File:
    """One STEP file, transferred."""

    path: Path
    protocol: str
    document: TDocStd_Document
    entities: StepModel

    def roots(self) -> list[TDF_Label]:
        return list(free_labels(XCAFDoc_DocumentTool.ShapeTool_s(self.document.Main())))


def read(path: Path, scratch: Path, title: str) -> ReadModel:
    """The components and usages of a STEP file. `title` names a root that is made where the file has several; `scratch` is a folder."""
    Message.DefaultMessenger_s().ChangePrinters().Clear()
    return _Reading(scratch).run(path, title)


class _Reading:
    """Files on their way into a `ReadModel`."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._keys: dict[tuple[Path, str], str] = {}
        self._taken: Counter[str] = Counter()
        self._files: dict[Path, _File] = {}
        self._model = ReadModel("", "")

    def run(self, path: Path, title: str) -> ReadModel:
        file = self._file(path)
        self._model = ReadModel(file.protocol, file.entities.unit(), files=self._files)
        roots = file.roots()
        if not roots:
            raise CadError("cad_no_shapes", NO_SHAPES)
        keys = [self._component(file, label, (path,)) for label in roots]
        self._model.root = keys[0] if len(keys) == 1 else self._made_root(title, keys)
        return self._model

    def _file(self, path: Path) -> _File:
        if path not in self._files:
            protocol = source.check(path)
            readable = source.in_utf8(path, self._scratch / f"utf8-{len(self._files)}.stp")
            self._files[path] = _transfer(path, readable, protocol)
        return self._files[path]

    def _made_root(self, title: str, keys: Sequence[str]) -> str:
        key = self._unique(title)
        self._model.components[key] = ReadComponent(key, Product(title, title, ""), None, None)
        for index, child in enumerate(keys, start=1):
            name = self._model.components[child].product.name
            self._model.usages.append(ReadUsage(key, child, str(index), name, IDENTITY, None))
        return key

    def _component(self, file: _File, label: TDF_Label, chain: tuple[Path, ...], depth: int = 0) -> str:
        if depth > DEPTH_MAX:
            raise CadError("cad_too_deep", f"Its assemblies are nested more than {DEPTH_MAX} deep. Import its sub-assemblies one by one.")
        product = file.entities.product(label)
        home, content, chain = self._content(file, label, product, chain)
        if product.density is None:
            product = replace(product, density=home.entities.product(content).density)
        place = (home.path, entry(content))
        if place not in self._keys:
            self._keys[place] = key = self._unique(product.number or "unnamed")
            self._model.components[key] = _read_component(key, content, product)
            self._usages(home, content, key, chain, depth)
        return self._keys[place]

    def _content(
        self, file: _File, label: TDF_Label, product: Product, chain: tuple[Path, ...]
    ) -> tuple[_File, TDF_Label, tuple[Path, ...]]:
        """Where a component's shape or usages are: here, or in the document that it refers to when that lies beside the file."""
        if product.document is None or XCAFDoc_ShapeTool.IsAssembly_s(label):
            return file, label, chain
        found = self._document(file, product.document, chain)
        if found is None:
            self._model.missing.add(product.document)
            return file, label, chain
        other, root = found
        return other, root, (*chain, other.path)

    def _document(self, file: _File, name: str, chain: tuple[Path, ...]) -> tuple[_File, TDF_Label] | None:
        """A document beside the file, with its only root; None where it is not there, not readable, or leads back to who refers to it."""
        path = source.beside(file.path, name)
        if path is None or path in chain:
            return None
        try:
            other = self._file(path)
        except CadError:
            return None
        roots = other.roots()
        return (other, roots[0]) if len(roots) == 1 else None

    def _usages(self, file: _File, label: TDF_Label, parent: str, chain: tuple[Path, ...], depth: int) -> None:
        below = list(instances(label)) if XCAFDoc_ShapeTool.IsAssembly_s(label) else []
        called = [file.entities.occurrence(instance) for instance in below]
        for instance, occurrence, key in zip(below, called, usage_keys(called), strict=True):
            child = self._component(file, referred(instance), chain, depth + 1)
            name = occurrence.name or self._model.components[child].product.name
            self._model.usages.append(ReadUsage(parent, child, key, name, _placement(instance), label_color(instance)))

    def _unique(self, number: str) -> str:
        """A key for a component; numbers that a file gives twice get `#2`, `#3`, and long ones a digest."""
        number = key_of(number)
        self._taken[number] += 1
        key = number if self._taken[number] == 1 else f"{number}#{self._taken[number]}"
        return key if key not in self._model.components else self._unique(key)


def _transfer(path: Path, readable: Path, protocol: str) -> _File:
    document = TDocStd_Document(TCollection_ExtendedString("XmlXCAF"))
    reader = STEPCAFControl_Reader()
    reader.SetMatMode(False)
    if reader.ReadFile(str(readable)) != IFSelect_RetDone:
        raise CadError("cad_unreadable", UNREADABLE)
    try:
        entities = StepModel(reader)
        if not reader.Transfer(document):
            raise CadError("cad_no_shapes", NO_SHAPES)
        entities.link(XCAFDoc_DocumentTool.ShapeTool_s(document.Main()))
    except (AttributeError, TypeError, UnicodeError) as error:  # OCP hands out None for what the schema requires and a damaged file lacks
        raise CadError("cad_unreadable", UNREADABLE) from error
    return _File(path, protocol, document, entities)


def _read_component(key: str, label: TDF_Label, product: Product) -> ReadComponent:
    assembly = XCAFDoc_ShapeTool.IsAssembly_s(label)
    parts = [] if assembly else [(XCAFDoc_ShapeTool.GetShape_s(part), color) for part, color in coloured_parts(label)]
    shape = None if assembly else XCAFDoc_ShapeTool.GetShape_s(label)
    return ReadComponent(key, product, shape, label_color(label), parts)


def usage_keys(called: Sequence[Occurrence]) -> list[str]:
    """A key for each usage of one parent: the names where they tell them apart, else the ids, else names with `#2`, `#3`.

    Names come first: exporters number ids anew each time, so a name finds the same usage again in the next export.
    """
    for keys in ([key_of(o.name) for o in called], [key_of(o.id) for o in called]):
        if all(keys) and len(set(keys)) == len(keys):
            return keys
    taken: Counter[str] = Counter()
    made: list[str] = []
    for occurrence in called:
        name = key_of(occurrence.name or occurrence.id or "usage")
        while (key := _numbered(name, taken)) in made:
            continue
        made.append(key)
    return made


def _numbered(name: str, taken: Counter[str]) -> str:
    taken[name] += 1
    return name if taken[name] == 1 else f"{name}#{taken[name]}"


def _placement(instance: TDF_Label) -> tuple[float, ...]:
    """Row by row. Rounded to 1e-9, so that the noise of a frame's normalisation does not show."""
    transformation: gp_Trsf = XCAFDoc_ShapeTool.GetLocation_s(instance).Transformation()
    rows = [round(float(transformation.Value(row, column)), 9) + 0.0 for row in (1, 2, 3) for column in (1, 2, 3, 4)]
    return (*rows, 0.0, 0.0, 0.0, 1.0)
