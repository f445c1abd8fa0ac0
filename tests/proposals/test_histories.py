"""Files that come again in any order, renamed, re-shaped, re-numbered, mixed and under other names: what nobody is asked about is right."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from cascadia.proposals.identity import Decided, decide
from cascadia.proposals.memory import Source, remember
from cascadia.proposals.model import Hit, Way
from cascadia.proposals.products import products_of
from cascadia.structures.model import Component, Structure, Usage

NAMES = ("Bolt", "Nut", "Part1", "Plate")
SHAPES = ("h1", "h2", "h3")


@dataclass(frozen=True)
class Thing:
    """A product as it truly is: `key` is its id in the file, which it keeps; the number stands in the file where `numbered`."""

    key: str
    name: str
    shape: str


@dataclass
class Item:
    truth: str
    name: str
    shape: str
    numbers: list[str]


@dataclass
class World:
    """A project: its parts, and what files of each name became."""

    items: list[Item] = field(default_factory=list)
    sources: dict[str, dict[str, Source]] = field(default_factory=dict)
    seq: int = 0

    def imported(self, file: str, things: Sequence[Thing]) -> None:
        """Accepts a file, with a person who answers what is asked truly; asserts that nothing else was taken wrongly."""
        self.seq += 1
        structure = structure_of(things)
        products = products_of(structure, titled=False)
        memory = remember(products, [s for name, known in self.sources.items() if name == file for s in known.values()])
        hits = [hit for p in products for hit in self.hits(p.key, p.number, p.name, things, memory.found.get(p.key), memory.root_id)]
        rows = decide(products, hits, memory)
        used = [row.taken.hit.item_id for row in rows if row.taken]
        assert len(used) == len(set(used))
        became = {row.product.key: self.answered(row, things, file) for row in rows}
        self.sources[file] = {key: self.source(became["TOP-100"], key, item) for key, item in became.items()}

    def source(self, root: int, key: str, item: int) -> Source:
        return Source(root, key, item, self.items[item].name, self.items[item].shape, self.seq)

    def answered(self, row: Decided, things: Sequence[Thing], file: str) -> int:
        key = row.product.key
        truth = key if row.product.number else f"{key} of {file}"
        thing = next((t for t in things if t.key == key), Thing(key, "Top", "top"))
        there = next((n for n, item in enumerate(self.items) if item.truth == truth), None)
        if row.taken and not row.doubts:
            assert row.taken.hit.item_id == there, f"{key} was taken for {self.items[row.taken.hit.item_id].truth} unasked"
        if there is None:
            self.items.append(Item(truth, thing.name, thing.shape, [key if row.product.number else f"P-{len(self.items):06}"]))
            return len(self.items) - 1
        self.items[there] = replace(self.items[there], name=thing.name, shape=thing.shape)
        return there

    def hits(
        self, key: str, number: str | None, name: str | None, things: Sequence[Thing], source: Source | None, root: int | None
    ) -> list[Hit]:
        shape = next((t.shape for t in things if t.key == key), "top")
        found = []
        for n, item in enumerate(self.items):
            ways = [Way.SOURCE] if n == (root if key == "TOP-100" else source and source.item_id) else []
            ways += [Way.NUMBER] if number in item.numbers else []
            ways += [Way.GEOMETRY] if shape == item.shape else []
            ways += [Way.OTHER_NAME] if name == item.name else []
            if ways:
                chosen, attributes = [number for number in item.numbers if not number.startswith("P-")], {"geometry_hash": item.shape}
                found.append(Hit(key, n, UUID(int=n), item.numbers[0], item.name, ways, True, item.numbers, chosen, attributes))
        return found


def structure_of(things: Sequence[Thing]) -> Structure:
    parts = [Component(key=t.key, number=t.key, name=t.name, geometry_hash=t.shape) for t in things]
    top = Component(key="TOP-100", number="TOP-100", name="Top", is_assembly=True, geometry_hash="top")
    uses = [Usage(parent="TOP-100", child=t.key, key=t.key, name=t.key) for t in things]
    return Structure(source_schema="AP214", unit="mm", root="TOP-100", components=[top, *parts], usages=uses)


IDS = st.sampled_from(["BOLT-7", "BOLT-8", "4711-001", "Part1", "Part2", "body"])
"""Some are numbers, some are what programs call parts: those are known in their own file only."""
THINGS = st.lists(st.builds(Thing, IDS, st.sampled_from(NAMES), st.sampled_from(SHAPES)), min_size=1, max_size=6, unique_by=lambda t: t.key)


@settings(max_examples=30, deadline=None)
@given(st.lists(THINGS, min_size=2, max_size=5))
def test_states_of_one_file_find_their_parts_and_no_other(states: list[list[Thing]]) -> None:
    world = World()
    for things in states:
        world.imported("top.stp", things)
    true = {"TOP-100", *(t.key for things in states for t in things)}
    assert sorted(item.truth.removesuffix(" of top.stp") for item in world.items) == sorted(true)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["top.stp", "other.stp"]), THINGS), min_size=2, max_size=5))
def test_files_of_other_names_take_no_part_unasked_that_is_not_theirs(states: list[tuple[str, list[Thing]]]) -> None:
    world = World()
    for file, things in states:
        world.imported(file, things)
