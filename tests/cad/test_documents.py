"""Assemblies that are spread over files: what lies beside the file is read, and nothing else ever is."""

import shutil
from pathlib import Path

import pytest
from OCP.STEPCAFControl import STEPCAFControl_Writer
from OCP.STEPControl import STEPControl_AsIs

from cascadia.proposals.model import totals
from tests.assets.make_as1 import COLORS, Drawing, Placed, bolt, nut
from tests.cad.conversion import Conversion, convert


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `top.stp`, which refers to `bolt.stp` and `nut.stp`."""
    folder = tmp_path_factory.mktemp("spread")
    drawing = Drawing()
    drawing.part("bolt", bolt(), COLORS["bolt"])
    drawing.part("nut", nut(), COLORS["nut"])
    drawing.assembly("top", [Placed("bolt", "bolt_1"), Placed("nut", "nut_1", (0, 0, -30)), Placed("nut", "nut_2", (0, 0, -36))])
    drawing.shapes.UpdateAssemblies()
    writer = STEPCAFControl_Writer()
    assert writer.Transfer(drawing.document, STEPControl_AsIs, "")
    writer.Write(str(folder / "top.stp"))
    assert sorted(p.name for p in folder.iterdir()) == ["bolt.stp", "nut.stp", "top.stp"]
    return folder


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
    assert measured(part) == {"top", "bolt"}
    assert [(u.child, u.placement and u.placement[11]) for u in part.structure.usages] == [("bolt", 0), ("nut", -30), ("nut", -36)]


def test_a_file_whose_documents_are_all_missing_still_gives_its_structure(spread: Path, tmp_path: Path) -> None:
    alone = convert(tmp_path / "job", spread / "top.stp")
    assert alone.structure.missing == ["bolt.stp", "nut.stp"]
    assert totals(alone.structure).counts["leaf_occurrences"] == 3
    assert [o["kind"] for o in alone.outputs] == ["structure", "glb"]


def test_a_damaged_document_counts_as_missing(spread: Path, tmp_path: Path) -> None:
    (tmp_path / "nut.stp").write_bytes((spread / "nut.stp").read_bytes()[:2000])
    part = convert(tmp_path / "job", spread / "top.stp", spread / "bolt.stp", tmp_path / "nut.stp")
    assert part.structure.missing == ["nut.stp"]


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


def test_the_shared_assembly_of_twelve_files_is_read_whole(shared_step: Path, tmp_path: Path) -> None:
    folder = shared_step / "s1-c5-214"
    whole = convert(tmp_path / "job", folder / "s1-c5-214.stp", *sorted(folder.glob("*.stp")))
    counts = totals(whole.structure).counts
    assert (counts["components"], counts["occurrences"], counts["leaf_occurrences"]) == (13, 16, 11)
    assert (whole.structure.unit, whole.structure.missing) == ("in", [])
