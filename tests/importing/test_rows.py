"""Rows with their verdicts: taken, warned of, left out, or wrong; and never a whole list for one of them."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadia.importing.cells import designators_of
from cascadia.importing.model import TableError
from cascadia.importing.quantities import amount_of, quantity_of
from cascadia.importing.read_table import read_list
from cascadia.structures.limits import new_part_problems
from cascadia.structures.model import MakerPart, bom_lines, decode, encode, totals
from cascadia.structures.reading import Verdict
from tests.importing.lists import KICAD
from tests.importing.reading import left_out, lines, parts, quantities, read, rows, wrong

DAMAGED = "the number 4.00638E+12 was damaged by a spreadsheet, which took it for a number: write the true one"


def test_a_list_of_kicad() -> None:
    found = read(KICAD)
    items = [row.item for row in found.rows if row.item]
    assert [(i.number, i.name, i.designators, i.fitted) for i in items[:1]] == [
        ("LMK107BJ475KAHT", "4u7 C_0603_1608Metric", ("C1", "C19", "C26"), True)
    ]
    assert (items[3].number, items[3].name) == (None, "Conn_02x22 PinHeader_2x22")
    assert [item.fitted for item in items] == [True, True, True, True, False]
    assert items[0].description == "Taiyo Yuden, 4u7, C_0603_1608Metric, https://example.com/c"


@pytest.mark.parametrize(
    ("text", "row", "words", "column"),
    (
        ("Qty,MPN\nmany,A\n", 2, "the quantity “many” is no number", "Qty"),
        ("Qty,MPN\n-1,A\n", 2, "the quantity -1 cannot be meant", "Qty"),
        ("Qty,MPN\nNaN,A\n", 2, "the quantity “NaN” is no number", "Qty"),
        ("Qty,MPN\n1e400,A\n", 2, "the quantity “1e400” is no number", "Qty"),
        ("Qty,MPN\n1/3,A\n", 2, "the quantity 1/3 has no exact decimal: write it in a smaller unit", "Qty"),
        ("Qty,MPN,Unit\n3.5 m,A,g\n", 2, "the quantity is in m, the unit is g", "Unit"),
        ("Qty,MPN,Unit\n3,A,roll\n", 2, "the unit “roll” is not known, or no fixed number of pieces", "Unit"),
        ("Qty,MPN,Name\n,A,Bolt\n", 2, "neither a quantity nor designators", None),
        ("Qty,MPN\n1,\n", 2, "no part: fill in a part number, a value or a name", None),
        ("Ref,Qty,MPN\nR1 R2,3,A\n", 2, "2 designators, quantity 3", "Qty"),
        ("Ref,MPN\nR1,A\nR1,B\n", 3, "R1 stands in row 2 too", None),
        ("Ref,MPN\nR1 R1,A\n", 2, "R1 stands twice", "Ref"),
        ("Ref,MPN\nR4-R1,A\n", 2, "R4-R1 is no range", "Ref"),
        ("Ref,MPN\nR1-R10001,A\n", 2, "R1-R10001 is no range", "Ref"),
        ("Ref,MPN\nR1-R" + "9" * 5000 + ",A\n", 2, f"R1-R{'9' * 36} is no range", "Ref"),
        ("Ref,MPN\nR(1),A\n", 2, "“R(1)” is no designator", "Ref"),
        ("Qty,Part Number\n1,4.00638E+12\n", 2, DAMAGED,
         "Part Number"),
    ),
)  # fmt: skip
def test_a_row_that_cannot_be_meant_is_named_with_its_cell_and_the_others_are_read(
    text: str, row: int, words: str, column: str | None
) -> None:
    heading, _, rest = text.partition("\n")
    at = heading.split(",").index("Ref") if "Ref" in heading else -1
    good = ",".join(
        "Z99" if n == at else "1" if name == "Qty" else "" if name == "Unit" else "GOOD" for n, name in enumerate(heading.split(","))
    )
    found = read(f"{heading}\n{rest}{good}\n")
    assert wrong(found) == {row: words}
    (named,) = rows(found, Verdict.WRONG)
    assert named.column == column
    assert ("", "GOOD", "1") in lines(found)
    assert f"row {row}: {words}" in found.structure.notes[-1].message


def test_wrong_rows_are_mended_or_left_out_by_what_the_person_says() -> None:
    text = "Qty,MPN\nmany,A\n2,B\nfew,C\n"
    assert lines(read(text, cells={"2": {"Qty": "7"}}, leave_out=[4])) == [("", "A", "7"), ("", "B", "2")]
    found = read(text, leave_out_wrong=True)
    assert (wrong(found), list(left_out(found))) == ({}, [2, 4])


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("Part Number,Description,Quantity\nA,Bolt,4\nTotal,,8\n", {3: "a total"}),
        ("Part Number,Description,Quantity\nA,Bolt,4\n,Grand Total:,4\n", {3: "a total"}),
        ("Part Number,Description,Quantity\nElectrical,,\nA,Fuse,4\nMechanical,,\nB,Plate,1\n", {2: "the section “Electrical”",
         4: "the section “Mechanical”"}),
        ("Part Number,Qty\nA,1\nPART NUMBER,QTY\nB,2\n", {3: "the heading again"}),
        ("QTY,REFERENCE,DESCRIPTION,MANU,PART NUMBER\n1,U1,Regulator,Maker A,AA-1\n,,,Maker B,BB-1\n",
         {3: "another maker of the part of row 2: Maker B BB-1"}),
        ('Part Number,MPN,Quantity,References\nX9-1,GRM1,2,"C1,C2"\n,CL10,,\n', {3: "another maker of the part of row 2: CL10"}),
        ("Reference,Value,Qty,Exclude from BOM\nTP1,TestPoint,1,Excluded from BOM\nR1,10k,1,\n", {2: "excluded from the BOM"}),
        ("Component,References,Value,Quantity Per PCB\n1,R1 R2,10k,2\n\n\nComponent Groups:,1\nNumber of PCBs:,1\n",
         {5: "below the list", 6: "below the list"}),
    ),
)  # fmt: skip
def test_rows_that_name_no_part_of_their_own_are_left_out_and_named(text: str, expected: dict[int, str]) -> None:
    found = read(text)
    assert (left_out(found), wrong(found)) == (expected, {})
    assert "Rows that are left out: row" in found.structure.notes[-1].message


def test_another_maker_is_said_of_the_part_above() -> None:
    found = read('Part Number,MPN,Quantity,References\nX9-1,GRM1,2,"C1,C2"\n,CL10,,\n')
    (part,) = [c for c in found.structure.components if c.number]
    assert (part.description, [maker.number for maker in part.makers]) == ("GRM1; or CL10", ["GRM1", "CL10"])


def test_what_is_not_fitted_is_kept_and_marked() -> None:
    found = read("Reference,Value,Footprint,Qty,DNP\nR1,10k,R:R_0603,1,\nR9,33k,R:R_0603,0,DNP\n")
    assert [(group.fitted, sorted(group.designators)) for group in bom_lines(found.structure)] == [(True, ["R1"]), (False, ["R9"])]


@pytest.mark.parametrize("word", ("-", "N/A", "TBD", "#N/A", "#NAME?", "n.a.", "?", "#REF!"))
def test_a_placeholder_is_no_number(word: str) -> None:
    found = read(f"Part Number,Name,Quantity\n{word},Cable tie,4\n{word},Shrink tube,2\n")
    assert parts(found) == {"Cable tie": "Cable tie", "Shrink tube": "Shrink tube"}
    assert [row.messages for row in rows(found, Verdict.WARNED)] == [[f"“{word}” is taken for no number"]] * 2


def test_numbers_are_whole_as_spreadsheets_and_our_own_exports_guard_them() -> None:
    rows = ['="00123",Zero,4', '"=""0045""",Zero too,1', "1E5,exp,1", '00123RT,"Nut, M6 ""x""",2', "'+RT-3,'-12V supply,1", "'@RT-4,x,1"]
    text = "\n".join(["Part Number,Name,Quantity", *rows])
    assert parts(read(text)) == {
        "00123": "Zero",
        "0045": "Zero too",
        "1E5": "exp",
        "00123RT": 'Nut, M6 "x"',
        "+RT-3": "-12V supply",
        "@RT-4": "x",
    }


