"""How a list was read: encoding, delimiter, quotation marks, sheet, heading row; each recognised, named, and as the person says instead."""

import io

import msgspec
import openpyxl
import pytest
from pydantic import ValidationError

from cascadia.importing.encodings import decoded
from cascadia.importing.model import TableError
from cascadia.proposals.reading_schemas import ReadingOptions
from cascadia.structures.reading import RECOGNISED, Verdict, options_of, reader_version
from tests.importing.reading import left_out, lines, meanings, parts, read, rows, wrong

HEAD = "Part Number,Name,Quantity\n"


@pytest.mark.parametrize(
    ("name", "encoding", "recognised"),
    (
        ("Gehäuse grün 4µ7", "utf-8", "utf-8"),
        ("Gehäuse grün 4µ7", "utf-8-sig", "utf-8"),
        ("Gehäuse grün 4µ7", "utf-16", "utf-16"),
        ("Gehäuse grün 4µ7", "utf-16-le", "utf-16-le"),
        ("Gehäuse grün 4µ7", "utf-16-be", "utf-16-be"),
        ("Gehäuse grün 4µ7", "utf-32", "utf-32"),
        ("Gehäuse grün, Träger", "cp1252", "cp1252"),
        ("4µ7", "cp1252", "cp1252"),
        ("Gehäuse grün für Träger", "mac_roman", "mac-roman"),
        ("支架左 螺栓", "gb18030", "gb18030"),
        ("支架左邊螺絲", "big5", "big5"),
        ("ブラケット左 ねじ", "cp932", "cp932"),
        ("ブラケット左 ねじ", "iso2022_jp", "iso2022_jp"),
        ("브래킷 왼쪽", "cp949", "cp949"),
        ("Кронштейн левый", "cp1251", "cp1251"),
        ("Łącznik śruba, nakrętka", "cp1250", "cp1250"),
    ),
)
def test_a_name_is_read_in_the_encoding_of_its_file_which_is_named(name: str, encoding: str, recognised: str) -> None:
    found = read(f'{HEAD}W-1,"{name}",4\n'.encode(encoding))
    assert parts(found) == {"W-1": name}
    assert found.report.encoding == recognised
    sure = recognised in {"utf-8", "utf-16", "utf-32"}
    assert ("encoding" in found.report.guessed) is not sure
    assert any("does not say its encoding" in note.message for note in found.structure.notes) is not sure


def test_the_person_says_another_encoding_and_hears_where_it_cannot_be() -> None:
    data = f"{HEAD}W-1,£1cznik,4\n".encode("cp1252")
    assert parts(read(data, encoding="cp1250")) == {"W-1": "Ł1cznik"}
    for encoding, words in (("utf-8", "row 2"), ("klingon", "No encoding is called klingon"), ("base64", "base64")):
        with pytest.raises(TableError, match=words) as refused:
            decoded(data, encoding)
        assert refused.value.code == "table_encoding"


@pytest.mark.parametrize("delimiter", (",", ";", "\t", "|"))
def test_any_usual_delimiter(delimiter: str) -> None:
    found = read("Part Number,Quantity\nA,2\nB,3\n".replace(",", delimiter))
    assert (found.report.delimiter, lines(found)) == (delimiter, [("", "A", "2"), ("", "B", "3")])


def test_an_unusual_delimiter_is_recognised_by_a_library_or_said() -> None:
    text = "Part Number^Quantity^Name\nA-1^2^Bolt\nB-2^3^Nut\nC-3^4^Washer\n"
    assert lines(read(text)) == lines(read(text, delimiter="^")) == [("", "A-1", "2"), ("", "B-2", "3"), ("", "C-3", "4")]
    assert "delimiter" in read(text).report.guessed


@pytest.mark.parametrize(
    ("text", "names", "odd"),
    (
        ('A-1\t"1/4 bolt\t4\nA-2\tNut 1/4"\t4\nA-3\tWasher\t8\n', ['"1/4 bolt', 'Nut 1/4"', "Washer"], 1),
        ('A-1\tBolt\t4\nA-2\t"Nut\t4\nA-3\tWasher\t8\n', ["Bolt", '"Nut', "Washer"], 1),
        ('A-1\t"3/8" nut\t4\nA-2\tNut 1/4"\t4\n', ['"3/8" nut', 'Nut 1/4"'], 1),
        ('A-1\t"1/4"" bolt"\t4\n', ['1/4" bolt'], 0),
        ('A-1\t"two\nlines"\t4\nA-2\t"a\tb"\t1\n', ["two lines", "a b"], 0),
        ('A-1\t"two\r\n\r\nlines"\t4\r\n', ["two lines"], 0),
    ),
)
def test_a_quotation_mark_swallows_no_rows(text: str, names: list[str], odd: int) -> None:
    found = read(HEAD.replace(",", "\t") + text)
    assert list(parts(found).values()) == names
    assert len([row for row in rows(found, Verdict.WARNED) if "quotation mark" in row.messages[-1]]) == odd


