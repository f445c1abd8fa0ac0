"""What a parts list means: columns of several programs, encodings, designators, and rows that cannot be meant."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadia.importing.model import TableError, column_of, designators_of, quantity_of
from cascadia.importing.read_table import read_items
from cascadia.importing.structure import structure_of
from cascadia.structures.limits import new_part_problems
from cascadia.structures.model import bom_lines, decode, encode, totals
from tests.importing.lists import KICAD


def read(text: str) -> list[tuple[str | None, str, tuple[str, ...], Decimal | None, bool]]:
    return [(i.number, i.name, i.designators, i.quantity, i.fitted) for i in read_items(text.encode())]


def test_a_list_of_kicad() -> None:
    items = read(KICAD)
    assert items[0] == ("LMK107BJ475KAHT", "4u7 C_0603_1608Metric", ("C1", "C19", "C26"), Decimal(3), True)
    assert items[3] == (None, "Conn_02x22 PinHeader_2x22", ("J5",), Decimal(1), True)
    assert [fitted for *_, fitted in items] == [True, True, True, True, False]
    assert read_items(KICAD.encode())[0].description == "Taiyo Yuden, 4u7, C_0603_1608Metric, https://example.com/c"


def test_a_list_of_altium_with_a_title_above_it() -> None:
    text = (
        'Bill of Materials\n\n"Comment","Description","Designator","Footprint","Quantity"\n"10k","Resistor 10k 1%","R1-R3, R7","0402","4"\n'
    )
    assert read(text) == [(None, "Resistor 10k 1%", ("R1", "R2", "R3", "R7"), Decimal(4), True)]


def test_a_mechanical_list_with_semicolons_and_commas_in_numbers() -> None:
    text = "Part Number;Description;Qty\nBRK-1;Bracket;2\nGLUE-7;Glue;0,25\n"
    assert read(text) == [("BRK-1", "Bracket", (), Decimal(2), True), ("GLUE-7", "Glue", (), Decimal("0.25"), True)]


@pytest.mark.parametrize("encoding", ("utf-8", "utf-8-sig", "utf-16", "cp1252"))
def test_any_usual_encoding(encoding: str) -> None:
    assert read_items("Qty,Value,MPN\n1,4µ7,A\n".encode(encoding))[0].name == "4µ7"


def test_a_minus_sign_in_a_part_number_is_a_hyphen() -> None:
    assert read_items("Qty,MPN\n1,AB\u22121\n".encode())[0].number == "AB-1"


def test_tabs_and_empty_rows() -> None:
    assert read("Qty\tMPN\n\n2\tA\n\t\n3\tB\n") == [("A", "A", (), Decimal(2), True), ("B", "B", (), Decimal(3), True)]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    (
        ("", "table_heading", "No parts list begins in the file's first 20 rows"),
        ("a,b\n1,2\n", "table_heading", "Quantity or Reference"),
        ("Qty,MPN\n", "table_empty", "no rows"),
        ("Qty,MPN\nmany,A\n", "table_rows", "row 2: the quantity “many” is no number"),
        ("Qty,MPN\n-1,A\n", "table_rows", "row 2: the quantity -1 cannot be meant"),
        ("Ref,MPN\nR1-R10001,A\n", "table_rows", "row 2: R1-R10001 is no range"),
        ("\nx\n" * 20 + "Qty,MPN\n1,A\n", "table_heading", "first 20 rows"),
        ("Qty,MPN\n0,A\n", "table_rows", "row 2"),
        ("Qty,MPN\nNaN,A\n", "table_rows", "row 2"),
        ("Qty,MPN\n1e400,A\n", "table_rows", "row 2"),
        ("Qty,MPN\n,A\n", "table_rows", "row 2: neither a quantity nor designators"),
        ("Qty,MPN\n1,\n", "table_rows", "row 2: no part"),
        ("Ref,Qty,MPN\nR1 R2,3,A\n", "table_rows", "row 2: 2 designators, quantity 3"),
        ("Ref,MPN\nR1,A\nR1,B\n", "table_rows", "row 3: R1 stands in row 2 too"),
        ("Ref,MPN\nR1 R1,A\n", "table_rows", "row 2: R1 stands twice"),
        ("Ref,MPN\nR4-R1,A\n", "table_rows", "row 2: R4-R1 is no range"),
        ("Ref,MPN\nR1-R" + "9" * 5000 + ",A\n", "table_rows", f"row 2: R1-R{'9' * 36} is no range"),
        ("Ref,MPN\nR(1),A\n", "table_rows", "row 2: “R(1)” is no designator"),
        ("Level,Qty,MPN\n1,1,A\n", "table_levels", "flat"),
        ("Qty,MPN\n" + "x,A\n" * 5, "table_rows", "(and 2 more)"),
        ("\0\0\0", "table_unreadable", "no text"),
        ("Qty,MPN\n" + "1,A\n" * 9001, "table_too_large", "9000 rows"),
    ),
)
def test_what_cannot_be_meant_is_refused_with_its_row(text: str, code: str, words: str) -> None:
    with pytest.raises(TableError) as refused:
        read_items(text.encode())
    assert refused.value.code == code
    assert words in refused.value.message


def test_a_range_has_as_many_designators_as_a_line() -> None:
    assert len(designators_of("R1-R10000")) == 10_000
    assert read("x\n" * 19 + "Qty,MPN\n1,A\n") == [("A", "A", (), Decimal(1), True)]


def test_headings_are_known_however_they_are_written() -> None:
    assert [column_of(h) for h in (" Ref Des ", "REFERENCE(S)", "Part_Number", "Mfr. Part No.", "P/N", "1b2-bom-key")] == [
        "designators",
        "designators",
        "number",
        "mpn",
        "number",
        None,
    ]


@given(st.text(max_size=60))
def test_any_cell_is_read_or_refused_in_words(text: str) -> None:
    for read_cell in (designators_of, quantity_of, lambda cell: quantity_of(cell, ","), lambda cell: quantity_of(cell, ".")):
        with suppress(ValueError):
            read_cell(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    with suppress(TableError):
        assert read_items(data)


def test_rows_of_one_number_are_one_component_and_unfitted_ones_a_line_of_their_own() -> None:
    text = "Ref,MPN,DNP\nR1 R2,A,\nR3,a,\nR9,A,DNP\n"
    structure = decode(encode(structure_of(read_items(text.encode()))))
    assert [c.number for c in structure.components] == ["", "A"]
    assert totals(structure).counts | {"components": 2, "lines": 2, "occurrences": 4} == totals(structure).counts


def test_values_that_differ_in_case_are_two_parts_and_numbers_are_one_in_any_script() -> None:
    values = structure_of(read_items(b"Ref,Value,Footprint\nR1 R2,10M,R_0603\nR3,10m,R_0603\n"))
    assert [component.name for component in values.components] == ["", "10M R_0603", "10m R_0603"]
    numbers = structure_of(read_items("Qty,Part Number\n1,Größe-7\n2,GRÖßE-7\n".encode()))
    assert [component.number for component in numbers.components] == ["", "Größe-7"]


def quantities(*cells: str, heading: str = "Qty;Part Number", sep: str = ";") -> list[tuple[str, ...]]:
    """What each quantity of a list means, with a point and with a comma before decimals where nothing says which."""
    rows = [sep.join((cell, f"P-{n}")) for n, cell in enumerate(cells)]
    items = read_items("\n".join((heading.replace(";", sep), *rows, "")).encode())
    return [tuple(f"{value:f}" for value in (item.quantity, item.otherwise) if value is not None) for item in items]


@pytest.mark.parametrize("sep", (";", "\t", ","))
def test_the_whole_column_says_how_its_numbers_are_read(sep: str) -> None:
    def quoted(*cells: str) -> list[str]:
        return [f'"{cell}"' for cell in cells]

    assert quantities(*quoted("1.500", "2,5"), sep=sep) == [("1500",), ("2.5",)]
    assert quantities(*quoted("1,500", "2.5"), sep=sep) == [("1500",), ("2.5",)]
    assert quantities(*quoted("1,500", "1,234.5"), sep=sep) == [("1500",), ("1234.5",)]
    assert quantities(*quoted("1,500", "1,000,000"), sep=sep) == [("1500",), ("1000000",)]
    assert quantities(*quoted("1,500", "0,125"), sep=sep) == [("1.500",), ("0.125",)]


@pytest.mark.parametrize("sep", (";", "\t", ","))
def test_a_column_that_does_not_say_it_keeps_both_readings(sep: str) -> None:
    assert quantities('"1,500"', "3", sep=sep) == [("1500", "1.500"), ("3",)]
    assert quantities('"1.500"', "3", sep=sep) == [("1.500", "1500"), ("3",)]
    assert quantities('"1,500"', '"2,5"', '"2.5"', sep=sep) == [("1500", "1.500"), ("2.5",), ("2.5",)]


def test_designators_say_what_a_quantity_means() -> None:
    many = " ".join(f"R{n}" for n in range(1000))
    items = read_items(f'Ref,Qty,MPN\n{many},"1,000",A\n,"2,000",B\n'.encode())
    assert [(item.quantity, item.otherwise) for item in items] == [(Decimal(1000), None), (Decimal(2000), None)]


def test_rows_of_one_part_have_both_readings_of_their_sum() -> None:
    structure = decode(encode(structure_of(read_items(b'Qty,MPN\n"1,000",A\n2,A\n"1,500",B\n'))))
    assert [(group.quantity, group.otherwise) for group in bom_lines(structure)] == [
        (Decimal(1002), Decimal(3)),
        (Decimal(1500), Decimal("1.5")),
    ]


def test_what_is_written_is_what_is_kept() -> None:
    items = read_items("Qty,Part Number,Name\n1,W32-²,½ inch №\n1,W32-①,10 m² ™\n1,W32-2,plain\n".encode())
    assert [(item.number, item.name) for item in items] == [("W32-²", "½ inch №"), ("W32-①", "10 m² ™"), ("W32-2", "plain")]
    assert len(structure_of(items).components) == 4


def test_what_cannot_be_seen_is_left_out_and_said() -> None:
    text = "Qty,Part Number,Name\n1,W27-1,Clip\n2,\u200bW27-1,Clip\n3,W27\u00ad-1\ufeff,Clip\n4,RL-1,a\u202eb\u200dc\n"
    items = read_items(text.encode())
    assert [(item.number, item.name) for item in items] == [("W27-1", "Clip")] * 3 + [("RL-1", "ab\u200dc")]
    assert items[0].notes == ()
    assert items[1].notes == ("the number had U+200B, which cannot be seen: it was left out",)
    assert items[3].notes == ("the name had U+202E, which cannot be seen: it was left out",)
    structure = structure_of(items)
    assert [component.number for component in structure.components] == ["", "W27-1", "RL-1"]
    assert structure.components[1].notes == [
        "the number had U+200B, which cannot be seen: it was left out",
        "the number had U+00AD, which cannot be seen: it was left out",
    ]


def test_values_that_look_the_same_are_one_part() -> None:
    structure = structure_of(read_items("Ref,Value\nC1,4\u00b57\nC2,4\u03bc7\nR1,10\u2126\nR2,10\u03a9\nD1,\u22125V\nD2,-5V\n".encode()))
    assert len(structure.components) == 4


def test_what_is_too_long_is_kept_whole_for_the_proposal_to_name() -> None:
    text = f"Qty,Part Number,Name,Manufacturer\n1,{'p' * 101},{'n' * 301},{'m' * 10_001}\n2,{'p' * 101},,\n"
    (_, part) = decode(encode(structure_of(read_items(text.encode())))).components
    assert (len(part.number), len(part.name), len(part.description or "")) == (101, 301, 10_001)
    assert [problem.field for problem in new_part_problems(part.number, part.name, part.description)] == ["number", "name", "description"]
