"""Who a component is: what a file says of it, what its file's states before became, and the parts that may be it. Pure.

One to one: two components of a file never become one part, nor one component two; the surest are given away first, over all together.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from cascadia.kernel.text import alike, fold
from cascadia.proposals.memory import NOTHING, Memory
from cascadia.proposals.model import GUESSED, Certainty, Hit, Judged, Product, Way
from cascadia.structures.likeness import same_shape
from cascadia.structures.model import MakerPart

KIND: Final = 3
"""How many times the volume of one part is that of another where they cannot be of one kind."""
BY_NUMBER: Final = (Way.NUMBER, Way.ALIAS)


@dataclass(slots=True)
class Decided:
    """Which part a component is taken for (None: none), why a person should look at it, and what else it may be, the likeliest first."""

    product: Product
    taken: Judged | None = None
    doubts: list[str] = field(default_factory=list)
    others: list[Judged] = field(default_factory=list)

    @property
    def certainty(self) -> Certainty:
        """Of the part that it is taken for; a suggestion where there are only such."""
        if self.taken:
            return Certainty.LIKELY if self.doubts else self.taken.certainty
        return Certainty.SUGGESTION if self.others else Certainty.NONE


def decide(products: Sequence[Product], hits: Sequence[Hit], memory: Memory = NOTHING) -> list[Decided]:
    """Which part each component is taken for, in the order of the file."""
    by_component: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_component[hit.component].append(hit)
    decided = {p.key: Decided(p) for p in products}
    for row in decided.values():
        found = [judge(row.product, hit, memory) for hit in by_component[row.product.key]]
        row.others = sorted(found, key=lambda judged: (judged.order, judged.hit.number))
    taken = _given(decided)
    claims = Counter(fold(p.number) for p in products if p.number)
    wanted: dict[int, list[str]] = defaultdict(list)
    for row in decided.values():
        for other in row.others:
            if other.certainty is not Certainty.SUGGESTION:
                wanted[other.hit.item_id].append(row.product.key)
    for row in decided.values():
        row.doubts += _denied(row, claims) if row.taken else _rivals(row, decided, taken, wanted)
        if row.product.is_root and row.taken is None:
            row.doubts += memory.doubts
        row.others = [other for other in row.others if other is not row.taken]
    return list(decided.values())


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What a component and a part have in common, and what speaks against their being one."""

    same_shape: bool
    other_shape: bool
    same_name: bool
    has_number: bool
    other_number: bool
    apart: tuple[str, ...]

    @classmethod
    def of(cls, product: Product, hit: Hit) -> "_Evidence":
        same = same_shape(product.component, hit.attributes) if product.component else None
        has_number = product.number is not None and fold(product.number) in {fold(number) for number in hit.numbers}
        return cls(
            same is True,
            same is False,
            product.name is not None and alike(hit.name) == alike(product.name),
            has_number,
            product.number is not None and not has_number and bool(hit.chosen) and not _is_makers(product),
            (*_makers_apart(product, hit), *_kinds_apart(product, hit)),
        )


def judge(product: Product, hit: Hit, memory: Memory = NOTHING) -> Judged:
    """How sure it is that this part is the component, and why it should be looked at."""
    seen = _Evidence.of(product, hit)
    way, certainty, doubts = _known(product, hit, seen, memory) or _guessed(product, hit, seen, memory)
    return Judged(hit, way, certainty, doubts, seen.same_shape + seen.same_name + seen.has_number + hit.here)


_Finding = tuple[Way, Certainty, tuple[str, ...]]


def _known(product: Product, hit: Hit, seen: _Evidence, memory: Memory) -> _Finding | None:
    """By what identifies a part: what its file became before, its number, its maker's number."""
    if Way.SOURCE in hit.ways and product.is_root:
        return Way.SOURCE, memory.certainty, memory.doubts
    if Way.SOURCE in hit.ways:
        return _doubted(
            Way.SOURCE, ("several parts of the file are called so",) if product.key in memory.loose and seen.other_shape else ()
        )
    if Way.NUMBER in hit.ways or Way.ALIAS in hit.ways:
        is_other = seen.other_shape and product.name is not None and not seen.same_name
        doubts = (*seen.apart, *(("its name and its shape are others",) if is_other else ()))
        return _doubted(Way.NUMBER if Way.NUMBER in hit.ways else Way.ALIAS, doubts)
    if Way.MAKER in hit.ways and not seen.apart and not seen.other_number:
        return _doubted(Way.MAKER, () if _same_maker(product, hit) else (GUESSED[Way.MAKER],))
    return None


def _doubted(way: Way, doubts: tuple[str, ...]) -> _Finding:
    return way, Certainty.LIKELY if doubts else Certainty.SURE, doubts


