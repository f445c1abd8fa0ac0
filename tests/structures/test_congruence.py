"""When two shapes are the same, decided on faces and edges as points (shapes of OpenCASCADE: tests/cad/test_congruence.py)."""

import math
import random
import time
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadia.structures import congruence, shapes
from cascadia.structures.congruence import EDGE, Comparison, Patch, Shape, Verdict, compare, key_of, keys_near
from cascadia.structures.motion import rotation, turned

SAME = Comparison(Verdict.SAME)


def shape(patches: Sequence[Patch], volume: float | None = 1000.0) -> Shape:
    return Shape(volume, None, list(patches))


def moved(one: Shape, seed: int, *, mirror: bool = False) -> Shape:
    """Turned and moved somewhere, in another order, with the noise of writing and reading."""
    chance = random.Random(seed)
    motion = rotation((1, 0, 0), (0, 1, 0), (chance.random(), chance.random(), 1), (1, chance.random(), -chance.random()))
    to = [chance.uniform(-1e4, 1e4) for _ in range(3)]

    def place(patch: Patch) -> Patch:
        x, y, z = turned(motion, (-patch.at[0] if mirror else patch.at[0], patch.at[1], patch.at[2]))
        noise = [chance.uniform(-1e-6, 1e-6) + to[axis] for axis in range(3)]
        return Patch(patch.kind, patch.size * (1 + chance.uniform(-1e-9, 1e-9)), (x + noise[0], y + noise[1], z + noise[2]))

    patches = [place(patch) for patch in one.patches]
    chance.shuffle(patches)
    return Shape(one.volume, None, patches)


def with_patch(one: Shape, index: int, by: tuple[float, float, float]) -> Shape:
    patches = list(one.patches)
    old = patches[index]
    patches[index] = old._replace(at=(old.at[0] + by[0], old.at[1] + by[1], old.at[2] + by[2]))
    return Shape(one.volume, one.box, patches)


def ring(count: int, radius: float = 50.0) -> list[Patch]:
    angles = [2 * math.pi * n / count for n in range(count)]
    return [Patch(1, 20.0, (radius * math.cos(angle), radius * math.sin(angle), 3.0)) for angle in angles]


TOP = Patch(0, 500.0, (0.0, 0.0, 6.0))
BASE = Patch(0, 500.0, (0.0, 0.0, 0.0))
SIDES = [Patch(0, 300.0, (0, 0, 0)), Patch(0, 200.0, (30, 0, 0)), Patch(0, 100.0, (0, 20, 0)), Patch(0, 50.0, (0, 0, 10))]
BRACKET = shape([*SIDES, Patch(EDGE, 7.0, (5, 6, 7))])
POINT = st.tuples(*[st.floats(-500, 500)] * 3)
CLOUD = st.lists(st.builds(Patch, st.sampled_from([0, 1, EDGE]), st.sampled_from([1.0, 20.0, 333.3]), POINT), min_size=1, max_size=30)


@settings(max_examples=30, deadline=None)
@given(CLOUD, st.integers(0, 1000))
def test_whatever_is_turned_and_moved_is_the_same(patches: list[Patch], seed: int) -> None:
    one = shape(patches)
    assert compare(one, moved(one, seed)) == SAME


@settings(max_examples=30, deadline=None)
@given(CLOUD, st.integers(0, 1000), st.integers(0, 29))
def test_a_face_that_stands_elsewhere_makes_another_shape(patches: list[Patch], seed: int, index: int) -> None:
    one = shape(
        [*patches, Patch(2, 77.0, (600, 0, 0)), Patch(3, 78.0, (0, 700, 0)), Patch(4, 79.0, (0, 0, 800)), Patch(5, 80.0, (0, 0, 0))]
    )
    other = with_patch(one, index % len(patches), (0.01, 0, 0))
    assert compare(one, moved(other, seed)).verdict is Verdict.DIFFERENT


def test_a_mirror_image_is_another_shape_and_its_mirror_image_the_same_again() -> None:
    mirrored = moved(BRACKET, 1, mirror=True)
    assert compare(BRACKET, mirrored) == Comparison(Verdict.DIFFERENT, ["it is the mirror image"])
    assert compare(BRACKET, moved(mirrored, 2, mirror=True)) == SAME
    assert compare(shape([*ring(6), TOP]), moved(shape([*ring(6), TOP]), 3, mirror=True)) == SAME


def test_all_in_one_line_or_one_point_is_turned_about_it() -> None:
    shaft = shape([Patch(1, 30.0, (0, 0, 5)), Patch(1, 90.0, (0, 0, 20)), Patch(0, 10.0, (0, 0, 0)), Patch(0, 10.0, (0, 0, 40))])
    ball = shape([Patch(3, 50.0, (7, 8, 9))])
    assert compare(shaft, moved(shaft, 4)) == SAME
    assert compare(ball, moved(ball, 5)) == SAME
    assert compare(shaft, moved(with_patch(shaft, 0, (0, 0, 1)), 6)).verdict is Verdict.DIFFERENT


