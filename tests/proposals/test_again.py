"""A file that comes again: what people changed since the file before stands, and a clash is decided by a person."""

from typing import Any

from cascadia.structures.model import Structure, Usage
from tests.company import JSON
from tests.proposals.office import Office
from tests.proposals.structures import component


def board(*rows: tuple[str, str, str]) -> Structure:
    """A parts list `board`: (part, quantity, designators)."""
    usages = [
        Usage(parent="board", child=part, key=name or part, name=part, designator=name or None, quantity=quantity)
        for part, quantity, names in rows
        for name in names.split() or [""]
    ]
    parts = [component(part, own_number=True) for part, _, _ in rows]
    root = component("board", is_assembly=True, own_number=True)
    return Structure(source_schema="table", unit="mm", root="board", components=[root, *parts], usages=usages)


async def line(office: Office, part: str, number: str) -> JSON:
    found = (await office.person.get(f"/parts/{part}/bom"))["items"]
    return next(each for each in found if each["child"]["number"] == number)


async def by_hand(office: Office, seen: JSON, **patch: Any) -> None:
    method = "PATCH" if patch else "DELETE"
    answer = await office.person.send(method, f"/bom-lines/{seen['id']}", patch or None, headers={"If-Match": f'"{seen["version"]}"'})
    assert answer.status_code in (200, 204), answer.text


async def quantities(office: Office, part: str) -> dict[str, tuple[str, list[str]]]:
    found = (await office.person.get(f"/parts/{part}/bom"))["items"]
    return {each["child"]["number"]: (each["quantity"], each["designators"]) for each in found}


async def test_hand_edits_stand_through_three_revisions_of_a_list(office: Office) -> None:
    rows = [("glue", "4", ""), ("cap", "1", "C1 C2"), ("tape", "2", ""), ("screw", "8", "")]
    first = await office.accept(await office.propose(board(*rows), "board.csv"))
    top = first["root_item"]["id"]
    await by_hand(office, await line(office, top, "glue"), quantity="6")
    await by_hand(office, await line(office, top, "cap"), designators=["C1", "C2", "C9"], quantity="3")
    await by_hand(office, await line(office, top, "tape"))
    label = await office.person.part(office.workshop.project, "Label", number="LABEL")
    await office.person.line(top, label["id"], quantity="1")
    edited = await quantities(office, top)

    again = await office.propose(board(*rows), "board.csv")
    assert again["no_change"], again["counts"]
    commits = await office.commits()
    await office.accept(again)
    assert (await office.commits(), await quantities(office, top)) == (commits, edited)

    newer = await office.propose(board(("glue", "5", ""), ("cap", "1", "C2 C3"), ("tape", "2", ""), ("screw", "7", "")), "board.csv")
    lines = await office.rows(newer, "line")
    glue, tape = lines["board glue"], lines["board tape"]
    assert (glue["verdict"], glue["confirmed"], newer["counts"]["clashes"], newer["to_check"]) == ("clash", False, 1, 1)
    assert glue["doubts"] == ["quantity: was 4, the file has 5, by hand it became 6 ea"]
    assert (tape["verdict"], tape["choice"], tape["confirmed"]) == ("add", "skip", True)
    assert [(change["field"], change["apply"]) for change in tape["changes"]] == [("line", False)]
    refused = await office.person.send("POST", f"/proposals/{newer['id']}/accept", {})
    assert refused.json()["code"] == "rows_to_check"
    taken = await office.choose(newer, glue, take={"quantity": True})
    assert (taken["verdict"], taken["confirmed"]) == ("change", True)
    await office.accept(newer)
    assert await quantities(office, top) == {
        "glue": ("5", []),
        "cap": ("3", ["C2", "C3", "C9"]),
        "screw": ("7", []),
        "LABEL": ("1", []),
    }
    once_more = await office.propose(board(("glue", "5", ""), ("cap", "1", "C3 C2"), ("tape", "2", ""), ("screw", "7", "")), "board.csv")
    assert once_more["no_change"], once_more["counts"]


async def test_a_clash_that_a_person_decides_for_what_is_there_leaves_it(office: Office) -> None:
    first = await office.accept(await office.propose(board(("glue", "4", ""), ("screw", "8", "")), "board.csv"))
    top = first["root_item"]["id"]
    await by_hand(office, await line(office, top, "glue"), quantity="6")
    newer = await office.propose(board(("glue", "5", ""), ("screw", "8", "")), "board.csv")
    answer = await office.person.send("POST", f"/proposals/{newer['id']}/confirm", {})
    assert answer.status_code == 200, answer.text
    await office.accept(newer)
    assert (await quantities(office, top))["glue"] == ("6", [])
    assert (await office.propose(board(("screw", "8", ""), ("glue", "5", "")), "board.csv"))["no_change"]


async def undo(office: Office, proposal: JSON) -> JSON:
    return await office.person.post(f"/proposals/{proposal['id']}/undo", {}, status=200)


async def test_an_import_is_undone_as_one_act_and_can_be_done_again(office: Office) -> None:
    rows = [("glue", "4", ""), ("cap", "1", "C1 C2")]
    first = await office.accept(await office.propose(board(*rows), "board.csv"))
    commits = await office.commits()
    undone = await undo(office, first)
    assert (undone["state"], undone["undone"]["seq"], await office.commits()) == ("accepted", commits + 1, commits + 1)
    assert (await office.person.get("/parts", q="glue"))["items"] == []
    assert (await undo(office, first))["undone"] == undone["undone"]
    assert await office.commits() == commits + 1
    again = await office.accept(await office.propose(board(*rows), "board.csv"))
    assert again["root_item"]["number"] == "board"
    assert again["root_item"]["id"] != first["root_item"]["id"]
    assert set(await quantities(office, again["root_item"]["id"])) == {"glue", "cap"}


