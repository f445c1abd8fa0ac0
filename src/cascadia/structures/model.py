"""The `structure` document: components, usages, measures, and what they add up to. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import PurePosixPath
from typing import Annotated, Final

import msgspec

from cascadia.bom.model import INSTANCE_MAX, QuantityKind
from cascadia.kernel.text import harmless
from cascadia.structures.reading import Report
from cascadia.vault.model import COMPONENT_MAX

SCHEMA: Final = 1


UNNAMED: Final = "unnamed"
NO_NAME: Final = "the file gives it no name"


class Reader(StrEnum):
    """What reads a file's structure."""

    STEP = "step"
    TABLE = "table"


READERS: Final = {
    "application/vnd.ms-excel": Reader.TABLE,
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": Reader.TABLE,
    "application/vnd.ms-excel.sheet.macroenabled.12": Reader.TABLE,
    "application/vnd.oasis.opendocument.spreadsheet": Reader.TABLE,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Reader.TABLE,
    "application/x-zip-compressed": Reader.STEP,
    "application/zip": Reader.STEP,
    "model/step": Reader.STEP,
    "model/step+gzip": Reader.STEP,
    "model/step+zip": Reader.STEP,
    "text/csv": Reader.TABLE,
    "text/tab-separated-values": Reader.TABLE,
}
"""Media types of files that a proposal can be made of."""
UNTOLD: Final = "application/octet-stream"
TABLE_SUFFIXES: Final = (".csv", ".tsv", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".json")


def reader_of(name: str, media_type: str) -> Reader | None:
    """What reads a file of this name and type (browsers call a CSV file by several types), or None.

    A name that says nothing is tried as STEP, whose first words tell.
    """
    if not PurePosixPath(name).suffix and media_type == UNTOLD:
        return Reader.STEP
    return Reader.TABLE if name.lower().endswith(TABLE_SUFFIXES) else READERS.get(media_type)


DecimalText = Annotated[str, msgspec.Meta(pattern=r"^-?\d{1,60}(\.\d{1,60})?$")]
Point = Annotated[list[DecimalText], msgspec.Meta(min_length=3, max_length=3)]
Box = Annotated[list[DecimalText], msgspec.Meta(min_length=6, max_length=6)]
Matrix = Annotated[list[float], msgspec.Meta(min_length=16, max_length=16)]
Color = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}$")]


class MakerPart(msgspec.Struct, frozen=True, kw_only=True):
    """By which number a maker sells a part; `maker` None where the file does not name it."""

    number: str
    maker: str | None = None


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """What the shape of a component is and is not, by pointers that parts have: `same` ones, and `other` ones with what differs.

    `near`: coarse keys besides its own under which the same ones stand.
    """

    same: list[str] = []
    other: dict[str, list[str]] = {}
    near: list[str] = []


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One distinct component of a file. Decimals are strings: volume in mm³, area in mm², mass in kg, box and centre in mm.

    `key` identifies it in every state of the file. `own_number`: the number is the part's own, under which it is found and made; else it
    is the number in another system. `makers`: what it is bought as, the first choice first; who is known by one of them is that part.
    `geometry`: the coarse key of its shape, `shape`: where its faces and edges are in a `geometry` document. `geometry_hash`: as
    releases up to 0.1 knew it. `likeness` is found when parts are looked for.
    `notes`: how it was read otherwise than the file has it. `unit` (UCUM): what the file counts it in, where it says so.
    """

    key: str
    number: str
    name: str
    description: str | None = None
    is_assembly: bool = False
    volume: DecimalText | None = None
    area: DecimalText | None = None
    mass: DecimalText | None = None
    bbox: Box | None = None
    center: Point | None = None
    color: Color | None = None
    geometry_hash: str | None = None
    geometry: str | None = None
    shape: str | None = None
    likeness: Likeness | None = None
    own_number: bool = False
    makers: list[MakerPart] = []
    notes: list[str] = []
    unit: str | None = None


def name_of(component: Component) -> str | None:
    """The name by which a file tells the component; None where it is one that was given here, and says nothing."""
    return None if NO_NAME in component.notes or component.name == UNNAMED else component.name


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """One component placed in another. `key` is unique inside the parent; `placement` is 4×4, row by row, in millimetres.

    A parts list has no placements, but designators (one usage each) or quantities, and rows that are not fitted. `otherwise`: what the
    quantity is where a comma stands before its decimals, if the file does not say whether it does; `quantity` is then that of a point.
    `line`: what keeps it on a line of its own beside others of the same child (a note, a section, a find number). `unit` (UCUM), `kind`,
    `find` and `note` are None where the file does not say.
    """

    parent: str
    child: str
    key: str
    name: str
    placement: Matrix | None = None
    designator: str | None = None
    quantity: DecimalText = "1"
    otherwise: DecimalText | None = None
    fitted: bool = True
    line: str = ""
    unit: str | None = None
    kind: QuantityKind | None = None
    find: int | None = None
    note: str | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What was guessed, left out or found wrong on reading a file, in words for its person; of a component, or (None) of the whole."""

    code: str
    message: str
    component: str | None = None


