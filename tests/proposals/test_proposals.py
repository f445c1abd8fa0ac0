"""A proposal through the API: matched by the job's own function, reviewed row by row, accepted as one commit or not at all."""

import msgspec

from cascadia.structures.model import Component, Note, Structure, Usage
from cascadia.versioning.verification import verify_chain
from tests.company import Person
from tests.proposals.office import Office
from tests.proposals.structures import small_assembly, usage


async def test_a_new_structure_becomes_parts_lines_and_attachments_in_one_commit(office: Office) -> None:
    proposal = await office.propose(small_assembly())
    assert (proposal["state"], proposal["counts"]["new"], proposal["counts"]["leaf_occurrences"]) == ("open", 4, 7)
    assert await office.commits() == 0
    accepted = await office.accept(proposal)
    assert (accepted["state"], accepted["commit"]["seq"]) == ("accepted", 1)
    root = accepted["root_item"]["id"]
    tree = await office.person.get(f"/parts/{root}/bom/tree")
    assert tree["totals"]["occurrences"] == "9"
    assert tree["totals"]["leaf_occurrences"] == "7"
    assert tree["totals"]["missing_mass"] == [tree["items"]["number"][tree["items"]["name"].index("Plate")]]
    bolt = tree["items"]["name"].index("Bolt")
    assert tree["items"]["mass"][bolt] == {"value": "0.002", "unit": "kg"}
    at = tree["lines"]["child"].index(bolt)
    assert (tree["lines"]["quantity"][at], tree["lines"]["instances"][at]) == ("3", ["bolt_0", "bolt_1", "bolt_2"])
    part = await office.person.get(f"/parts/{tree['items']['id'][bolt]}")
    attachments = (await office.person.get(f"/parts/{part['id']}/attachments"))["items"]
    assert [(a["role"], a["component"], a["file"]["name"]) for a in attachments] == [("cad", "bolt", "top.stp")]
    line = await office.person.get(f"/bom-lines/{tree['lines']['id'][at]}")
    assert line["placements"]["bolt_2"][3] == 0.2
    async with office.database.read() as read:
        assert await verify_chain(read) == []


async def test_the_same_file_again_matches_everything_and_changes_nothing(office: Office) -> None:
    first = await office.accept(await office.propose(small_assembly()))
    again = await office.propose(small_assembly())
    assert again["counts"] | {"new": 0, "matched": 4, "unchanged": 3, "changed": 0} == again["counts"]
    assert {(row["match_by"], row["certainty"]) for row in (await office.rows(again, "part")).values()} == {("source", "sure")}
    assert (again["to_check"], again["no_change"], bool(again["root"])) == (0, True, True)
    before = await office.commits()
    second = await office.accept(again)
    assert (second["root_item"], second["commit"], second["no_change"]) == (first["root_item"], None, True)
    assert await office.accept(again) == second
    assert await office.commits() == before
    assert len((await office.person.get("/parts"))["items"]) == 4


async def test_what_is_guessed_is_confirmed_before_it_is_accepted(office: Office) -> None:
    first = await office.accept(await office.propose(small_assembly()))
    copy = await office.propose(small_assembly(), "copy.stp")
    parts = await office.rows(copy, "part")
    assert {key: row["match_by"] for key, row in parts.items()} == {
        "top": "name",
        "bracket": "name",
        "plate": "name_geometry",
        "bolt": "name_geometry",
    }
    assert (copy["to_check"], {row["confirmed"] for row in parts.values()}) == (4, {False})
    before = await office.commits()
    answer = await office.person.send("POST", f"/proposals/{copy['id']}/accept", {})
    assert (answer.status_code, answer.json()["code"], len(answer.json()["errors"])) == (422, "rows_to_check", 4)
    one = await office.person.post(f"/proposals/{copy['id']}/confirm", {"rows": [parts["bolt"]["id"]]}, status=200)
    assert one["to_check"] == 3
    chosen = await office.choose(copy, parts["plate"], choice="use", use=parts["plate"]["match"]["id"])
    assert (chosen["confirmed"], chosen["doubts"]) == (True, [])
    every = await office.person.post(f"/proposals/{copy['id']}/confirm", {}, status=200)
    assert (every["to_check"], every["no_change"]) == (0, True)
    assert (await office.accept(every))["root_item"] == first["root_item"]
    assert await office.commits() == before
    third = await office.propose(small_assembly(), "copy.stp")
    assert (third["to_check"], third["no_change"]) == (0, True)


