"""The text of a STEP file as programs, mail and people leave it: packed, marked, remarked, in whatever schema name and encoding."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from cascadia.cad import archive, source
from cascadia.cad.model import CadError
from tests.assets.step_text import StepText, assembly
from tests.cad.conversion import convert

WHOLE = assembly({"PART": (1, 2, 3)}).text()


def prepared(folder: Path, content: bytes) -> source.Source:
    path = folder / "source.stp"
    path.write_bytes(content)
    return source.prepared(path, folder / "scratch")


def zipped(*names: str, content: bytes = WHOLE) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("schema", "protocol"),
    (
        ("CONFIG_CONTROL_DESIGN", "AP203"),
        ("CONFIGURATION_CONTROL_3D_DESIGN_ED2_MIM_LF { 1 0 10303 403 1 1 4}", "AP203"),
        ("CONFIGURATION_CONTROL_3D_DESIGN_ED2_MIM", "AP203"),
        ("AP203_CONFIGURATION_CONTROLLED_3D_DESIGN_OF_MECHANICAL_PARTS_AND_ASSEMBLIES_MIM_LF { 1 0 10303 403 3 1 4}", "AP203"),
        ("automotive_design", "AP214"),
        ("AUTOMOTIVE_DESIGN_CC2 { 1 2 10303 214 -1 1 5 4 }", "AP214"),
        ("AP214_AUTOMOTIVE_DESIGN", "AP214"),
        ("AUTOMOTIVE DESIGN", "AP214"),
        ("{ 1 0 10303 214 3 1 1 }", "AP214"),
        ("AP242_MANAGED_MODEL_BASED_3D_ENGINEERING_MIM_LF. {1 0 10303 442 1 1 4 }", "AP242"),
        ("AP242_MANAGED_MODEL_BASED_3D_ENGINEERING_MIM_LF { 1 0 10303 442 4 1 4 }", "AP242"),
        ("MANAGED_MODEL_BASED_3D_ENGINEERING", "AP242"),
        ("GEOMETRIC_VALIDATION_PROPERTIES_MIM','AUTOMOTIVE_DESIGN", "AP214"),
    ),
)
def test_a_schema_is_known_by_all_the_names_that_exporters_write(tmp_path: Path, schema: str, protocol: str) -> None:
    found = prepared(tmp_path, StepText(schema).text())
    assert (found.protocol, found.notes) == (protocol, ())


@pytest.mark.parametrize("schema", ("IFC4", "AP2140_SOMETHING", "STRUCTURAL_FRAME_SCHEMA"))
def test_another_schema_is_refused_by_its_name(tmp_path: Path, schema: str) -> None:
    with pytest.raises(CadError, match=schema) as refused:
        prepared(tmp_path, StepText(schema).text())
    assert refused.value.code == "cad_unsupported_schema"


def test_an_empty_schema_is_said_and_no_reason_to_stop(tmp_path: Path) -> None:
    found = prepared(tmp_path, StepText("").text())
    assert (found.protocol, [note.code for note in found.notes]) == ("AP214", ["schema"])


@pytest.mark.parametrize(
    "content",
    (
        pytest.param(b"\xef\xbb\xbf" + WHOLE.replace(b"\n", b"\r\n"), id="mark"),
        pytest.param(b"\0\0 \r\n/* made by X; it's (old */\n" + WHOLE, id="remark in front"),
        pytest.param(WHOLE.replace(b"FILE_SCHEMA((", b"/* FILE_SCHEMA(('IFC4')) */ FILE_SCHEMA /* x */ ( /* y */ ("), id="remarks"),
        pytest.param(WHOLE + b"\0" * 5000, id="NULs behind"),
        pytest.param(WHOLE + b" \n" * 5000, id="blanks behind"),
        pytest.param(gzip.compress(WHOLE), id="gzip"),
        pytest.param(zipped("readme.txt", "folder/Model.STP"), id="zip"),
    ),
)
def test_a_file_is_read_whatever_stands_around_it(tmp_path: Path, content: bytes) -> None:
    assert prepared(tmp_path, content).protocol == "AP214"
    read = convert(tmp_path / "job", content)
    assert [(c.key, c.volume) for c in read.structure.components] == [("TOP", "6"), ("PART", "6")]
    assert read.structure.notes == []


@pytest.mark.parametrize(
    "content",
    (
        pytest.param(zipped("readme.txt"), id="none"),
        pytest.param(zipped("a.stp", "b.step"), id="two"),
        pytest.param(zipped("old/a.stp", "new/A.STP"), id="two of one name"),
        pytest.param(zipped(*(f"{n}.stp" for n in range(archive.FILES_MAX + 1)), content=b""), id="too many"),
        pytest.param(zipped("a.stp")[:-30], id="damaged zip"),
        pytest.param(gzip.compress(WHOLE)[:-30], id="damaged gzip"),
    ),
)
def test_an_archive_holds_one_whole_step_file(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CadError) as refused:
        prepared(tmp_path, content)
    assert refused.value.code == "cad_archive"


def test_an_archive_that_would_fill_the_disk_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UNPACKED_MAX", 10_000)
    with pytest.raises(CadError, match="Unpacked") as refused:
        prepared(tmp_path, zipped("a.stp", content=WHOLE + b" " * 10_000_000))
    assert refused.value.code == "cad_archive"
    assert (tmp_path / "scratch" / "unpacked" / "a.stp").stat().st_size < 2_000_000


@pytest.mark.parametrize(
    ("encoding", "names"),
    (
        ("gb18030", ("供应系统", "左支架", "螺钉 M6")),
        ("cp932", ("六角穴付きボルト", "部品表", "左ブラケット")),
        ("cp1251", ("Болт левый", "Кронштейн левый", "ГАЙКА")),
        ("cp1250", ("Koło zębate", "Śruba", "Łożysko")),
        ("cp1252", ("Träger 10°", "Écrou à œil", "Ø10 – 5 €")),
    ),
)
def test_names_in_the_encoding_of_a_system_are_recognised_and_said(tmp_path: Path, encoding: str, names: tuple[str, ...]) -> None:
    file = StepText()
    for number in ("A", "B", "C"):
        file.part(f"NAME-{number}")
    content = file.text()
    for number, name in zip(("A", "B", "C"), names, strict=True):
        content = content.replace(f"'NAME-{number}'".encode(), f"'{name}'".encode(encoding))
    found = prepared(tmp_path, content)
    text = found.readable.read_text(encoding="utf-8")
    assert all(f"PRODUCT('{name}'" in text for name in names)
    (note,) = found.notes
    assert note.code == "encoding"
    assert any(name in note.message for name in names)