def test_a_part_without_a_number_is_its_value_footprint_and_description() -> None:
    text = """Ref,Value,Footprint,Description
R1 R2,1k,R_0603,Resistor
R3,10k,R_0603,Resistor
R4,1k,R_1206,Resistor
R5,10M,R_0603,Resistor
R6,10m,R_0603,Resistor
R7 R8,1k,R_0603,Resistor 1%
"""
    assert len(parts(read(text))) == len({"1k R_0603", "10k", "1k R_1206", "10M", "10m", "1%"})
    assert [c.name for c in read(text).structure.components][2:4] == ["10k R_0603", "1k R_1206"]


def test_kinds_of_designators_tell_parts_apart_and_their_names() -> None:
    text = 'Designator,Value,Footprint,Quantity\n"C1,C2",10u,0805,2\nL1,10u,0805,1\nR5,10,0603,1\nD3,10,0603,1\n'
    assert list(parts(read(text))) == ["10u 0805 (C)", "10u 0805 (L)", "10 0603 (R)", "10 0603 (D)"]
    assert list(parts(read("Qty,Value,Device,Parts\n1,NA,R-EU_R0402,R12\n1,NA,C-EUC0603,C71\n"))) == ["NA (R-EU_R0402)", "NA (C-EUC0603)"]