async def test_two_open_proposals_of_one_file_make_everything_once(office: Office) -> None:
    one, two = [await office.propose(small_assembly()) for _ in range(2)]
    first = await office.accept(one)
    answer = await office.person.send("POST", f"/proposals/{two['id']}/accept", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "proposal_moved")
    second = await office.accept(two)
    assert (second["commit"], second["root_item"]) == (None, first["root_item"])
    assert len((await office.person.get("/parts"))["items"]) == 4


async def test_a_part_that_is_renamed_and_reshaped_under_its_product_id_stays_itself(office: Office) -> None:
    flange = Component(key="4711-001", number="4711-001", name="Flansch DN50", geometry_hash="f1")
    top = small_assembly().components[0]
    uses = [usage("top", "4711-001", "flange_1")]
    first = Structure(source_schema="AP214", unit="mm", root="top", components=[top, flange], usages=uses)
    await office.accept(await office.propose(first))
    (there,) = (await office.person.get("/parts", number="4711-001"))["items"]
    assert there["name"] == "Flansch DN50"
    changed = msgspec.structs.replace(flange, name="Flansch DN50 v2", geometry_hash="f2")
    again = await office.propose(msgspec.structs.replace(first, components=[top, changed]))
    assert (await office.rows(again, "part"))["4711-001"]["match_by"] == "source"
    await office.accept(again)
    (there,) = (await office.person.get("/parts", number="4711-001"))["items"]
    assert (there["name"], there["attributes"]["geometry_hash"]) == ("Flansch DN50 v2", "f2")
    edited = await office.person.send(
        "PATCH", f"/parts/{there['id']}", {"name": "Our flange"}, headers={"If-Match": f'"{there["version"]}"'}
    )
    assert edited.status_code == 200
    third = await office.propose(msgspec.structs.replace(first, components=[top, msgspec.structs.replace(changed, name="Flansch")]))
    row = (await office.rows(third, "part"))["4711-001"]
    assert [(c["field"], c["new"], c["apply"]) for c in row["changes"]] == [("name", "Flansch", False)]
    assert (third["counts"]["parts_changed"], third["counts"]["files"], third["no_change"]) == (0, 1, False)
    taken = await office.choose(third, row, take={"name": True})
    assert taken["changes"][0]["apply"]
    await office.accept(third)
    assert (await office.person.get(f"/parts/{there['id']}"))["name"] == "Flansch"


async def test_two_lists_of_one_name_are_two_assemblies_until_a_person_says_otherwise(office: Office) -> None:
    def board(*parts: str) -> Structure:
        components = [Component(key="/", number="", name="", is_assembly=True)]
        components += [Component(key=part, number=part, name=part, own_number=True) for part in parts]
        uses = [Usage(parent="/", child=part, key=part, name=part, quantity="2") for part in parts]
        return Structure(source_schema="table", unit="mm", root="/", components=components, usages=uses)

    first = await office.accept(await office.propose(board("A-100", "A-101", "A-102"), "bom.csv"))
    other = await office.propose(board("B-100", "B-101", "A-100"), "bom.csv")
    root = (await office.rows(other, "part"))["/"]
    assert (root["choice"], root["confirmed"], [c["number"] for c in root["candidates"]]) == (
        "create",
        False,
        [first["root_item"]["number"]],
    )
    assert {row["verdict"] for row in await office.line_rows(other)} == {"add"}
    await office.choose(other, root, choice="create")
    second = await office.accept(other)
    assert second["root_item"] != first["root_item"]
    third = await office.propose(board("A-100", "A-101", "A-102", "A-103"), "bom.csv")
    root = (await office.rows(third, "part"))["/"]
    assert (root["match"]["id"], root["confirmed"]) == (first["root_item"]["id"], False)
    await office.choose(third, root, choice="use", use=second["root_item"]["id"])
    assert {row["verdict"] for row in await office.line_rows(third)} == {"same", "add", "remove"}
    await office.choose(third, root, choice="use", use=first["root_item"]["id"])
    assert sorted(row["verdict"] for row in await office.line_rows(third)) == ["add", "same", "same", "same"]
    assert (await office.accept(third))["root_item"] == first["root_item"]


