"""Many lines of many parents at once, for changes that a whole file prepares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from cascadia.bom import queries
from cascadia.bom.model import QuantityKind
from cascadia.bom.tables import BOM_V
from cascadia.items.service import expect_open
from cascadia.kernel.db import Read
from cascadia.kernel.statements import Statement
from cascadia.versioning.model import Delta, Ref


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line at the head of `main`, with everything that a delta of it needs."""

    line_id: int
    uid: UUID
    from_seq: int
    parent_id: int
    parent_uid: UUID
    child_id: int
    child_uid: UUID
    child_number: str
    quantity: Decimal
    unit: str
    quantity_kind: str
    find_number: int | None
    designators: dict[str, Any]
    note: str | None
    placements: dict[str, list[float]]

    def fields(self) -> dict[str, Any]:
        """Every versioned field as a delta carries it."""
        return {
            "parent_id": Ref(self.parent_id, self.parent_uid),
            "child_id": Ref(self.child_id, self.child_uid),
            "quantity": self.quantity,
            "unit": self.unit,
            "quantity_kind": self.quantity_kind,
            "find_number": self.find_number,
            "designators": self.designators,
            "note": self.note,
            "placements": self.placements,
        }


async def open_lines(read: Read, parents: Sequence[int]) -> list[OpenLine]:
    """The lines of these parents at the head of `main`, by parent and find number."""
    return await read.all(queries.OPEN_LINES, OpenLine, {"parents": list(parents)})


async def bom_versions(read: Read, parents: Sequence[int], seq: int) -> dict[int, int]:
    """The version of each parent's BOM on `main` up to a seq."""
    rows = await read.rows(queries.VERSIONS, {"branch_id": 0, "items": list(parents), "seq": seq})
    return {row["item_id"]: row["bom_seq"] for row in rows}


def new_line(parent: Ref, child: Ref, find_number: int, unit: str, quantity: Decimal) -> dict[str, Any]:
    """The fields of a new line without designators and placements; a whole quantity is counted, another one measured."""
    return {
        "parent_id": parent,
        "child_id": child,
        "quantity": quantity,
        "unit": unit,
        "quantity_kind": kind_of(quantity).value,
        "find_number": find_number,
        "designators": {},
        "note": None,
        "placements": {},
    }


def kind_of(quantity: Decimal) -> QuantityKind:
    """What a quantity read from a file means."""
    return QuantityKind.COUNTED if quantity == int(quantity) else QuantityKind.MEASURED


def line_delta(line_id: int, uid: UUID, seen: int | None, fields: Mapping[str, Any] | None) -> Delta:
    """One line made, changed or (fields None) removed."""
    return Delta(BOM_V.name, line_id, uid, seen, fields)


def identities(lines: Sequence[tuple[int, UUID]]) -> tuple[Statement, ...]:
    """What a change that makes lines runs `before`."""
    return (Statement(queries.INSERT_LINES, {"ids": [i for i, _ in lines], "uids": [u for _, u in lines]}),) if lines else ()


def guards(seen: Mapping[int, int], used: Sequence[int], touched: Sequence[int]) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """Expectations (BOMs as seen, used items still there) and checks (no cycle, no double find number) of such a change."""
    expectations = []
    if seen:
        expectations.append(Statement(queries.EXPECT_BOMS, {"parents": list(seen), "seen": list(seen.values())}))
    if used:
        expectations.append(expect_open(0, used))
    params = {"branch_id": 0, "parents": list(touched)}
    checks = (Statement(queries.EXPECT_FIND_NUMBERS, params), Statement(queries.EXPECT_ACYCLIC, params)) if touched else ()
    return tuple(expectations), checks
