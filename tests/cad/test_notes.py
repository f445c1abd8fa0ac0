"""What is guessed, left out or found damaged in a file is said, and nothing is claimed of it."""

from pathlib import Path

import pytest
from OCP.Interface import Interface_Static
from OCP.STEPCAFControl import STEPCAFControl_Writer
from OCP.XCAFDoc import XCAFDoc_Area, XCAFDoc_Volume

from cascadia.cad.measure import measure
from tests.assets.make_as1 import COLORS, SCHEMAS, Drawing, Placed, bolt, nut
from tests.assets.step_text import StepText, assembly
from tests.cad.conversion import Conversion, Glb, convert


def codes(read: Conversion) -> list[tuple[str, str | None]]:
    return [(note.code, note.component) for note in read.structure.notes]


def said(read: Conversion) -> str:
    return " ".join(note.message for note in read.structure.notes)


def test_a_file_without_faults_has_no_notes(as1: Conversion) -> None:
    assert codes(as1) == []


def test_a_usage_without_a_place_is_said(tmp_path: Path) -> None:
    file = StepText()
    top = file.part("TOP", file.box((1, 1, 1)))
    file.use(top, file.part("GLUE-1", name="Glue"), "glue", None)
    read = convert(tmp_path / "job", file.text())
    assert codes(read) == [("without_place", None)]
    assert "Glue (GLUE-1)" in said(read)


def test_a_missing_document_is_said_whatever_else_the_file_calls_it(tmp_path: Path) -> None:
    file = StepText()
    top, body = file.part("TOP", file.frame()), file.part("BODY", file.frame())
    file.use(top, body, "body")
    kind = file.add("DOCUMENT_TYPE('')")
    document = file.add(f"DOCUMENT_FILE('body.stp','TOP - BODY','',{kind},'','')")
    file.add(f"DOCUMENT_REPRESENTATION_TYPE('digital',{document})")
    role = file.add("IDENTIFICATION_ROLE('external document id and location','')")
    place = file.add("EXTERNAL_SOURCE(IDENTIFIER('body.stp'))")
    file.add(f"APPLIED_EXTERNAL_IDENTIFICATION_ASSIGNMENT('body.stp',{role},{place},({document}))")
    file.add(f"APPLIED_DOCUMENT_REFERENCE({document},'',({body}))")
    read = convert(tmp_path / "job", file.text())
    assert (read.error, read.structure.missing) == (None, ["body.stp"])
    assert codes(read) == [("document_missing", None)]
    assert "body.stp" in said(read)


@pytest.mark.parametrize(
    ("refdes", "kept"),
    (
        (("'R1'", "'R2'", "'R3'"), ["R1", "R2", "R3"]),
        (("'R1'", "'R1'", "'R3'"), [None, None, None]),
        (("'R1'", "$", "'R3'"), [None, None, None]),
        (("'R1'", "'the second'", "'R3'"), [None, None, None]),
        (("$", "$", "$"), [None, None, None]),
    ),
)
def test_reference_designators_of_usages_are_those_of_the_line(tmp_path: Path, refdes: tuple[str, ...], kept: list[str | None]) -> None:
    file = StepText()
    top, part = file.part("TOP", file.frame()), file.part("RES", file.box((1, 1, 1)))
    for n, name in enumerate(refdes):
        file.use(top, part, f"resistor {n}", (4 * n, 0, 0), refdes=name)
    read = convert(tmp_path / "job", file.text())
    assert [usage.designator for usage in read.structure.usages] == kept
    assert codes(read) == ([] if kept[0] or refdes[0] == "$" else [("designators_left", None)])


def test_a_part_that_cannot_be_read_is_named_and_no_volume_is_claimed_with_it(tmp_path: Path) -> None:
    content = assembly({"GOOD": (1, 2, 3), "BAD": (4, 5, 6)}).text()
    damaged = content.replace(b"FACETED_BREP('',#", b"FACETED_BREP('',#9999", 2).replace(b"FACETED_BREP('',#9999", b"FACETED_BREP('',#", 1)
    read = convert(tmp_path / "job", damaged)
    assert codes(read) == [("shape_unreadable", "BAD")]
    assert [(c.key, c.volume) for c in read.structure.components] == [("TOP", None), ("GOOD", "6"), ("BAD", None)]


def test_numbers_that_nothing_can_have_are_not_measured(tmp_path: Path) -> None:
    file = assembly({"GOOD": (1, 2, 3), "BAD": (1e60, 1e60, 1e60)})
    read = convert(tmp_path / "job", file.text())
    assert codes(read) == [("shape_unreadable", "BAD")]
    assert [(c.key, c.volume) for c in read.structure.components] == [("TOP", None), ("GOOD", "6"), ("BAD", None)]


