"""Finding the parts that the components of a file may be: what was remembered, what is there today, and what follows from both."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.kernel.aside import beside
from cascadia.kernel.db import Read
from cascadia.kernel.text import fold
from cascadia.proposals import queries
from cascadia.proposals.identity import decide
from cascadia.proposals.memory import Memory, Source, remember
from cascadia.proposals.model import Hit, Product
from cascadia.proposals.naming import drawn_numbers
from cascadia.proposals.parts import Numbering, PartRow, part_rows
from cascadia.structures.model import Component

MOST: Final = 20
"""Parts of one shape, name or maker's number that are looked at for a component, those of the project first."""


@dataclass(frozen=True, slots=True)
class _Found:
    component: str
    item_id: int
    uid: UUID
    number: str
    name: str
    ways: list[str]
    here: bool
    numbers: list[str]
    attributes: dict[str, Any]

    def hit(self, drawn: re.Pattern[str] | None) -> Hit:
        chosen = [number for number in self.numbers if not (drawn and drawn.fullmatch(number))]
        return Hit(
            self.component, self.item_id, self.uid, self.number, self.name, self.ways, self.here, self.numbers, chosen, self.attributes
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file belongs: its project and its name there. `root`: what a person says its root is; `is_new`: nothing that is there."""

    project_id: int
    file_name: str
    root: int | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for all components of a file, and what is proposed for each, in the order of the file."""

    memory: Memory
    numbering: Numbering
    rows: Sequence[PartRow]


async def find(read: Read, actor: Actor, place: Place, components: Sequence[Component], products: Sequence[Product]) -> Finding:
    """The rows of a file's parts by what is known and visible today."""
    params = {"project_id": place.project_id, "file_name": place.file_name, "root": place.root}
    sources = await read.all(queries.SOURCES, Source, params)
    memory = await beside(lambda: remember(products, sources, chosen=place.root, refused=place.is_new))
    numbering, drawn = await numbers_of(read, products)
    wanted = [_wanted(product, memory) for product in products]
    asked = {"wanted": Jsonb(wanted), "project_id": place.project_id, "programs": actor.programs, "most": MOST}
    hits = [found.hit(drawn) for found in await read.all(queries.HITS, _Found, asked)]
    rows = await beside(lambda: part_rows(components, decide(products, hits, memory), memory, numbering))
    return Finding(memory, numbering, rows)


def _wanted(product: Product, memory: Memory) -> dict[str, Any]:
    source, component = memory.found.get(product.key), product.component
    return {
        "component": product.key,
        "item_id": memory.root_id if product.is_root else source.item_id if source else None,
        "number": product.number,
        "name": product.name,
        "hash": component.geometry_hash if component else None,
        "keys": _coarse_keys(component) if component else [],
        "shapes": sorted(product.shapes),
        "mpns": [made.number for made in product.makers],
    }


def _coarse_keys(component: Component) -> list[str]:
    """Under which parts of its shape stand."""
    return [*([component.geometry] if component.geometry else ()), *(component.likeness.near if component.likeness else ())]


async def numbers_of(read: Read, products: Sequence[Product]) -> tuple[Numbering, re.Pattern[str]]:
    """Which of the numbers that the components claim are taken by anybody's part, and what numbers look like that are drawn."""
    claimed = sorted({fold(p.number) for p in products if p.number})
    (found,) = await read.rows(queries.NUMBERING, {"numbers": claimed})
    return Numbering(frozenset(found["taken"]), found["typed_allowed"]), drawn_numbers(found["segments"])


async def hit_of(read: Read, actor: Actor, project_id: int, component: str, uid: UUID) -> Hit | None:
    """The part that a person chose, as found for the component; None where there is none that they may see."""
    params = {"uid": uid, "component": component, "programs": actor.programs, "project_id": project_id}
    found = await read.one(queries.ITEM_HIT, _Found, params)
    return found.hit(None) if found else None


def fixed_rows(rows: Sequence[PartRow], fixed: frozenset[int]) -> list[PartRow]:
    """What would change parts of these ids (that the person may not edit) is shown and not applied."""
    return [
        replace(row, changes=[replace(change, apply=False) for change in row.changes]) if row.match_id in fixed else row for row in rows
    ]
