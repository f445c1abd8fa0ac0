"""The lines below items, kept from request to request: for everybody, by what never changes (item, branch, commits)."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeVar

import numpy as np

from cascadia.bom import queries
from cascadia.bom.columns import Lines, Packed, written
from cascadia.bom.graph import Amounts, Flags, Graph, Index, Places
from cascadia.kernel.aside import beside
from cascadia.kernel.db import Read

Found = TypeVar("Found")

OCCURRENCES_MAX: Final = 500_000
TOUCHED_MOST: Final = 10_000
"""Openings, and closings, of lines between two commits that are looked through before all is read anew."""
SMALL: Final = 1000
"""Lines that are put together on the event loop."""
PER_LINE: Final = 400
"""Bytes of what is worked out for a line and kept: its graph and its JSON."""
PER_PLACE: Final = 40
PER_NETWORK: Final = 8000
"""Bytes of a network without lines."""


@dataclass(frozen=True)
class Network:
    """The lines below an item as a graph, with the version of each item's BOM. Nothing in it depends on who looks."""

    branch_id: int
    lines: Lines
    graph: Graph
    versions: Index

    @classmethod
    def of(cls, root: int, branch_id: int, lines: Lines, versions: dict[int, int]) -> "Network":
        """Of lines that are all reachable from the root."""
        graph = lines.graph(root)
        ordered = replace(graph, line=np.arange(len(lines)))
        return cls(branch_id, lines.take(graph.line), ordered, np.array([versions.get(item, 0) for item in graph.items.tolist()], np.int64))

    @cached_property
    def json(self) -> bytes:
        """The lines as they are sent."""
        return self.lines.json(self.graph, self.branch_id)

    @cached_property
    def whole(self) -> Places:
        """Every place below the item, as many as are sent."""
        return self.graph.expand(depth=None, limit=OCCURRENCES_MAX)

    @cached_property
    def places_json(self) -> bytes:
        """The places as they are sent."""
        return written(self.whole)

    @cached_property
    def flat(self) -> Amounts:
        """The quantity of each item in the whole."""
        return self.graph.flatten()

    @cached_property
    def places(self) -> int:
        """How many places there are."""
        return self.graph.places()

    @cached_property
    def size(self) -> int:
        """Bytes that it takes, about, with all that is kept of it."""
        return PER_NETWORK + self.lines.size + PER_LINE * len(self.lines) + PER_PLACE * min(self.places, OCCURRENCES_MAX)

    def seen(self, visible: Flags) -> "Network":
        """What is left of it for whom the other items are hidden: their own lines, and what only they use, are not there."""
        if visible[self.graph.parent].all():
            return self
        kept = reachable(int(self.graph.items[0]), self.lines.take(visible[self.graph.parent]))
        versions = dict(zip(self.graph.items.tolist(), self.versions.tolist(), strict=True))
        return Network.of(int(self.graph.items[0]), self.branch_id, kept, versions)


def reachable(root: int, lines: Lines) -> Lines:
    """The lines to which a way leads from the root."""
    found = np.array([root], np.int64)
    front = found
    while len(front):
        front = np.setdiff1d(lines.child[np.isin(lines.parent, front)], found)
        found = np.union1d(found, front)
    return lines.take(np.isin(lines.parent, found))


@dataclass(slots=True)
class _Kept:
    """A network with the commits, first and last, between which it is known to be the same."""

    key: "Place"
    network: Network
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Place:
    """Whose lines, where and when."""

    branch_id: int
    item_id: int
    seq: int

    @property
    def item(self) -> tuple[int, int]:
        """The item on its branch, at any time."""
        return self.branch_id, self.item_id


@dataclass(frozen=True, slots=True)
class _Touched:
    parents: list[int]
    others: bool


class _Abandoned(Exception):
    """Who read what others waited for did not come to its end."""