@pytest.mark.parametrize(("axis", "scale"), ((-1, 1), (1, 2)))
def test_a_mirrored_or_scaled_copy_is_refused_rather_than_shown_wrongly(tmp_path: Path, axis: int, scale: int) -> None:
    file = StepText()
    source = file.add(f"REPRESENTATION_MAP({file.frame()},{file.representation(file.box((1, 2, 3)))})")
    axes = [file.direction(each) for each in ((axis, 0, 0), (0, 1, 0), (0, 0, 1))]
    place = f"{file.point((5, 0, 0))},{float(scale)},{axes[2]}"
    operator = file.add(f"CARTESIAN_TRANSFORMATION_OPERATOR_3D('','',$,{axes[0]},{axes[1]},{place})")
    file.part("COPY", file.add(f"MAPPED_ITEM('',{source},{operator})"))
    refused = convert(tmp_path / "job", file.text())
    assert refused.error is not None
    assert refused.error["code"] == "cad_mirrored"


def test_names_are_made_where_there_are_none(tmp_path: Path) -> None:
    file = StepText()
    top = file.part("", file.frame(), name="")
    file.use(top, file.part(" ", file.box((1, 1, 1)), name=" "), "a", (0, 0, 0))
    read = convert(tmp_path / "job", file.text(), name="Frame.stp")
    assert [c.name for c in read.structure.components] == ["Frame", "Component 2"]
    assert [code for code, _ in codes(read)] == ["name_given", "name_given"]


def test_triangles_without_surfaces_are_measured_shown_and_drawn(tmp_path: Path) -> None:
    file = StepText("AP242_MANAGED_MODEL_BASED_3D_ENGINEERING_MIM_LF { 1 0 10303 442 1 1 4 }")
    points = "(0.,0.,0.),(10.,0.,0.),(0.,20.,0.),(0.,0.,30.)"
    coordinates = file.add(f"COORDINATES_LIST('',4,({points}))")
    faces = "(1,3,2),(1,2,4),(2,3,4),(3,1,4)"
    face = file.add(f"TRIANGULATED_FACE('',{coordinates},4,(),$,(),({faces}))")
    body = file.add(f"TESSELLATED_SOLID('',({face}),$)")
    shape = file.representation(body, kind="TESSELLATED_SHAPE_REPRESENTATION")
    top = file.part("TOP", file.frame())
    wedge = file.part("WEDGE", representation=shape)
    file.use(top, wedge, "wedge", (100, 0, 0))
    read = convert(tmp_path / "job", file.text())
    assert read.component("WEDGE").bbox == ["0", "0", "0", "10", "20", "30"]
    assert read.component("WEDGE").volume == "1000"
    assert read.component("TOP").bbox == ["100", "0", "0", "110", "20", "30"]
    document = Glb.parse(read.bytes_of("glb")).document
    assert document["accessors"][document["meshes"][0]["primitives"][0]["indices"]]["count"] == 12
    assert read.bytes_of("thumbnail").startswith(b"\x89PNG")


@pytest.mark.parametrize(("unit", "scale"), (("MM", 1.0), ("INCH", 25.4)))
def test_what_the_file_says_of_its_sizes_is_compared_with_what_was_read(tmp_path: Path, unit: str, scale: float) -> None:
    drawing = Drawing()
    drawing.part("right", bolt(), COLORS["bolt"])
    drawing.part("wrong", nut(), COLORS["nut"])
    drawing.assembly("top", [Placed("right", "right_1"), Placed("wrong", "wrong_1", (40, 0, 0))])
    right, wrong = (measure(shape) for shape in (bolt(), nut()))
    assert right.volume
    assert right.area
    assert wrong.volume
    XCAFDoc_Volume.Set_s(drawing.labels["right"], right.volume / scale**3)
    XCAFDoc_Area.Set_s(drawing.labels["right"], right.area / scale**2)
    XCAFDoc_Volume.Set_s(drawing.labels["wrong"], 1.1 * wrong.volume / scale**3)
    drawing.shapes.UpdateAssemblies()
    writer = STEPCAFControl_Writer()
    Interface_Static.SetCVal_s("write.step.schema", SCHEMAS["AP214"])
    Interface_Static.SetCVal_s("write.step.unit", unit)
    try:
        assert writer.Transfer(drawing.document)
        writer.Write(str(tmp_path / "top.stp"))
    finally:
        Interface_Static.SetCVal_s("write.step.unit", "MM")
    assert codes(convert(tmp_path / "job", tmp_path / "top.stp")) == [("measure_differs", "wrong")]