def test_a_maker_number_alone_is_the_part_that_has_it_beside_its_own() -> None:
    found = read("Part Number,MPN,Manufacturer,Description,Quantity\nX8-100,LM358,TI,Opamp,1\n,LM358,TI,Opamp,2\n")
    (part,) = [c for c in found.structure.components if c.number]
    assert (part.number, part.makers) == ("X8-100", [MakerPart(number="LM358", maker="TI")])
    assert lines(found) == [("", "X8-100", "3")]


def test_one_number_with_two_names_or_revisions_is_said() -> None:
    found = read("Part Number,Rev,Description,Quantity\nW-10,A,Bolt,4\nW-10,B,Bolt new,2\n")
    words = "row 3 has the name “Bolt new”, kept is “Bolt” and revision B, row 2 has A: one number is one part"
    assert [row.messages for row in rows(found, Verdict.WARNED)] == [[words, "it is one line with row 2: nothing keeps the two apart"]]
    assert [c.notes for c in found.structure.components if c.number] == [[words]]


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ('Part Number,References,Quantity\nW,"R1, R2",2\nX,U1,1\nW,"R7, R8, R9",3\n', ["2", "1", "3"]),
        ("Part Number,Quantity,Note\nW,4,top\nX,1,\nW,6,bottom\n", ["4", "1", "6"]),
        ("Part Number,Quantity,Note\nElectrical,,\nW,4,\nMechanical,,\nW,6,\n", ["4", "6"]),
        ("Find,Part Number,Quantity\n10,W,4\n20,W,6\n", ["4", "6"]),
        ("Part Number,Quantity\nW,4\nW,6\n", ["10"]),
        ("Ref,MPN\nR1,W\nR2,W\nR3,X\n", ["2", "1"]),
    ),
)
def test_two_rows_of_one_part_stay_two_lines_where_anything_keeps_them_apart(text: str, expected: list[str]) -> None:
    assert [quantity for _, _, quantity in lines(read(text))] == expected


def test_notes_find_numbers_and_units_reach_the_line() -> None:
    found = read("Find,Part Number,Qty,Unit,Note\n30,Wire,2.5,m,blue\n7,Glue,10,g,\n8,Bolt,4,pcs,\n9,Oil,AR,ml,\nA1,Nut,2,,\n")
    assert [(g.find, g.quantity, g.unit, g.kind, g.note) for g in bom_lines(found.structure)] == [
        (30, Decimal("2.5"), "m", None, "blue"),
        (7, Decimal(10), "g", None, None),
        (8, Decimal(4), "ea", None, None),
        (9, Decimal(0), "mL", "as_required", None),
        (None, Decimal(2), None, None, None),
    ]
    assert [row.messages for row in rows(found, Verdict.WARNED)] == [["the find number “A1” is no whole number: it is not kept"]]


