"""The products of a STEP file and their usages, from its own entities; XCAF adds the shapes, places and colours of those that have any."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from OCP.collections import Sequence_TCollection_AsciiString
from OCP.StepAP214 import StepAP214_AppliedExternalIdentificationAssignment
from OCP.StepBasic import StepBasic_DocumentFile, StepBasic_ExternalSource, StepBasic_ProductDefinition, StepBasic_SourceItem
from OCP.STEPCAFControl import STEPCAFControl_Reader
from OCP.STEPConstruct import STEPConstruct_ExternRefs, STEPConstruct_Tool
from OCP.StepGeom import StepGeom_CartesianTransformationOperator3d, StepGeom_Placement
from OCP.StepRepr import (
    StepRepr_NextAssemblyUsageOccurrence,
    StepRepr_ShapeRepresentationRelationship,
    StepRepr_ShapeRepresentationRelationshipWithTransformation,
)
from OCP.StepShape import (
    StepShape_ContextDependentShapeRepresentation,
    StepShape_ManifoldSolidBrep,
    StepShape_ShapeDefinitionRepresentation,
)
from OCP.TCollection import TCollection_HAsciiString
from OCP.TDF import TDF_Label
from OCP.XCAFDoc import XCAFDoc_ShapeTool

from cascadia.cad import density
from cascadia.cad.labels import entry, free_labels, label_name, referred
from cascadia.cad.model import DEPTH_MAX, OCCURRENCES_MAX, CadError
from cascadia.kernel.text import harmless

UNITS: Final = {"millimetre": "mm", "centimetre": "cm", "metre": "m", "micrometre": "um", "inch": "in", "foot": "ft"}
ENTITIES: Final = (
    StepBasic_DocumentFile,
    StepBasic_ExternalSource,
    StepBasic_ProductDefinition,
    StepAP214_AppliedExternalIdentificationAssignment,
    StepGeom_CartesianTransformationOperator3d,
    StepRepr_NextAssemblyUsageOccurrence,
    StepRepr_ShapeRepresentationRelationship,
    StepShape_ShapeDefinitionRepresentation,
    StepShape_ContextDependentShapeRepresentation,
    StepShape_ManifoldSolidBrep,
    density.LINK,
)
SAME_SCALE: Final = 1e-9
MIRRORED: Final = (
    "A body in the file is a mirrored or scaled copy of another one, which would be read wrongly. "
    "In your CAD program, make it a body or part of its own (break its link to the original), then export again."
)
ADDRESS: Final = re.compile(r"=>\[[\d:]+\]")
"""What OpenCASCADE calls an instance without a name: its own address, another one at each export."""
TOO_DEEP: Final = f"Its assemblies are nested more than {DEPTH_MAX} deep. Import its sub-assemblies one by one."
TOO_LARGE: Final = f"The model has more than {OCCURRENCES_MAX:,} occurrences. Import its sub-assemblies one by one."


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
    designator: str = ""


@dataclass(eq=False, slots=True)
class Definition:
    """A product of the file; `label` is where XCAF has its shape, None where it has none.

    `items` and `solids` are how many pieces of geometry, and how many solids, the file gives it.
    """

    product: Product
    label: TDF_Label | None = None
    items: int = 0
    solids: int = 0
    uses: list["Use"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Use:
    """A product used in another; `instance` is where XCAF has its place, None where the file gives none."""

    child: Definition
    occurrence: Occurrence
    instance: TDF_Label | None


class StepModel:
    """The entities of one file. Make it before the transfer, `link` it after.

    Product definitions are compared by identity: OCP hands out the same object for the same entity as long as one is kept, and the
    model's own numbering (`Number`) answers 0 for all of them.
    """

    def __init__(self, reader: STEPCAFControl_Reader) -> None:
        self._reader = reader
        self._read = _read_entities(reader.ChangeReader().StepModel())
        self._products: dict[Any, Product] = {d: _product(d) for d in self._entities(StepBasic_ProductDefinition)}
        self._pairs = [pair for pair in map(self._pair, self._entities(StepRepr_NextAssemblyUsageOccurrence)) if pair is not None]
        self._refuse_mirrors()
        self._refuse_cycles()
        self._refuse_too_many()
        self._note_documents()
        self._note_densities()
        self._detach()

    @property
    def is_structured(self) -> bool:
        """Whether products are used in others."""
        return bool(self._pairs)

    @property
    def has_bodies(self) -> bool:
        """Whether there is a solid, be it of a product or of none."""
        return any(True for _ in self._entities(StepShape_ManifoldSolidBrep))

    def link(self, shapes: XCAFDoc_ShapeTool) -> list[Definition]:
        """The products that no other uses, each with all below it; what XCAF has beside them is taken by its labels alone."""
        definitions = {entity: Definition(product) for entity, product in self._products.items()}
        for entity, items in self._geometry():
            definitions[entity].items += len(items)
            definitions[entity].solids += sum(isinstance(item, StepShape_ManifoldSolidBrep) for item in items)
        tool, labels = STEPConstruct_Tool(self._reader.ChangeReader().WS()), self._reader.GetShapeLabelMap()
        for usage, user, used in self._pairs:
            found = STEPCAFControl_Reader.FindInstance_s(usage, shapes, tool, labels)
            instance = None if found.IsNull() else found
            definitions[user].uses.append(Use(definitions[used], _occurrence(usage), instance))
            if instance is not None:
                definitions[user].label = definitions[user].label or instance.Father()
                definitions[used].label = definitions[used].label or referred(instance)
        used_ones = {used for _, _, used in self._pairs}
        loose = _give_labels(list(definitions.values()), list(free_labels(shapes)))
        roots = [definition for entity, definition in definitions.items() if entity not in used_ones]
        return [root for root in roots if root.label is not None or root.uses] + loose

    def unit(self) -> str:
        """The length unit of the file: `mm`, `in`, … or its own word; `mm` where it says nothing."""
        lengths, angles, solids = (Sequence_TCollection_AsciiString() for _ in range(3))
        self._reader.ChangeReader().FileUnits(lengths, angles, solids)
        if not lengths.Length():
            return "mm"
        name = str(lengths.Value(1).ToCString()).lower()
        return UNITS.get(name, name)

    def _note_documents(self) -> None:
        """Products whose content is another file. The files' names are taken out of the model: OpenCASCADE would open any path."""
        if not any(True for _ in self._entities(StepBasic_DocumentFile)):
            return
        references = self._references()
        for index in range(1, references.NbExternRefs() + 1):
            definition, name = references.ProdDef(index), str(references.FileName(index) or "").strip()
            if definition in self._products and name:
                self._products[definition] = replace(self._products[definition], document=name)
        for document in self._entities(StepBasic_DocumentFile):
            document.SetId(TCollection_HAsciiString(""))
            document.SetName(TCollection_HAsciiString(""))
        for source in self._entities(StepBasic_ExternalSource):
            source.SetSourceId(StepBasic_SourceItem())
        for assignment in self._entities(StepAP214_AppliedExternalIdentificationAssignment):
            assignment.SetAssignedId(TCollection_HAsciiString(""))
        left = self._references()
        if any(left.FileName(index) for index in range(1, left.NbExternRefs() + 1)):
            raise CadError("cad_unsafe_documents", "The file refers to other files in a way that is not supported. Export it as one file.")

    def _pair(self, usage: Any) -> tuple[Any, Any, Any] | None:
        """A usage with its user and what it uses; None where one of them is no product of the file."""
        user, used = usage.RelatingProductDefinition(), usage.RelatedProductDefinition()
        return (usage, user, used) if user in self._products and used in self._products else None

    def _below(self) -> dict[Any, list[Any]]:
        below: dict[Any, list[Any]] = {}
        for _, user, used in self._pairs:
            below.setdefault(user, []).append(used)
        return below

    def _refuse_cycles(self) -> None:
        """OpenCASCADE would drop the usages of a cycle and show an assembly as one part, without a word."""
        below = self._below()
        if (circle := cycle_in(below)) is None:
            return
        path = " → ".join((self._products[d].number or "unnamed") if d in self._products else "unnamed" for d in circle)
        raise CadError("cad_cycle", f"In the file a component contains itself: {path}. Repair the assembly in your CAD program.")

    def _refuse_too_many(self) -> None:
        """Before the transfer, which expands every occurrence: forty levels of two fill 80 kB and would take hours."""
        below, counts, depths = self._below(), dict[Any, int](), dict[Any, int]()
        for entity in _children_first(self._products, below):
            children = below.get(entity, ())
            counts[entity] = 1 + sum(counts[child] for child in children)
            depths[entity] = 1 + max((depths[child] for child in children), default=0)
        if max(depths.values(), default=0) > DEPTH_MAX + 1:
            raise CadError("cad_too_deep", TOO_DEEP)
        if max(counts.values(), default=0) > OCCURRENCES_MAX:
            raise CadError("cad_too_large", TOO_LARGE)

    def _refuse_mirrors(self) -> None:
        """OpenCASCADE would turn a mirrored copy about, leave a scaled one as it is, and put both elsewhere."""
        if any(_changes_its_copy(operator) for operator in self._entities(StepGeom_CartesianTransformationOperator3d)):
            raise CadError("cad_mirrored", MIRRORED)

    def _geometry(self) -> Iterator[tuple[Any, list[Any]]]:
        """Products with what stands in their shape representations, and in those that are said to be the same."""
        same: dict[Any, list[Any]] = {}
        for relation in self._entities(StepRepr_ShapeRepresentationRelationship):
            if not isinstance(relation, StepRepr_ShapeRepresentationRelationshipWithTransformation):
                same.setdefault(relation.Rep1(), []).append(relation.Rep2())
                same.setdefault(relation.Rep2(), []).append(relation.Rep1())
        for shown in self._entities(StepShape_ShapeDefinitionRepresentation):
            shape, first = shown.Definition().PropertyDefinition(), shown.UsedRepresentation()
            entity = shape.Definition().ProductDefinition() if shape is not None else None
            if entity in self._products and first is not None:
                yield entity, [item for each in (first, *same.get(first, ())) if each is not None for item in _items(each)]

    def _detach(self) -> None:
        """Takes products that are used without a place anywhere out of their usages: OpenCASCADE reads their shapes only then."""
        placed = {_placed_usage(relation) for relation in self._entities(StepShape_ContextDependentShapeRepresentation)}
        shown = {used for usage, _, used in self._pairs if usage in placed}
        for usage, _, used in self._pairs:
            if usage not in placed and used not in shown:
                usage.SetRelatedProductDefinition(StepBasic_ProductDefinition())

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


