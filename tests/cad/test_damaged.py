"""Files that cannot be converted: each ends with a reason, or with its own process and nothing else."""

import random
import re
from pathlib import Path

import pytest

from cascadia.cad import source
from cascadia.cad.model import CadError
from cascadia.cad.step_model import cycle_in
from tests.cad.conversion import convert

HEAD = b"ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\n"
TAIL = b"ENDSEC;\nEND-ISO-10303-21;\n"
WITHOUT_SHAPES = HEAD + b"FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\nDATA;\n#1=APPLICATION_CONTEXT('x');\n" + TAIL


@pytest.mark.parametrize(
    ("content", "code"),
    (
        pytest.param(b"", "cad_empty", id="empty"),
        pytest.param(b" \r\n\0\0", "cad_empty", id="blank"),
        pytest.param(b"solid cube\nendsolid\n", "cad_not_step", id="STL"),
        pytest.param(b"PK\x03\x04" + bytes(100), "cad_archive", id="ZIP"),
        pytest.param(HEAD + b"FILE_SCHEMA(('IFC4'));\nENDSEC;\nDATA;\n" + TAIL, "cad_unsupported_schema", id="IFC"),
        pytest.param(HEAD + b"ENDSEC;\nDATA;\n" + TAIL, "cad_unsupported_schema", id="no schema"),
        pytest.param(WITHOUT_SHAPES, "cad_no_shapes", id="no shapes"),
    ),
)
def test_a_file_that_is_no_model_is_refused_with_a_reason(tmp_path: Path, content: bytes, code: str) -> None:
    refused = convert(tmp_path / "job", content)
    assert not refused.died
    assert refused.error is not None
    assert refused.error["code"] == code
    assert refused.error["message"].endswith(".")
    assert refused.outputs == []


def test_an_assembly_that_contains_itself_is_refused_by_the_path(tmp_path: Path, as1_file: Path) -> None:
    content = as1_file.read_bytes()
    usages = re.findall(rb"NEXT_ASSEMBLY_USAGE_OCCURRENCE\('\d+','[^']*','[^']*',\s*(#\d+),\s*(#\d+),", content)
    top, _ = usages[0]
    bottom = next(child for parent, child in usages if parent != top)
    for parent, child in ((top, top), (bottom, top)):
        usage = b"#999999=NEXT_ASSEMBLY_USAGE_OCCURRENCE('x','','',%s,%s,$);\n" % (parent, child)
        end = content.rindex(b"ENDSEC;")
        refused = convert(tmp_path / f"{parent.decode()}{child.decode()}", content[:end] + usage + content[end:])
        assert refused.error is not None
        assert refused.error["code"] == "cad_cycle"
        names = refused.error["message"].split(": ", 1)[1].split(". ")[0].split(" → ")
        assert (names[0] == names[-1], len(names) >= 2, refused.outputs) == (True, True, [])


def test_a_cycle_is_found_wherever_it_is_and_nothing_else_is_one() -> None:
    assert cycle_in({}) is None
    assert cycle_in({1: [2, 3, 3], 2: [4], 3: [4, 2]}) is None
    assert cycle_in({1: [1]}) == [1, 1]
    assert cycle_in({1: [2], 5: [6], 6: [7, 8], 8: [9, 6]}) == [6, 8, 6]
    deep: dict[int, list[int]] = {n: [n + 1] for n in range(200_000)}
    assert cycle_in(deep) is None
    assert cycle_in({**deep, 200_000: [199_999]}) == [199_999, 200_000, 199_999]


@pytest.mark.parametrize(
    ("entity", "code"),
    (
        pytest.param(b"#9=LIST(" + b"(" * 2_000_000 + b")" * 2_000_000 + b");\n", "cad_too_nested", id="nested"),
        pytest.param(b"#9=LIST(" + b"(1.,'(',(" * 1001 + b");\n", "cad_too_nested", id="nested between values"),
        pytest.param(b"#9=LABEL('" + b"(" * 5000 + b"''" + b"(" * 5000 + b"');\n", "cad_no_shapes", id="within a string"),
        pytest.param(b"#9=LIST((1.),(2.));\n#8=LABEL('it''s (');\n" * 5000, "cad_no_shapes", id="one after the other"),
    ),
)
def test_a_text_that_nests_too_deep_is_refused_before_it_ends_the_parser(tmp_path: Path, entity: bytes, code: str) -> None:
    refused = convert(tmp_path / "job", WITHOUT_SHAPES.replace(TAIL, entity + TAIL))
    assert (refused.died, refused.error and refused.error["code"]) == (False, code)


@pytest.mark.parametrize("kept", (0.1, 0.5, 0.999))
def test_a_file_cut_off_on_its_way_is_refused(tmp_path: Path, as1_file: Path, kept: float) -> None:
    content = as1_file.read_bytes()
    refused = convert(tmp_path / "job", content[: int(len(content) * kept)])
    assert refused.error is not None
    assert refused.error["code"] == "cad_truncated"


@pytest.mark.parametrize(("seed", "flips"), tuple((seed, flips) for seed in range(3) for flips in (20, 200, 2000)))
def test_damaged_content_ends_its_own_process_at_most(tmp_path: Path, as1_file: Path, seed: int, flips: int) -> None:
    """With flipped bits OpenCASCADE may read on, refuse, crash, or never end."""
    chance = random.Random(seed)
    content = bytearray(as1_file.read_bytes())
    start = content.index(b"DATA;")
    for _ in range(flips):
        content[chance.randrange(start, len(content) - 100)] ^= 1 << chance.randrange(8)
    end = convert(tmp_path / "job", bytes(content))
    if end.died:
        assert end.status < 0, "killed by a signal, not by an error of ours"
    else:
        assert end.error is None or end.error["code"].startswith("cad_")
        assert bool(end.outputs) != bool(end.error)


def test_every_reason_is_explained() -> None:
    root = Path(__file__).parents[2]
    sources = "".join(path.read_text() for path in (root / "src/cascadia/cad").glob("*.py"))
    raised = set(re.findall(r'CadError\("(\w+)"', sources))
    explained = set(re.findall(r"^\| `(cad_\w+)` \|", (root / "docs/explanation/cad.md").read_text(), re.MULTILINE))
    assert raised == explained
    assert "cad_empty" in raised


def test_a_schema_is_found_however_long_the_header_is_and_an_end_whatever_stands_behind_it(tmp_path: Path) -> None:
    long = (
        HEAD.replace(b"FILE_NAME('',", b"FILE_NAME('" + b"n" * 70_000 + b"',")
        + b"FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\nDATA;\n"
        + TAIL
    )
    path = tmp_path / "model.stp"
    for content in (long, long + b"SIGNATURE;\n" + b"A" * 2_000_000 + b"\nENDSEC;\n", long + b" " * ((1 << 20) - 6)):
        path.write_bytes(content)
        assert source.check(path) == "AP214"


@pytest.mark.parametrize("behind", (b"", HEAD, HEAD + b" " * 2_000_000))
def test_only_a_file_whose_last_structure_ends_is_whole(tmp_path: Path, behind: bytes) -> None:
    path = tmp_path / "model.stp"
    path.write_bytes((WITHOUT_SHAPES if behind else HEAD) + behind)
    with pytest.raises(CadError) as refused:
        source.check(path)
    assert refused.value.code == "cad_truncated"
