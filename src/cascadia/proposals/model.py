"""The `structure` document: what a converter found in a file, before anything is known of the database. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Final

import msgspec

SCHEMA: Final = 1

DecimalText = Annotated[str, msgspec.Meta(pattern=r"^-?\d{1,60}(\.\d{1,60})?$")]
Point = Annotated[list[DecimalText], msgspec.Meta(min_length=3, max_length=3)]
Box = Annotated[list[DecimalText], msgspec.Meta(min_length=6, max_length=6)]
Matrix = Annotated[list[float], msgspec.Meta(min_length=16, max_length=16)]
Color = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}$")]


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One distinct component of a file. Decimals are strings: volume in mm³, area in mm², mass in kg, box and centre in mm."""

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


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """One component placed in another. `key` is unique inside the parent; `placement` is 4×4, row by row, in millimetres."""

    parent: str
    child: str
    key: str
    name: str
    placement: Matrix


class Structure(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a file says about its product. `missing` names the documents that it refers to and that were not there."""

    schema: int = SCHEMA
    source_schema: str
    unit: str
    root: str
    components: list[Component]
    usages: list[Usage]
    missing: list[str] = []


@dataclass(frozen=True, slots=True)
class LineGroup:
    """All usages of one child in one parent: a BOM line with a placement per instance."""

    parent: str
    child: str
    placements: Mapping[str, list[float]]

    @property
    def quantity(self) -> int:
        """How many times the child stands in the parent."""
        return len(self.placements)


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
    return structure


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


def bom_lines(structure: Structure) -> list[LineGroup]:
    """Usages with equal parent and child summed into lines, in the order of the file."""
    groups: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(dict)
    for usage in structure.usages:
        groups[usage.parent, usage.child][usage.key] = usage.placement
    return [LineGroup(parent, child, placements) for (parent, child), placements in groups.items()]


def totals(structure: Structure) -> Totals:
    """How often each component stands in the whole, the root once."""
    below: dict[str, list[LineGroup]] = defaultdict(list)
    for line in bom_lines(structure):
        below[line.parent].append(line)
    counts: dict[str, int] = defaultdict(int)
    counts[structure.root] = 1
    for key in reversed(_children_first(structure.root, below)):
        for line in below.get(key, ()):
            counts[line.child] += counts[key] * line.quantity
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