def _items(representation: Any) -> Iterator[Any]:
    every = (representation.ItemsValue(index) for index in range(1, representation.NbItems() + 1))
    return (item for item in every if not isinstance(item, StepGeom_Placement))


def _changes_its_copy(operator: Any) -> bool:
    """Whether an operator does more than to move and turn; what OpenCASCADE could not read of it counts as more."""
    if operator.LocalOrigin() is None or (operator.HasScale() and abs(operator.Scale() - 1) > SAME_SCALE):
        return True
    given = [axis if has else None for axis, has in _axes(operator)]
    if any(axis is None for axis in given):
        return False
    (a, b, c), (d, e, f), (g, h, i) = ([axis.DirectionRatiosValue(n) for n in (1, 2, 3)] for axis in given if axis is not None)
    return bool(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0)


def _axes(operator: Any) -> list[tuple[Any, bool]]:
    return [(operator.Axis1(), operator.HasAxis1()), (operator.Axis2(), operator.HasAxis2()), (operator.Axis3(), operator.HasAxis3())]


def _placed_usage(relation: Any) -> Any:
    """The usage that a representation gives a place; None where the file does not say."""
    shape = relation.RepresentedProductRelation()
    return shape.Definition().ProductDefinitionRelationship() if shape is not None else None


def _occurrence(usage: Any) -> Occurrence:
    designator = text(usage.ReferenceDesignator()) if usage.HasReferenceDesignator() else ""
    return Occurrence(text(usage.Id()), ADDRESS.sub("", text(usage.Name())).strip(), designator)


