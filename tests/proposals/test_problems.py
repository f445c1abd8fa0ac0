"""What nobody could accept is said of the row before, and is mended or skipped there."""

from typing import Any

import msgspec

from cascadia.structures.model import Structure, Usage, decode, encode
from tests.company import JSON
from tests.proposals.office import Office
from tests.proposals.structures import component, small_assembly


def renamed(structure: Structure, key: str, **members: Any) -> Structure:
    components = [msgspec.structs.replace(c, **members) if c.key == key else c for c in structure.components]
    return msgspec.structs.replace(structure, components=components)


def parts_list(*rows: tuple[str, ...]) -> Structure:
    """A parts list `top`: (part, quantity), and the quantity in the other reading where it has two."""
    usages = [
        Usage(parent="top", child=part, key=f"row {n}", name=part, quantity=count, otherwise=other[0] if other else None)
        for n, (part, count, *other) in enumerate(rows)
    ]
    parts = [component(part) for part in dict.fromkeys(part for part, *_ in rows)]
    return Structure(source_schema="table", unit="mm", root="top", components=[component("top", is_assembly=True), *parts], usages=usages)


async def refusal(office: Office, proposal: JSON) -> JSON:
    before = await office.commits()
    answer = await office.person.send("POST", f"/proposals/{proposal['id']}/accept", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "rows_to_mend")
    assert await office.commits() == before
    found: JSON = answer.json()
    return found


async def to_mend(office: Office, proposal: JSON) -> int:
    return int((await office.person.get(f"/proposals/{proposal['id']}"))["to_mend"])


async def test_a_name_that_is_too_long_is_said_of_its_row_and_mended_there(office: Office) -> None:
    proposal = await office.propose(renamed(small_assembly(), "bolt", name="B" * 301))
    assert proposal["to_mend"] == 1
    row = (await office.rows(proposal, "part"))["bolt"]
    assert row["problems"] == [{"field": "name", "message": "a name has at most 300 characters, this one has 301", "readings": []}]
    problem = await refusal(office, proposal)
    assert "BBBB: a name has at most 300 characters" in problem["detail"]
    assert problem["errors"] == [{"pointer": f"/rows/{row['id']}/name", "message": row["problems"][0]["message"]}]
    assert (await office.choose(proposal, row, name="Bolt"))["problems"] == []
    assert await to_mend(office, proposal) == 0
    await office.accept(proposal)
    assert [part["name"] for part in (await office.person.get("/parts", q="Bolt"))["items"]] == ["Bolt"]


async def test_a_description_that_is_too_long_is_said_and_another_one_kept(office: Office) -> None:
    proposal = await office.propose(renamed(small_assembly(), "bolt", description="d" * 10_001))
    row = (await office.rows(proposal, "part"))["bolt"]
    assert [problem["field"] for problem in row["problems"]] == ["description"]
    changed = await office.choose(proposal, row, description="of steel")
    assert (changed["problems"], changed["description"]) == ([], "of steel")
    await office.accept(proposal)
    (part,) = (await office.person.get("/parts", q="Bolt"))["items"]
    assert part["description"] == "of steel"


async def test_a_skipped_part_and_one_that_is_there_already_need_no_mending(office: Office) -> None:
    there = await office.person.part(office.workshop.project, name="Bolt")
    proposal = await office.propose(renamed(small_assembly(), "bolt", name="B" * 301))
    row = (await office.rows(proposal, "part"))["bolt"]
    assert (await office.choose(proposal, row, choice="skip"))["problems"] == []
    assert len((await office.choose(proposal, row, choice="create"))["problems"]) == 1
    assert (await office.choose(proposal, row, choice="use", use=there["id"]))["problems"] == []
    await office.accept(proposal)


async def test_a_measure_that_no_part_can_hold_is_said_of_its_row(office: Office) -> None:
    proposal = await office.propose(renamed(small_assembly(), "plate", volume="1" * 16))
    row = (await office.rows(proposal, "part"))["plate"]
    assert [problem["field"] for problem in row["problems"]] == ["volume"]
    await refusal(office, proposal)


async def test_rows_of_one_part_that_are_too_many_together_are_said_of_the_line(office: Office) -> None:
    proposal = await office.propose(parts_list(("bolt", "999999999999"), ("bolt", "1"), ("plate", "2")), "list.csv")
    assert proposal["to_mend"] == 1
    row = (await office.rows(proposal, "line"))["top bolt"]
    assert [problem["field"] for problem in row["problems"]] == ["quantity"]
    assert "at most 12 digits" in row["problems"][0]["message"]
    assert "Bolt: a decimal number of at most 12 digits" in (await refusal(office, proposal))["detail"]
    changed = await office.choose(proposal, row, quantity="7")
    assert (changed["problems"], changed["quantity"], changed["choice"]) == ([], "7", "apply")
    accepted = await office.accept(proposal)
    lines = (await office.person.get(f"/parts/{accepted['root_item']['id']}/bom"))["items"]
    assert sorted(line["quantity"] for line in lines) == ["2", "7"]