async def test_after_an_undo_the_file_before_is_the_base_again(office: Office) -> None:
    first = await office.accept(await office.propose(board(("glue", "4", ""), ("tape", "2", "")), "board.csv"))
    top = first["root_item"]["id"]
    await by_hand(office, await line(office, top, "glue"), quantity="6")
    edited = await quantities(office, top)
    second = await office.accept(await office.propose(board(("glue", "4", ""), ("tape", "3", ""), ("label", "1", "")), "board.csv"))
    await undo(office, second)
    assert await quantities(office, top) == edited
    assert (await office.propose(board(("glue", "4", ""), ("tape", "2", "")), "board.csv"))["no_change"]
    refused = await office.person.send("POST", f"/proposals/{first['id']}/undo", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "import_built_on")
    assert refused.json()["detail"].startswith("Something rests on this import: board (main@")
    third = await office.accept(await office.propose(board(("glue", "4", ""), ("tape", "5", "")), "board.csv"))
    assert await quantities(office, top) == {**edited, "tape": ("5", [])}
    await by_hand(office, await line(office, top, "tape"), note="x")
    refused = await office.person.send("POST", f"/proposals/{third['id']}/undo", {})
    assert "Import the file before it again (board.csv of 20" in refused.json()["detail"]


async def test_what_wrote_nothing_or_is_not_ones_own_is_not_undone(office: Office) -> None:
    proposal = await office.propose(board(("glue", "4", "")), "board.csv")
    refused = await office.person.send("POST", f"/proposals/{proposal['id']}/undo", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_undo")
    accepted = await office.accept(proposal)
    assert (await office.workshop.viewer.send("POST", f"/proposals/{accepted['id']}/undo", {})).status_code == 403
    assert (await office.workshop.stranger.send("POST", f"/proposals/{accepted['id']}/undo", {})).status_code == 404


async def test_a_line_of_a_part_that_one_may_not_see_is_not_taken_out(office: Office) -> None:
    workshop = office.workshop
    other = await workshop.company.program("HIDDEN")
    hidden = await workshop.company.administrator.part(await workshop.company.project("HID", other), "Gyro", number="GYRO")
    both = await workshop.company.person("Both", {workshop.program: "engineer", other: "engineer"})
    top = await office.person.part(workshop.project, "board", number="board")
    seen = await office.person.part(workshop.project, "Tape", number="TAPE")
    for child, designator in ((hidden, "G1"), (seen, "T1")):
        await both.line(top["id"], child["id"], quantity="1", designators=[designator])
    rows = await office.line_rows(await office.propose(board(("cap", "1", "C1 C2")), "board.csv"))
    assert [(row["verdict"], row["choice"], row["old_designators"]) for row in rows if row["verdict"] == "remove"] == [
        ("remove", "skip", ["G1"]),
        ("remove", "apply", ["T1"]),
    ]


async def test_what_people_made_of_lines_that_the_file_loses_or_adds_is_decided_by_them(office: Office) -> None:
    first = await office.accept(await office.propose(board(("glue", "4", ""), ("cap", "1", "")), "board.csv"))
    top = first["root_item"]["id"]
    await by_hand(office, await line(office, top, "glue"), note="warm it up first")
    label = await office.person.part(office.workshop.project, "Label", number="LABEL")
    await office.person.line(top, label["id"], quantity="2")
    edited = await quantities(office, top)
    newer = await office.propose(board(("cap", "1", ""), ("LABEL", "3", "")), "board.csv")
    rows = await office.line_rows(newer)
    assert sorted((row["verdict"], row["choice"]) for row in rows) == [("clash", "apply"), ("clash", "skip"), ("same", "apply")]
    assert [newer["counts"][name] for name in ("clashes", "unchanged", "lines_changed", "removed")] == [2, 1, 0, 0]
    refused = await office.person.send("POST", f"/proposals/{newer['id']}/accept", {})
    assert refused.json()["code"] == "rows_to_check"
    await office.person.post(f"/proposals/{newer['id']}/confirm", {}, status=200)
    await office.accept(newer)
    assert await quantities(office, top) == edited
    assert (await office.propose(board(("LABEL", "3", ""), ("cap", "1", "")), "board.csv"))["no_change"]


async def test_undoing_an_import_takes_back_the_numbers_that_it_gave(office: Office) -> None:
    tube = await office.person.part(office.workshop.project, "Tube", number="TUBE-1")
    proposal = await office.propose(board(("glue", "4", "")), "board.csv")
    await office.choose(proposal, (await office.rows(proposal, "part"))["glue"], choice="use", use=tube["id"])
    accepted = await office.accept(proposal)
    assert (await office.person.get(f"/parts/{tube['id']}"))["aliases"] == ["glue"]
    await undo(office, accepted)
    assert (await office.person.get(f"/parts/{tube['id']}"))["aliases"] == []
    again = await office.accept(await office.propose(board(("glue", "4", "")), "board.csv"))
    assert set(await quantities(office, again["root_item"]["id"])) == {"glue"}