def _give_labels(definitions: Sequence[Definition], labels: Sequence[TDF_Label]) -> list[Definition]:
    """Finds the labels of products that no placed usage leads to, by name, else by order; answers the labels of no product, as such."""
    taken = {entry(each.label) for each in definitions if each.label is not None}
    waiting = [each for each in definitions if each.label is None]
    left = []
    for label in labels:
        if entry(label) in taken:
            continue
        name = label_name(label)
        found = next((each for each in waiting if name in {each.product.name, each.product.number}), None)
        if found is None:
            left.append(label)
        else:
            found.label = label
            waiting.remove(found)
    if len(left) != len(waiting):
        return [Definition(Product(label_name(label), label_name(label), ""), label) for label in left]
    for each, label in zip(waiting, left, strict=True):
        each.label = label
    return []


def _children_first(every: Mapping[Any, Any], below: Mapping[Any, Sequence[Any]]) -> Iterator[Any]:
    done: set[Any] = set()
    stack = [(entity, False) for entity in every]
    while stack:
        entity, ready = stack.pop()
        if ready:
            yield entity
        elif entity not in done:
            done.add(entity)
            stack.append((entity, True))
            stack.extend((child, False) for child in below.get(entity, ()) if child not in done)


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
    kinds = _kinds(ENTITIES)
    return [entity for entity in map(model.Value, range(1, model.NbEntities() + 1)) if type(entity) in kinds]


def _kinds(classes: Iterable[type]) -> frozenset[type]:
    """The classes and all that derive from them: to ask a set is several times faster than `isinstance`."""
    return frozenset(classes).union(*(_kinds(each.__subclasses__()) for each in classes))


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
