import asyncio
import itertools
from uuid import uuid4

import httpx
import pytest

from cascadia.access.model import PERMISSIONS, Actor, Role
from cascadia.kernel.db import Database
from cascadia.kernel.errors import Forbidden, NotFound
from tests.company import Company, Person, Workshop


async def refused(person: Person, method: str, path: str, body: object = None) -> tuple[int, str]:
    answer = await person.send(method, path, body)
    return answer.status_code, answer.json()["code"]


async def roles(person: Person, program: str) -> dict[str, str]:
    return {grant["user"]["name"]: grant["role"] for grant in (await person.get(f"/programs/{program}/roles"))["items"]}


async def names(person: Person, path: str) -> list[str]:
    return [row["code"] for row in (await person.get(path))["items"]]


def actor(**members: Role) -> Actor:
    return Actor(1, uuid4(), "Ada", "ada@example.org", administrator=False, roles={int(name[1:]): role for name, role in members.items()})


def test_each_role_may_what_the_ones_before_it_may() -> None:
    ordered = [PERMISSIONS[role] for role in (Role.VIEWER, Role.ENGINEER, Role.APPROVER, Role.LEAD)]
    assert all(lower <= higher for lower, higher in itertools.pairwise(ordered))


def test_what_one_may_not_see_is_not_there_and_what_one_may_not_do_is_forbidden() -> None:
    somebody = actor(p1=Role.VIEWER, p7=Role.LEAD)
    assert somebody.programs == [1, 7]
    somebody.require("part.read", 1)
    somebody.require("program.manage", 7)
    with pytest.raises(Forbidden, match=r"part\.edit"):
        somebody.require("part.edit", 1)
    with pytest.raises(NotFound):
        somebody.require("part.read", 2)


async def test_who_makes_a_program_is_its_lead(acme: Company, database: Database) -> None:
    ada = acme.administrator
    answer = await ada.send("POST", "/programs", {"code": "ROVER"})
    program = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/programs/{program['id']}")
    assert program | {"id": ""} == {"id": "", "code": "ROVER", "name": "ROVER", "role": "lead"}
    assert await ada.get("/programs/by-code/rover") == program
    assert await roles(ada, program["id"]) == {"Ada": "lead"}
    async with database.read() as read:
        found = await read.rows("SELECT type FROM audit WHERE program_id IS NOT NULL ORDER BY id")
    assert [row["type"] for row in found] == ["program.created", "role.granted"]


async def test_only_an_administrator_makes_programs(workshop: Workshop) -> None:
    assert await refused(workshop.stranger, "POST", "/programs", {"code": "MINE"}) == (403, "forbidden")
    assert await names(workshop.stranger, "/programs") == ["SECRET"]


@pytest.mark.parametrize("path", ("/programs", "/projects"))
async def test_a_code_is_taken_in_any_case(workshop: Workshop, path: str) -> None:
    body = {"code": "rover"} | ({"program": workshop.program} if path == "/projects" else {})
    answer = await workshop.lead.send("POST", path, body)
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (409, "code_taken", "/code")
    assert await names(workshop.lead, path) == ["ROVER", "SECRET"]