def _guessed(product: Product, hit: Hit, seen: _Evidence, memory: Memory) -> _Finding:
    """By what several parts may have. A number or a maker that is another one leaves a suggestion."""
    if not seen.apart and not seen.other_number:
        is_alone = product.number is None and not seen.other_shape
        likely = {
            Way.NAME_GEOMETRY: seen.same_name and seen.same_shape and hit.here,
            Way.RENAMED: seen.same_shape and hit.item_id in memory.gone and not product.is_root,
            Way.NAME: seen.same_name and hit.here and is_alone,
        }
        way = next((way for way, holds in likely.items() if holds), None)
        if way is not None:
            return way, Certainty.LIKELY, (GUESSED[way],)
    if seen.same_shape:
        return Way.GEOMETRY, Certainty.SUGGESTION, ()
    return Way.MAKER if Way.MAKER in hit.ways else Way.OTHER_NAME, Certainty.SUGGESTION, ()


def _is_makers(product: Product) -> bool:
    """Whether the number that it claims is a maker's, under which it is made where it has no other."""
    return any(fold(made.number) == fold(product.number or "") for made in product.makers)


def _makers_apart(product: Product, hit: Hit) -> list[str]:
    number, maker = hit.attributes.get("mpn"), hit.attributes.get("manufacturer")
    if not number or not product.makers or any(_is_maker_part(made, number, maker) for made in product.makers):
        return []
    made = product.makers[0]
    if fold(made.number) == fold(number):
        return [f"its maker is {made.maker}, that of {hit.number} is {maker}"]
    return [f"its maker's number is {made.number}, that of {hit.number} is {number}"]


def _is_maker_part(made: MakerPart, number: str, maker: str | None) -> bool:
    return fold(made.number) == fold(number) and (not maker or not made.maker or fold(made.maker) == fold(maker))


def _same_maker(product: Product, hit: Hit) -> bool:
    maker = hit.attributes.get("manufacturer")
    return maker is not None and any(made.maker is not None and fold(made.maker) == fold(maker) for made in product.makers)


def _kinds_apart(product: Product, hit: Hit) -> list[str]:
    """A sheet is no bolt, whatever its number says."""
    volume = hit.attributes.get("volume")
    there = Decimal(volume["value"]) if volume else None
    if not there or not product.volume:
        return []
    ratio = max(product.volume / there, there / product.volume)
    return [f"its volume and that of {hit.number} differ {ratio:.1f} times"] if ratio > KIND else []


def _given(decided: Mapping[str, Decided]) -> dict[int, str]:
    """Gives parts to components, way by way, and says who has which."""
    taken: dict[int, str] = {}
    ways = {judged.way for row in decided.values() for judged in row.others}
    for certainty in (Certainty.SURE, Certainty.LIKELY):
        for way in (way for way in Way if way in ways):
            _give(decided, taken, way, certainty)
    return taken


def _give(decided: Mapping[str, Decided], taken: dict[int, str], way: Way, certainty: Certainty) -> None:
    """Gives the parts that were found in this way to the components that want them most, where no two want one as much."""
    wanting: dict[int, list[tuple[Judged, str]]] = defaultdict(list)
    for key, row in decided.items():
        if row.taken is None:
            found = [j for j in row.others if j.way is way and j.certainty is certainty]
            best = _only_one(found, taken, way)
            if best:
                wanting[best.hit.item_id].append((best, key))
    for item_id, rivals in wanting.items():
        judged, key = min(rivals, key=lambda rival: rival[0].order)
        equal = sum(rival.order == judged.order for rival, _ in rivals)
        if equal == 1 or way in BY_NUMBER:
            taken[item_id] = key
            decided[key].taken = judged
            decided[key].doubts += judged.doubts


def _only_one(found: Sequence[Judged], taken: Mapping[int, str], way: Way) -> Judged | None:
    """The best of them that is free, where no other is as good. A name alone must be the only one, taken or not."""
    free = [judged for judged in found if judged.hit.item_id not in taken]
    rivals = found if way is Way.NAME else free
    if not free or (len(rivals) > 1 and rivals[0].order == rivals[1].order):
        return None
    return free[0]


def _denied(row: Decided, claims: Mapping[str, int]) -> list[str]:
    """What the file says of the component that speaks as surely for another part, or for another component."""
    others = [j.hit for j in row.others if j is not row.taken and j.certainty is Certainty.SURE and j.way in BY_NUMBER]
    words = [f"its number is that of {hit.number} {hit.name}" for hit in others]
    number = row.product.number
    if row.taken and row.taken.way in BY_NUMBER and number and claims[fold(number)] > 1:
        words.append(f"several parts of the file have the number {number}")
    return words


def _rivals(row: Decided, decided: Mapping[str, Decided], taken: Mapping[int, str], wanted: Mapping[int, Sequence[str]]) -> list[str]:
    """Who of the same file has, or may be as surely, a part that the component may be."""
    words = []
    for hit in (judged.hit for judged in row.others if judged.certainty is not Certainty.SUGGESTION):
        rivals = [decided[key].product.called for key in wanted[hit.item_id] if key != row.product.key]
        if hit.item_id in taken:
            words.append(
                f"it may be {hit.number} {hit.name}, which {decided[taken[hit.item_id]].product.called} of the same file is taken for"
            )
        elif rivals:
            words.append(f"it may be {hit.number} {hit.name}, and so may {rivals[0]} of the same file")
    return words
