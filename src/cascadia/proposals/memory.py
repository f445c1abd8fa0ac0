"""What is remembered of the files of one series: which part each of their components became. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cascadia.proposals.model import Certainty, Product
from cascadia.proposals.naming import is_generic

HALF: Final = 0.5
"""Where fewer of the parts are the same, a file of the same name is another one."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a component of a file became, and how the file last had it. `root_id`: the part of the file's root, if any."""

    root_id: int | None
    key: str
    item_id: int
    name: str | None
    geometry: str | None
    seq: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What holds for the file at hand. `found`: component → what it became before; `gone`: parts it has no more, and what they were.

    `certainty`: that the file is the next state of what `root_id` came from; below likely nothing of it is used.
    """

    root_id: int | None = None
    certainty: Certainty = Certainty.NONE
    doubts: tuple[str, ...] = ()
    found: Mapping[str, Source] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    gone: Mapping[int, Source] = field(default_factory=dict)


NOTHING: Final = Memory()


@dataclass(frozen=True, slots=True)
class _Series:
    """The sources of one root, the newest of each key, beside the file."""

    root_id: int | None
    sources: Mapping[str, Source]
    shared: int
    smaller: int
    same_root: bool
    is_same: bool

    @property
    def share(self) -> float:
        return self.shared / self.smaller if self.smaller else 0.0


def remember(products: Sequence[Product], sources: Sequence[Source], *, chosen: int | None = None, refused: bool = False) -> Memory:
    """What the file continues: the series of the assembly that a person chose, else the one that has most in common with it.

    `sources`: of all series of the file's name in its project, and of those of `chosen`. `refused`: a person said that it is a new one.
    """
    if refused or not sources:
        return NOTHING
    all_series = [_series(products, root, found) for root, found in _by_root(sources).items()]
    if chosen is not None:
        mine = next((s for s in all_series if s.root_id == chosen), None)
        return _memory(products, mine, Certainty.SURE, ()) if mine else NOTHING
    judged = sorted(((_certainty(products, series), series) for series in all_series), key=_best)
    certainty, series = judged[0]
    if certainty is Certainty.SUGGESTION:
        words = f"another file of this name became an assembly or part with which it shares {series.shared} of {len(products) - 1} parts"
        return Memory(series.root_id, Certainty.SUGGESTION, (f"{words}: say whether it is its next state",))
    doubts: tuple[str, ...] = ()
    if certainty is Certainty.LIKELY:
        doubts = (f"it has the name of a file before, and {series.shared} of its {len(products) - 1} parts",)
    elif sum(found is Certainty.SURE for found, _ in judged) > 1:
        certainty, doubts = Certainty.LIKELY, ("several files of this name had the same parts",)
    return _memory(products, series, certainty, doubts)


def _best(judged: tuple[Certainty, _Series]) -> tuple[int, float, int]:
    certainty, series = judged
    return list(Certainty).index(certainty), -series.share, -max(s.seq for s in series.sources.values())


def _by_root(sources: Sequence[Source]) -> dict[int | None, dict[str, Source]]:
    roots: dict[int | None, dict[str, Source]] = defaultdict(dict)
    for source in sorted(sources, key=lambda s: s.seq):
        roots[source.root_id][source.key] = source
    return roots


def _series(products: Sequence[Product], root_id: int | None, sources: Mapping[str, Source]) -> _Series:
    root = next(p for p in products if p.is_root)
    same_root = any(key in sources and sources[key].item_id == root_id for key in root.sources)
    below = {p.key for p in products if not p.is_root}
    shared = sum(any(key in sources for key in p.sources) for p in products if not p.is_root)
    known = {source.item_id for source in sources.values()} - {root_id}
    smaller = min(len(below), len(known))
    return _Series(root_id, sources, shared, smaller, same_root, same_root and shared == len(below) == len(known))


def _certainty(products: Sequence[Product], series: _Series) -> Certainty:
    """That the file is the next state of the series. The root of a parts list has no name of its own, that of a model may have one."""
    root = next(p for p in products if p.is_root)
    if series.is_same and (series.shared or _is_known_part(root, series)):
        return Certainty.SURE
    if not series.smaller:
        return Certainty.LIKELY if series.same_root or _has_known_shape(root, series) else Certainty.SUGGESTION
    if series.share >= HALF:
        return Certainty.SURE if series.same_root and root.name is not None else Certainty.LIKELY
    return Certainty.LIKELY if series.same_root and root.name is not None and series.shared else Certainty.SUGGESTION


def _is_known_part(root: Product, series: _Series) -> bool:
    """Whether a file of one part is the part that it was: by a name that tells it, else by its shape."""
    return root.name is not None or (root.number is not None and not is_generic(root.number)) or _has_known_shape(root, series)


def _has_known_shape(root: Product, series: _Series) -> bool:
    return any(source.geometry in root.shapes for source in series.sources.values() if source.geometry)


def _memory(products: Sequence[Product], series: _Series, certainty: Certainty, doubts: tuple[str, ...]) -> Memory:
    found: dict[str, Source] = {}
    loose: set[str] = set()
    used: set[str] = set()
    for best in (True, False):
        for product in products:
            keys = product.sources[:1] if best else product.sources[1:]
            key = next((k for k in keys if k in series.sources and k not in used), None)
            if product.key not in found and key is not None:
                found[product.key] = series.sources[key]
                used.add(key)
                loose |= set() if best else {product.key}
    kept = {source.item_id for source in found.values()}
    gone = {s.item_id: s for s in series.sources.values() if s.item_id not in kept and s.item_id != series.root_id}
    return Memory(series.root_id, certainty, doubts, found, frozenset(loose), gone)
