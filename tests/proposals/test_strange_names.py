"""Files are written by strangers: what their names hold that cannot be read is not kept."""

import msgspec

from cascadia.kernel.text import one_line
from cascadia.structures.model import Component, Structure, decode, encode, name_of
from tests.proposals.structures import small_assembly


def component(name: str, number: str = "", description: str | None = None) -> Component:
    structure = Structure(
        source_schema="AP214",
        unit="mm",
        root="/",
        components=[Component(key="/", number=number, name=name, description=description, is_assembly=True)],
        usages=[],
    )
    return decode(encode(structure)).components[0]


def test_names_numbers_and_descriptions_of_a_file_hold_what_can_be_read() -> None:
    found = component("\x1b[2Jplate\u202eexe", "P\x00-1\ufeff", "two\nlines\x07")
    assert (found.name, found.number, found.description) == ("[2Jplateexe", "P -1\ufeff", "two lines")
    words = "had characters that cannot be read: they were left out"
    assert found.notes == [f"the {what} {words}" for what in ("number", "name", "description")]
    for text in (found.name, found.number, found.description or ""):
        assert one_line(text) == text


def test_a_name_of_which_nothing_can_be_seen_is_the_number() -> None:
    assert component("\u200b", "P-1").name == "P-1"
    assert component("\u200b\u202e").name == "unnamed"


def test_what_can_be_read_stays_as_it_came() -> None:
    structure = small_assembly()
    assert decode(encode(structure)) == structure
    assert component("Schraube M6×20", "Ä-1", "für 3 mm").name == "Schraube M6×20"
    assert msgspec.structs.asdict(component("Platte", "P-1"))["description"] is None


def test_what_the_file_gives_no_name_is_called_by_its_number_or_its_place_and_says_so() -> None:
    structure = Structure(
        source_schema="AP214",
        unit="mm",
        root="/",
        components=[
            Component(key="/", number="", name="", is_assembly=True),
            *(Component(key=key, number=number, name="") for key, number in (("unnamed", ""), ("unnamed#2", ""), ("P-1", "P-1"))),
        ],
        usages=[],
    )
    found = decode(encode(structure)).components
    assert [component.name for component in found] == ["", "unnamed", "unnamed#2", "P-1"]
    assert [component.notes for component in found] == [[], *[["the file gives it no name"]] * 3]
    assert [name_of(component) for component in found[1:]] == [None, None, None]
