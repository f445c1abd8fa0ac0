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
from OCP.TopAbs import TopAbs_SOLID
from OCP.TopoDS import TopoDS_Shape
from OCP.XCAFDoc import XCAFDoc_DocumentTool, XCAFDoc_ShapeTool

from cascadia.cad import notes, source
from cascadia.cad.bodies import Bodies, bodies_of
from cascadia.cad.boxes import subshapes
from cascadia.cad.labels import entry, label_color, stated
from cascadia.cad.model import DEPTH_MAX, CadError, Rgba
from cascadia.cad.step_model import TOO_DEEP, Definition, Occurrence, Product, StepModel
from cascadia.structures.limits import key_of
from cascadia.structures.model import Note

UNREADABLE: Final = "The file is damaged: it does not follow the rules of STEP. Export it again."
NO_SHAPES: Final = "The file holds no shapes. Export the model itself, not only its metadata."
NO_PRODUCT: Final = (
    "The file holds shapes that belong to no product, so that nothing says what they are. "
    "Export the part or assembly itself from your CAD program, as STEP AP242 or AP214."
)
IDENTITY: Final = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ReadComponent:
    """A distinct component. `shape` is its own, None where it has none; `parts` are solids and faces with colours of their own."""

    key: str
    product: Product
    shape: TopoDS_Shape | None
    color: Rgba | None
    parts: Sequence[tuple[TopoDS_Shape, Rgba]] = ()
    is_assembly: bool = False
    stated: tuple[float | None, float | None] = (None, None)
    """Volume and area as the file itself says them, in a unit of its own."""


@dataclass(frozen=True, slots=True)
class ReadUsage:
    """One component used in another: 16 numbers, row by row, millimetres, or None where the file gives no place for it.

    A colour paints all that is below.
    """

    parent: str
    child: str
    key: str
    name: str
    placement: tuple[float, ...] | None
    color: Rgba | None
    designator: str | None = None


