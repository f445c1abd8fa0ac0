"""Rows of a proposal: as queries return them, and as matching leaves them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from cascadia.bom.bulk import OpenLine
from cascadia.bom.model import designator_list
from cascadia.kernel.ids import new_uid
from cascadia.proposals import problems
from cascadia.proposals.matching import LineRow, as_group, group_json
from cascadia.proposals.model import Choice, Product
from cascadia.proposals.parts import PartRow
from cascadia.proposals.preview import LineEntry, PartEntry
from cascadia.proposals.products import product_of
from cascadia.proposals.standing import as_applied
from cascadia.structures.limits import Problem
from cascadia.structures.model import Component, LineGroup


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a proposal as queries return it."""

    row_id: int
    uid: UUID
    ordinal: int
    kind: str
    component: str | None
    parent: str | None
    child: str | None
    found: dict[str, Any]
    verdict: str
    match_id: int | None
    match_by: str | None
    candidates: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    line_id: int | None
    choice: str
    number: str | None
    name: str | None
    description: str | None
    problems: list[dict[str, Any]]
    certainty: str
    doubts: list[str]
    confirmed: bool
    decided: bool
    left_out: bool
    match_uid: UUID | None
    match_number: str | None
    match_name: str | None
    parent_row: UUID | None
    child_row: UUID | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as far as a preview asks."""

    row_id: int
    kind: str
    component: str | None
    parent: str | None
    child: str | None
    verdict: str
    choice: str
    confirmed: bool
    left_out: bool
    match_id: int | None
    quantity: str | None
    is_root: bool
    is_changed: bool

    @property
    def part(self) -> PartEntry:
        return PartEntry(self.component or "", self.choice, self.is_root, is_changed=self.is_changed, is_confirmed=self.confirmed)

    @property
    def line(self) -> LineEntry:
        quantity = None if self.quantity is None else Decimal(self.quantity)
        pieces = None if quantity is None else int(quantity) if quantity == int(quantity) else 1
        return LineEntry(self.parent or "", self.child, self.verdict, self.choice, pieces, is_confirmed=self.confirmed)


def part_json(component: Component, product: Product, quantity: int, ordinal: int, row: PartRow, proposal: PartRow) -> dict[str, Any]:
    """A part row as it is kept. `proposal`: what is proposed for it, whatever a person decided."""
    found = {
        **_component_json(component),
        "notes": [*component.notes, *(note for note in row.notes if note not in component.notes)],
        "is_root": product.is_root,
        "quantity": quantity,
        "sources": list(product.sources),
        "is_fitted": product.fitted,
        "is_named": product.is_named,
        "default": default_of(proposal),
    }
    return {
        "uid": str(new_uid()),
        "ordinal": ordinal,
        "kind": "part",
        "component": row.component,
        "found": found,
        **proposed(row),
        "decided": False,
        "problems": problems.as_json(problems.of_part(component, row.choice, row.number, None, None)),
    }


def default_of(row: PartRow) -> dict[str, Any]:
    """What is proposed for a part, to know later whether the same still would be."""
    return {"choice": row.choice.value, "match": row.match_id, "doubts": len(row.doubts)}


def proposed(row: PartRow) -> dict[str, Any]:
    """The members of a part row that matching decides."""
    return {
        "verdict": row.verdict.value,
        "match_id": row.match_id,
        "match_by": row.match_by,
        "certainty": row.certainty.value,
        "doubts": list(row.doubts),
        "confirmed": not row.doubts,
        "candidates": list(row.candidates),
        "changes": [asdict(change) for change in row.changes],
        "choice": row.choice.value,
        "number": row.number,
    }


def _component_json(component: Component) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(component)
    del found["key"]
    return found


def line_json(ordinal: int, row: LineRow) -> dict[str, Any]:
    return {
        "uid": str(new_uid()),
        "ordinal": ordinal,
        "kind": "line",
        "parent": row.parent,
        "child": row.child,
        "found": {
            **(group_json(row.group) if row.group else {}),
            **(_old_json(row.line) if row.line else {}),
            "default": row.choice.value,
            "default_verdict": row.verdict.value,
            **({"gone": row.gone_id} if row.gone_id else {}),
        },
        "verdict": row.verdict.value,
        "line_id": row.line.line_id if row.line else None,
        "candidates": [],
        "changes": [asdict(each) for each in row.kept],
        "choice": row.choice.value,
        "certainty": "sure",
        "doubts": list(row.doubts),
        "confirmed": not row.doubts,
        "decided": False,
        "problems": problems.as_json(problems.of_line(row.group, row.choice, row.verdict)),
    }


def _old_json(line: OpenLine) -> dict[str, Any]:
    return {
        "old_quantity": f"{line.quantity:f}",
        "old_designators": designator_list(line.designators),
        "old_child": line.child_number,
    }


def group_of(row: Row) -> LineGroup | None:
    """The line of the file that a row is about, with what stands against it; None for a line that only the BOM has."""
    return _group(row, as_applied(row.found, row.changes))


def file_group_of(row: Row) -> LineGroup | None:
    """The line as the file has it."""
    return _group(row, row.found)


def _group(row: Row, found: Mapping[str, Any]) -> LineGroup | None:
    if row.parent is None or row.child is None or found.get("quantity") is None:
        return None
    return as_group(found, row.parent, row.child)


def keeps_child(row: Row) -> bool:
    """Whether the part that somebody put on the line stands against that of the file."""
    return any(change["field"] == "child" and not change.get("apply", True) for change in row.changes)


def component_of(row: Row) -> Component:
    """The component that a part row is about."""
    known = {name: row.found[name] for name in Component.__struct_fields__ if name in row.found}
    return msgspec.convert({"key": row.component or "", **known}, Component)


def product_of_row(row: Row) -> Product:
    """Who the component of a part row says that it is."""
    found = row.found
    return product_of(
        component_of(row),
        found.get("sources") or [row.component or ""],
        is_root=bool(found.get("is_root")),
        named=found.get("is_named", True),
        fitted=found.get("is_fitted", True),
    )


def problems_of(row: Row) -> list[Problem]:
    """What the row has that cannot be written, as it is decided now."""
    if row.kind == "part":
        return problems.of_part(component_of(row), row.choice, row.number, row.name, row.description)
    return problems.of_line(group_of(row), row.choice, row.verdict)


def used_items(rows: Sequence[Row]) -> dict[str, int]:
    """Component → item, for the part rows that use one."""
    return {
        r.component: r.match_id
        for r in rows
        if r.kind == "part" and r.component and r.match_id and r.choice == Choice.USE and not r.left_out
    }
