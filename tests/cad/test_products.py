"""A component is a product of the file: whatever else OpenCASCADE makes of its bodies, and whatever it drops."""

from pathlib import Path

from tests.assets.step_text import StepText
from tests.cad.conversion import Conversion, Glb, convert


def read(folder: Path, file: StepText) -> Conversion:
    return convert(folder / "job", file.text())


def components(read: Conversion) -> list[tuple[str, bool, str | None]]:
    return [(c.key, c.is_assembly, c.volume) for c in read.structure.components]


def usages(read: Conversion) -> list[tuple[str, str, str]]:
    return [(u.parent, u.child, u.key) for u in read.structure.usages]


def test_lines_beside_a_solid_are_no_parts(tmp_path: Path) -> None:
    file = StepText()
    bolt = file.part("BOLT", file.box((7, 8, 29)), file.wire(500))
    top = file.part("TOP", file.frame())
    for n in range(2):
        file.use(top, bolt, f"bolt {n}", (20 * n, 0, 0))
    found = read(tmp_path, file)
    assert components(found) == [("TOP", True, "3248"), ("BOLT", False, "1624")]
    assert usages(found) == [("TOP", "BOLT", "bolt 0"), ("TOP", "BOLT", "bolt 1")]
    assert found.component("BOLT").bbox == ["0", "0", "0", "7", "8", "29"]


def test_an_assembly_s_own_body_is_its_model(tmp_path: Path) -> None:
    file = StepText()
    pin = file.part("PIN", file.box((2, 2, 10)))
    top = file.part("TOP", file.box((40, 40, 4)))
    for n in range(2):
        file.use(top, pin, f"pin {n}", (50 + 10 * n, 0, 0))
    found = read(tmp_path, file)
    assert components(found) == [("TOP", True, "6480"), ("PIN", False, "40")]
    assert usages(found) == [("TOP", "PIN", "pin 0"), ("TOP", "PIN", "pin 1")]
    assert found.component("TOP").bbox == ["0", "0", "0", "62", "40", "10"]
    nodes = Glb.parse(found.bytes_of("glb")).document["nodes"]
    assert [(node["extras"]["component"], "mesh" in node) for node in nodes] == [("TOP", True), ("PIN", True), ("PIN", True)]


def test_mapped_copies_of_a_body_are_one_part(tmp_path: Path) -> None:
    file = StepText()
    inner = file.representation(file.box((10, 20, 30)))
    source = file.add(f"REPRESENTATION_MAP({file.frame()},{inner})")
    copies = [file.add(f"MAPPED_ITEM('',{source},{file.frame((x, 0, 0))})") for x in (0, 50)]
    file.part("TWO", *copies)
    found = read(tmp_path, file)
    assert components(found) == [("TWO", False, "12000")]
    assert found.component("TWO").bbox == ["0", "0", "0", "60", "20", "30"]


def test_a_usage_without_geometry_or_place_is_a_usage(tmp_path: Path) -> None:
    file = StepText()
    plate = file.part("PLATE", file.box((10, 10, 2)))
    spare = file.part("SPARE", file.box((3, 3, 3)))
    glue, top = file.part("GLUE"), file.part("TOP", file.frame())
    file.use(top, plate, "plate 1", (5, 0, 0))
    file.use(top, spare, "spare 1", None)
    file.use(top, glue, "glue 1", None)
    found = read(tmp_path, file)
    assert components(found) == [("TOP", True, "227"), ("PLATE", False, "200"), ("SPARE", False, "27"), ("GLUE", False, None)]
    assert [(u.child, u.placement and u.placement[3]) for u in found.structure.usages] == [("PLATE", 5), ("SPARE", None), ("GLUE", None)]
    assert found.component("TOP").bbox == ["5", "0", "0", "15", "10", "2"]
    assert found.component("TOP").center is None
    assert len(Glb.parse(found.bytes_of("glb")).document["nodes"]) == 2


def test_a_structure_without_any_shape_is_a_structure(tmp_path: Path) -> None:
    file = StepText()
    top, part = file.part("TOP"), file.part("PART")
    file.use(top, part, "part 1", None)
    file.use(top, part, "part 2", None)
    found = read(tmp_path, file)
    assert components(found) == [("TOP", True, None), ("PART", False, None)]
    assert usages(found) == [("TOP", "PART", "part 1"), ("TOP", "PART", "part 2")]


def test_products_that_share_one_shape_stay_apart(tmp_path: Path) -> None:
    file = StepText()
    shared = file.representation(file.box((5, 5, 20)))
    steel, brass = file.part("STEEL", representation=shared), file.part("BRASS", representation=shared)
    top = file.part("TOP", file.frame())
    for n, part in enumerate((steel, brass, brass)):
        file.use(top, part, f"bolt {n}", (20 * n, 0, 0))
    found = read(tmp_path, file)
    assert components(found) == [("TOP", True, "1500"), ("STEEL", False, "500"), ("BRASS", False, "500")]
    assert [child for _, child, _ in usages(found)] == ["STEEL", "BRASS", "BRASS"]


def test_what_opencascade_calls_an_instance_is_no_name(tmp_path: Path) -> None:
    file = StepText()
    top = file.part("TOP", file.frame())
    part = file.part("PART", file.box((1, 1, 1)), name="Part")
    for n in range(2):
        file.use(top, part, f"=>[0:1:1:{n + 3}]", (5 * n, 0, 0), number=str(n))
    assert [(u.key, u.name) for u in read(tmp_path, file).structure.usages] == [("0", "Part"), ("1", "Part")]


def test_shapes_of_no_product_are_refused_in_words_that_are_true(tmp_path: Path) -> None:
    file = StepText()
    file.representation(file.box((1, 1, 1)))
    refused = read(tmp_path, file)
    assert refused.error is not None
    assert refused.error["code"] == "cad_no_product"


def test_occurrences_are_counted_before_opencascade_makes_them(tmp_path: Path) -> None:
    file = StepText()
    below = file.part("L0", file.box((1, 1, 1)))
    for level in range(1, 60):
        above = file.part(f"L{level}", file.frame())
        for n in range(2):
            file.use(above, below, f"{level}-{n}", (2.0**level * n, 0, 0))
        below = above
    refused = read(tmp_path, file)
    assert refused.error is not None
    assert refused.error["code"] == "cad_too_large"
