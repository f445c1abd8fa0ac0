"""Who owns a part, where one may be made, and what may be said of its numbers: what is refused changes nothing."""

from uuid import UUID, uuid4

import pytest

from cascadia.kernel.db import Database
from tests.company import JSON, Person, Workshop


async def patch(person: Person, part: JSON, **members: object) -> tuple[int, JSON]:
    seen = await person.get(f"/parts/{part['id']}")
    answer = await person.send("PATCH", f"/parts/{part['id']}", members, headers={"If-Match": f'"{seen["version"]}"'})
    return answer.status_code, answer.json()


async def events(database: Database, part: JSON) -> list[str]:
    async with database.read() as read:
        rows = await read.rows("SELECT type FROM outbox WHERE subject = %(uid)s ORDER BY id", {"uid": UUID(part["id"])})
    return [row["type"] for row in rows]


async def test_an_owner_is_set_and_cleared(workshop: Workshop) -> None:
    engineer = workshop.engineer
    part = await engineer.part(workshop.project, "Bracket", owner=workshop.viewer.user["id"])
    assert part["owner"]["id"] == workshop.viewer.user["id"]
    status, changed = await patch(engineer, part, owner=engineer.user["id"])
    assert (status, changed["owner"]["name"], changed["name"]) == (200, "Engineer", "Bracket")
    status, changed = await patch(engineer, part, name="Bracket 2")
    assert (status, changed["owner"]["name"]) == (200, "Engineer")
    status, changed = await patch(engineer, part, owner=None)
    assert (status, changed["owner"], changed["name"]) == (200, None, "Bracket 2")


@pytest.mark.parametrize("gone", (True, False), ids=("whose account is closed", "nobody"))
async def test_an_owner_who_is_no_active_user_is_refused(workshop: Workshop, *, gone: bool) -> None:
    owner = workshop.viewer.user["id"] if gone else str(uuid4())
    part = await workshop.engineer.part(workshop.project)
    if gone:
        closed = await workshop.lead.send("PATCH", f"/users/{owner}", {"active": False})
        assert closed.status_code == 200, closed.text
    status, problem = await patch(workshop.engineer, part, owner=owner)
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "unknown_owner", "/owner")
    made = await workshop.engineer.send("POST", "/parts", {"project": workshop.project, "name": "Other", "owner": owner})
    assert (made.status_code, made.json()["code"]) == (422, "unknown_owner")
    assert [(p["id"], p["version"]) for p in (await workshop.engineer.get("/parts"))["items"]] == [(part["id"], part["version"])]


async def test_who_only_reads_a_project_makes_nothing_in_it(workshop: Workshop) -> None:
    program = await workshop.company.program("SHELF")
    library = await workshop.lead.post("/projects", {"code": "SHELF", "name": "Shelf", "program": program, "library": True})
    for person, project in ((workshop.viewer, workshop.project), (workshop.engineer, library["id"])):
        refused = await person.send("POST", "/parts", {"project": project, "name": "Bracket"})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), refused.text
    hidden = await workshop.stranger.send("POST", "/parts", {"project": workshop.project, "name": "Bracket"})
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
    assert (await workshop.lead.get("/parts"))["items"] == []


async def test_a_scheme_without_a_sequence_has_every_number_typed(workshop: Workshop) -> None:
    typed = {"segments": [{"literal": "P-"}], "typed_allowed": True}
    assert (await workshop.lead.send("PUT", "/number-schemes/part", typed)).status_code == 200
    refused = await workshop.engineer.send("POST", "/parts", {"project": workshop.project, "name": "Bracket"})
    assert (refused.status_code, refused.json()["code"]) == (422, "number_needed")
    assert (await workshop.engineer.part(workshop.project, "Bracket", number="BR-1"))["number"] == "BR-1"
    assert len((await workshop.engineer.get("/parts"))["items"]) == 1


async def test_the_number_of_a_released_part_stays(workshop: Workshop, database: Database) -> None:
    part = await workshop.engineer.part(workshop.project, "Bracket", number="BR-1")
    async with database.write() as write:
        released = "INSERT INTO revision (item_id, revision, branch_id, seq) SELECT item_id, 'A', 0, 1 FROM item WHERE uid = %(uid)s"
        await write.execute(released, {"uid": UUID(part["id"])})
    refused = await workshop.engineer.send("POST", f"/parts/{part['id']}/number", {"number": "BR-2"})
    assert (refused.status_code, refused.json()["code"]) == (409, "released")
    found = await workshop.engineer.get(f"/parts/{part['id']}")
    assert (found["number"], found["aliases"], await events(database, part)) == ("BR-1", [], ["part.created"])


async def test_an_alias_is_given_once_and_taken_away_once(workshop: Workshop, database: Database) -> None:
    part = await workshop.engineer.part(workshop.project, "Bracket", number="BR-1")
    for alias in ("ERP-7", "erp-7", "BR-1"):
        given = await workshop.engineer.post(f"/parts/{part['id']}/aliases", {"alias": alias}, status=200)
        assert given["aliases"] == ["ERP-7"]
    assert (await workshop.engineer.send("DELETE", f"/parts/{part['id']}/aliases/erp-7")).is_success
    again = await workshop.engineer.send("DELETE", f"/parts/{part['id']}/aliases/ERP-7")
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    number = await workshop.engineer.send("DELETE", f"/parts/{part['id']}/aliases/BR-1")
    assert (number.status_code, number.json()["code"]) == (404, "not_found")
    found = await workshop.engineer.get(f"/parts/{part['id']}")
    assert (found["number"], found["aliases"]) == ("BR-1", [])
    assert await events(database, part) == ["part.created", "part.alias_added", "part.alias_removed"]