@pytest.mark.parametrize(
    ("text", "value", "unit", "kind"),
    (
        ("AR", "0", None, "as_required"),
        ("A/R", "0", None, "as_required"),
        ("REF", "0", None, "reference"),
        ("2 REF", "2", None, "reference"),
        ("1/2", "0.5", None, None),
        ("1 1/4", "1.25", None, None),
        ("½", "0.5", None, None),
        ("2¾", "2.75", None, None),
        ("2 pcs", "2", "ea", None),
        ("3.5 m", "3.5", "m", None),
        ("10g", "10", "g", None),
        ('12"', "12", "[in_i]", None),
        ("4x", "4", None, None),
        ("x 4", "4", None, None),
        ("1 234", "1234", None, None),
        ("1e3", "1000", None, None),
        ("0", "0", None, None),
    ),
)
def test_quantities_as_an_engineer_means_them(text: str, value: str, unit: str | None, kind: str | None) -> None:
    assert amount_of(text) == amount_of(text, ".")
    found = amount_of(text)
    assert (found.values, found.unit, found.kind) == ((Decimal(value),), unit, kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("R1-R3, R7", "R1 R2 R3 R7"),
        ("R1 to R3", "R1 R2 R3"),
        ("R1–R3", "R1 R2 R3"),
        ("L5..L7", "L5 L6 L7"),
        ("U1-4", "U1 U2 U3 U4"),
        ("R01-R03", "R01 R02 R03"),
        ("R08-R11", "R08 R09 R10 R11"),
        ("U$1, U$12", "U$1 U$12"),
        ("X1-1", "X1-1"),
        ("R 1", "R1"),
        ("R 1, C 12", "R1 C12"),
        ("µC1 C1*", "µC1 C1*"),
        ("μC1", "µC1"),
        ("", ""),
    ),
)
def test_designators_as_programs_write_them(text: str, expected: str) -> None:
    assert " ".join(designators_of(text)) == expected


def test_a_quantity_of_one_says_that_a_range_is_a_pin() -> None:
    found = read("Ref,Qty,MPN\nX1-2,1,A\nU1-2,2,B\n")
    assert [item.designators for row in found.rows if (item := row.item)] == [("X1-2",), ("U1", "U2")]


def test_a_range_has_as_many_designators_as_a_line() -> None:
    assert len(designators_of("R1-R10000")) == 10_000


def cells(*texts: str, sep: str) -> str:
    return "\n".join((f"Qty{sep}Part Number", *(f'"{text}"{sep}P-{n}' for n, text in enumerate(texts)), ""))


@pytest.mark.parametrize("sep", (";", "\t", ","))
def test_the_whole_column_says_how_its_numbers_are_read(sep: str) -> None:
    assert quantities(read(cells("1.500", "2,5", sep=sep))) == [("1500",), ("2.5",)]
    assert quantities(read(cells("1,500", "2.5", sep=sep))) == [("1500",), ("2.5",)]
    assert quantities(read(cells("1,500", "1,234.5", sep=sep))) == [("1500",), ("1234.5",)]
    assert quantities(read(cells("1,500", "1,000,000", sep=sep))) == [("1500",), ("1000000",)]
    assert quantities(read(cells("1,500", "0,125", sep=sep))) == [("1.500",), ("0.125",)]


@pytest.mark.parametrize("sep", (";", "\t", ","))
def test_a_column_that_does_not_say_it_keeps_both_readings_or_the_person_says(sep: str) -> None:
    assert quantities(read(cells("1,500", "3", sep=sep))) == [("1500", "1.500"), ("3",)]
    assert quantities(read(cells("1.500", "3", sep=sep))) == [("1.500", "1500"), ("3",)]
    assert quantities(read(cells("1,500", "2,5", "2.5", sep=sep))) == [("1500", "1.500"), ("2.5",), ("2.5",)]
    assert quantities(read(cells("1,500", "3", sep=sep), decimals=",")) == [("1.500",), ("3",)]


def test_designators_say_what_a_quantity_means() -> None:
    many = " ".join(f"R{n}" for n in range(1000))
    assert quantities(read(f'Ref,Qty,MPN\n{many},"1,000",A\n,"2,000",B\n')) == [("1000",), ("2000",)]


def test_rows_of_one_part_have_both_readings_of_their_sum() -> None:
    structure = decode(encode(read('Qty,MPN\n"1,000",A\n2,A\n"1,500",B\n').structure))
    assert [(group.quantity, group.otherwise) for group in bom_lines(structure)] == [
        (Decimal(1002), Decimal(3)),
        (Decimal(1500), Decimal("1.5")),
    ]