async def test_a_newer_file_changes_quantities_removes_what_it_had_put_in_and_checks_itself_in(office: Office) -> None:
    root = (await office.accept(await office.propose(small_assembly())))["root_item"]["id"]
    newer = small_assembly(bolts=5, bolt_hash="b01t-2")
    without_plate = Structure(
        source_schema="AP214",
        unit="mm",
        root="top",
        components=[c for c in newer.components if c.key != "plate"],
        usages=[u for u in newer.usages if u.child != "plate"],
    )
    proposal = await office.propose(without_plate)
    lines = await office.rows(proposal, "line")
    assert {key: row["verdict"] for key, row in lines.items()} == {"top bracket": "same", "bracket bolt": "change", "top None": "remove"}
    assert (lines["bracket bolt"]["old_quantity"], lines["bracket bolt"]["quantity"]) == ("3", "5")
    bolt = (await office.rows(proposal, "part"))["bolt"]
    assert (bolt["match_by"], [c["field"] for c in bolt["changes"]]) == ("source", ["geometry_hash"])
    await office.accept(proposal)
    tree = await office.person.get(f"/parts/{root}/bom/tree")
    assert sorted(n for n in tree["items"]["name"]) == ["Bolt", "Bracket", "Top"]
    assert tree["totals"]["leaf_occurrences"] == "10"
    files = (await office.person.get(f"/parts/{root}/attachments"))["items"]
    assert len(files) == 1
    before = await office.person.get(f"/parts/{root}/bom/tree", at="commit:1")
    assert before["totals"]["leaf_occurrences"] == "7"


async def test_a_person_decides_what_is_created_used_and_skipped(office: Office) -> None:
    existing = await office.person.part(office.workshop.project, "Standard bolt", number="STD-1")
    proposal = await office.propose(small_assembly())
    parts = await office.rows(proposal, "part")
    used = await office.choose(proposal, parts["bolt"], choice="use", use=existing["id"])
    assert (used["verdict"], used["match"]["number"], used["match_by"]) == ("matched", "STD-1", "choice")
    await office.choose(proposal, parts["plate"], choice="skip")
    await office.choose(proposal, parts["top"], number="TOP-1", name="The whole")
    root = (await office.accept(proposal))["root_item"]
    assert root["number"] == "TOP-1"
    flat = (await office.person.get(f"/parts/{root['id']}/bom/flat"))["items"]
    assert {(f["item"]["name"], f["quantity"]) for f in flat} == {("Bracket", "2"), ("Standard bolt", "6")}


async def test_a_taken_number_refuses_the_whole_and_nothing_changes(office: Office) -> None:
    await office.person.part(office.workshop.project, "Other", number="TOP-1")
    proposal = await office.propose(small_assembly())
    await office.choose(proposal, (await office.rows(proposal, "part"))["top"], number="top-1")
    answer = await office.person.send("POST", f"/proposals/{proposal['id']}/accept", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "number_taken")
    assert await office.commits() == 1
    assert (await office.person.get(f"/proposals/{proposal['id']}"))["state"] == "open"


async def test_what_moved_meanwhile_is_matched_again_before_it_is_accepted(office: Office) -> None:
    root = (await office.accept(await office.propose(small_assembly())))["root_item"]["id"]
    proposal = await office.propose(small_assembly(bolts=4))
    plate = next(p for p in (await office.person.get("/parts", q="Plate"))["items"])
    page = await office.person.get(f"/parts/{root}/bom")
    line = next(x for x in page["items"] if x["child"]["id"] == plate["id"])
    gone = await office.person.send("DELETE", f"/bom-lines/{line['id']}", headers={"If-Match": f'"{line["version"]}"'})
    assert gone.status_code == 204
    answer = await office.person.send("POST", f"/proposals/{proposal['id']}/accept", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "proposal_moved")
    rows = await office.rows(proposal, "line")
    assert (rows["top plate"]["verdict"], rows["top plate"]["choice"]) == ("add", "skip")
    assert [change["words"] for change in rows["top plate"]["changes"]] == ["somebody took this line out since the file before"]
    await office.choose(proposal, rows["top plate"], choice="apply")
    await office.accept(proposal)
    tree = await office.person.get(f"/parts/{root}/bom/tree")
    assert tree["totals"]["leaf_occurrences"] == "9"


