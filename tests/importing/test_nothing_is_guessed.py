"""What a list does not say plainly is asked or said, in the row that has it; nothing is joined, flattened or lost without a word."""

import io
import zipfile
from collections.abc import Mapping

import openpyxl
import pytest
import xlsxwriter

from cascadia.importing.marks import fitted_by
from cascadia.importing.model import TableError
from cascadia.importing.quantities import amount_of
from cascadia.importing.structure import refuse_too_many
from cascadia.structures.model import MakerPart, bom_lines
from cascadia.structures.reading import Verdict
from tests.importing.reading import left_out, lines, parts, read, rows, wrong


def warned(text: str | bytes) -> dict[int, list[str]]:
    return {row.place: row.messages for row in rows(read(text), Verdict.WARNED)}


@pytest.mark.parametrize(
    "text", ("4 x 250 mm", "3x100mm", "2*3", "2×3", "4 x 1,5 m", "2 m x 3", "4 @ 250 mm", "4 à 250 mm", "1/2 x 3", "4 pcs x 2", "0x10")
)
def test_a_quantity_of_two_numbers_is_asked(text: str) -> None:
    with pytest.raises(ValueError, match=r"is two numbers: write how many pieces, or how much in all with its unit") as refused:
        amount_of(text)
    assert f"“{text}”" in str(refused.value)


@pytest.mark.parametrize(
    "text", ("2 m 50 cm", "1 m + 2 m", "1 2 3", "1 00 mm", "1 of 4", "2 - 250 mm", "12-14", "10%", "2 (two)", "~3", "4 x M6", "2x x")
)
def test_a_quantity_that_is_not_one_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no number") as refused:
        amount_of(text)
    assert f"“{text}”" in str(refused.value)


STRAY = "its parent {} is no row of the list, nor its own assembly: mend it, or add its row"


@pytest.mark.parametrize(
    ("body", "told", "expected"),
    (
        (",TOP,1\nTOP,SA,2\nSA,B,4\nTOPP,Z,1\n", [("TOP", "SA", "2"), ("SA", "B", "4")], {5: STRAY.format("TOPP")}),
        ("T,SA,2\nSA,B,4\nSAY,C,1\n", [("T", "SA", "2"), ("SA", "B", "4")], {4: STRAY.format("SAY")}),
        ("A,B,1\nC,D,1\n", [], {2: STRAY.format("A"), 3: STRAY.format("C")}),
        ("T,A,1\nX,D,1\nD,E,2\nT,F,2\nT,G,2\n", [("T", "A", "1"), ("T", "F", "2"), ("T", "G", "2")],
         {3: STRAY.format("X"), 4: "it stands below row 3, which cannot be meant"}),
        (",T,1\nT,SA,x\nSA,B,4\nB,C,1\nT,D,1\n", [("T", "D", "1")],
         {3: "the quantity “x” is no number", 4: "it stands below row 3, which cannot be meant",
          5: "it stands below row 4, which cannot be meant"}),
        ("T,SA,\nSA,B,4\nT,D,1\n", [("T", "D", "1")],
         {2: "neither a quantity nor designators", 3: "it stands below row 2, which cannot be meant"}),
    ),
)  # fmt: skip
def test_a_row_hangs_nowhere_but_is_wrong(body: str, told: list[tuple[str, str, str]], expected: dict[int, str]) -> None:
    found = read(f"Parent,Part Number,Qty\n{body}")
    assert (sorted(lines(found)), wrong(found)) == (sorted(told), expected)


def test_what_stands_below_a_row_that_is_left_out_is_no_assembly_of_its_own() -> None:
    text = "Level,Part Number,Qty\n1,LO-A,\n2,LO-B,4\n1,LO-C,1\n"
    found = read(text, leave_out_wrong=True)
    assert (parts(found), lines(found)) == ({"LO-C": "LO-C"}, [("", "LO-C", "1")])
    assert list(left_out(found)) == [2, 3]
    found = read("Parent,Part Number,Qty,Exclude from BOM\n,A,1,\nA,J,2,yes\nJ,C,1,\n")
    assert left_out(found) == {3: "excluded from the BOM", 4: "below row 3, which is left out"}