class Structure(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a file says about its product. `missing` names the documents that it refers to and that were not there.

    `reading`: how a list was read.
    """

    schema: int = SCHEMA
    source_schema: str
    unit: str
    root: str
    components: list[Component]
    usages: list[Usage]
    missing: list[str] = []
    notes: list[Note] = []
    reading: Report | None = None


@dataclass(frozen=True, slots=True)
class LineGroup:
    """All usages of one child in one parent, fitted or not: a BOM line, with its placements by instance, or its designators."""

    parent: str
    child: str
    quantity: Decimal
    placements: Mapping[str, list[float]]
    designators: frozenset[str] = frozenset()
    fitted: bool = True
    otherwise: Decimal | None = None
    """The quantity in the other reading of the file's numbers, where it has two."""
    line: str = ""
    unit: str | None = None
    kind: QuantityKind | None = None
    find: int | None = None
    note: str | None = None

    @property
    def pieces(self) -> int:
        """How many times the child stands in the parent; what is measured (half a litre) stands there once."""
        return int(self.quantity) if self.quantity == int(self.quantity) else 1


@dataclass(frozen=True)
class Totals:
    """What a structure adds up to."""

    structure: Structure
    per_component: Mapping[str, int] = field(repr=False)

    @cached_property
    def parents(self) -> frozenset[str]:
        """Components that have usages below them."""
        return frozenset(usage.parent for usage in self.structure.usages)

    @property
    def counts(self) -> dict[str, int]:
        """components, leaf_parts, usages, lines, occurrences (without the root) and leaf_occurrences."""
        leaves = {key: n for key, n in self.per_component.items() if key not in self.parents}
        below = len(self.structure.usages) > 0
        return {
            "components": len(self.structure.components),
            "leaf_parts": len(leaves),
            "usages": len(self.structure.usages),
            "lines": len(bom_lines(self.structure)),
            "occurrences": sum(self.per_component.values()) - 1,
            "leaf_occurrences": sum(leaves.values()) if below else 0,
        }


def encode(structure: Structure) -> bytes:
    """The document as JSON, the same bytes for the same structure."""
    return msgspec.json.encode(structure, order="deterministic")


def decode(data: bytes) -> Structure:
    """The structure of a document, whole in itself: no name without its component, no circle.

    Raises `msgspec.ValidationError` for anything else: the document comes from a child that has read a stranger's bytes.
    """
    structure = msgspec.json.decode(data, type=Structure)
    flaw = _flaw(structure)
    if flaw is not None:
        raise msgspec.ValidationError(flaw)
    readable = [_readable(component) for component in structure.components]
    return msgspec.structs.replace(structure, components=[c if c.key == structure.root else _named(c) for c in readable])


def _readable(component: Component) -> Component:
    """The component with names that may be kept."""
    number, name = harmless(component.number), harmless(component.name)
    description = None if component.description is None else " ".join(map(harmless, component.description.splitlines())).strip() or None
    if (number, name, description) == (component.number, component.name, component.description):
        return component
    told = (("number", number, component.number), ("name", name, component.name), ("description", description or "", component.description))
    notes = [f"the {what} had characters that cannot be read: they were left out" for what, kept, was in told if kept != was and was]
    return msgspec.structs.replace(
        component, number=number, name=name or number or UNNAMED, description=description, notes=[*component.notes, *notes]
    )


def _named(component: Component) -> Component:
    """The component with a name, where the file gives it none: its number, else what tells it apart in the file."""
    if component.name:
        return component
    return msgspec.structs.replace(component, name=component.number or component.key, notes=[*component.notes, NO_NAME])


def _flaw(structure: Structure) -> str | None:
    keys = {component.key for component in structure.components}
    usages = structure.usages
    if structure.schema != SCHEMA:
        return f"schema {structure.schema} is not known"
    if len(keys) != len(structure.components):
        return "two components have one key"
    if not {structure.root, *(u.parent for u in usages), *(u.child for u in usages)} <= keys:
        return "a component is used that is not there"
    if len({(u.parent, u.key) for u in usages}) != len(usages):
        return "two usages of one parent have one key"
    if any(len(key) > COMPONENT_MAX for key in keys) or any(len(usage.key) > INSTANCE_MAX for usage in usages):
        return "a key has more characters than an attachment or a placement may name"
    return "a component contains itself" if _has_circle(structure) else None


def _has_circle(structure: Structure) -> bool:
    """Takes away what is used by nothing, again and again: what is left then stands in circles, or below one."""
    users = Counter(usage.child for usage in structure.usages)
    below: dict[str, list[str]] = defaultdict(list)
    for usage in structure.usages:
        below[usage.parent].append(usage.child)
    free = [component.key for component in structure.components if not users[component.key]]
    taken = 0
    while free:
        taken += 1
        for child in below[free.pop()]:
            users[child] -= 1
            if not users[child]:
                free.append(child)
    return taken < len(structure.components)


def titled(structure: Structure, title: str) -> Structure:
    """The structure with a root that its file leaves without a name (a parts list) under this one."""
    named = [
        msgspec.structs.replace(c, number=title, name=title) if c.key == structure.root and not c.name else c for c in structure.components
    ]
    return msgspec.structs.replace(structure, components=named)


def bom_lines(structure: Structure) -> list[LineGroup]:
    """Usages with equal parent and child, which nothing keeps apart, summed into lines, in the order of the file."""
    groups: dict[tuple[str, str, bool, str], list[Usage]] = defaultdict(list)
    for usage in structure.usages:
        groups[usage.parent, usage.child, usage.fitted, usage.line].append(usage)
    return [
        LineGroup(
            parent,
            child,
            sum((Decimal(u.quantity) for u in usages), Decimal(0)),
            {u.key: u.placement for u in usages if u.placement is not None},
            frozenset(u.designator for u in usages if u.designator is not None),
            fitted,
            _otherwise(usages),
            line,
            *_told(usages),
        )
        for (parent, child, fitted, line), usages in groups.items()
    ]


def _told(usages: Sequence[Usage]) -> tuple[str | None, QuantityKind | None, int | None, str | None]:
    """Unit, kind, find number and note of a line: what its first usage says of each."""
    return (
        next((usage.unit for usage in usages if usage.unit), None),
        next((usage.kind for usage in usages if usage.kind), None),
        next((usage.find for usage in usages if usage.find), None),
        next((usage.note for usage in usages if usage.note), None),
    )


def _otherwise(usages: Sequence[Usage]) -> Decimal | None:
    if all(usage.otherwise is None for usage in usages):
        return None
    return sum((Decimal(usage.otherwise or usage.quantity) for usage in usages), Decimal(0))


def unfitted(structure: Structure) -> frozenset[str]:
    """Components that stand in the file only where they are not fitted."""
    fitted = {usage.child for usage in structure.usages if usage.fitted}
    return frozenset(usage.child for usage in structure.usages) - fitted


def totals(structure: Structure) -> Totals:
    """How often each component stands in the whole, the root once."""
    below: dict[str, list[LineGroup]] = defaultdict(list)
    for line in bom_lines(structure):
        below[line.parent].append(line)
    counts: dict[str, int] = defaultdict(int)
    counts[structure.root] = 1
    for key in reversed(_children_first(structure.root, below)):
        for line in below.get(key, ()):
            counts[line.child] += counts[key] * line.pieces
    return Totals(structure, dict(counts))


def _children_first(root: str, below: Mapping[str, list[LineGroup]]) -> list[str]:
    order: list[str] = []
    seen: set[str] = set()
    stack = [(root, False)]
    while stack:
        key, done = stack.pop()
        if done:
            order.append(key)
        elif key not in seen:
            seen.add(key)
            stack.append((key, True))
            stack.extend((line.child, False) for line in below.get(key, ()) if line.child not in seen)
    return order