@pytest.mark.parametrize("code", ("", "-x", "a b", "a/b", "ü", "x" * 51, None))
async def test_a_code_fits_into_an_address(workshop: Workshop, code: str | None) -> None:
    for path, body in (("/programs", {"code": code}), ("/projects", {"code": code, "program": workshop.program})):
        answer = await workshop.lead.send("POST", path, body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/code")


async def test_one_sees_the_programs_in_which_one_has_a_role(workshop: Workshop) -> None:
    assert await names(workshop.viewer, "/programs") == ["ROVER"]
    assert await names(workshop.viewer, "/projects") == ["ROVER"]
    assert await names(workshop.stranger, "/projects") == ["SECRET"]
    paths = (f"/programs/{workshop.program}", "/programs/by-code/ROVER", f"/programs/{workshop.program}/roles")
    for path in (*paths, f"/projects/{workshop.project}", "/projects/by-code/ROVER"):
        assert (await workshop.viewer.send("GET", path)).status_code == 200
        assert await refused(workshop.stranger, "GET", path) == (404, "not_found")


async def test_an_administrator_without_a_role_sees_the_program_but_nothing_in_it(workshop: Workshop) -> None:
    ada = workshop.company.administrator
    part = await workshop.engineer.part(workshop.project)
    assert (await ada.send("DELETE", f"/programs/{workshop.program}/roles/{ada.user['id']}")).status_code == 204
    assert (await ada.get(f"/programs/{workshop.program}"))["role"] is None
    assert await refused(ada, "GET", f"/parts/{part['id']}") == (404, "not_found")
    given = await ada.send("PUT", f"/programs/{workshop.program}/roles/{ada.user['id']}", {"role": "viewer"})
    assert given.json() == {"user": ada.user, "role": "viewer"}
    assert (await ada.send("GET", f"/parts/{part['id']}")).status_code == 200


async def test_a_lead_gives_changes_and_takes_roles(acme: Company, database: Database) -> None:
    program = await acme.program("ROVER")
    lead, bob = await acme.person("Lead", {program: "lead"}), await acme.person("Bob")
    path = f"/programs/{program}/roles/{bob.user['id']}"
    for role in ("viewer", "approver"):
        assert (await lead.send("PUT", path, {"role": role})).json() == {"user": bob.user, "role": role}
    assert await roles(bob, program) == {"Ada": "lead", "Lead": "lead", "Bob": "approver"}
    for _ in range(2):
        assert (await lead.send("DELETE", path, headers={"Idempotency-Key": "d"})).status_code == 204
    assert await refused(lead, "DELETE", path) == (404, "not_found")
    assert await refused(bob, "GET", f"/programs/{program}") == (404, "not_found")
    async with database.read() as read:
        found = await read.rows("SELECT type, data FROM audit WHERE subject = %(bob)s::uuid ORDER BY id", {"bob": bob.user["id"]})
    mine = [(row["type"], row["data"].get("role")) for row in found if row["type"].startswith("role.")]
    assert mine == [("role.granted", "viewer"), ("role.granted", "approver"), ("role.revoked", None)]


async def test_only_a_lead_gives_roles_and_makes_projects(workshop: Workshop) -> None:
    path = f"/programs/{workshop.program}/roles/{workshop.stranger.user['id']}"
    before = await roles(workshop.lead, workshop.program)
    for person, refusal in ((workshop.engineer, (403, "forbidden")), (workshop.stranger, (404, "not_found"))):
        assert await refused(person, "PUT", path, {"role": "lead"}) == refusal
        assert await refused(person, "DELETE", f"/programs/{workshop.program}/roles/{workshop.viewer.user['id']}") == refusal
        assert await refused(person, "POST", "/projects", {"code": "NEW", "program": workshop.program}) == refusal
    assert await roles(workshop.lead, workshop.program) == before
    assert await names(workshop.lead, "/projects") == ["ROVER", "SECRET"]


async def test_a_role_that_does_not_exist_is_refused(workshop: Workshop) -> None:
    path = f"/programs/{workshop.program}/roles"
    assert await refused(workshop.lead, "PUT", f"{path}/{workshop.viewer.user['id']}", {"role": "owner"}) == (422, "invalid")
    assert await refused(workshop.lead, "PUT", f"{path}/{uuid4()}", {"role": "viewer"}) == (404, "not_found")
    assert (await roles(workshop.lead, workshop.program))["Viewer"] == "viewer"


async def test_a_role_that_is_taken_counts_from_the_next_request_on(workshop: Workshop) -> None:
    path = f"/programs/{workshop.program}/roles/{workshop.engineer.user['id']}"
    part = await workshop.engineer.part(workshop.project)
    assert (await workshop.lead.send("PUT", path, {"role": "viewer"})).status_code == 200
    assert await refused(workshop.engineer, "POST", "/parts", {"project": workshop.project, "name": "Late"}) == (403, "forbidden")
    assert (await workshop.lead.send("DELETE", path)).status_code == 204
    assert await refused(workshop.engineer, "GET", f"/parts/{part['id']}") == (404, "not_found")


async def test_a_library_is_readable_by_all(workshop: Workshop) -> None:
    body = {"code": "STANDARD", "name": "Standard parts", "program": workshop.program, "library": True}
    answer = await workshop.lead.send("POST", "/projects", body)
    library = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/projects/{library['id']}")
    program = {"id": workshop.program, "code": "ROVER", "name": "Rover"}
    assert library | {"id": ""} == {"id": "", "code": "STANDARD", "name": "Standard parts", "program": program, "library": True}
    assert await names(workshop.stranger, "/projects") == ["SECRET", "STANDARD"]
    assert await workshop.stranger.get("/projects/by-code/standard") == library
    assert await refused(workshop.stranger, "GET", f"/programs/{workshop.program}") == (404, "not_found")


async def test_projects_are_listed_by_program_page_by_page(workshop: Workshop) -> None:
    for code in ("B", "C"):
        await workshop.company.project(code, workshop.program)
    lead, where = workshop.lead, {"program": workshop.program, "limit": 2, "count": True}
    first = await lead.send("GET", f"/projects?program={workshop.program}&limit=2&count=true")
    second = await lead.get("/projects", **where, cursor=first.json()["next"])
    codes = [project["code"] for project in first.json()["items"] + second["items"]]
    assert (codes, first.json()["total"], second["next"]) == (["ROVER", "B", "C"], 3, None)
    assert 'rel="next"' in first.headers["Link"]
    assert (await lead.get("/projects", program=str(uuid4())))["items"] == []


async def test_a_program_is_made_once_however_often_the_request_is_sent(acme: Company) -> None:
    key = {"Idempotency-Key": "p"}
    ask = (acme.administrator.send("POST", "/programs", {"code": "ROVER"}, headers=key) for _ in range(5))
    answers: list[httpx.Response] = await asyncio.gather(*ask)
    assert [a.status_code for a in answers] == [201] * 5
    assert len({(a.content, a.headers["ETag"], a.headers["Location"]) for a in answers}) == 1
    assert await names(acme.administrator, "/programs") == ["ROVER"]


async def test_of_many_programs_of_one_code_at_once_there_is_one(acme: Company) -> None:
    answers = await asyncio.gather(*(acme.administrator.send("POST", "/programs", {"code": "ROVER"}) for _ in range(5)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409]
    assert await names(acme.administrator, "/programs") == ["ROVER"]
