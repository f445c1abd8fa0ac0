"""Whether two shapes are the same: a proper motion maps the faces and edges of one onto those of the other. Pure.

No hash can tell: rounding splits what is equal and joins what differs, and sums over the whole (volume, inertia) do not see a small
hole that moves, nor a mirror image. A coarse key (`keys_near`) finds who may be equal; `compare` decides, and says what differs.
"""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple

from cascadia.structures.motion import Motion, Vector, cross, length, minus, refined, rotation, scaled, turned

TOLERANCE: Final = 1e-4
"""How far a centre may be off, in mm."""
RELATIVE: Final = 1e-7
"""How far a volume, an area or a length may be off, as a part of it."""
ABSOLUTE: Final = 1e-9
FIRST_LOOK: Final = 20 * TOLERANCE
"""How far a centre may be off before the motion is refined on all of them."""
REFINEMENTS: Final = 2
CELL: Final = 0.1
"""Of the grid in which points are looked up, in mm: much more than what they may be off, so that one is nearly always enough."""
LOOKS: Final = 3_000_000
"""Patches that are looked up at most, some ten seconds: thousands of equal faces in a ring, one of them elsewhere, are not worth more."""
STEP: Final = 1e-3
"""Of sizes in a coarse key, on a logarithmic scale."""
EDGE: Final = 100
FACES: Final = ("plane", "cylinder", "cone", "sphere", "torus", "Bézier surface", "spline", "revolved", "extruded", "offset", "other")
"""Kinds of faces by number, as OpenCASCADE counts them."""


class Patch(NamedTuple):
    """A face (`kind` an index of `FACES`, `size` its area in mm²) or an edge (`EDGE`, its length in mm), with its centre in mm."""

    kind: int
    size: float
    at: Vector


@dataclass(frozen=True, slots=True)
class Shape:
    """What is compared of a part: its volume in mm³ (None without a solid), its box in its own frame, its faces and edges in any order."""

    volume: float | None
    box: Sequence[float] | None
    patches: Sequence[Patch]


