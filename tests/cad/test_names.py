"""Names as people wrote them, in whatever encoding; keys that tell usages and components apart."""

import re
from pathlib import Path

import pytest

from cascadia.cad.read_step import usage_keys
from cascadia.cad.step_model import Occurrence
from tests.assets.make_as1 import Drawing, Placed, bolt
from tests.cad.conversion import convert

COLOR = (0.5, 0.5, 0.5)


def two_bolts(path: Path, *names: str) -> bytes:
    drawing = Drawing()
    drawing.part("NAME", bolt(), COLOR)
    drawing.assembly("top", [Placed("NAME", name, (40.0 * n, 0, 0)) for n, name in enumerate(names)])
    drawing.write(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("written", "meant"),
    (
        pytest.param("Träger 板 é".encode(), "Träger 板 é", id="utf-8"),
        pytest.param("Träger é".encode("latin-1"), "Träger é", id="latin-1"),
        pytest.param("10 € – Träger".encode("cp1252"), "10 € – Träger", id="windows-1252"),
        pytest.param(rb"Tr\X2\00E4\X0\ger \X2\677F53F0\X0\ x", "Träger 板台 x", id="x2"),
        pytest.param(rb"Tr\X\E4ger", "Träger", id="x"),
        pytest.param(rb"Tr\S\dger", "Träger", id="s"),
        pytest.param(rb"a \X4\0001F600\X0\ b", "a 😀 b", id="x4"),
        pytest.param(rb"it''s a \\ b", "it's a \\ b", id="quote and backslash"),
    ),
)
def test_a_name_is_read_as_it_was_meant(tmp_path: Path, written: bytes, meant: str) -> None:
    content = two_bolts(tmp_path / "names.stp", "USAGE", "other")
    content = content.replace(b"'NAME'", b"'" + written + b"'").replace(b"'USAGE'", b"'" + written + b"'")
    structure = convert(tmp_path / "job", content).structure
    part = next(c for c in structure.components if not c.is_assembly)
    assert (part.number, part.name, part.key) == (meant, meant, meant)
    assert [(u.name, u.key, u.child) for u in structure.usages] == [(meant, meant, meant), ("other", "other", meant)]


def test_utf_8_and_latin_1_in_one_file_are_told_apart(tmp_path: Path) -> None:
    content = two_bolts(tmp_path / "names.stp", "USAGE", "other")
    content = content.replace(b"'NAME'", "'板'".encode()).replace(b"'USAGE'", "'Träger'".encode("latin-1"))
    structure = convert(tmp_path / "job", content).structure
    assert [(u.child, u.name) for u in structure.usages] == [("板", "Träger"), ("板", "other")]


def test_product_id_is_the_number_and_product_name_the_name(tmp_path: Path) -> None:
    content = two_bolts(tmp_path / "names.stp", "a", "b").replace(b"PRODUCT('NAME','NAME',''", b"PRODUCT('P-100','Bolt M10','DIN 933'")
    part = next(c for c in convert(tmp_path / "job", content).structure.components if not c.is_assembly)
    assert (part.key, part.number, part.name, part.description) == ("P-100", "P-100", "Bolt M10", "DIN 933")


def test_two_products_with_one_id_stay_two(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.part("A1", bolt(), COLOR)
    drawing.part("A2", bolt(), COLOR)
    drawing.assembly("top", [Placed("A1", "first"), Placed("A2", "second", (50, 0, 0))])
    drawing.write(tmp_path / "ids.stp")
    content = (tmp_path / "ids.stp").read_bytes().replace(b"PRODUCT('A2','A2'", b"PRODUCT('A1','A1'")
    structure = convert(tmp_path / "job", content).structure
    assert [(c.key, c.number) for c in structure.components] == [("top", "top"), ("A1", "A1"), ("A1#2", "A1")]
    assert [(u.key, u.child) for u in structure.usages] == [("first", "A1"), ("second", "A1#2")]


def test_usages_of_one_name_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    content = two_bolts(tmp_path / "names.stp", "same", "same")
    structure = convert(tmp_path / "job", content).structure
    assert [u.name for u in structure.usages] == ["same", "same"]
    assert [u.key for u in structure.usages] == [i.decode() for i in re.findall(rb"NEXT_ASSEMBLY_USAGE_OCCURRENCE\('(\d+)'", content)]


@pytest.mark.parametrize(
    ("called", "keys"),
    (
        ([("1", "a"), ("2", "b")], ["a", "b"]),
        ([("1", "a"), ("2", "a")], ["1", "2"]),
        ([("x", "a"), ("x", "a"), ("x", "a#2")], ["a", "a#2", "a#2#2"]),
        ([("", ""), ("", "")], ["usage", "usage#2"]),
    ),
)
def test_keys_of_usages_are_unique_and_say_what_they_can(called: list[tuple[str, str]], keys: list[str]) -> None:
    assert usage_keys([Occurrence(*each) for each in called]) == keys


def test_names_of_any_length_give_keys_that_fit_and_differ(tmp_path: Path) -> None:
    long = "K" * 600
    content = two_bolts(tmp_path / "names.stp", "USAGE1", "USAGE2").replace(b"'NAME'", f"'{long}'".encode())
    content = content.replace(b"'USAGE1'", f"'{long}1'".encode()).replace(b"'USAGE2'", f"'{long}2'".encode())
    structure = convert(tmp_path / "job", content).structure
    assert max(len(c.name) for c in structure.components) == 600
    keys = [component.key for component in structure.components] + [usage.key for usage in structure.usages]
    assert max(map(len, keys)) <= 500
    assert len({usage.key for usage in structure.usages}) == 2
