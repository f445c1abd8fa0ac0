"""The hash that knows a part again: what changes it and what does not."""

from pathlib import Path

from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.gp import gp_Ax1, gp_Ax2, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.TopoDS import TopoDS_Shape

from tests.assets.make_as1 import ASSEMBLIES, COLORS, PARTS, Drawing, bolt, bracket, drilled
from tests.cad.conversion import Conversion, convert


def hashes(tmp_path: Path, shapes: dict[str, TopoDS_Shape]) -> dict[str, str | None]:
    drawing = Drawing()
    for name, shape in shapes.items():
        drawing.part(name, shape, (0.5, 0.5, 0.5))
    drawing.write(tmp_path / "parts.stp")
    return {c.key: c.geometry_hash for c in convert(tmp_path / "job", tmp_path / "parts.stp").structure.components if not c.is_assembly}


def turned(shape: TopoDS_Shape) -> TopoDS_Shape:
    turn, move = gp_Trsf(), gp_Trsf()
    turn.SetRotation(gp_Ax1(gp_Pnt(3, 5, 7), gp_Dir(1, 2, 3)), 1.234)
    move.SetTranslation(gp_Vec(1000, -200, 33))
    return BRepBuilderAPI_Transform(shape, move.Multiplied(turn), True).Shape()


def mirrored(shape: TopoDS_Shape) -> TopoDS_Shape:
    mirror = gp_Trsf()
    mirror.SetMirror(gp_Ax2(gp_Pnt(0, 0, 0), gp_Dir(0, 1, 0)))
    return BRepBuilderAPI_Transform(shape, mirror, True).Shape()


def test_a_part_moved_and_turned_is_the_same(tmp_path: Path) -> None:
    found = hashes(tmp_path, {"one": bracket(), "two": turned(bracket())})
    assert found["one"] is not None
    assert found["one"] == found["two"]


def test_a_mirrored_part_is_another_unless_it_is_its_own_mirror_image(tmp_path: Path) -> None:
    found = hashes(tmp_path, {"left": bracket(), "right": mirrored(bracket()), "bolt": bolt(), "mirrored bolt": mirrored(bolt())})
    assert found["left"] != found["right"]
    assert found["bolt"] == found["mirrored bolt"]


def test_a_small_change_makes_another_part(tmp_path: Path) -> None:
    found = hashes(
        tmp_path,
        {"plain": bracket(), "drilled": drilled(bracket(), (30, 70, -1), 1, 20), "wider": drilled(bracket(), (20, 20, -1), 5.6, 14)},
    )
    assert len(set(found.values())) == 3


def test_the_order_of_a_file_changes_no_hash(as1: Conversion, tmp_path: Path) -> None:
    drawing = Drawing()
    for name in reversed(PARTS):
        drawing.part(name, PARTS[name](), COLORS[name])
    for name, placed in ASSEMBLIES.items():
        drawing.assembly(name, placed[::-1])
    drawing.write(tmp_path / "reversed.stp")
    other = convert(tmp_path / "job", tmp_path / "reversed.stp").structure
    assert {c.key: c.geometry_hash for c in other.components} == {c.key: c.geometry_hash for c in as1.structure.components}
    assert [u.key for u in other.usages] != [u.key for u in as1.structure.usages]


def test_an_assembly_with_a_part_moved_is_another(as1: Conversion, tmp_path: Path) -> None:
    drawing = Drawing()
    for name, make in PARTS.items():
        drawing.part(name, make(), COLORS[name])
    for name, placed in ASSEMBLIES.items():
        moved = [p if p.name != "nut_2" else type(p)(p.child, p.name, (0, 0, 179)) for p in placed]
        drawing.assembly(name, moved)
    drawing.write(tmp_path / "moved.stp")
    other = {c.key: c.geometry_hash for c in convert(tmp_path / "job", tmp_path / "moved.stp").structure.components}
    changed = {c.key for c in as1.structure.components if other[c.key] != c.geometry_hash}
    assert changed == {"rod-assembly", "as1"}