class Verdict(StrEnum):
    """Whether two shapes are the same."""

    SAME = "same"
    DIFFERENT = "different"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict, and in words what differs, from the first shape to the second."""

    verdict: Verdict
    words: Sequence[str] = ()


UNTOLD: Final = Comparison(Verdict.UNTOLD, ("it has so many equal faces that it cannot be told whether one moved",))


def coarse_key(faces: Mapping[int, int], volume: float | None, area: float) -> str:
    """Equal for equal shapes but for the border of a step: faces by kind, volume and area to 1e-3."""
    kinds = ",".join(f"{kind}:{count}" for kind, count in sorted(faces.items()))
    return f"g1;{kinds};{_step(volume)};{_step(area)}"


def key_of(shape: Shape) -> str:
    """The coarse key of a shape."""
    return coarse_key(*_coarse(shape))


def keys_near(shape: Shape) -> list[str]:
    """The coarse keys under which an equal shape may stand; mostly one."""
    faces, volume, area = _coarse(shape)
    volumes = [None] if volume is None else [volume * (1 - 1e-6), volume * (1 + 1e-6)]
    return sorted({coarse_key(faces, v, a) for v, a in product(volumes, (area * (1 - 1e-6), area * (1 + 1e-6)))})


def _coarse(shape: Shape) -> tuple[Counter[int], float | None, float]:
    faces = [patch for patch in shape.patches if patch.kind != EDGE]
    return Counter(face.kind for face in faces), shape.volume, sum(face.size for face in faces)


def _step(size: float | None) -> str:
    return "-" if not size or size <= 0 else str(math.floor(math.log(size) / STEP))


def compare(one: Shape, two: Shape) -> Comparison:
    """Whether the shapes are the same; what differs otherwise."""
    told = [*_counts(one, two), *_sizes(one, two)]
    if told:
        return Comparison(Verdict.DIFFERENT, [*told, *_boxes(one, two)])
    if not _is_close(one.patches, two.patches):
        verdict = _registered(one.patches, two.patches)
        if verdict is None:
            return UNTOLD
        if not verdict:
            return Comparison(Verdict.DIFFERENT, _elsewhere(one, two))
    return Comparison(Verdict.SAME)


def _counts(one: Shape, two: Shape) -> Iterator[str]:
    """Kinds of faces, and edges, of which there are more or fewer."""
    before, after = (Counter(patch.kind for patch in shape.patches) for shape in (one, two))
    for kind in sorted(before.keys() | after.keys()):
        if before[kind] != after[kind]:
            name = "edges" if kind == EDGE else f"faces ({FACES[min(kind, len(FACES) - 1)]})"
            yield f"{name} {before[kind]} → {after[kind]}"


def _sizes(one: Shape, two: Shape) -> Iterator[str]:
    """The volume, and how many faces and edges have another area or length."""
    if (one.volume is None) != (two.volume is None):
        yield "a solid → only surfaces" if two.volume is None else "only surfaces → a solid"
    elif one.volume is not None and two.volume is not None and not _equal(one.volume, two.volume):
        yield f"volume {_changed(one.volume, two.volume)} mm³"
    (faces, edges), (others, ends) = _sorted_sizes(one), _sorted_sizes(two)
    for what, before, after in (("area", faces, others), ("length of edges", edges, ends)):
        if len(before) == len(after) and not all(a[0] == b[0] and _equal(a[1], b[1]) for a, b in zip(before, after, strict=True)):
            yield f"{what} {_changed(sum(a for _, a in before), sum(b for _, b in after))} {'mm²' if what == 'area' else 'mm'}"


def _sorted_sizes(shape: Shape) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    sizes = sorted((patch.kind, patch.size) for patch in shape.patches)
    border = bisect_left(sizes, (EDGE, -math.inf))
    return sizes[:border], sizes[border:]


def _changed(before: float, after: float) -> str:
    """Both numbers with as many digits as show the difference."""
    for digits in range(6, 16):
        if f"{before:.{digits}g}" != f"{after:.{digits}g}":
            break
    return f"{_plain(before, digits)} → {_plain(after, digits)}"


def _plain(value: float, digits: int = 6) -> str:
    text = f"{float(f'{value:.{digits}g}'):,.9f}"
    return text.rstrip("0").rstrip(".")


def _boxes(one: Shape, two: Shape) -> Iterator[str]:
    """Its box, which is said only beside what differs: it turns with the frame of the file."""
    if one.box is None or two.box is None:
        return
    before, after = ([box[axis + 3] - box[axis] for axis in range(3)] for box in (one.box, two.box))
    if any(abs(a - b) > 10 * TOLERANCE for a, b in zip(sorted(before), sorted(after), strict=True)):
        yield f"box {' × '.join(_plain(a) for a in before)} → {' × '.join(_plain(b) for b in after)} mm"


def _elsewhere(one: Shape, two: Shape) -> list[str]:
    """All sizes are equal: a mirror image, or faces that stand elsewhere."""
    if _registered(_mirrored(one.patches), two.patches):
        return ["it is the mirror image"]
    grid, missed = _Grid(two.patches), Counter[str]()
    for patch in one.patches:
        if grid.take(patch, patch.at, TOLERANCE) is None:
            missed["edge" if patch.kind == EDGE else "face"] += 1
    if missed.total() >= len(one.patches) / 2:
        return ["its faces stand otherwise to each other"]
    counts = [f"{missed[name]} {name}{'s' if missed[name] > 1 else ''}" for name in ("face", "edge") if missed[name]]
    return [f"{' and '.join(counts)} {'stands' if missed.total() == 1 else 'stand'} elsewhere"]


def _mirrored(patches: Sequence[Patch]) -> list[Patch]:
    return [patch._replace(at=(-patch.at[0], patch.at[1], patch.at[2])) for patch in patches]


def _equal(one: float, two: float) -> bool:
    return abs(one - two) <= RELATIVE * abs(one) + ABSOLUTE


def _is_close(one: Sequence[Patch], two: Sequence[Patch]) -> bool:
    """Whether each stands where it stood: the usual case, a file exported again."""
    grid = _Grid(two)
    return all(grid.take(patch, patch.at, TOLERANCE) is not None for patch in one)


def _registered(one: Sequence[Patch], two: Sequence[Patch]) -> bool | None:
    """Whether a proper motion maps all of one onto all of two, whose sizes are equal; None where too many would have to be tried."""
    one, two = _centred(one), _centred(two)
    radii = [sorted((patch.kind, length(patch.at)) for patch in patches) for patches in (one, two)]
    if any(abs(a - b) > 2 * TOLERANCE for (_, a), (_, b) in zip(*radii, strict=True)):
        return False
    anchors = _anchors(one)
    if anchors is None:
        return True
    grid = _Grid(two)
    for tried, motion in enumerate(_motions(*anchors, two)):
        if tried + grid.looks > LOOKS:
            return None
        if motion is not None and _fits(one, grid, motion):
            return True
    return False


def _fits(one: Sequence[Patch], grid: "_Grid", motion: Motion) -> bool:
    """Whether the motion takes all of one onto the grid's, after it was refined on all of them."""
    pairs = _pairs(one, grid, motion, FIRST_LOOK)
    for _ in range(REFINEMENTS):
        if pairs is None:
            return False
        motion = refined(motion, pairs)
        pairs = _pairs(one, grid, motion, FIRST_LOOK)
    return _pairs(one, grid, motion, TOLERANCE) is not None


