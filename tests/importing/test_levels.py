"""Where rows stand: by a column, dotted item numbers, blanks before the name, or the parent's number; each assembly once."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadia.importing.read_table import Read
from tests.importing.reading import left_out, lines, read, wrong

TWO_LEVELS = [("", "BRKT", "2"), ("", "PLATE", "1"), ("BRKT", "BOLT", "4")]


@pytest.mark.parametrize(
    ("text", "levels"),
    (
        ("ITEM NO.,PART NUMBER,QTY.\n1,BRKT,2\n1.1,BOLT,4\n2,PLATE,1\n", "item_numbers"),
        ("Index,Name,Quantity\n1,BRKT,2\n1.1,BOLT,4\n2,PLATE,1\n", "item_numbers"),
        ("Level,Part Number,Qty\n1,BRKT,2\n2,BOLT,4\n1,PLATE,1\n", "column"),
        ("Level,Part Number,Qty\n.1,BRKT,2\n..2,BOLT,4\n.1,PLATE,1\n", "column"),
        ("Level,Part Number,Qty\n.,BRKT,2\n..,BOLT,4\n.,PLATE,1\n", "column"),
        ("BOM Level,Part Number,Qty\n1,BRKT,2\n1.1,BOLT,4\n2,PLATE,1\n", "column"),
        ("Part Number,Qty\nBRKT,2\n  BOLT,4\nPLATE,1\n", "indentation"),
        ("Qty\tPart Number\n2\tBRKT\n4\t    BOLT\n1\tPLATE\n", "indentation"),
        ("Part Number,Parent,Qty\nBRKT,,2\nBOLT,BRKT,4\nPLATE,,1\n", "parents"),
        ("Parent,Child,Qty\nTOP,BRKT,2\nBRKT,BOLT,4\nTOP,PLATE,1\n", "parents"),
    ),
)
def test_a_list_of_several_levels_is_a_tree(text: str, levels: str) -> None:
    found = read(text)
    assert found.report.levels.value == levels
    expected = [(parent or ("TOP" if "TOP" in text else ""), child, quantity) for parent, child, quantity in TWO_LEVELS]
    assert sorted(lines(found)) == sorted(expected)
    assert wrong(found) == {}


@pytest.mark.parametrize(
    "text",
    (
        "Level,Part Number,Qty\n0,TOP,1\n1,BRKT,2\n2,BOLT,4\n1,PLATE,1\n",
        "Level,Part Number,Qty\n0,TOP,\n1,BRKT,2\n2,BOLT,4\n1,PLATE,1\n",
        "Item,Part Number,Qty\n1,TOP,1\n1.1,BRKT,2\n1.1.1,BOLT,4\n1.2,PLATE,1\n",
        "Part Number,Qty\nTOP,1\n  BRKT,2\n    BOLT,4\n  PLATE,1\n",
        "Part Number,Parent,Qty\nTOP,,1\nBRKT,TOP,2\nBOLT,BRKT,4\nPLATE,TOP,1\n",
    ),
)
def test_one_row_above_all_others_is_the_assembly_itself(text: str) -> None:
    found = read(text)
    root = found.structure.components[0]
    assert (root.key, root.number, root.own_number) == (found.structure.root, "TOP", True)
    assert sorted(lines(found)) == [("BRKT", "BOLT", "4"), ("TOP", "BRKT", "2"), ("TOP", "PLATE", "1")]


def test_an_assembly_that_stands_twice_is_one_and_has_its_lines_once() -> None:
    text = "Level,Part Number,Qty\n1,ARM,1\n2,BOLT,4\n1,LEG,2\n2,ARM,3\n3,BOLT,4\n1,ARM,5\n"
    found = read(text)
    assert lines(found) == [("", "ARM", "1"), ("", "ARM", "5"), ("", "LEG", "2"), ("ARM", "BOLT", "4"), ("LEG", "ARM", "3")] or sorted(
        lines(found)
    ) == sorted([("", "ARM", "6"), ("", "LEG", "2"), ("ARM", "BOLT", "4"), ("LEG", "ARM", "3")])
    assert wrong(found) == {}
    other = read(text.replace("3,BOLT,4", "3,BOLT,5"))
    assert wrong(other) == {
        5: "what stands below it is not what stands below row 2, which is the same part",
        6: "it stands below row 5, which cannot be meant",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("Level,Part Number,Qty\n1,A,1\n3,B,1\n", {3: "its level 3 has no row of level 2 above it"}),
        ("Level,Part Number,Qty\n1,A,1\n,B,1\n", {3: "it has no level"}),
        ("Level,Part Number,Qty\n1,A,x\n2,B,1\n3,C,1\n1,D,1\n",
         {2: "the quantity “x” is no number", 3: "it stands below row 2, which cannot be meant",
          4: "it stands below row 3, which cannot be meant"}),
        ("Item,Part Number,Qty\n1,A,1\n1.1,B,1\n1.1,C,1\n",
         {4: "the item number 1.1 stands in row 3 too (a spreadsheet makes 1.1 of 1.10)"}),
        ("Item,Part Number,Qty\n1,A,1\n1.1,B,1\n3.1,C,1\n", {4: "there is no item 3 that 3.1 could stand below"}),
        ("Level,Part Number,Qty\n1,A,1\n2,B,1\n3,A,1\n", {4: "A would be a part of itself"}),
        ("Part Number,Parent,Qty\nA,B,1\nB,A,1\nC,,1\n", {2: "A would be a part of itself", 3: "B would be a part of itself"}),
        ("Level,Part Number,Qty,Ref\n1,A,1,\n2,B,1,R1\n2,C,1,R1\n1,D,1,R1\n", {4: "R1 stands in row 3 too"}),
    ),
)  # fmt: skip
def test_a_row_that_can_stand_nowhere_is_wrong_and_nothing_moves_to_another_assembly(text: str, expected: dict[int, str]) -> None:
    assert wrong(read(text)) == expected


def test_what_stands_below_an_excluded_row_is_left_out_with_it() -> None:
    found = read("Level,Part Number,Qty,Exclude from BOM\n1,A,1,\n1,JIG,1,yes\n2,CLAMP,2,\n1,B,1,\n")
    assert left_out(found) == {3: "excluded from the BOM", 4: "below row 3, which is left out"}
    assert lines(found) == [("", "A", "1"), ("", "B", "1")]


def test_our_own_export_has_its_assembly_find_numbers_notes_and_units() -> None:
    text = """\ufeffLevel,Find,Number,Name,Revision,Phase,Quantity,Unit,Quantity in all,Kind,Designators,Note,Mass (kg)\r
