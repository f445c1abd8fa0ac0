"""What the entities of a STEP file say and XCAF does not carry: product ids, names of usages, external documents, the unit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from OCP.collections import Sequence_TCollection_AsciiString
from OCP.StepAP214 import StepAP214_AppliedExternalIdentificationAssignment
from OCP.StepBasic import StepBasic_DocumentFile, StepBasic_ExternalSource, StepBasic_ProductDefinition, StepBasic_SourceItem
from OCP.STEPCAFControl import STEPCAFControl_Reader
from OCP.STEPConstruct import STEPConstruct_ExternRefs, STEPConstruct_Tool
from OCP.StepRepr import StepRepr_NextAssemblyUsageOccurrence
from OCP.TCollection import TCollection_HAsciiString
from OCP.TDF import TDF_Label
from OCP.XCAFDoc import XCAFDoc_ShapeTool

from cascadia.cad import density
from cascadia.cad.labels import entry, label_name, referred
from cascadia.cad.model import CadError
from cascadia.kernel.text import harmless

UNITS: Final = {"millimetre": "mm", "centimetre": "cm", "metre": "m", "micrometre": "um", "inch": "in", "foot": "ft"}
ENTITIES: Final = (
    StepBasic_DocumentFile,
    StepBasic_ExternalSource,
    StepBasic_ProductDefinition,
    StepAP214_AppliedExternalIdentificationAssignment,
    StepRepr_NextAssemblyUsageOccurrence,
    density.LINK,
)


@dataclass(frozen=True, slots=True)
class Product:
    """A component as the file identifies it; density in kg/mm³; `document` is the file where its content is."""

    number: str
    name: str
    description: str
    density: float | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What a file calls one usage of a component: its id is unique in good files, its name is what people see."""

    id: str
    name: str