@dataclass(slots=True)
class ReadModel:
    """All of a file. `files` keep the shapes alive."""

    protocol: str
    unit: str
    root: str = ""
    components: dict[str, ReadComponent] = field(default_factory=dict)
    usages: list[ReadUsage] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)
    files: dict[Path, "_File"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _File:
    """One STEP file, transferred."""

    path: Path
    protocol: str
    document: TDocStd_Document
    entities: StepModel
    roots: Sequence[Definition]


def read(path: Path, scratch: Path, title: str) -> ReadModel:
    """The components and usages of a STEP file. `title` names a root that is made where the file has several; `scratch` is a folder."""
    Message.DefaultMessenger_s().ChangePrinters().Clear()
    return _Reading(scratch).run(path, title)


class _Reading:
    """Files on their way into a `ReadModel`."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._keys: dict[int, str] = {}
        self._taken: Counter[str] = Counter()
        self._files: dict[Path, _File] = {}
        self._model = ReadModel("", "")
        self._title = ""
        self._prepared = 0
        self._unreadable: dict[str, str] = {}

    def run(self, path: Path, title: str) -> ReadModel:
        file = self._file(path)
        self._model.protocol, self._model.unit, self._model.files = file.protocol, file.entities.unit(), self._files
        self._title = title
        keys = [self._component(file, definition, (file.path,)) for definition in file.roots]
        self._model.root = keys[0] if len(keys) == 1 else self._made_root(title, keys)
        return self._model

    def _file(self, path: Path) -> _File:
        if path not in self._files:
            self._prepared += 1
            given = source.prepared(path, self._scratch / f"file-{self._prepared}")
            self._files[path] = _transfer(given)
            self._model.notes += given.notes
        return self._files[path]

    def _made_root(self, title: str, keys: Sequence[str]) -> str:
        key = self._unique(title)
        self._model.components[key] = ReadComponent(key, Product(title, title, ""), None, None, is_assembly=True)
        for index, child in enumerate(keys, start=1):
            name = self._model.components[child].product.name
            self._model.usages.append(ReadUsage(key, child, str(index), name, IDENTITY, None))
        return key

    def _component(self, file: _File, definition: Definition, chain: tuple[Path, ...], depth: int = 0) -> str:
        if depth > DEPTH_MAX:
            raise CadError("cad_too_deep", TOO_DEEP)
        product = definition.product
        home, content, chain = self._content(file, definition, chain)
        if product.density is None:
            product = replace(product, density=content.product.density)
        if id(content) not in self._keys:
            self._keys[id(content)] = key = self._unique(product.number or "unnamed")
            self._model.components[key] = self._read(key, content, replace(product, name=self._name(key, product)))
            self._usages(home, content, key, chain, depth)
        return self._keys[id(content)]

    def _content(self, file: _File, definition: Definition, chain: tuple[Path, ...]) -> tuple[_File, Definition, tuple[Path, ...]]:
        """Where a component's shape or usages are: here, or in the document that it refers to when that lies beside the file."""
        document = definition.product.document
        if document is None or definition.uses:
            return file, definition, chain
        found = self._document(file, document, chain)
        if found is None:
            if document not in self._model.missing:
                self._model.missing.add(document)
                self._model.notes.append(notes.document_missing(document, self._unreadable.get(document)))
            return file, definition, chain
        other, root = found
        return other, root, (*chain, other.path)

    def _document(self, file: _File, name: str, chain: tuple[Path, ...]) -> tuple[_File, Definition] | None:
        """A document beside the file, with its only root; None where it is not there, not readable, or leads back to who refers to it."""
        path = source.beside(file.path, name)
        if path is None or path in chain:
            return None
        try:
            other = self._file(path)
        except CadError as error:
            self._unreadable[name] = error.message
            return None
        return (other, other.roots[0]) if len(other.roots) == 1 else None

    def _usages(self, file: _File, definition: Definition, parent: str, chain: tuple[Path, ...], depth: int) -> None:
        called = [use.occurrence for use in definition.uses]
        for use, key in zip(definition.uses, usage_keys(called), strict=True):
            child = self._component(file, use.child, chain, depth + 1)
            name = use.occurrence.name or self._model.components[child].product.name
            place, color = (None, None) if use.instance is None else (_placement(use.instance), label_color(use.instance))
            self._model.usages.append(ReadUsage(parent, child, key, name, place, color, use.occurrence.designator or None))

    def _read(self, key: str, definition: Definition, product: Product) -> ReadComponent:
        is_assembly, bodies = bool(definition.uses), Bodies(None)
        if definition.label is not None:
            bodies = bodies_of(definition.label, {entry(use.instance) for use in definition.uses if use.instance is not None})
        words = notes.called(product.number, product.name)
        if bodies.shape is None and definition.items and not bodies.lines:
            self._model.notes.append(notes.shape_unreadable(key, words))
        solids = len(subshapes(bodies.shape, TopAbs_SOLID)) if bodies.shape is not None else definition.solids
        if solids < definition.solids:
            self._model.notes.append(notes.bodies_lost(key, words, solids, definition.solids))
        color, said = (label_color(definition.label), stated(definition.label)) if definition.label is not None else (None, (None, None))
        return ReadComponent(key, product, bodies.shape, color, bodies.parts, is_assembly, said)

    def _name(self, key: str, product: Product) -> str:
        """The product's name, or one that is made where the file has none."""
        if product.name:
            return product.name
        made = f"Component {len(self._model.components) + 1}" if self._model.components else self._title
        self._model.notes.append(notes.name_given(key, made))
        return made

    def _unique(self, number: str) -> str:
        """A key for a component; numbers that a file gives twice get `#2`, `#3`, and long ones a digest."""
        number = key_of(number)
        self._taken[number] += 1
        key = number if self._taken[number] == 1 else f"{number}#{self._taken[number]}"
        return key if key not in self._model.components else self._unique(key)


def _transfer(given: source.Source) -> _File:
    document = TDocStd_Document(TCollection_ExtendedString("XmlXCAF"))
    reader = STEPCAFControl_Reader()
    reader.SetMatMode(False)
    if reader.ReadFile(str(given.readable)) != IFSelect_RetDone:
        raise CadError("cad_unreadable", UNREADABLE)
    try:
        entities = StepModel(reader)
        if not reader.Transfer(document) and not entities.is_structured:
            raise CadError("cad_no_product", NO_PRODUCT) if entities.has_bodies else CadError("cad_no_shapes", NO_SHAPES)
        roots = entities.link(XCAFDoc_DocumentTool.ShapeTool_s(document.Main()))
    except (AttributeError, TypeError, UnicodeError) as error:  # OCP hands out None for what the schema requires and a damaged file lacks
        raise CadError("cad_unreadable", UNREADABLE) from error
    if not roots:
        raise CadError("cad_no_shapes", NO_SHAPES)
    return _File(given.home, given.protocol, document, entities, roots)


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