def test_rows_of_one_number_are_one_component_and_unfitted_ones_a_line_of_their_own() -> None:
    structure = decode(encode(read("Ref,MPN,DNP\nR1,A,\nR2,A,\nR3,a,\nR9,A,DNP\n").structure))
    assert [c.number for c in structure.components] == ["", "A"]
    assert totals(structure).counts | {"components": 2, "lines": 2, "occurrences": 4} == totals(structure).counts


def test_numbers_are_one_in_any_script_and_kept_as_they_are_written() -> None:
    assert list(parts(read("Qty,Part Number\n1,Größe-7\n2,GRÖßE-7\n"))) == ["Größe-7"]
    assert parts(read("Qty,Part Number,Name\n1,W32-²,½ inch №\n1,W32-①,10 m² ™\n1,W32-2,plain\n")) == {
        "W32-²": "½ inch №",
        "W32-①": "10 m² ™",
        "W32-2": "plain",
    }
    assert list(parts(read('Qty,MPN\n1,AB\u22121\n2,"W28-\n2"\n'))) == ["AB-1", "W28-2"]


def test_what_cannot_be_seen_is_left_out_and_said() -> None:
    found = read("Qty,Part Number,Name\n1,W27-1,Clip\n2,\u200bW27-1,Clip\n3,W27\u00ad-1\ufeff,Clip\n4,RL-1,a\u202eb\u200dc\n")
    assert parts(found) == {"W27-1": "Clip", "RL-1": "ab\u200dc"}
    assert found.structure.components[1].notes == [
        "the number had U+200B, which cannot be seen: it was left out",
        "the number had U+00AD, which cannot be seen: it was left out",
    ]
    assert rows(found, Verdict.WARNED)[-1].messages == ["the name had U+202E, which cannot be seen: it was left out"]


def test_values_that_look_the_same_are_one_part() -> None:
    assert len(parts(read("Ref,Value\nC1,4\u00b57\nC2,4\u03bc7\nR1,10\u2126\nR2,10\u03a9\nD1,\u22125V\nD2,-5V\n"))) == 3


def test_what_is_too_long_is_kept_whole_for_the_proposal_to_name() -> None:
    text = f"Qty,Part Number,Name,Manufacturer\n1,{'p' * 101},{'n' * 301},{'m' * 10_001}\n2,{'p' * 101},,\n"
    (_, part) = decode(encode(read(text).structure)).components
    assert (len(part.number), len(part.name), len(part.description or "")) == (101, 301, 10_001)
    assert [problem.field for problem in new_part_problems(part.number, part.name, part.description)] == ["number", "name", "description"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    (
        ("a,b\n1,2\n", "table_heading", "Quantity or Reference"),
        ("Qty,MPN\n", "table_empty", "no rows"),
        ("\nx\n" * 20 + "Qty,MPN\n1,A\n", "table_heading", "first 20 rows"),
        ("\0\0\0", "table_unreadable", "no text"),
        ("Qty,MPN\n" + "1,A\n" * 100_001, "table_too_large", "100,000 rows"),
    ),
)
def test_what_is_no_parts_list_is_refused(text: str, code: str, words: str) -> None:
    with pytest.raises(TableError, match=words) as refused:
        read(text)
    assert refused.value.code == code


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_cell_is_read_or_refused_in_words(text: str) -> None:
    for read_cell in (designators_of, quantity_of, amount_of, lambda cell: amount_of(cell, ","), lambda cell: amount_of(cell, ".")):
        with suppress(ValueError):
            read_cell(text)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    with suppress(TableError):
        read_list(data)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["", "A", "R1", "1", "1.1", '"', "x,y", "Total", "DNP", "-", "\n"]), max_size=5), max_size=6))
def test_any_rows_are_one_document_or_refused_in_words(table: list[list[str]]) -> None:
    text = "\n".join(["Item,Ref,Qty,Part Number,DNP", *(",".join(row) for row in table)])
    with suppress(TableError):
        found = read(text)
        assert decode(encode(found.structure)) == found.structure
        assert sum(found.report.counts.values()) == len(found.rows)
