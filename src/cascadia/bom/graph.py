"""A tree of distinct items and lines as numpy columns: counted, summed and expanded exactly, whatever the number of its places. Pure.

Sums are integers over one scale; where a bound says that 64 bits could overflow, the same statements run on Python's integers.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
Numbers = NDArray[Any]
"""int64, or object with Python's integers."""

Kind = type[np.float64] | type[np.int64] | type[object]

SAFE: Final = float(2**62)
"""Below it a sum of floats proves that the same sum of integers fits 64 bits: its error is far less than the factor of two."""
UNBOUNDED: Final = 2**1000
"""From here on a float is as good as infinite."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Exact numbers as columns: `numerator / (denominator * base ** exponent)`."""

    numerator: Numbers
    exponent: Index
    base: int
    denominator: int = 1

    def __getitem__(self, index: int) -> Fraction:
        return Fraction(int(self.numerator[index]), self.denominator * self.base ** int(self.exponent[index]))

    def __len__(self) -> int:
        return len(self.numerator)

    def __iter__(self) -> Iterator[Fraction]:
        return (self[index] for index in range(len(self)))

    def total(self, chosen: Flags) -> Fraction:
        """The sum of those for which a flag stands."""
        found = Fraction(0)
        for exponent in np.unique(self.exponent[chosen]).tolist():
            numerators = self.numerator[chosen & (self.exponent == exponent)]
            found += Fraction(sum(numerators.tolist()), self.denominator * self.base**exponent)
        return found


@dataclass(frozen=True, slots=True)
class Places:
    """A tree in depth-first order, as columns: level (1 = below the root), index of the line, quantity in the whole root."""

    level: Index
    line: Index
    extended: Amounts
    complete: bool


@dataclass(frozen=True, slots=True)
class Sums:
    """A value summed up for each item. Where nothing below has one, `known` is false; where something has none, `complete`."""

    value: Amounts
    known: Flags
    complete: Flags


