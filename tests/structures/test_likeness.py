"""Which shapes that parts have are those of a file's components."""

from typing import Any

import msgspec

from cascadia.structures import likeness
from cascadia.structures.congruence import Patch, Shape, key_of
from cascadia.structures.likeness import (
    COARSELY,
    COARSELY_OTHER,
    NOT_THERE,
    same_shape,
    shape_attributes,
    wanted_keys,
    what_differs,
    with_likeness,
)
from cascadia.structures.model import Component
from cascadia.structures.shapes import pointer

OLD, NEW = "0" * 64, "f" * 64


def plate(hole: float = 30.0, thick: float = 5.0, at: float = 0.0) -> Shape:
    sides = [Patch(0, 100.0, (at, 0, 0)), Patch(0, 100.0, (at, 0, thick)), Patch(0, 70.0, (at + 50, 0, 2)), Patch(0, 40.0, (at, 40, 2))]
    return Shape(1000.0 * thick, None, [*sides, Patch(1, 20.0, (at + hole, 10, 2))])


def component(key: str, shape: Shape, place: int) -> Component:
    return Component(key=key, number=key, name=key, geometry=key_of(shape), geometry_hash="c0a45e", shape=pointer(NEW, place))


def compared(shapes: dict[str, Shape], asked: dict[str, list[str]], known: dict[str, Shape]) -> dict[str, Component]:
    components = [component(key, shape, place) for place, (key, shape) in enumerate(shapes.items())]
    own = {pointer(NEW, place): shape for place, shape in enumerate(shapes.values())}
    assert wanted_keys(components, own).keys() == shapes.keys()
    return {c.key: c for c in with_likeness(components, own, asked, known)}


def attributes(at: str, **members: Any) -> dict[str, Any]:
    return {"geometry": "g1", "shape": at, **members}


def test_a_part_whose_shape_only_moved_in_its_file_keeps_its_pointer() -> None:
    before = pointer(OLD, 3)
    made = compared({"plate": plate(at=777)}, {"plate": [before]}, {before: plate()})["plate"]
    assert made.shape == before
    assert same_shape(made, attributes(before)) is True
    assert shape_attributes(made, attributes(before)) == {}
    assert what_differs(made, attributes(before)) == []


def test_a_part_whose_hole_moved_gets_the_new_shape_and_the_reason() -> None:
    before = pointer(OLD, 3)
    made = compared({"plate": plate(hole=30.1)}, {"plate": [before]}, {before: plate()})["plate"]
    assert same_shape(made, attributes(before)) is False
    assert shape_attributes(made, attributes(before)) == {"geometry": made.geometry, "shape": pointer(NEW, 0)}
    assert what_differs(made, attributes(before)) == ["1 face stands elsewhere"]


def test_equal_parts_of_one_file_have_one_shape_and_so_have_those_that_were_imported_apart() -> None:
    one, two = pointer(OLD, 1), pointer(OLD, 2)
    alone = compared({"a": plate(), "b": plate(at=5), "c": plate(thick=6)}, {}, {})
    assert alone["a"].shape == alone["b"].shape != alone["c"].shape
    made = compared({"a": plate()}, {"a": [two, one]}, {one: plate(), two: plate(at=1)})["a"]
    assert made.shape == one
    assert [same_shape(made, attributes(each)) for each in (one, two)] == [True, True]


def test_what_cannot_be_compared_is_said() -> None:
    gone = pointer(OLD, 3)
    made = compared({"plate": plate()}, {"plate": [gone]}, {})["plate"]
    assert what_differs(made, attributes(gone)) == [NOT_THERE]
    assert shape_attributes(made, attributes(gone))["shape"] == pointer(NEW, 0)


def test_comparing_ends_in_time(monkeypatch: Any) -> None:
    monkeypatch.setattr(likeness, "SECONDS", -1.0)
    before = pointer(OLD, 3)
    made = compared({"plate": plate()}, {"plate": [before]}, {before: plate()})["plate"]
    assert what_differs(made, attributes(before)) == [likeness.NO_TIME]


def test_a_part_that_was_measured_coarsely_before_is_compared_so_and_measured_anew() -> None:
    made = compared({"plate": plate()}, {}, {})["plate"]
    old = {"geometry_hash": "c0a45e"}
    assert same_shape(made, old) is True
    assert what_differs(made, old) == [COARSELY]
    assert what_differs(made, {"geometry_hash": "another"}) == [COARSELY_OTHER]
    assert shape_attributes(made, old) == {"geometry": made.geometry, "shape": made.shape, "geometry_hash": None}


def test_a_part_without_a_shape_is_neither_the_same_nor_another() -> None:
    made = compared({"plate": plate()}, {}, {})["plate"]
    assert same_shape(made, {}) is None
    assert what_differs(made, {}) == []
    assert shape_attributes(made, {}) == {"geometry": made.geometry, "shape": made.shape}
    assert shape_attributes(msgspec.structs.replace(made, shape=None), attributes(pointer(OLD, 1))) == {}
