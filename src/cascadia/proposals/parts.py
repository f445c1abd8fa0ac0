"""What becomes of the parts of a file: made, used, changed, under which number. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from cascadia.kernel.text import fold
from cascadia.proposals.identity import Decided
from cascadia.proposals.memory import NOTHING, Memory, Source
from cascadia.proposals.model import Certainty, Choice, Hit, Judged, Product, Verdict, Way
from cascadia.structures.likeness import same_shape, shape_attributes, what_differs
from cascadia.structures.model import Component, MakerPart

NO_ATTRIBUTES: Final[Mapping[str, Any]] = {}


NOISE: Final = Decimal("1e-6")
OF_SHAPE: Final = ("shape", "geometry", "geometry_hash")
MEASURED: Final = (*OF_SHAPE, "volume", "mass", "mass_source")
"""What a part has of a file's shape, and what was measured of that."""


@dataclass(frozen=True, slots=True)
class Change:
    """What accepting a row does to its part besides: `old` becomes `new` where `apply`. `words`: what differs, of a shape."""

    field: str
    old: Any
    new: Any
    apply: bool = True
    words: str | None = None


@dataclass(frozen=True, slots=True)
class PartRow:
    """A component with the part that it is taken for, or none. `doubts`: why a person must look at it, in words."""

    component: str
    verdict: Verdict
    choice: Choice
    match_id: int | None = None
    match_by: str | None = None
    certainty: Certainty = Certainty.NONE
    doubts: Sequence[str] = ()
    candidates: Sequence[Mapping[str, Any]] = ()
    changes: Sequence[Change] = ()
    number: str | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Numbering:
    """Which of the numbers that a file claims somebody has (folded), and whether new parts may get one that the scheme does not draw."""

    taken: frozenset[str] = frozenset()
    may_type: bool = True


ANY_NUMBER: Final = Numbering()


def measured(component: Component, attributes: Mapping[str, Any] = NO_ATTRIBUTES) -> dict[str, Any]:
    """The attributes that a file measures of a part that has these; its shape where it is another one, None for what goes with that."""
    found: dict[str, Any] = {}
    if component.volume:
        found["volume"] = {"value": component.volume, "unit": "mm3"}
    if component.mass:
        found |= {"mass": {"value": component.mass, "unit": "kg"}, "mass_source": "cad"}
    if component.geometry_hash and component.shape is None and "shape" not in attributes:
        found["geometry_hash"] = component.geometry_hash
    return {**found, **shape_attributes(component, attributes)}


