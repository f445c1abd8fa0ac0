"""Which parts exist already, and which lines would change: decided from values alone. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from cascadia.bom.bulk import OpenLine
from cascadia.proposals.model import Component, LineGroup, Structure, bom_lines


class Verdict(StrEnum):
    """What a row would do if it were accepted as it stands."""

    NEW = "new"
    MATCHED = "matched"
    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    REMOVE = "remove"


class Choice(StrEnum):
    """What a person decides: for parts create, use or skip; for lines apply or skip."""

    CREATE = "create"
    USE = "use"
    SKIP = "skip"
    APPLY = "apply"


RANKS: Final = ("number", "alias", "geometry", "name")
"""How items are found, the surest way first."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that may be a component, and how it was found."""

    component: str
    item_id: int
    uid: UUID
    number: str
    name: str
    match_by: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PartRow:
    """A component with the item that it is taken for, or none."""

    component: str
    verdict: Verdict
    choice: Choice
    match_id: int | None
    match_by: str | None
    candidates: Sequence[Mapping[str, Any]]
    changes: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of the file beside the line that it is taken for, or a line that the file does not have (`remove`)."""

    parent: str
    child: str | None
    verdict: Verdict
    choice: Choice
    placements: Mapping[str, list[float]]
    line: OpenLine | None


def measured(component: Component) -> dict[str, Any]:
    """The attributes of a part that a file measures."""
    attributes: dict[str, Any] = {}
    if component.volume:
        attributes["volume"] = {"value": component.volume, "unit": "mm3"}
    if component.mass:
        attributes |= {"mass": {"value": component.mass, "unit": "kg"}, "mass_source": "cad"}
    if component.geometry_hash:
        attributes["geometry_hash"] = component.geometry_hash
    return attributes


def changed_attributes(component: Component, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What the file would change on a part that exists: what it measures otherwise, but never a typed mass."""
    found = measured(component)
    if attributes.get("mass_source") == "typed" or ("mass" in attributes and "mass_source" not in attributes):
        found.pop("mass", None)
        found.pop("mass_source", None)
    return {name: value for name, value in found.items() if attributes.get(name) != value}


def match_parts(structure: Structure, hits: Sequence[Hit]) -> list[PartRow]:
    """One row per component, in the order of the file: matched where the surest way finds exactly one item."""
    by_component: dict[str, list[Hit]] = defaultdict(list)
    for hit in sorted(hits, key=lambda h: (RANKS.index(h.match_by), h.number)):
        by_component[hit.component].append(hit)
    return [_part_row(component, by_component.get(component.key, [])) for component in structure.components]


def _part_row(component: Component, hits: Sequence[Hit]) -> PartRow:
    candidates = [{"id": str(h.uid), "number": h.number, "name": h.name, "match_by": h.match_by} for h in hits]
    best = [h for h in hits if h.match_by == hits[0].match_by] if hits else []
    if len(best) != 1:
        return PartRow(component.key, Verdict.NEW, Choice.CREATE, None, None, candidates, [])
    return matched_row(component, best[0], candidates)


def matched_row(component: Component, hit: Hit, candidates: Sequence[Mapping[str, Any]]) -> PartRow:
    """The row of a component that is taken for an item."""
    changes = [
        {"field": name, "old": hit.attributes.get(name), "new": value}
        for name, value in changed_attributes(component, hit.attributes).items()
    ]
    return PartRow(component.key, Verdict.MATCHED, Choice.USE, hit.item_id, hit.match_by, candidates, changes)


def match_lines(structure: Structure, items: Mapping[str, int], existing: Sequence[OpenLine]) -> list[LineRow]:
    """Rows of all lines. `items`: component → item that is used for it; `existing`: lines of those items."""
    by_place: dict[tuple[int, int], list[OpenLine]] = defaultdict(list)
    for line in existing:
        by_place[line.parent_id, line.child_id].append(line)
    rows = [_line_row(group, items, by_place) for group in bom_lines(structure)]
    parents = {items[key]: key for key in {usage.parent for usage in structure.usages} if key in items}
    left = [line for lines in by_place.values() for line in lines if line.parent_id in parents]
    return rows + [_gone(line, parents[line.parent_id], items) for line in sorted(left, key=lambda x: x.line_id)]


def _line_row(group: LineGroup, items: Mapping[str, int], by_place: dict[tuple[int, int], list[OpenLine]]) -> LineRow:
    row = LineRow(group.parent, group.child, Verdict.ADD, Choice.APPLY, group.placements, None)
    if group.parent not in items or group.child not in items:
        return row
    candidates = by_place[items[group.parent], items[group.child]]
    if not candidates:
        return row
    line = candidates.pop(0)
    same = line.quantity == group.quantity and line.placements == dict(group.placements)
    return replace(row, verdict=Verdict.SAME if same else Verdict.CHANGE, line=line)


def _gone(line: OpenLine, parent: str, items: Mapping[str, int]) -> LineRow:
    """A line that the file has no longer: taken out by default only where a file had put it in (it has placements)."""
    child = next((key for key, item in items.items() if item == line.child_id), None)
    choice = Choice.APPLY if line.placements else Choice.SKIP
    return LineRow(parent, child, Verdict.REMOVE, choice, {}, line)
