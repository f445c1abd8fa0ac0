"""Which column holds what: lists of many programs, headings with several meanings, and what is not used, by name."""

import pytest

from cascadia.importing.headings import PRESETS, folded
from cascadia.importing.model import TableError
from tests.importing.reading import lines, meanings, parts, read, wrong

PROGRAMS = (
    ("KiCad (grouped)", "Ref,Qnty,Value,Cmp name,Footprint,Description,Vendor", 'R1 R2,2,1k,R,R:R_0603,Resistor,"X"',
     {"Ref": "designators", "Qnty": "quantity", "Cmp name": "symbol", "Vendor": None}),
    ("KiCad (board)", "Id;Designator;Footprint;Quantity;Designation;Supplier and ref;", "1;R1,R2;R_0603;2;1k;;;",
     {"Id": "index", "Designation": "value"}),
    ("KiCad", "Reference,Value,Datasheet,Footprint,Qty,DNP", "R1 R2,1k,~,R:R_0603,2,", {"Reference": "designators", "DNP": "unfitted"}),
    ("KiCad", "Reference,Qty,Value,DNP,Exclude from BOM,Exclude from Board,Footprint,Datasheet", "R1 R2,2,1k,,,,R_0603,",
     {"Exclude from BOM": "excluded", "Exclude from Board": None}),
    ("KiBoM", "Component,Description,Part,References,Value,Footprint,Quantity Per PCB,Build Quantity", "1,Resistor,R,R1 R2,1k,R_0603,2,20",
     {"Component": "index", "Part": "symbol", "Quantity Per PCB": "quantity", "Build Quantity": None}),
    ("Altium", "Comment,Description,Designator,Footprint,LibRef,Quantity", '1k,Resistor,"R1, R2",R_0603,RES,2',
     {"Comment": "value", "LibRef": "symbol"}),
    ("Altium ActiveBOM", "Line #,Name,Description,Designator,Quantity,Manufacturer 1,Manufacturer Part Number 1",
     '1,1k,Resistor,"R1, R2",2,Yageo,RC-1', {"Line #": "index", "Manufacturer Part Number 1": "mpn", "Manufacturer 1": "manufacturer"}),
    ("Eagle", "Qty;Value;Device;Package;Parts;Description", "2;1k;R-EU_R0603;R0603;R1, R2;RESISTOR",
     {"Device": "symbol", "Package": "footprint", "Parts": "designators"}),
    ("Eagle", "Part,Value,Device,Package", "R1,1k,R-EU_R0603,R0603\nR2,1k,R-EU_R0603,R0603", {"Part": "designators"}),
    ("OrCAD", "Item\tQuantity\tReference\tPart", "1\t2\tR1,R2\t1k", {"Item": "index", "Reference": "designators", "Part": "value"}),
    ("Fusion", "Part Name,Quantity,Material,Description", "Bracket,2,Steel,left", {"Part Name": "name", "Material": None}),
    ("SolidWorks", "ITEM NO.,PART NUMBER,DESCRIPTION,QTY.", "1,BRKT-1,Bracket,2", {"ITEM NO.": "find", "PART NUMBER": "number"}),
    ("Inventor", "Item,QTY,Part Number,Thumbnail,BOM Structure,Unit QTY,Stock Number,Description,REV", "1,2,BR-9,,Normal,Each,,Bracket,A",
     {"Item": "find", "BOM Structure": "kind", "Unit QTY": "unit", "REV": "revision"}),
    ("Solid Edge", "Item Number,Document Number,Revision,Title,Quantity", "1,SE-7,A,Bracket,2",
     {"Item Number": "find", "Document Number": "number", "Title": "name"}),
    ("Onshape", "Item,Quantity,Part number,Description,Name,State", "1,2,OS-1,Holds it,Bracket,In progress",
     {"Item": "find", "Description": "description", "Name": "name", "State": None}),
    ("FreeCAD", "Index,Name,Description,File name,Quantity", "1,Bracket,,a.FCStd,2", {"Index": "index", "File name": "symbol"}),
    ("Octopart", "Qty,Part Number,Schematic Reference,Internal Part Number", '2,RC-1,"R1,R2",IN-7',
     {"Part Number": "mpn", "Internal Part Number": "number", "Schematic Reference": "designators"}),
    ("JLCPCB", "Comment,Designator,Footprint,JLCPCB Part #", '1k,"R1,R2",0603,C25744', {"Comment": "value",
     "JLCPCB Part #": "supplier_number"}),
    ("InvenTree", "BOM Level,BOM ID,Part ID,Part IPN,Part Name,Quantity,Reference,Note", '1,7,3,IN-7,Resistor,2,"R1,R2",hand',
     {"Part IPN": "number", "Part Name": "name", "Reference": "designators", "BOM ID": None, "BOM Level": "level"}),
    ("ERPNext", "Item Code,Item Name,Qty,UOM", "U13-1,Bolt,2,Nos", {"Item Code": "number", "UOM": "unit"}),
    ("Cascadia (flat)", "Number,Name,Revision,Phase,Quantity,Unit,Mass (kg)", "A-1,Bolt,,prototype,2,ea,0.1", {"Number": "number",
     "Phase": None}),
    ("Cascadia", "Level,Find,Number,Name,Revision,Phase,Quantity,Unit,Quantity in all,Kind,Designators,Note,Mass (kg)",
     "0,,T-1,Top,,prototype,1,ea,1,,,,\n1,10,A-1,Bolt,,prototype,2,ea,2,counted,,,", {"Level": "level", "Find": "find",
      "Quantity in all": None}),
)  # fmt: skip