def test_many_marks_that_are_never_closed_cost_little_and_lose_nothing() -> None:
    found = read("Part Number,Quantity,Name\n" + "".join(f'P-{n},1,"x{n}\n' for n in range(1000)))
    assert len(parts(found)) == 1000


def test_a_mark_that_is_said_to_be_none_is_text() -> None:
    assert parts(read(f'{HEAD}A,"Bolt",4\n', quote="")) == {"A": '"Bolt"'}
    assert parts(read(f"{HEAD}A,'Bolt, long',4\n", quote="'")) == {"A": "Bolt, long"}


def test_a_row_longer_than_the_heading_is_wrong_but_for_empty_cells() -> None:
    found = read("Part Number,Description,Quantity,Cost\nY-4,Nylon ties, 4,42,0.10\nY-5,Bolt,3,0.1,,\nY-6,Nut,2\n")
    assert wrong(found) == {2: "5 cells under 4 headings: a delimiter inside a text without quotation marks?"}
    assert lines(found) == [("", "Y-5", "3"), ("", "Y-6", "2")]


def test_the_heading_stands_below_a_title_or_where_it_is_said() -> None:
    text = "Bill of Materials\n\nPart Number,Quantity\nA,1\nPart Number,Qty\nB,2\n"
    found = read(text)
    assert (found.report.heading_row, lines(found)) == (3, [("", "A", "1"), ("", "B", "2")])
    assert left_out(found) == {5: "the heading again"}
    assert lines(read(text, heading_row=5)) == [("", "B", "2")]
    with pytest.raises(TableError, match="No parts list begins"):
        read(text, heading_row=2)


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_read_by_its_content_whatever_it_is_called() -> None:
    data = workbook(
        {
            "Notes": [["made for", "us"]],
            "BOM": [[], ["", "Part Number", "Qty"], ["", "00123", 1.125], ["", 4006381333931, 2]],
            "Old": [["MPN", "Qty"], ["X", 1]],
        }
    )
    found = read(data)
    assert (found.report.format, found.report.sheet, found.report.heading_row) == ("xlsx", "BOM", 2)
    assert lines(found) == [("", "00123", "1.125"), ("", "4006381333931", "2")]
    assert any("“BOM” is read, not Notes, Old" in note.message for note in found.structure.notes)
    assert lines(read(data, sheet="Old")) == [("", "X", "1")]
    with pytest.raises(TableError, match=r"no sheet “BOQ”\. There are “Notes”, “BOM”, “Old”"):
        read(data, sheet="BOQ")


def test_what_is_no_list_is_refused_in_words() -> None:
    for data, code, words in (
        (b"", "table_empty", "empty"),
        (b"PK\x03\x04junk", "table_unreadable", "workbook cannot be opened"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "table_unreadable", "workbook cannot be opened"),
        (workbook({"A": [["x"]], "B": []}), "table_heading", "of its sheets A, B"),
    ):
        with pytest.raises(TableError, match=words) as refused:
            read(data)
        assert refused.value.code == code


def test_the_same_options_make_the_same_structure_in_any_order() -> None:
    one = ReadingOptions.model_validate({"cells": {"2": {"Qty": "7"}, "3": {}}, "columns": {"A": "find", "B": "ignore"}, "leave_out": [4]})
    other = options_of({"columns": {"B": "ignore", "A": "find"}, "leave_out": [4], "cells": {"3": {}, "2": {"Qty": "7"}}})
    assert reader_version(one.options()) == reader_version(other) != reader_version(RECOGNISED)
    assert ReadingOptions().options() == RECOGNISED
    assert ReadingOptions.model_validate(msgspec.to_builtins(other, str_keys=True)) == one


def test_what_the_person_says_of_columns_and_rows_comes_first_and_unknown_names_are_told() -> None:
    assert read("Qty,MPN\n1,A\n", columns={"Qty": "quantity"}).report.columns[0].by == "said"
    with pytest.raises(TableError, match=r"no column “Foo”. Its headings are “Qty”, “MPN”") as refused:
        read("Qty,MPN\n1,A\n", columns={"Foo": "quantity"})
    assert refused.value.code == "table_column"
    assert meanings(read("Menge pro,MPN,Zusatz\n3,A,x\n", columns={"Menge pro": "quantity", "Zusatz": "ignore"})) == {
        "Menge pro": "quantity",
        "MPN": "mpn",
        "Zusatz": "ignore",
    }
    assert left_out(read("Qty,MPN\n1,A\n2,B\n", leave_out=[2])) == {2: "left out as its person said"}


@pytest.mark.parametrize("delimiter", (",", ";", "\t", "|", "¦", " "))
def test_a_delimiter_is_one_sign(delimiter: str) -> None:
    assert ReadingOptions(delimiter=delimiter).options().delimiter == delimiter


@pytest.mark.parametrize("delimiter", ("", ",,", "a", "1", "\n", "\0", "\u200b", "\u202e", "\u2028"))
def test_what_is_no_sign_delimits_nothing(delimiter: str) -> None:
    with pytest.raises(ValidationError):
        ReadingOptions(delimiter=delimiter)