def changed_attributes(component: Component, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What the file would change on a part that exists: what it measures otherwise, but never a typed mass."""
    found = measured(component, attributes)
    if attributes.get("mass_source") == "typed" or ("mass" in attributes and "mass_source" not in attributes):
        found.pop("mass", None)
        found.pop("mass_source", None)
    noise = same_shape(component, attributes) is not False
    return {
        name: value
        for name, value in found.items()
        if attributes.get(name) != value and not (noise and _is_noise(attributes.get(name), value))
    }


def _is_noise(old: Any, new: Any) -> bool:
    """Whether a volume or a mass differs by no more than where a shape stands in its file makes: the last of nine digits."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping) or old.get("unit") != new.get("unit") or "unit" not in new:
        return False
    before, after = Decimal(old["value"]), Decimal(new["value"])
    return abs(before - after) <= NOISE * abs(before)


def part_rows(
    components: Sequence[Component], decided: Sequence[Decided], memory: Memory = NOTHING, numbering: Numbering = ANY_NUMBER
) -> list[PartRow]:
    """One row per component, in the order of the file."""
    claimed = Counter(fold(row.product.number) for row in decided if row.product.number)
    twice = frozenset(number for number, times in claimed.items() if times > 1)
    return [
        _part_row(component, row, memory.found.get(component.key) or _gone(row, memory), numbering, twice)
        for component, row in zip(components, decided, strict=True)
    ]


def _gone(row: Decided, memory: Memory) -> Source | None:
    """What the part was in the file before, if it is gone from it under that key."""
    return memory.gone.get(row.taken.hit.item_id) if row.taken else None


def _part_row(component: Component, row: Decided, source: Source | None, numbering: Numbering, twice: frozenset[str]) -> PartRow:
    number, alias, notes = _numbered(row.product, numbering, twice)
    candidates = [_candidate(judged) for judged in ([row.taken] if row.taken else []) + row.others]
    if row.taken is None:
        new = PartRow(component.key, Verdict.NEW, Choice.CREATE if row.product.fitted else Choice.SKIP)
        return replace(
            new,
            certainty=row.certainty,
            doubts=row.doubts,
            candidates=candidates,
            changes=[*alias, *_made_anew(row.product)],
            number=number,
            notes=notes,
        )
    found = used_row(component, row.product, row.taken.hit, source, numbering)
    return replace(found, match_by=row.taken.way, certainty=row.certainty, doubts=row.doubts, candidates=candidates, number=number)


def _candidate(judged: Judged) -> dict[str, Any]:
    hit = judged.hit
    return {"id": str(hit.uid), "number": hit.number, "name": hit.name, "match_by": judged.way.value}


def used_row(component: Component, product: Product, hit: Hit, source: Source | None = None, numbering: Numbering = ANY_NUMBER) -> PartRow:
    """The row of a component that is taken for a part, by a person's choice unless said otherwise."""
    words = "; ".join(what_differs(component, hit.attributes)) or None
    changes = [
        Change(name, hit.attributes.get(name), value, words=words if name == "shape" else None)
        for name, value in changed_attributes(component, hit.attributes).items()
    ]
    known = source if source is not None and source.item_id == hit.item_id else None
    changes += [*_renamed(product, hit, known), *_renumbered(product, hit, numbering), *_made_by(product, hit)]
    return PartRow(component.key, Verdict.MATCHED, Choice.USE, hit.item_id, Way.CHOICE, Certainty.SURE, changes=changes)


def new_changes(product: Product, numbering: Numbering = ANY_NUMBER) -> list[Change]:
    """What a part gets besides when it is made for the component."""
    return [*_numbered(product, numbering, frozenset())[1], *_made_anew(product)]


def _made_anew(product: Product) -> list[Change]:
    return [Change(field, None, value) for field, value in maker_attributes(product.makers).items()]


def maker_attributes(makers: Sequence[MakerPart]) -> dict[str, str]:
    """Of the first choice."""
    said = {"manufacturer": makers[0].maker, "mpn": makers[0].number} if makers else {}
    return {field: value for field, value in said.items() if value}


def together(take: Mapping[str, bool]) -> dict[str, bool]:
    """Which changes are applied, as a person says by their fields: what is measured of a shape goes with the shape."""
    shape = next((take[name] for name in OF_SHAPE if name in take), None)
    return dict(take) if shape is None else {**dict(take), **dict.fromkeys(MEASURED, shape)}


def _renamed(product: Product, hit: Hit, known: Source | None) -> list[Change]:
    """The file's name, where it is another one than before; it is not taken over by itself where a person typed what is there."""
    if product.name is None or product.name == hit.name or (known and known.name == product.name):
        return []
    return [Change("name", hit.name, product.name, apply=known is not None and known.name == hit.name)]


def _renumbered(product: Product, hit: Hit, numbering: Numbering) -> list[Change]:
    if product.number is None or fold(product.number) in {fold(n) for n in hit.numbers} | numbering.taken:
        return []
    return [Change("alias", None, product.number)]


def _made_by(product: Product, hit: Hit) -> list[Change]:
    if any(fold(made.number) == fold(hit.attributes.get("mpn") or "") for made in product.makers):
        return []
    is_empty = "mpn" not in hit.attributes and "manufacturer" not in hit.attributes
    return [Change(field, hit.attributes.get(field), new, apply=is_empty) for field, new in maker_attributes(product.makers).items()]


def _numbered(product: Product, numbering: Numbering, twice: frozenset[str]) -> tuple[str | None, list[Change], list[str]]:
    """Under which number a part is made for the component (None: drawn by the scheme), the alias that it gets, and what is said of that."""
    number = product.number
    if number is None:
        return None, [], []
    if product.own_number:
        return number, [], []
    if fold(number) in twice:
        return None, [], [f"several parts of the file have the number {number}, so none is made under it"]
    if fold(number) in numbering.taken:
        return None, [], [f"the number {number} is another part's, so it is not made under it"]
    if product.only_alias or not numbering.may_type:
        return None, [Change("alias", None, number)], []
    return number, [], []