def test_faces_that_lie_upon_each_other_are_each_taken_once() -> None:
    """Two solids that touch have the face between them twice."""
    touching = shape([BASE, BASE, TOP, Patch(0, 500.0, (0, 1, -9))])
    assert compare(touching, moved(touching, 7)) == SAME
    assert compare(touching, moved(shape([BASE, TOP, TOP, Patch(0, 500.0, (0, 1, -9))]), 7)).verdict is Verdict.DIFFERENT


def test_what_differs_is_said() -> None:
    plate = Shape(762_613.4, (0, 0, 0, 413.7, 307.3, 6), [TOP, BASE, *ring(7), *(Patch(EDGE, 9.0, patch.at) for patch in ring(7))])
    more = Shape(762_500, (0, 0, 0, 413.7, 310, 6), [*plate.patches, Patch(1, 20.0, (1, 2, 3))])
    assert compare(plate, more).words == [
        "faces (cylinder) 7 → 8", "volume 762,613 → 762,500 mm³", "box 413.7 × 307.3 × 6 → 413.7 × 310 × 6 mm",
    ]  # fmt: skip
    assert compare(plate, with_patch(plate, 2, (0.1, 0, 0))).words == ["1 face stands elsewhere"]
    assert compare(plate, with_patch(with_patch(plate, 2, (0.1, 0, 0)), 9, (0.1, 0, 0))).words == ["1 face and 1 edge stand elsewhere"]
    assert compare(plate, Shape(plate.volume, plate.box, [TOP, BASE._replace(size=500.1), *plate.patches[2:]])).words == [
        "area 1,140 → 1,140.1 mm²"
    ]
    assert compare(plate, Shape(None, plate.box, plate.patches)).words == ["a solid → only surfaces"]


def test_many_faces_are_compared_in_a_moment_and_never_for_ever() -> None:
    """A ring of 3,000 equal holes of which one moved has nine million motions to try: that is not told, and not tried for minutes."""
    rows = [Patch(1, 20.0, (7.0 * (n % 60), 5.0 * (n // 60), 0.01 * n)) for n in range(3000)]
    began = time.process_time()
    assert compare(shape(rows), moved(shape(rows), 8)) == SAME
    assert time.process_time() - began < 2
    holes = ring(3000)
    assert compare(shape(holes), moved(shape(holes), 9)) == SAME


def test_what_would_take_too_long_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four pairs of opposite holes on a circle: equal sizes and distances, and another angle between the pairs."""
    angles = [math.pi * n / 4 + (0.1 if n % 4 == 1 else 0) for n in range(8)]
    other = shape([Patch(1, 20.0, (50 * math.cos(angle), 50 * math.sin(angle), 3.0)) for angle in angles])
    assert compare(shape(ring(8)), other).verdict is Verdict.DIFFERENT
    monkeypatch.setattr(congruence, "LOOKS", 5)
    assert compare(shape(ring(8)), other) == congruence.UNTOLD
    assert compare(shape(ring(8)), moved(shape(ring(8)), 3)) == SAME


def test_the_coarse_key_finds_what_is_equal_also_where_a_step_ends() -> None:
    border = math.exp(7.0)
    one, two = (shape([BASE], volume=border * (1 + sign * 1e-9)) for sign in (-1, 1))
    assert key_of(one) != key_of(two)
    assert key_of(two) in keys_near(one)
    assert key_of(one) in keys_near(two)
    assert key_of(shape([TOP, BASE])) not in keys_near(one)


def test_a_document_of_shapes_comes_back_as_it_was() -> None:
    given = [Shape(12.5, (0, 0, 0, 1, 2, 3), [TOP, Patch(EDGE, 1 / 3, (1e-17, -2, 3))]), Shape(None, None, [])]
    back = shapes.decode(shapes.encode(given))
    assert [(s.volume, s.box and tuple(s.box), list(s.patches)) for s in back.values()] == [
        (s.volume, s.box and tuple(s.box), list(s.patches)) for s in given
    ]
    assert shapes.pointed(shapes.pointer("ab" * 32, 7)) == ("ab" * 32, 7)
    assert shapes.pointed("ab#7") is None


@pytest.mark.parametrize(
    "document",
    (
        {"schema": 2, "shapes": []},
        {"schema": 1, "shapes": [[1.0, None, b"\0" * 39]]},
        {"schema": 1, "shapes": [[math.nan, None, b""]]},
        {"schema": 1, "shapes": [[1.0, None, shapes.encode([shape([Patch(0, math.inf, (0, 0, 0))])])[-40:]]]},
        {"schema": 1, "shapes": [[1.0, None, shapes.encode([shape([Patch(101, 1.0, (0, 0, 0))])])[-40:]]]},
        {"schema": 1, "shapes": [[1.0, [1.0], b""]]},
    ),
)
def test_what_is_no_document_of_shapes_is_refused(document: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        shapes.decode(msgspec.msgpack.encode(document))