@pytest.mark.parametrize(
    "order", ("1 1.1 2 2.1", "2.1 2 1.1 1", "1.1 1 2.1 2", "1.0 1.1 2.0 2.1", "1 2 2.1 1.1"), ids=lambda order: order.replace(" ", ",")
)
def test_item_numbers_say_levels_in_any_order(order: str) -> None:
    found = read("Item,Part Number,Qty\n" + "".join(f"{item},P{item.removesuffix('.0')},3\n" for item in order.split()))
    assert sorted(lines(found)) == [("", "P1", "3"), ("", "P2", "3"), ("P1", "P1.1", "3"), ("P2", "P2.1", "3")]
    assert (wrong(found), rows(found, Verdict.WARNED)) == ({}, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("Item,Part Number,Qty\n1,A,x\n1.1,B,1\n2,C,1\n",
         {2: "the quantity “x” is no number", 3: "it stands below row 2, which cannot be meant"}),
        ("Item,Part Number,Qty\n1,A,1\n1.1,B,1\n1.2,B2,1\n2,C,1\n2a,D,1\n", {6: "it has no item number that says where it stands"}),
    ),
)  # fmt: skip
def test_one_odd_row_flattens_nothing(text: str, expected: dict[int, str]) -> None:
    assert wrong(read(text)) == expected


@pytest.mark.parametrize(
    "text",
    (
        "Part Number,Name,Qty\nTOP,Top,1\nSA,  Sub,2\nB,    Bolt,4\nC,  Plate,1\n",
        "Part Number,Name,Qty\nTOP,Top,1\nSA, Sub,2\nB,  Bolt,4\nC, Plate,1\n",
        "Part Number,Description,Qty\nTOP,Top,1\nSA,\tSub,2\nB,\t\tBolt,4\nC,\tPlate,1\n",
    ),
)
def test_blanks_before_a_name_say_levels(text: str) -> None:
    assert sorted(lines(read(text))) == [("SA", "B", "4"), ("TOP", "C", "1"), ("TOP", "SA", "2")]


@pytest.mark.parametrize(
    ("text", "words"),
    (
        ("Item,Part Number,Qty\n1.1,A,1\n1.2,B,1\n", "“Item” has 1.1, but no row has 1"),
        ("Find,Part Number,Qty\n1,A,1\n1.1,B,1\nx,C,1\ny,D,1\n", "“Find” has 1.1, but too many of its other cells are no such numbers"),
        ("Part Number,Name,Qty\nA,Top,1\nB, Sub,2\n", "some cells of “Name” begin with blanks"),
    ),
)
def test_a_list_that_is_read_as_flat_says_so_where_it_may_have_levels(text: str, words: str) -> None:
    found = read(text)
    assert {parent for parent, _, _ in lines(found)} == {""}
    assert any("read as flat" in note.message and words in note.message for note in found.structure.notes)
    assert [note for note in read(text, levels="none").structure.notes if note.code == "table_levels"] == []


def test_one_number_of_two_makers_is_two_parts() -> None:
    text = "Manufacturer,MPN,Qty\nMurata,GRX1,2\nOther,GRX1,5\nMURATA Electronics,grx1,1\n"
    found = read(text)
    assert [(c.name, c.makers, c.own_number) for c in found.structure.components[1:]] == [
        ("GRX1", [MakerPart(number="GRX1", maker="Murata")], False),
        ("GRX1", [MakerPart(number="GRX1", maker="Other")], False),
    ]
    assert [f"{group.quantity:f}" for group in bom_lines(found.structure)] == ["3", "5"]
    assert warned(text)[3] == ["GRX1 is a number of Murata and of Other in this list: these are 2 parts"]
    assert wrong(read(f"{text},GRX1,1\n")) == {5: "GRX1 is a number of Murata and of Other in this list: say whose it is here"}


@pytest.mark.parametrize(
    ("one", "other"), (("TI", "Texas Instruments"), ("ON", "ON Semi"), ("Murata", ""), ("AVX", "Kyocera-AVX"), ("ti", "TI"))
)
def test_one_maker_in_two_spellings_is_one(one: str, other: str) -> None:
    assert len(parts(read(f"Manufacturer,MPN,Qty\n{one},GRX1,2\n{other},GRX1,5\n"))) == 1