class StepModel:
    """The entities of one file, by the labels that XCAF made of them. Make it before the transfer, `link` it after.

    Product definitions are compared by identity: OCP hands out the same object for the same entity as long as one is kept, and the
    model's own numbering (`Number`) answers 0 for all of them.
    """

    def __init__(self, reader: STEPCAFControl_Reader) -> None:
        self._reader = reader
        self._read = _read_entities(reader.ChangeReader().StepModel())
        self._products: dict[Any, Product] = {d: _product(d) for d in self._entities(StepBasic_ProductDefinition)}
        self._refuse_cycles()
        self._note_documents()
        self._note_densities()
        self._by_label: dict[str, Any] = {}
        self._occurrences: dict[str, Occurrence] = {}

    def link(self, shapes: XCAFDoc_ShapeTool) -> None:
        """Finds out which label stands for which product and usage."""
        tool, labels = STEPConstruct_Tool(self._reader.ChangeReader().WS()), self._reader.GetShapeLabelMap()
        for usage in self._entities(StepRepr_NextAssemblyUsageOccurrence):
            instance = STEPCAFControl_Reader.FindInstance_s(usage, shapes, tool, labels)
            if instance.IsNull():
                continue
            self._occurrences[entry(instance)] = Occurrence(text(usage.Id()), text(usage.Name()))
            self._link(instance.Father(), usage.RelatingProductDefinition())
            self._link(referred(instance), usage.RelatedProductDefinition())

    def product(self, label: TDF_Label) -> Product:
        """The product of a component's label; what the label itself says where the file names no product."""
        name = label_name(label)
        definition = self._by_label.get(entry(label)) or self._by_name(name)
        return self._products[definition] if definition is not None else Product(name, name, "")

    def occurrence(self, instance: TDF_Label) -> Occurrence:
        """What the file calls the usage behind an instance's label."""
        return self._occurrences.get(entry(instance)) or Occurrence("", label_name(instance))

    def unit(self) -> str:
        """The length unit of the file: `mm`, `in`, … or its own word; `mm` where it says nothing."""
        lengths, angles, solids = (Sequence_TCollection_AsciiString() for _ in range(3))
        self._reader.ChangeReader().FileUnits(lengths, angles, solids)
        if not lengths.Length():
            return "mm"
        name = str(lengths.Value(1).ToCString()).lower()
        return UNITS.get(name, name)

    def _link(self, label: TDF_Label, definition: Any) -> None:
        if definition in self._products and not label.IsNull():
            self._by_label.setdefault(entry(label), definition)

    def _by_name(self, name: str) -> Any:
        """The product behind a single part, which no usage leads to; None where there is none."""
        linked = set(self._by_label.values())
        return next((d for d, p in self._products.items() if d not in linked and name in {p.name, p.number}), None)

    def _note_documents(self) -> None:
        """Products whose content is another file. The files' names are taken out of the model: OpenCASCADE would open any path."""
        references = self._references()
        for index in range(1, references.NbExternRefs() + 1):
            definition, name = references.ProdDef(index), str(references.FileName(index) or "").strip()
            if definition in self._products and name:
                self._products[definition] = replace(self._products[definition], document=name)
        for document in self._entities(StepBasic_DocumentFile):
            document.SetId(TCollection_HAsciiString(""))
        for source in self._entities(StepBasic_ExternalSource):
            source.SetSourceId(StepBasic_SourceItem())
        for assignment in self._entities(StepAP214_AppliedExternalIdentificationAssignment):
            assignment.SetAssignedId(TCollection_HAsciiString(""))
        left = self._references()
        if any(left.FileName(index) for index in range(1, left.NbExternRefs() + 1)):
            raise CadError("cad_unsafe_documents", "The file refers to other files in a way that is not supported. Export it as one file.")

    def _refuse_cycles(self) -> None:
        """OpenCASCADE would drop the usages of a cycle and show an assembly as one part, without a word."""
        below: dict[Any, list[Any]] = {}
        for usage in self._entities(StepRepr_NextAssemblyUsageOccurrence):
            user, used = usage.RelatingProductDefinition(), usage.RelatedProductDefinition()
            if user is not None and used is not None:
                below.setdefault(user, []).append(used)
        if (circle := cycle_in(below)) is None:
            return
        path = " → ".join((self._products[d].number or "unnamed") if d in self._products else "unnamed" for d in circle)
        raise CadError("cad_cycle", f"In the file a component contains itself: {path}. Repair the assembly in your CAD program.")

    def _references(self) -> STEPConstruct_ExternRefs:
        session = self._reader.ChangeReader().WS()
        session.ComputeGraph(True)
        references = STEPConstruct_ExternRefs(session)
        references.LoadExternRefs()
        return references

    def _note_densities(self) -> None:
        for definition, value in density.of_products(self._entities):
            if definition in self._products:
                self._products[definition] = replace(self._products[definition], density=value)

    def _entities(self, kind: type) -> Iterator[Any]:
        return (entity for entity in self._read if isinstance(entity, kind))


def cycle_in(below: Mapping[Any, Sequence[Any]]) -> list[Any] | None:
    """A path that leads from something through what is below it back to it; None where there is none."""
    done: set[Any] = set()
    for start in below:
        path, waiting = {start: None}, [iter(below[start])]
        while path and start not in done:
            following = next(waiting[-1], None)
            if following in path:
                walked = list(path)
                return [*walked[walked.index(following) :], following]
            if following is None:
                done.add(path.popitem()[0])
                waiting.pop()
            elif following not in done:
                path[following] = None
                waiting.append(iter(below.get(following, ())))
    return None


def _read_entities(model: Any) -> list[Any]:
    """The few entities of a model that are asked for here, in the order of the file; most of a file is geometry."""
    every = (model.Value(index) for index in range(1, model.NbEntities() + 1))
    return [entity for entity in every if isinstance(entity, ENTITIES)]


def _product(definition: Any) -> Product:
    formation = definition.Formation()
    product = formation.OfProduct() if formation is not None else None
    if product is None:
        return Product("", "", "")
    number, name = text(product.Id()), text(product.Name())
    return Product(number or name, name or number, text(product.Description()))


def text(value: Any) -> str:
    """A string of the file: escapes decoded, runs of spaces single, nothing in it that cannot be read."""
    return " ".join(harmless(str(value.ToCString())).split()) if value is not None else ""
