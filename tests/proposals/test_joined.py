"""Parts that an import of a release that took guesses joined wrongly: they are listed, and one is made two again."""

from uuid import UUID

from tests.proposals.office import Office
from tests.proposals.structures import small_assembly


async def test_a_part_that_was_joined_by_shape_alone_is_listed_and_made_two(office: Office) -> None:
    first = await office.accept(await office.propose(small_assembly()))
    assert (await office.person.get("/joined-parts"))["items"] == []
    async with office.database.write() as write:  # as a release before wrote it
        await write.execute(
            "UPDATE proposal_row SET choice = 'use', match_by = 'geometry' "
            "WHERE component = 'bolt' AND proposal_id = (SELECT proposal_id FROM proposal WHERE uid = %(uid)s)",
            {"uid": UUID(first["id"])},
        )
    (there,) = (await office.person.get("/parts", q="Bolt"))["items"]
    named = await office.person.send("PATCH", f"/parts/{there['id']}", {"name": "Nut"}, headers={"If-Match": f'"{there["version"]}"'})
    assert named.status_code == 200
    (joined,) = (await office.person.get("/joined-parts"))["items"]
    assert (joined["part"]["name"], joined["name"], joined["words"], joined["file"]) == ("Nut", "Bolt", "same shape", "top.stp")
    bolt = joined["part"]["id"]
    (use,) = (await office.person.get(f"/parts/{bolt}/where-used"))["items"]
    (line,) = (await office.person.get(f"/parts/{use['id']}/bom"))["items"]
    split = {"lines": [line["id"]], "row": joined["row"], "number": "BOLT-1"}
    made = await office.person.post(f"/parts/{bolt}/split", split)
    assert (made["number"], made["name"], made["attributes"]["volume"]["value"]) == ("BOLT-1", "Bolt", "10")
    assert (await office.person.get(f"/parts/{bolt}/where-used"))["items"] == []
    (shown,) = (await office.person.get(f"/parts/{made['id']}/attachments"))["items"]
    assert (shown["file"]["name"], shown["component"]) == ("top.stp", "bolt")
    assert (await office.person.get("/joined-parts"))["items"] == []
    again = await office.propose(small_assembly())
    assert (await office.rows(again, "part"))["bolt"]["match"]["number"] == "BOLT-1"
    assert again["no_change"]


async def test_only_lines_of_the_part_are_split_from_it(office: Office) -> None:
    first = await office.accept(await office.propose(small_assembly()))
    (bolt,) = (await office.person.get("/parts", q="Bolt"))["items"]
    other = (await office.person.get(f"/parts/{first['root_item']['id']}/bom"))["items"][0]["id"]
    before = await office.commits()
    for body, code in (({"name": "Nut"}, "nothing_to_split"), ({"name": "Nut", "lines": [other]}, "not_its_lines")):
        answer = await office.person.send("POST", f"/parts/{bolt['id']}/split", body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await office.commits() == before