def test_a_second_maker_of_one_number_is_kept_and_said() -> None:
    text = "Part Number,Manufacturer,MPN,Qty\nMK-1,TI,LM1,2\nMK-1,ON,LM2,3\n,TI,LM1,1\n,NXP,LM1,1\n"
    found = read(text)
    part = next(c for c in found.structure.components if c.number == "MK-1")
    assert part.makers == [MakerPart(number="LM1", maker="TI"), MakerPart(number="LM2", maker="ON")]
    assert part.description == "TI, LM1; or ON LM2"
    assert warned(text)[3][0] == "another maker's number of the same part: ON LM2"
    assert sorted(lines(found)) == [("", "LM1", "1"), ("", "MK-1", "6")]


ASK = "“maybe” says neither that it is fitted nor that it is not: write yes or no"


@pytest.mark.parametrize(
    ("word", "told"),
    (
        *((word, (False, False)) for word in ("DNP", "NF", "Not placed", "no fit", "DO_NOT_FIT", "n.c.", "not fitted")),
        *((word, (True, True)) for word in ("fitted", "populate", "Placed", "mounted")),
        *((word, (False, True)) for word in ("x", "yes", "1", "Y", "ja")),
        *((word, (True, False)) for word in ("no", "0", "N", "nein")),
        ("", (None, None)),
    ),
)
def test_words_of_fitting_mean_the_same_in_either_column(word: str, told: tuple[bool | None, ...]) -> None:
    assert (fitted_by(word, unless=True), fitted_by(word, unless=False)) == told


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("Ref,Value,Qty,Fitted\nR1,1k,1,maybe\nR2,1k,1,yes\n", {2: ASK}),
        ("Ref,Value,Qty,DNP\nR1,1k,1,maybe\nR2,1k,1,\n", {2: ASK}),
        ("Ref,Value,Qty,DNP,Fitted\nR1,1k,1,DNP,yes\nR2,1k,1,,\n", {2: "“DNP” and “Fitted” say the opposite of each other"}),
        ("Ref,Value,Qty,In BOM\nR1,1k,1,maybe\nR2,1k,1,yes\n",
         {2: "“maybe” says neither that it is in the BOM nor that it is not: write yes or no"}),
    ),
)  # fmt: skip
def test_a_word_that_is_not_known_is_asked(text: str, expected: dict[int, str]) -> None:
    assert wrong(read(text)) == expected


def test_what_a_list_says_of_fitting_elsewhere_is_said() -> None:
    text = "Ref,Value,Qty\nR1,10k DNP,1\nR2,NC,1\nR3,10k NC,1\n"
    assert [group.fitted for group in bom_lines(read(text).structure)] == [False, False, True]
    assert warned(text) == {n: [f"its value says {word}: it is taken for not fitted"] for n, word in ((2, "DNP"), (3, "NC"))}
    assert warned("Ref,Value,Qty,Fitted\nR1,1k,1,yes\nR2,2k,1,\n") == {3: ["“Fitted” is empty: it is taken for fitted"]}
    assert warned("Ref,Value,Qty,Fitted\nR1,1k,1,no\nR2,2k,1,\n") == {}


@pytest.mark.parametrize(
    "text", ("Part Number,Qty\nA,4\nB,\n", "Part Number,Qty,Unit\nA,4,\nMotor,,\n", "Part Number,Name,Qty\nA,a,4\nBR-2,,\n")
)
def test_a_number_without_a_quantity_is_no_section(text: str) -> None:
    assert wrong(read(text)) == {3: "neither a quantity nor designators"}


@pytest.mark.parametrize(
    ("data", "expected", "words"),
    (
        ("BV-1,Größe,1\nBV-2,Nut,2\n".encode().replace(b"\xb6", b"6"), {2: "“Gr�6ße”"}, "C3 in row 2"),
        ("BV-1,Kühler,1\nBV-2,Höhe,2\n".encode() + "BV-3,Träger,1\n".encode("cp1252"), {4: "“Tr�ger”"}, "E4 in row 4"),
    ),
)
def test_one_byte_does_not_make_a_file_one_of_another_encoding(data: bytes, expected: Mapping[int, str], words: str) -> None:
    found = read(b"Part Number,Name,Qty\n" + data)
    assert found.report.encoding == "utf-8"
    assert wrong(found) == {row: f"{cell} has something that could not be read: write what stands there" for row, cell in expected.items()}
    assert [n.message for n in found.structure.notes if n.code == "table_bytes"] == [
        f"Bytes that are no UTF-8: {words}. Mend these cells, or say the encoding."
    ]
    (row,) = expected
    assert wrong(read(b"Part Number,Name,Qty\n" + data, cells={row: {"Name": "Size"}})) == {}