async def test_a_line_of_too_many_designators_is_said_and_skipped(office: Office) -> None:
    usages = [Usage(parent="top", child="r", key=f"R{n}", name="r", designator=f"R{n}") for n in range(10_001)]
    structure = Structure(
        source_schema="table", unit="mm", root="top", components=[component("top", is_assembly=True), component("r")], usages=usages
    )
    proposal = await office.propose(structure, "list.csv")
    row = (await office.rows(proposal, "line"))["top r"]
    assert row["problems"] == [{"field": "designators", "message": "a line has at most 10000 designators, this one 10001", "readings": []}]
    await refusal(office, proposal)
    typed = await office.person.send("PATCH", f"/proposals/{proposal['id']}/rows/{row['id']}", {"quantity": "3"})
    assert (typed.status_code, typed.json()["code"]) == (422, "bad_choice")
    assert (await office.choose(proposal, row, choice="skip"))["problems"] == []
    await office.accept(proposal)


async def test_a_quantity_that_a_person_says_is_compared_with_the_bom(office: Office) -> None:
    first = await office.propose(parts_list(("bolt", "7")), "list.csv")
    await office.accept(first)
    again = await office.propose(parts_list(("bolt", "8")), "list.csv")
    row = (await office.rows(again, "line"))["top bolt"]
    assert row["verdict"] == "change"
    assert (await office.choose(again, row, quantity="7"))["verdict"] == "same"


async def test_a_quantity_with_two_readings_is_asked_once_for_the_list(office: Office) -> None:
    first = await office.propose(parts_list(("bolt", "1000"), ("nut", "3")), "list.csv")
    assembly = (await office.accept(first))["root_item"]["id"]
    proposal = await office.propose(parts_list(("bolt", "1000", "1"), ("glue", "1.5", "1500"), ("nut", "3")), "list.csv")
    assert proposal["to_mend"] == 2
    rows = await office.rows(proposal, "line")
    assert rows["top bolt"]["problems"] == [
        {
            "field": "quantity",
            "message": "its quantity can be 1000 or 1: no number of the list says which",
            "readings": ["1000", "1"],
        }
    ]
    assert "Glue: its quantity can be 1.5 or 1500" in (await refusal(office, proposal))["detail"]
    decided = await office.choose(proposal, rows["top glue"], quantity="1500")
    assert (decided["quantity"], decided["problems"]) == ("1500", [])
    rows = await office.rows(proposal, "line")
    assert (rows["top bolt"]["quantity"], rows["top bolt"]["verdict"], rows["top bolt"]["problems"]) == ("1", "change", [])
    assert (rows["top nut"]["quantity"], rows["top nut"]["verdict"]) == ("3", "same")
    assert await to_mend(office, proposal) == 0
    await office.accept(proposal)
    lines = (await office.person.get(f"/parts/{assembly}/bom"))["items"]
    assert {line["child"]["name"]: line["quantity"] for line in lines} == {"Bolt": "1", "Glue": "1500", "Nut": "3"}


async def test_another_quantity_than_both_readings_is_of_its_row_alone(office: Office) -> None:
    proposal = await office.propose(parts_list(("bolt", "1000", "1"), ("glue", "1.5", "1500")), "list.csv")
    row = (await office.rows(proposal, "line"))["top bolt"]
    assert (await office.choose(proposal, row, quantity="7"))["quantity"] == "7"
    assert await to_mend(office, proposal) == 1
    glue = (await office.rows(proposal, "line"))["top glue"]
    assert (await office.choose(proposal, glue, choice="skip"))["problems"] == []
    assert (await office.choose(proposal, glue, choice="apply"))["problems"][0]["readings"] == ["1.5", "1500"]


async def test_two_parts_without_a_name_are_two_and_no_part_that_is_there(office: Office) -> None:
    structure = decode(encode(renamed(renamed(small_assembly(), "bolt", number="", name=""), "plate", number="", name="")))
    first = await office.propose(structure, "one.stp")
    assert first["to_mend"] == 0
    await office.accept(first)
    assert {part["name"] for part in (await office.person.get("/parts"))["items"]} >= {"bolt", "plate"}
    again = renamed(renamed(structure, "bolt", geometry_hash="0ther"), "plate", geometry_hash="an0ther")
    rows = await office.rows(await office.propose(again, "two.stp"), "part")
    assert [rows[key]["verdict"] for key in ("bolt", "plate")] == ["new", "new"]
    assert rows["bolt"]["notes"] == ["the file gives it no name"]
