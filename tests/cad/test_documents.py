"""Assemblies that are spread over files: what lies beside the file is read, and nothing else ever is."""

import shutil
import zipfile
from pathlib import Path

import pytest
from OCP.Interface import Interface_Static
from OCP.STEPCAFControl import STEPCAFControl_Writer
from OCP.STEPControl import STEPControl_AsIs

from cascadia.structures.model import totals
from tests.assets.make_as1 import COLORS, SCHEMAS, Drawing, Placed, bolt, nut
from tests.cad.conversion import Conversion, convert


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `top.stp`, which refers to `bolt.stp` and `nut.stp`."""
    folder = tmp_path_factory.mktemp("spread")
    drawing = Drawing()
    drawing.part("bolt", bolt(), COLORS["bolt"])
    drawing.part("nut", nut(), COLORS["nut"])
    drawing.assembly("top", [Placed("bolt", "bolt_1"), Placed("nut", "nut_1", (0, 0, -30)), Placed("nut", "nut_2", (0, 0, -36))])
    write_apart(drawing, folder)
    assert sorted(p.name for p in folder.iterdir()) == ["bolt.stp", "nut.stp", "top.stp"]
    return folder


def write_apart(drawing: Drawing, folder: Path, unit: str = "MM") -> None:
    """Writes each part into a file of its own, and `top.stp`, which refers to them."""
    folder.mkdir(exist_ok=True)
    drawing.shapes.UpdateAssemblies()
    writer = STEPCAFControl_Writer()
    Interface_Static.SetCVal_s("write.step.schema", SCHEMAS["AP214"])
    Interface_Static.SetCVal_s("write.step.unit", unit)
    try:
        assert writer.Transfer(drawing.document, STEPControl_AsIs, "")
        writer.Write(str(folder / "top.stp"))
    finally:
        Interface_Static.SetCVal_s("write.step.unit", "MM")


def measured(conversion: Conversion) -> set[str]:
    return {c.key for c in conversion.structure.components if c.volume is not None}


def test_documents_beside_the_file_are_read(spread: Path, tmp_path: Path) -> None:
    whole = convert(tmp_path / "job", spread / "top.stp", spread / "bolt.stp", spread / "nut.stp")
    assert whole.structure.missing == []
    assert measured(whole) == {"top", "bolt", "nut"}
    assert [(u.child, u.placement and u.placement[11]) for u in whole.structure.usages] == [("bolt", 0), ("nut", -30), ("nut", -36)]
    assert totals(whole.structure).counts["leaf_occurrences"] == 3


def test_a_missing_document_is_named_and_the_rest_is_read(spread: Path, tmp_path: Path) -> None:
    part = convert(tmp_path / "job", spread / "top.stp", spread / "bolt.stp")
    assert part.structure.missing == ["nut.stp"]
    assert [(note.code, "nut.stp" in note.message) for note in part.structure.notes] == [("document_missing", True)]
    assert measured(part) == {"top", "bolt"}
    assert [(u.child, u.placement and u.placement[11]) for u in part.structure.usages] == [("bolt", 0), ("nut", -30), ("nut", -36)]


def test_a_file_whose_documents_are_all_missing_still_gives_its_structure(spread: Path, tmp_path: Path) -> None:
    alone = convert(tmp_path / "job", spread / "top.stp")
    assert alone.structure.missing == ["bolt.stp", "nut.stp"]
    assert totals(alone.structure).counts["leaf_occurrences"] == 3
    assert [o["kind"] for o in alone.outputs] == ["structure", "layout", "shapes", "glb"]


def test_damaged_documents_count_as_missing_and_say_why(spread: Path, tmp_path: Path) -> None:
    for name in ("bolt.stp", "nut.stp"):
        (tmp_path / name).write_bytes((spread / name).read_bytes()[:2000])
    part = convert(tmp_path / "job", spread / "top.stp", tmp_path / "bolt.stp", tmp_path / "nut.stp")
    assert part.structure.missing == ["bolt.stp", "nut.stp"]
    assert ["cannot be read. The file ends in the middle" in note.message for note in part.structure.notes] == [True, True]


def test_an_assembly_packed_with_its_files_is_read_whole(spread: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "top.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(spread.iterdir()):
            archive.write(path, f"Pump/{path.name.upper()}")
        archive.writestr("__MACOSX/Pump/._TOP.STP", b"of the system")
    whole = convert(tmp_path / "job", tmp_path / "top.zip", name="top.zip")
    assert (whole.structure.missing, whole.structure.notes) == ([], [])
    assert measured(whole) == {"top", "bolt", "nut"}
    assert totals(whole.structure).counts["leaf_occurrences"] == 3


def test_an_assembly_packed_without_one_of_its_files_names_it(spread: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "top.zip", "w") as archive:
        for name in ("top.stp", "bolt.stp"):
            archive.write(spread / name, name)
    part = convert(tmp_path / "job", tmp_path / "top.zip")
    assert part.structure.missing == ["nut.stp"]
    assert measured(part) == {"top", "bolt"}


@pytest.mark.parametrize("absolute", (True, False))
def test_no_path_outside_of_the_folder_is_opened(spread: Path, tmp_path: Path, absolute: bool) -> None:  # noqa: FBT001
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(spread / "nut.stp", outside / "secret.stp")
    name = str(outside / "secret.stp") if absolute else "../../outside/secret.stp"
    content = (spread / "top.stp").read_bytes().replace(b"'nut.stp'", f"'{name}'".encode())
    assert name.encode() in content
    part = convert(tmp_path / "job", content, spread / "bolt.stp")
    assert part.structure.missing == [name]
    assert measured(part) == {"top", "bolt"}


def test_a_folder_in_a_name_is_ignored(spread: Path, tmp_path: Path) -> None:
    content = (spread / "top.stp").read_bytes().replace(b"'nut.stp'", b"'C:\\\\models\\\\NUT.STP'")
    whole = convert(tmp_path / "job", content, spread / "bolt.stp", spread / "nut.stp")
    assert whole.structure.missing == []
    assert measured(whole) == {"top", "bolt", "nut"}


def test_documents_that_refer_to_each_other_in_a_circle_end(spread: Path, tmp_path: Path) -> None:
    content = (spread / "top.stp").read_bytes().replace(b"'nut.stp'", b"'source.stp'")
    circle = convert(tmp_path / "job", content, spread / "bolt.stp")
    assert circle.structure.missing == ["source.stp"]


def test_an_assembly_of_assemblies_over_thirteen_files_is_read_whole_in_its_own_unit(tmp_path: Path) -> None:
    drawing = Drawing()
    for n in range(12):
        drawing.part(f"part-{n}", bolt() if n % 2 else nut(), COLORS["bolt"])
    for n in range(0, 12, 4):
        drawing.assembly(f"group-{n}", [Placed(f"part-{m}", f"part-{m}_1", (0, 0, 25.4 * m)) for m in range(n, n + 4)])
    drawing.assembly("top", [Placed(f"group-{n}", f"group-{n}_{m}", (254.0 * m, 0, 0)) for n in range(0, 12, 4) for m in (1, 2)])
    write_apart(drawing, tmp_path / "files", unit="INCH")
    files = sorted(path for path in (tmp_path / "files").iterdir() if path.name != "top.stp")
    assert len(files) == 12
    whole = convert(tmp_path / "job", tmp_path / "files" / "top.stp", *files)
    counts = totals(whole.structure).counts
    assert (counts["components"], counts["occurrences"], counts["leaf_occurrences"]) == (16, 30, 24)
    assert (whole.structure.unit, whole.structure.missing) == ("in", [])
    placed = {usage.child: usage.placement or [] for usage in whole.structure.usages}
    assert [round(placed[f"part-{n}"][11], 6) for n in (0, 1, 11)] == [0, 25.4, 279.4]