@pytest.mark.parametrize(("program", "heading", "rows", "told"), PROGRAMS)
def test_lists_of_many_programs(program: str, heading: str, rows: str, told: dict[str, str | None]) -> None:
    found = read(f"{heading}\n{rows}\n")
    assert found.report.program == program
    assert told.items() <= meanings(found).items()
    assert sum(float(quantity) for _, _, quantity in lines(found)) == 2
    assert wrong(found) == {}


def test_every_preset_is_one_of_these_programs_or_a_variant_of_it() -> None:
    told = {program.partition(" (")[0] for program, *_ in PROGRAMS} | {"InteractiveHtmlBom"}
    assert {preset.program.partition(" (")[0] for preset in PRESETS} == told


@pytest.mark.parametrize(
    ("heading", "row", "told"),
    (
        ("Item Number,Part Number,Description,Quantity", "1,U1-100,Frame,1", {"Item Number": "find", "Part Number": "number"}),
        ("Part Number,Item Number,Quantity", "U1-100,1,1", {"Item Number": "find"}),
        ("Number,Part Number,Quantity", "1,U1-100,1", {"Number": "find"}),
        ("Item Number,Document Number,Quantity", "1,D-7,1", {"Document Number": "number", "Item Number": "find"}),
        ("Item Number,Description,Quantity", "BRK-7,Bracket,1", {"Item Number": "number"}),
        ("Number,Name,Quantity", "BRK-7,Bracket,1", {"Number": "number"}),
        ("Item,Name,Quantity", "1,Bracket,1", {"Item": "find"}),
        ("Part #,Description,Qty", "U2-1,Bolt,4", {"Part #": "number"}),
        ("Item #,Description,Qty", "U2-1,Bolt,4", {"Item #": "number"}),
        ("Mfr. Part #,Description,Qty", "U2-2,Bolt,4", {"Mfr. Part #": "mpn"}),
        ("LCSC Part #,Comment,Designator", "C1525,100n,C1", {"LCSC Part #": "supplier_number", "Comment": "value"}),
        ("LCSC/JLCPCB Part #,Comment,Designator,Footprint", "C1525,100n,C1,0402", {"LCSC/JLCPCB Part #": "supplier_number"}),
        ("MFG Part Num,Qty", "GRM1,4", {"MFG Part Num": "mpn"}),
        ("Manufacture Part Number,Schematic Reference", "GRM1,C1", {"Manufacture Part Number": "mpn",
         "Schematic Reference": "designators"}),
        ("Part/Designator,Value", "C1,100n", {"Part/Designator": "designators"}),
        ("Part Number,Quantity,Comment", "U3-1,4,check", {"Comment": "note"}),
        ("Value,Comment,Designator", "10k,check,R1", {"Value": "value", "Comment": "note"}),
        ("Part Number,Part Number,Qty", "A,B,1", {"Part Number": None}),
        ("Part,Qty", "BRK-7,1", {"Part": "number"}),
        ("Part,Value", "R1,10k", {"Part": "designators"}),
        ("Teilenummer;Benennung;Menge;Einheit", "T-1;Bolzen;2;Stück", {"Teilenummer": "number", "Benennung": "name",
         "Menge": "quantity", "Einheit": "unit"}),
        ('"Part\nNumber",QTY.', "A,1", {"Part Number": "number", "QTY.": "quantity"}),
    ),
)  # fmt: skip
def test_headings_are_weighed_by_their_neighbours_and_cells(heading: str, row: str, told: dict[str, str | None]) -> None:
    found = read(f"{heading}\n{row}\n")
    assert told.items() <= meanings(found).items()
    assert wrong(found) == {}