0,,P-000339,Top,,prototype,1,ea,1,,,,\r
1,10,RT-R,'=R,,prototype,4,ea,4,counted,"R1, R2, R3, R10",red,\r
1,20,SUB,Sub,,prototype,2,ea,2,counted,,,\r
2,10,WIRE,Wire,,prototype,2.5,m,5,measured,,,\r
1,30,OIL,Oil,,prototype,0,L,0,as_required,,,\r
"""
    found = read(text)
    assert lines(found) == [("P-000339", "RT-R", "4"), ("P-000339", "SUB", "2"), ("P-000339", "OIL", "0"), ("SUB", "WIRE", "2.5")]
    told = {(usage.find, usage.unit, usage.kind, usage.note) for usage in found.structure.usages}
    assert told == {(10, "ea", "counted", "red"), (20, "ea", "counted", None), (30, "L", "as_required", None), (10, "m", "measured", None)}
    assert [component.name for component in found.structure.components if component.number == "RT-R"] == ["=R"]


def test_a_flat_reading_may_be_said() -> None:
    text = "ITEM NO.,PART NUMBER,QTY.\n1,BRKT,2\n1.1,BOLT,4\n2,PLATE,1\n"
    assert lines(read(text, levels="none")) == [("", "BRKT", "2"), ("", "BOLT", "4"), ("", "PLATE", "1")]


def reached(found: Read) -> set[str]:
    below: dict[str, set[str]] = defaultdict(set)
    for usage in found.structure.usages:
        below[usage.parent].add(usage.child)
    seen, stack = set[str](), [found.structure.root]
    while stack:
        key = stack.pop()
        if key not in seen:
            seen.add(key)
            stack += below[key]
    return seen


NUMBERS = st.sampled_from(["", "A", "B", "C", "D", "E"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from(["1", "", "x"])), min_size=1, max_size=7), st.booleans())
def test_whatever_parents_a_list_names_nothing_hangs_nowhere(table: list[tuple[str, str, str]], leave_out: bool) -> None:  # noqa: FBT001
    found = read("Parent,Part Number,Qty\n" + "".join(f"{','.join(row)}\n" for row in table) + "A,Z,1\n", leave_out_wrong=leave_out)
    assert {component.key for component in found.structure.components} == reached(found)


@settings(max_examples=30, deadline=None)
@given(st.permutations(["1", "1.1", "1.1.1", "1.2", "2", "2.1", "2.1.1"]))
def test_the_order_of_rows_with_item_numbers_changes_nothing(order: list[str]) -> None:
    found = read("Item,Part Number,Qty\n" + "".join(f"{item},P{item},2\n" for item in order))
    expected = [("P1", "P1.1"), ("P1", "P1.2"), ("P1.1", "P1.1.1"), ("P2", "P2.1"), ("P2.1", "P2.1.1"), ("", "P1"), ("", "P2")]
    assert sorted((parent, child) for parent, child, _ in lines(found)) == sorted(expected)