async def test_a_proposal_is_accepted_once_and_a_discarded_one_never(office: Office) -> None:
    proposal = await office.propose(small_assembly())
    await office.accept(proposal)
    again = await office.person.send("POST", f"/proposals/{proposal['id']}/accept", {})
    assert (again.status_code, again.json()["code"]) == (409, "proposal_not_open")
    other = await office.propose(small_assembly(), "other.stp")
    await office.person.post(f"/proposals/{other['id']}/discard", None, status=200)
    refused = await office.person.send("POST", f"/proposals/{other['id']}/accept", {})
    assert refused.status_code == 409
    assert await office.commits() == 1


async def test_others_neither_see_nor_accept_it(office: Office) -> None:
    proposal = await office.propose(small_assembly())
    outsider, viewer = office.workshop.stranger, office.workshop.viewer

    async def status(person: Person, method: str, path: str) -> int:
        return (await person.send(method, path, {} if method == "POST" else None)).status_code

    path = f"/proposals/{proposal['id']}"
    assert [await status(outsider, "GET", path), await status(outsider, "POST", f"{path}/accept")] == [404, 404]
    assert [await status(viewer, "GET", path), await status(viewer, "POST", f"{path}/accept")] == [200, 403]
    assert await office.commits() == 0


async def test_only_files_with_a_structure_are_proposed(office: Office) -> None:
    answer = await office.person.http.post(
        "/api/v1/files", params={"name": "notes.txt", "project": office.workshop.project}, content=b"no structure"
    )
    body = {"file": answer.json()["id"], "project": office.workshop.project}
    refused = await office.person.send("POST", "/proposals", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "unreadable_file")
    assert (await office.person.get("/proposals"))["items"] == []


async def test_what_a_reader_says_of_a_file_stands_in_the_proposal(office: Office) -> None:
    notes = [
        Note(code="encoding", message="Names were read as Shift-JIS."),
        Note(code="shape_unreadable", component="bolt", message="The shape of Bolt could not be read."),
    ]
    proposal = await office.propose(msgspec.structs.replace(small_assembly(), notes=notes))
    assert proposal["notes"] == [
        {"code": "encoding", "message": "Names were read as Shift-JIS.", "component": None},
        {"code": "shape_unreadable", "message": "The shape of Bolt could not be read.", "component": "bolt"},
    ]
    assert (await office.propose(small_assembly(), "other.stp"))["notes"] == []


async def test_usages_have_places_and_designators_or_neither(office: Office) -> None:
    structure = small_assembly()
    usages = [
        msgspec.structs.replace(u, designator=f"R{n}") if u.child == "bolt" else msgspec.structs.replace(u, placement=None)
        for n, u in enumerate(structure.usages)
    ]
    accepted = await office.accept(await office.propose(msgspec.structs.replace(structure, usages=usages)))
    tree = await office.person.get(f"/parts/{accepted['root_item']['id']}/bom/tree")
    lines = {
        tree["items"]["name"][child]: await office.person.get(f"/bom-lines/{line}")
        for child, line in zip(tree["lines"]["child"], tree["lines"]["id"], strict=True)
    }
    assert (lines["Bolt"]["quantity"], sorted(lines["Bolt"]["designators"]), sorted(lines["Bolt"]["placements"])) == (
        "3",
        ["R3", "R4", "R5"],
        ["bolt_0", "bolt_1", "bolt_2"],
    )
    assert (lines["Bracket"]["quantity"], lines["Bracket"]["placements"]) == ("2", {})
    again = await office.propose(msgspec.structs.replace(structure, usages=usages))
    assert {row["verdict"] for row in (await office.rows(again, "line")).values()} == {"same"}