def test_an_unknown_heading_of_quantities_is_told_by_its_cells() -> None:
    found = read("Part Number,Wie oft,Farbe\nA,2,rot\nB,3,blau\n", heading_row=1)
    assert meanings(found) == {"Part Number": "number", "Wie oft": "quantity", "Farbe": None}
    assert lines(found) == [("", "A", "2"), ("", "B", "3")]
    with pytest.raises(TableError, match="No column of row 1 says how often"):
        read("Part Number,Farbe\nA,rot\n", heading_row=1)


def test_what_is_not_used_is_said_by_name_where_it_holds_anything() -> None:
    found = read("Part Number,Qty,Cost,Empty,,Qty\nA,1,3.5,,hidden,2\n")
    assert [note.message for note in found.structure.notes] == ["Columns that are not used: “Cost”, “column 5”, “Qty”."]
    assert found.report.columns[2].examples == ["3.5"]


def test_name_and_description_are_both_kept_and_a_comment_is_no_name() -> None:
    for text, name, description in (
        ("Part Number,Name,Description,Quantity\nY7-1,Bolt M6,Hex bolt DIN 933,4\n", "Bolt M6", "Hex bolt DIN 933"),
        ("Part Number,Description,Name,Quantity\nY7-1,Hex bolt DIN 933,Bolt M6,4\n", "Bolt M6", "Hex bolt DIN 933"),
        ("Part Number,Description,Quantity\nY7-1,Bolt M6,4\n", "Bolt M6", None),
        ("Part Number,Quantity,Comment\nY7-1,4,check with supplier\n", "Y7-1", None),
    ):
        (part,) = [c for c in read(text).structure.components if c.number]
        assert (part.name, part.description) == (name, description)


def test_what_the_person_says_of_a_column_comes_first() -> None:
    text = "Number,Part Number,Quantity,Ref\n1,A,2,old\n2,B,3,new\n"
    assert parts(read(text, columns={"Number": "number", "Ref": "note"})) == {"1": "1", "2": "2"}
    assert parts(read(text, columns={"column 1": "ignore", "ref": "ignore"})) == {"A": "A", "B": "B"}


def test_headings_are_known_however_they_are_written() -> None:
    assert [folded(h) for h in (" Ref Des ", "REFERENCE(S)", "Part_Number", "Mfr. Part No.", "Part#", "\ufeffQty:")] == [
        "ref des",
        "reference(s)",
        "part number",
        "mfr part no",
        "part #",
        "qty",
    ]