@pytest.fixture(scope="module")
def sheet() -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    page = book.add_worksheet("BOM")
    page.write_row(0, 0, ["Part Number", "Name", "Qty"])
    shown = [(45352, "mmm-d"), (123, "00000"), (123, "000-000"), (7, "General")]
    for n, (value, code) in enumerate(shown, start=1):
        page.write_number(n, 0, value, book.add_format({"num_format": code}))
        page.write_row(n, 1, [code, 1])
    page.write_formula(5, 0, "=NA()", None, "#N/A")
    page.write_row(5, 1, ["failed", 1])
    page.merge_range(6, 0, 7, 0, "X-30")
    page.write_row(6, 1, ["one", 1])
    page.write_row(7, 1, ["two", 2])
    flat = book.add_worksheet("Flat")
    flat.write_row(0, 0, ["Part Number", "Qty"])
    for n, indent in enumerate((0, 1, 1, 0), start=1):
        flat.write(n, 0, f"P-{n}", book.add_format({"indent": indent}))
        flat.write(n, 1, n, book.add_format({"indent": 1}))
    book.close()
    return file.getvalue()


def test_cells_of_a_workbook_are_read_as_they_are_shown_or_asked(sheet: bytes) -> None:
    found = read(sheet)
    assert sorted(lines(found)) == [("", "00123", "1"), ("", "7", "1"), ("", "X-30", "3"), ("", "failed", "1")]
    assert wrong(found) == {
        2: "the number is the date 2024-03-01 in the sheet, which a spreadsheet makes of texts such as MAR1: write the true one",
        4: "the number 123 is shown otherwise in the sheet (“000-000”): write it as it is shown",
    }
    said = {row.place: row.messages[0] for row in rows(found, Verdict.WARNED)}
    assert said == {
        3: "the number is 00123, as the sheet shows it",
        6: "“#N/A” is taken for no number",
        8: "“Part Number” is one cell with that above it: X-30 is taken for this row too",
    }
    assert [note.code for note in found.structure.notes if note.code == "table_levels"] == []
    assert wrong(read(sheet, cells={2: {"Part Number": "MAR1"}, 4: {"Part Number": "000-123"}})) == {}


@pytest.mark.parametrize("kind", ("", "str"))
def test_a_formula_whose_value_is_not_in_the_file_is_asked_and_one_that_is_empty_is_none(kind: str) -> None:
    book = openpyxl.Workbook()
    for row in (["Part Number", "Name", "Qty"], ["A-1", "one", 1], ['="X-"&41', "two", 2]):
        book.worksheets[0].append(row)
    file, other = io.BytesIO(), io.BytesIO()
    book.save(file)
    with zipfile.ZipFile(file) as made, zipfile.ZipFile(other, "w") as written:
        for name in made.namelist():
            written.writestr(name, made.read(name).replace(b'<c r="A3">', b'<c r="A3" t="%s">' % kind.encode() if kind else b'<c r="A3">'))
    expected = 'the number ="X-"&41 is shown otherwise in the sheet (“a formula without its value”): write it as it is shown'
    assert wrong(read(other.getvalue())) == ({} if kind else {3: expected})


def test_levels_by_format_are_said_not_to_be_read(sheet: bytes) -> None:
    (note,) = [note for note in read(sheet, sheet="Flat").structure.notes if note.code == "table_levels"]
    assert "grouped rows or indented cells" in note.message


def test_a_list_of_more_rows_than_a_proposal_is_refused_when_it_is_read() -> None:
    text = "Part Number,Qty\n" + "".join(f"P-{n},1\n" for n in range(5000))
    with pytest.raises(TableError, match=r"makes 5,001 parts and 5,000 lines, more than the 10,000 that are accepted at once") as refused:
        refuse_too_many(read(text).structure)
    assert refused.value.code == "table_too_large"
    refuse_too_many(read("Part Number,Qty\n" + "P-1,1\n" * 10_001).structure)
