"""The structure document of whole assemblies."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from cascadia.structures.model import Structure, bom_lines, totals
from tests.assets.make_as1 import Drawing, Placed, bolt, bracket, write_as1
from tests.cad.conversion import Conversion, convert

AS1_COUNTS = {"components": 9, "leaf_parts": 5, "usages": 13, "lines": 9, "occurrences": 27, "leaf_occurrences": 18}
AS1_LEAVES = {"plate": 1, "l-bracket": 2, "rod": 1, "bolt": 6, "nut": 8}


def leaf_occurrences(structure: Structure) -> dict[str, int]:
    found = totals(structure)
    return {key: count for key, count in found.per_component.items() if key not in found.parents}


def test_an_assembly_has_its_parts_usages_and_lines(as1: Conversion) -> None:
    structure = as1.structure
    assert structure.root == "as1"
    assert totals(structure).counts == AS1_COUNTS
    assert leaf_occurrences(structure) == AS1_LEAVES
    assert (structure.source_schema, structure.unit, structure.missing) == ("AP214", "mm", [])


def test_equal_children_of_one_parent_are_one_line_with_a_placement_each(as1: Conversion) -> None:
    lines = {(line.parent, line.child): line for line in bom_lines(as1.structure)}
    line = lines["l-bracket-assembly", "nut-bolt-assembly"]
    assert line.quantity == 3
    assert list(line.placements) == ["nut-bolt-assembly_1", "nut-bolt-assembly_2", "nut-bolt-assembly_3"]
    assert line.placements["nut-bolt-assembly_2"] == [1, 0, 0, 44, 0, 1, 0, 40, 0, 0, 1, 12, 0, 0, 0, 1]


def test_a_turned_placement_is_row_by_row(as1: Conversion) -> None:
    placement = next(u.placement for u in as1.structure.usages if u.key == "rod-assembly_1")
    assert placement == [0, 0, 1, 0, 0, 1, 0, 70, -1, 0, 0, 66, 0, 0, 0, 1]


def test_measures_are_exact_decimals(as1: Conversion) -> None:
    rod, plate = as1.component("rod"), as1.component("plate")
    assert rod.volume == "15707.9633"
    assert rod.area == "6440.26494"
    assert rod.bbox == ["-5", "-5", "0", "5", "5", "200"]
    assert rod.center == ["0", "0", "100"]
    assert plate.color == "#738ca8"
    volumes = {c.key: Decimal(c.volume or "0") for c in as1.structure.components}
    whole = sum(volumes[key] * count for key, count in AS1_LEAVES.items())
    assert abs(whole - volumes["as1"]) < Decimal("0.01")


def test_a_mass_needs_a_density(as1: Conversion, tmp_path: Path) -> None:
    assert {c.mass for c in as1.structure.components} == {None}
    write_as1(tmp_path / "steel.stp", density=True)
    steel = convert(tmp_path / "job", tmp_path / "steel.stp")
    assert steel.component("rod").mass == "0.123307512"
    masses = {c.key: Decimal(c.mass or "0") for c in steel.structure.components}
    assert abs(masses["as1"] - sum(masses[key] * count for key, count in AS1_LEAVES.items())) < Decimal("1e-8")


def test_densities_count_in_the_units_of_the_file(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.part("bolt", bolt(), (0.5, 0.5, 0.5), 7.85)
    drawing.write(tmp_path / "bolt.stp")
    text = (tmp_path / "bolt.stp").read_bytes()
    kilograms = text.replace(b"SI_UNIT($,.GRAM.)", b"SI_UNIT(.KILO.,.GRAM.)").replace(b"SI_UNIT(.CENTI.,.METRE.)", b"SI_UNIT($,.METRE.)")
    kilograms = kilograms.replace(b"POSITIVE_RATIO_MEASURE(7.85", b"POSITIVE_RATIO_MEASURE(7850.")
    assert kilograms != text
    masses = [convert(tmp_path / name, content).component("bolt").mass for name, content in (("g", text), ("kg", kilograms))]
    assert masses[0] is not None
    assert masses[0] == masses[1]


@pytest.mark.parametrize(("schema", "unit"), (("AP203", "mm"), ("AP242", "mm"), ("AP214", "in")))
def test_schema_and_unit_change_nothing_but_their_names(as1: Conversion, tmp_path: Path, schema: str, unit: str) -> None:
    write_as1(tmp_path / "other.stp", schema, unit)
    other = convert(tmp_path / "job", tmp_path / "other.stp").structure
    assert (other.source_schema, other.unit) == (schema, unit)
    without = [[msgspec.structs.replace(c, shape=None) for c in each.components] for each in (other, as1.structure)]
    assert without[0] == without[1]
    assert other.usages == as1.structure.usages


def test_the_same_file_gives_the_same_bytes(as1: Conversion, as1_file: Path, tmp_path: Path) -> None:
    again = convert(tmp_path / "job", as1_file)
    for output in as1.outputs:
        assert again.bytes_of(output["kind"], output["component"]) == as1.bytes_of(output["kind"], output["component"])


def test_progress_rises_to_the_end(as1: Conversion) -> None:
    fractions = [fraction for fraction, _ in as1.notes]
    assert fractions == sorted(fractions)
    assert 0.9 < fractions[-1] <= 1
    assert as1.notes[0][1] == "reading"


def test_a_single_part_is_its_own_root(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.part("bolt", bolt(), (0.5, 0.5, 0.5))
    drawing.write(tmp_path / "bolt.stp")
    structure = convert(tmp_path / "job", tmp_path / "bolt.stp").structure
    assert [(c.key, c.number, c.is_assembly) for c in structure.components] == [("bolt", "bolt", False)]
    assert totals(structure).counts == {
        "components": 1,
        "leaf_parts": 1,
        "usages": 0,
        "lines": 0,
        "occurrences": 0,
        "leaf_occurrences": 0,
    }


def test_several_roots_get_one_named_as_the_file(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.part("bolt", bolt(), (0.5, 0.5, 0.5))
    drawing.part("l-bracket", bracket(), (0.5, 0.5, 0.5))
    drawing.write(tmp_path / "two.stp")
    structure = convert(tmp_path / "job", tmp_path / "two.stp", name="Two parts.STEP").structure
    assert structure.root == "Two parts"
    assert {u.child for u in structure.usages} == {"bolt", "l-bracket"}


def test_more_occurrences_than_a_browser_can_show_are_refused(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.part("level-0", bolt(), (0.5, 0.5, 0.5))
    for level in range(1, 18):
        drawing.assembly(
            f"level-{level}", [Placed(f"level-{level - 1}", "left"), Placed(f"level-{level - 1}", "right", (40.0 * level, 0, 0))]
        )
    drawing.write(tmp_path / "many.stp")
    refused = convert(tmp_path / "job", tmp_path / "many.stp")
    assert refused.error is not None
    assert refused.error["code"] == "cad_too_large"