class Networks:
    """Networks of one app server, bounded by bytes: those that were asked for longest ago go first.

    No server has to tell another what changed: a network at one commit serves another where none of its BOMs changed between them, and is
    mended where some did.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Place, _Kept] = OrderedDict()
        self._of: defaultdict[tuple[int, int], list[_Kept]] = defaultdict(list)
        self._coming: dict[Place, asyncio.Future[Network]] = {}
        self.bytes = 0

    async def find(self, read: Read, place: Place) -> Network:
        """The network of the item at the point; who asks for one that is being read waits for it."""
        while coming := self._coming.get(place):
            with suppress(_Abandoned):
                return await asyncio.shield(coming)
        coming = self._coming[place] = asyncio.get_running_loop().create_future()
        try:
            network = await self._find(read, place)
            coming.set_result(network)
            return network
        finally:
            del self._coming[place]
            if not coming.done():
                coming.set_exception(_Abandoned())
                coming.exception()  # nobody may have waited for it

    async def _find(self, read: Read, place: Place) -> Network:
        nearest = min(self._of.get(place.item, ()), key=lambda kept: _distance(kept, place.seq), default=None)
        if nearest is None:
            return self._keep(place, await _read(read, place))
        if _distance(nearest, place.seq):
            touched = await _touched(read, place, nearest)
            if touched is None:
                return self._keep(place, await _read(read, place))
            inside = np.intersect1d(touched, nearest.network.graph.items)
            if len(inside):
                return self._keep(place, await _mended(read, place, nearest.network, inside))
            nearest.first, nearest.last = min(nearest.first, place.seq), max(nearest.last, place.seq)
        if nearest.key in self._kept:
            self._kept.move_to_end(nearest.key)
        return nearest.network

    def _keep(self, place: Place, network: Network) -> Network:
        kept = self._kept[place] = _Kept(place, network, place.seq, place.seq)
        self._of[place.item].append(kept)
        self.bytes += network.size
        while self.bytes > self._most:
            self._drop(*self._kept.popitem(last=False))
        return network

    def _drop(self, place: Place, kept: _Kept) -> None:
        self.bytes -= kept.network.size
        self._of[place.item].remove(kept)
        if not self._of[place.item]:
            del self._of[place.item]


def _distance(kept: _Kept, seq: int) -> int:
    return max(kept.first - seq, seq - kept.last, 0)


async def _read(read: Read, place: Place) -> Network:
    return await _network(read, place, await read_lines(read, place), {})


async def read_lines(read: Read, place: Place) -> Lines:
    """All lines below the item at the point."""
    return await _below(read, place, np.array([place.item_id]), np.array([place.item_id]))


async def _mended(read: Read, place: Place, network: Network, touched: Index) -> Network:
    """The network where the BOMs of some of its items changed: theirs are read anew, and what came in below them."""
    rest = network.lines.take(~np.isin(network.lines.parent, touched))
    read_anew = await _below(read, place, touched, network.graph.items)
    lines = await _beside(len(rest) + len(read_anew), lambda: reachable(place.item_id, Lines.joined([rest, read_anew])))
    known = dict(zip(network.graph.items.tolist(), network.versions.tolist(), strict=True))
    return await _network(read, place, lines, {item: seq for item, seq in known.items() if item not in set(touched.tolist())})


async def _below(read: Read, place: Place, front: Index, known: Index) -> Lines:
    """The lines of some items, and of what is below them and not known, level by level."""
    found = [Lines.none()]
    while len(front):
        params = {"branch_id": place.branch_id, "seq": place.seq, "parents": front.tolist()}
        packed = await read.packed(queries.EDGE_COLUMNS, Packed, params)
        lines = await beside(lambda packed=packed: Lines.unpacked(packed))  # type: ignore[misc]
        found.append(lines)
        front = np.setdiff1d(lines.child, known)
        known = np.union1d(known, front)
    return await _beside(sum(map(len, found)), lambda: Lines.joined(found))


async def _network(read: Read, place: Place, lines: Lines, versions: dict[int, int]) -> Network:
    wanted = np.union1d(lines.parent, [place.item_id]).tolist()
    params = {"branch_id": place.branch_id, "seq": place.seq, "items": [item for item in wanted if item not in versions]}
    rows = await read.rows(queries.VERSIONS, params)
    versions = {**versions, **{row["item_id"]: row["bom_seq"] for row in rows}}
    return await _beside(len(lines), lambda: Network.of(place.item_id, place.branch_id, lines, versions))


async def _touched(read: Read, place: Place, kept: _Kept) -> Index | None:
    """The items whose BOMs changed between what is kept and the place; None where there are too many to look through."""
    after, upto = (kept.last, place.seq) if place.seq > kept.last else (place.seq, kept.first)
    params = {"branch_id": place.branch_id, "after": after, "upto": upto, "most": TOUCHED_MOST}
    touched = await read.one(queries.TOUCHED, _Touched, params)
    assert touched
    return None if touched.others else np.array(touched.parents, np.int64)


async def _beside(lines: int, work: Callable[[], Found]) -> Found:
    return await beside(work) if lines > SMALL else work()