@dataclass(frozen=True)
class Graph:
    """Distinct lines below an item. Items are indexes into `items`, the root 0, each after the first line that uses it.

    Lines are sorted by parent, in their given order within each; `line` is where each stood. `quantity` is over `base`.
    """

    items: Index
    parent: Index
    child: Index
    line: Index
    quantity: Numbers
    base: int
    counts: Flags

    @classmethod
    def of(
        cls,
        root: int,
        parent: Sequence[int] | Index,
        child: Sequence[int] | Index,
        quantity: Sequence[Fraction] | Numbers,
        counts: Sequence[bool] | Flags,
        *,
        base: int | None = None,
    ) -> Self:
        """The graph of lines in any order, all of them reachable from the root. `quantity` is over `base`, or fractions."""
        users, used = np.asarray(parent, np.int64), np.asarray(child, np.int64)
        distinct, first, place = np.unique(np.concatenate([np.array([root]), used, users]), return_index=True, return_inverse=True)
        order = np.argsort(first, kind="stable")
        index = np.empty_like(order)
        index[order] = np.arange(len(order))
        place = index[place]
        children, parents = place[1 : len(used) + 1], place[len(used) + 1 :]
        line = np.argsort(parents, kind="stable")
        amounts, scale = (np.asarray(quantity), base) if base is not None else _over_one_base(quantity)
        return cls(distinct[order], parents[line], children[line], line, amounts[line], scale, np.asarray(counts, np.bool_)[line])

    @cached_property
    def start(self) -> Index:
        """Item → its first line; one more at the end."""
        return np.searchsorted(self.parent, np.arange(len(self.items) + 1))

    @cached_property
    def levels(self) -> list[Index]:
        """The items by the longest way from the root, so that each stands after all that use it."""
        waiting = np.bincount(self.child, minlength=len(self.items))
        front, found = np.zeros(1, np.int64), []
        while len(front):
            found.append(front)
            children = self.child[self.lines_of(front)]
            np.subtract.at(waiting, children, 1)
            below = np.unique(children)
            front = below[waiting[below] == 0]
        return found

    @cached_property
    def depth(self) -> Index:
        """The longest way from the root to each item."""
        depth = np.zeros(len(self.items), np.int64)
        for level, front in enumerate(self.levels):
            depth[front] = level
        return depth

    @cached_property
    def height(self) -> Index:
        """The longest way from each item down."""
        height = np.zeros(len(self.items), np.int64)
        for lines in self._upwards():
            np.maximum.at(height, self.parent[lines], height[self.child[lines]] + 1)
        return height

    def lines_of(self, items: Index) -> Index:
        """The lines of these items, one item's after the other's."""
        counts = self.start[items + 1] - self.start[items]
        shift = self.start[items] - (np.cumsum(counts) - counts)
        return np.repeat(shift, counts) + np.arange(counts.sum())

    def _upwards(self) -> Iterator[Index]:
        return (self.lines_of(front) for front in reversed(self.levels))

    def has_lines(self) -> Flags:
        """Which items have lines of their own."""
        return self.start[1:] > self.start[:-1]

    def places(self) -> int:
        """How many places there are below the root, on all levels."""
        ones = np.ones(len(self.line), np.int64)
        return int(_total(self._spread(ones, np.zeros(len(self.items), np.int64), 1))) - 1

    def flatten(self) -> Amounts:
        """Quantity of each item in one root, over all places; reference lines add nothing."""
        counted = np.where(self.counts, self.quantity, 0)
        return Amounts(self._spread(counted, self.depth, self.base), self.depth, self.base)

    def _spread(self, amounts: Numbers, exponent: Index, base: int) -> Numbers:
        """One of the root, times the amount of each line on each way down, summed by item; over `base ** exponent`."""
        gap = exponent[self.child] - exponent[self.parent] - (base != 1)

        def sums(kind: Kind) -> Numbers:
            found: Numbers = np.zeros(len(self.items), kind)
            found[0] = 1
            factor = _scaled(amounts, base, gap, kind)
            for front in self.levels:
                lines = self.lines_of(front)
                np.add.at(found, self.child[lines], _times(found[self.parent[lines]], factor[lines]))
            return found

        return _exact(sums)

    def roll_up(self, own: Mapping[int, Fraction], hidden: Flags) -> Sums:
        """The value of each item (by index): its own where it has no lines that count, else the sum below; unknown where it is hidden."""
        counted = np.flatnonzero(self.counts)
        whole = np.zeros(len(self.items), np.bool_)
        whole[self.parent[counted]] = True
        stated = {index: value for index, value in own.items() if not whole[index] and not hidden[index]}
        known = np.zeros(len(self.items), np.bool_)
        known[list(stated)] = True
        complete = known | whole
        complete[hidden] = False
        for lines in self._upwards():
            used = lines[self.counts[lines] & ~hidden[self.parent[lines]]]
            np.logical_or.at(known, self.parent[used], known[self.child[used]])
            np.logical_and.at(complete, self.parent[used], complete[self.child[used]])
        denominator = math.lcm(*(value.denominator for value in stated.values()))
        sums = self._gather({index: value.numerator * (denominator // value.denominator) for index, value in stated.items()}, hidden)
        return Sums(Amounts(sums, self.height, self.base, denominator), known, complete)

    def _gather(self, own: Mapping[int, int], hidden: Flags) -> Numbers:
        """The own values times the quantity of each line on each way up, summed by item; over `base ** height`."""
        gap = self.height[self.parent] - self.height[self.child] - 1
        counted = np.where(self.counts & ~hidden[self.parent], self.quantity, 0)

        def sums(kind: Kind) -> Numbers:
            found: Numbers = np.zeros(len(self.items), kind)
            for index, value in own.items():
                found[index] = _as(kind, value * self.base ** int(self.height[index]))
            factor = _scaled(counted, self.base, gap, kind)
            for lines in self._upwards():
                np.add.at(found, self.parent[lines], _times(found[self.child[lines]], factor[lines]))
            return found

        return _exact(sums)

    def expand(self, *, depth: int | None, limit: int) -> Places:
        """Every place below the root, at most `depth` levels (None: all) and `limit` rows; `complete` says whether those were all."""
        levels = int(self.height[0]) if depth is None else min(depth, int(self.height[0]))
        sizes = self._sizes(levels, limit)
        rows = min(int(sizes[-1][0]) - 1, limit)
        level, line = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        above = np.full(rows, -1, np.int64)
        front, place = np.zeros(1, np.int64), np.full(1, -1, np.int64)
        for number in range(1, levels + 1):
            counts = self.start[front + 1] - self.start[front]
            lines, user = self.lines_of(front), np.repeat(np.arange(len(front)), counts)
            size = sizes[levels - number][self.child[lines]]
            before = np.cumsum(size) - size
            first = np.repeat(np.cumsum(counts) - counts, counts)
            at = place[user] + 1 + before - (before[first] if len(lines) else 0)
            kept = at < limit
            lines, user, at = lines[kept], user[kept], at[kept]
            level[at], line[at], above[at] = number, lines, place[user]
            front, place = self.child[lines], at
        complete = int(sizes[-1][0]) - 1 <= limit and levels == int(self.height[0])
        return Places(level, self.line[line], self._extended(level, line, above, levels), complete)

    def _sizes(self, levels: int, limit: int) -> list[Index]:
        """Places of each item with so many levels below it (0, 1, …), itself counted; no more than `limit` and some are told apart."""
        sizes = [np.ones(len(self.items), np.int64)]
        for _ in range(levels):
            below = np.ones(len(self.items), np.int64)
            np.add.at(below, self.parent, sizes[-1][self.child])
            sizes.append(np.minimum(below, limit + 2))
            if np.array_equal(sizes[-1], sizes[-2]):
                return [*sizes, *[sizes[-1]] * (levels + 1 - len(sizes))]
        return sizes

    def _extended(self, level: Index, line: Index, above: Index, levels: int) -> Amounts:
        """The product of the quantities on the way to each place, over `base ** level`."""
        at = [np.flatnonzero(level == number) for number in range(1, levels + 1)]

        def products(kind: Kind) -> Numbers:
            quantity = _scaled(self.quantity, 1, level, kind)
            found: Numbers = quantity[line]
            for places in at[1:]:
                found[places] = _times(found[above[places]], found[places])
            return found

        return Amounts(_exact(products), level, self.base)


def _exact(work: Callable[[Kind], Numbers]) -> Numbers:
    """The integers that the work makes of what is above or equal to zero: in 64 bits where floats show that they suffice."""
    with np.errstate(over="ignore"):
        bound = work(np.float64).max(initial=0)
    return work(np.int64 if bound < SAFE else object)


def _over_one_base(quantity: Sequence[Fraction] | Numbers) -> tuple[Numbers, int]:
    """Fractions as integers over their least common denominator."""
    fractions = [Fraction(value) for value in quantity]
    base = math.lcm(*{value.denominator for value in fractions})
    whole = [value.numerator * (base // value.denominator) for value in fractions]
    return np.array(whole, np.int64 if max(whole, default=0) < SAFE else object), base


def _scaled(amounts: Numbers, base: int, gap: Index, kind: Kind) -> Numbers:
    """`amounts * base ** gap`, in one kind of number; what is nothing stays nothing, however large the scale."""
    if base == 1 and amounts.dtype != object:
        return amounts.astype(kind)
    scaled: Numbers = np.zeros(len(amounts), kind)
    used = np.flatnonzero(amounts)
    powers = np.array([base**exponent for exponent in range(int(gap[used].max(initial=0)) + 1)], object) if base != 1 else None
    for index, amount in zip(used, amounts[used].tolist(), strict=True):
        scaled[index] = _as(kind, amount if powers is None else amount * powers[gap[index]])
    return scaled


def _as(kind: Kind, value: int) -> float | int:
    """The number in that kind. Where it has no room in 64 bits, what it is multiplied with is nothing: else the floats had shown it."""
    if kind is np.float64:
        return float(value) if value < UNBOUNDED else math.inf
    return value if kind is object or value < SAFE else 0


def _times(some: Numbers, others: Numbers) -> Numbers:
    """Products, with nothing times the unbounded being nothing."""
    if some.dtype != np.float64:
        return some * others
    with np.errstate(invalid="ignore"):
        return np.where((some == 0) | (others == 0), 0, some * others)


def _total(numbers: Numbers) -> int:
    """The sum, in Python's integers where 64 bits might not hold it."""
    return int(
        numbers.sum() if numbers.dtype != object and float(numbers.astype(np.float64).sum()) < SAFE else numbers.astype(object).sum()
    )