def _centred(patches: Sequence[Patch]) -> list[Patch]:
    """Around the mean of the centres, weighed by size."""
    total = sum(patch.size for patch in patches) or 1.0
    x, y, z = (sum(patch.size * patch.at[axis] for patch in patches) / total for axis in range(3))
    return [patch._replace(at=(patch.at[0] - x, patch.at[1] - y, patch.at[2] - z)) for patch in patches]


def _anchors(patches: Sequence[Patch]) -> tuple[Patch, Patch | None] | None:
    """Two patches that fix a rotation: with few like them, and far enough from the centre and from one line with it.

    None where all stand in the centre; no second one where all stand in one line.
    """
    alike = Counter(map(_likeness, patches))
    outer = _far([(length(patch.at), patch) for patch in patches])
    if not outer:
        return None
    first = min(outer, key=lambda found: (alike[_likeness(found[1])], -found[0]))[1]
    direction = scaled(first.at, 1 / length(first.at))
    aside = _far([(length(cross(direction, patch.at)), patch) for patch in patches])
    second = min(aside, key=lambda found: (alike[_likeness(found[1])], -found[0]))[1] if aside else None
    return first, second


def _far(found: Sequence[tuple[float, Patch]]) -> list[tuple[float, Patch]]:
    """Those at a distance that is not small beside the largest, so that what it is off does not grow."""
    least = max(TOLERANCE / 2, max((distance for distance, _ in found), default=0.0) / 10)
    return [(distance, patch) for distance, patch in found if distance >= least]


def _likeness(patch: Patch) -> tuple[int, int, int]:
    """Roughly equal for patches of one kind, size and distance from the centre: only says which are few."""
    return patch.kind, round(math.log(patch.size) * 1e4) if patch.size > 0 else 0, round(length(patch.at) * 100)


def _motions(first: Patch, second: Patch | None, two: Sequence[Patch]) -> Iterator[Motion | None]:
    """Rotations that take the anchors to patches like them; None for two that stand otherwise to each other, so that they are counted."""
    others = [] if second is None else _like(second, two)
    for start in _like(first, two):
        if second is None:
            yield rotation(first.at, None, start.at, None)
        else:
            apart = length(minus(first.at, second.at))
            for end in others:
                near = abs(apart - length(minus(start.at, end.at))) <= 4 * TOLERANCE
                yield rotation(first.at, second.at, start.at, end.at) if near else None


def _like(patch: Patch, among: Iterable[Patch]) -> list[Patch]:
    radius = length(patch.at)
    return [
        other
        for other in among
        if other.kind == patch.kind and _equal(patch.size, other.size) and abs(radius - length(other.at)) <= 2 * TOLERANCE
    ]


def _pairs(one: Sequence[Patch], grid: "_Grid", motion: Motion, within: float) -> list[tuple[Vector, Vector]] | None:
    """Each moved centre with that of a patch like it, no patch twice; None as soon as one has none."""
    grid.free()
    pairs = []
    for patch in one:
        moved = turned(motion, patch.at)
        there = grid.take(patch, moved, within)
        if there is None:
            return None
        pairs.append((moved, there))
    return pairs


class _Grid:
    """Patches by where they stand; each can be taken once."""

    def __init__(self, patches: Sequence[Patch]) -> None:
        self._patches = patches
        self._cells: dict[tuple[int, int, int, int], list[int]] = defaultdict(list)
        for index, patch in enumerate(patches):
            self._cells[patch.kind, *(math.floor(value / CELL) for value in patch.at)].append(index)  # type: ignore[index]
        self._taken: set[int] = set()
        self.looks = 0

    def free(self) -> None:
        """Nothing is taken any more."""
        self._taken.clear()

    def take(self, patch: Patch, at: Vector, within: float) -> Vector | None:
        """The centre of the nearest free patch of this kind and size within a distance, which is taken by that."""
        best, nearest = None, within
        self.looks += 1
        for cell in product(*({math.floor((value - within) / CELL), math.floor((value + within) / CELL)} for value in at)):
            for index in self._cells.get((patch.kind, *cell), ()):  # type: ignore[arg-type]
                other = self._patches[index]
                distance = math.dist(other.at, at)
                if distance <= nearest and index not in self._taken and _equal(patch.size, other.size):
                    best, nearest = index, distance
        if best is None:
            return None
        self._taken.add(best)
        return self._patches[best].at
