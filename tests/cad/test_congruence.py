"""Shapes of OpenCASCADE that are the same, and those that only look so."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from OCP.BRepAlgoAPI import BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCylinder
from OCP.gp import gp_Ax1, gp_Ax2, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.TopoDS import TopoDS_Shape

from cascadia.cad.measure import measure
from cascadia.structures import shapes
from cascadia.structures.congruence import Shape, Verdict, compare, key_of, keys_near
from tests.assets.make_as1 import Drawing
from tests.cad.conversion import Conversion, convert

SIZE = (413.7, 307.3, 6.0)


def box(x: float, y: float, z: float, at: tuple[float, float, float] = (0, 0, 0)) -> TopoDS_Shape:
    return BRepPrimAPI_MakeBox(gp_Pnt(*at), x, y, z).Shape()


def hole(shape: TopoDS_Shape, x: float, y: float, diameter: float = 4.2) -> TopoDS_Shape:
    return BRepAlgoAPI_Cut(shape, BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(x, y, -1), gp_Dir(0, 0, 1)), diameter / 2, 60).Shape()).Shape()


def plate(x: float = 300, y: float = 200, diameter: float = 4.2) -> TopoDS_Shape:
    return hole(hole(box(*SIZE), 50, 60), x, y, diameter)


def on_the_circle(by: float) -> TopoDS_Shape:
    """The plate's hole moved on a circle about the centre of the plate, in mm."""
    x, y = 300 - SIZE[0] / 2, 200 - SIZE[1] / 2
    angle = math.atan2(y, x) + by / math.hypot(x, y)
    return plate(SIZE[0] / 2 + math.hypot(x, y) * math.cos(angle), SIZE[1] / 2 + math.hypot(x, y) * math.sin(angle))


def bracket() -> TopoDS_Shape:
    return hole(BRepAlgoAPI_Fuse(box(40, 20, 5), box(8, 20, 30, (0, 0, 5))).Shape(), 25, 6)


def pocket(x: float, y: float) -> TopoDS_Shape:
    return BRepAlgoAPI_Cut(box(100, 80, 20), box(x, y, 20, (30 - x / 2, 30 - y / 2, 10))).Shape()


def moved(shape: TopoDS_Shape) -> TopoDS_Shape:
    turn, move = gp_Trsf(), gp_Trsf()
    turn.SetRotation(gp_Ax1(gp_Pnt(1, 2, 3), gp_Dir(1, 1, 2)), 1.234)
    move.SetTranslation(gp_Vec(1234.5, -77, 9))
    return BRepBuilderAPI_Transform(shape, move.Multiplied(turn), True).Shape()


def mirrored(shape: TopoDS_Shape) -> TopoDS_Shape:
    mirror = gp_Trsf()
    mirror.SetMirror(gp_Ax2(gp_Pnt(3, 1, 2), gp_Dir(1, 2, 3)))
    return BRepBuilderAPI_Transform(shape, mirror, True).Shape()


def perforated() -> TopoDS_Shape:
    whole = box(200, 200, 6)
    for n in range(25):
        whole = hole(whole, 20 + 30 * (n % 5), 20 + 30 * (n // 5) + (0.5 * (n % 5) if n // 5 == 3 else 0))
    return whole


def cylinder() -> TopoDS_Shape:
    return BRepPrimAPI_MakeCylinder(5, 20).Shape()


def measured(shape: TopoDS_Shape) -> Shape:
    found = measure(shape).shape
    assert found is not None
    return found


Make = Callable[[], TopoDS_Shape]
SAME: dict[str, tuple[Make, Make]] = {
    "itself": (plate, plate),
    "turned and moved": (plate, lambda: moved(plate())),
    "a plate's mirror image, which is the plate turned over": (plate, lambda: mirrored(plate())),
    "a bracket turned": (bracket, lambda: moved(bracket())),
    "the mirror image of the mirror image": (bracket, lambda: moved(mirrored(mirrored(bracket())))),
    "a pocket, all turned": (lambda: pocket(20, 12), lambda: moved(pocket(20, 12))),
    "a cube": (lambda: box(10, 10, 10), lambda: moved(box(10, 10, 10))),
    "a cube mirrored": (lambda: box(10, 10, 10), lambda: mirrored(box(10, 10, 10))),
    "a cylinder": (cylinder, lambda: moved(cylinder())),
    "25 holes, turned": (perforated, lambda: moved(perforated())),
    "25 holes, turned over": (perforated, lambda: mirrored(perforated())),
}
ANOTHER: dict[str, tuple[Make, Make]] = {
    **{f"a hole {by} mm in x": (plate, partial(plate, 300 + by)) for by in (3, 0.1, 0.01, 0.001)},
    **{f"a hole {by} mm on a circle about the centre": (plate, partial(on_the_circle, by)) for by in (0.5, 0.1, 0.01)},
    **{f"a hole of {size} mm": (plate, partial(plate, diameter=size)) for size in (4.21, 4.201)},
    "a hole 0.1 mm in x, and turned": (plate, lambda: moved(plate(300.1))),
    "a bracket's mirror image": (bracket, lambda: mirrored(bracket())),
    "a pocket turned on its spot": (lambda: pocket(20, 12), lambda: pocket(12, 20)),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_shape_is_known_again(name: str) -> None:
    one, two = (measured(make()) for make in SAME[name])
    assert compare(one, two).verdict is Verdict.SAME
    assert key_of(two) in keys_near(one)


@pytest.mark.parametrize("name", ANOTHER)
def test_another_shape_is_not_taken_for_it(name: str) -> None:
    one, two = (measured(make()) for make in ANOTHER[name])
    found = compare(one, two)
    assert found.verdict is Verdict.DIFFERENT
    assert found.words


def test_a_file_points_to_the_shape_of_each_part(tmp_path: Path, as1: Conversion) -> None:
    """Written, read and converted: R15, of two plates with one hole 3 mm elsewhere, and the plate turned."""
    drawing = Drawing()
    for name, shape in {"one": plate(), "moved hole": plate(303), "turned": moved(plate())}.items():
        drawing.part(name, shape, (0.5, 0.5, 0.5))
    drawing.write(tmp_path / "plates.stp")
    made = convert(tmp_path / "job", tmp_path / "plates.stp")
    found = shapes.decode(made.bytes_of("geometry"))
    components = {c.key: c for c in made.structure.components if not c.is_assembly}
    own = {key: found[pointed[1]] for key, c in components.items() if (pointed := shapes.pointed(c.shape))}
    assert components["one"].geometry == components["moved hole"].geometry == key_of(own["one"])
    assert compare(own["one"], own["turned"]).verdict is Verdict.SAME
    assert compare(own["one"], own["moved hole"]).verdict is Verdict.DIFFERENT
    assert [c.key for c in as1.structure.components if c.shape is None] == [c.key for c in as1.structure.components if c.is_assembly]
