import asyncio

import httpx

from tests.company import JSON, Workshop


async def five_times(workshop: Workshop, method: str, path: str, body: JSON, **headers: str) -> list[httpx.Response]:
    """The answers to one request that is sent five times at once under one key."""
    given = {"Idempotency-Key": "5f6d", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await asyncio.gather(*(workshop.engineer.send(method, path, body, headers=given) for _ in range(5)))


def all_equal(answers: list[httpx.Response], status: int) -> JSON:
    assert [a.status_code for a in answers] == [status] * 5
    assert len({a.content for a in answers}) == 1
    assert len({a.headers["ETag"] for a in answers}) == 1
    found: JSON = answers[0].json()
    return found


async def test_a_part_is_created_once(workshop: Workshop) -> None:
    answers = await five_times(workshop, "POST", "/parts", {"project": workshop.project, "name": "Once"})
    part = all_equal(answers, 201)
    assert {a.headers["Location"] for a in answers} == {f"/api/v1/parts/{part['id']}"}
    assert [p["id"] for p in (await workshop.engineer.get("/parts"))["items"]] == [part["id"]]
    assert len((await workshop.engineer.get("/commits"))["items"]) == 1


async def test_a_line_is_added_once(workshop: Workshop) -> None:
    parent, child = await workshop.engineer.part(workshop.project), await workshop.engineer.part(workshop.project)
    etag = await workshop.engineer.bom_etag(parent["id"])
    line = all_equal(await five_times(workshop, "POST", f"/parts/{parent['id']}/bom", {"child": child["id"]}, If_Match=etag), 201)
    assert [row["id"] for row in (await workshop.engineer.get(f"/parts/{parent['id']}/bom"))["items"]] == [line["id"]]


async def test_an_edit_that_is_sent_again_is_no_stale_one(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    answers = await five_times(workshop, "PATCH", f"/parts/{part['id']}", {"name": "New"}, If_Match=f'"{part["version"]}"')
    assert all_equal(answers, 200)["name"] == "New"
    assert len((await workshop.engineer.get(f"/parts/{part['id']}/history"))["items"]) == 2


async def test_a_repeated_answer_stays_what_it_was_after_later_edits(workshop: Workshop) -> None:
    key, body = {"Idempotency-Key": "a"}, {"project": workshop.project, "name": "First"}
    first = await workshop.engineer.send("POST", "/parts", body, headers=key)
    etag = first.headers["ETag"]
    later = await workshop.engineer.send("PATCH", f"/parts/{first.json()['id']}", {"name": "Later"}, headers={"If-Match": etag})
    assert later.status_code == 200
    again = await workshop.engineer.send("POST", "/parts", body, headers=key)
    assert (again.status_code, again.json()["name"], again.json()["version"]) == (201, "First", first.json()["version"])


async def test_a_deletion_that_is_sent_again_is_no_404(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    headers = {"Idempotency-Key": "d", "If-Match": f'"{part["version"]}"'}
    for _ in range(2):
        assert (await workshop.engineer.send("DELETE", f"/parts/{part['id']}", headers=headers)).status_code == 204


async def test_an_alias_is_added_once(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    answers = await five_times(workshop, "POST", f"/parts/{part['id']}/aliases", {"alias": "ERP-1"})
    assert all_equal(answers, 200)["aliases"] == ["ERP-1"]


async def test_a_key_belongs_to_one_request_one_route_and_one_person(workshop: Workshop) -> None:
    key = {"Idempotency-Key": "k"}
    body = {"project": workshop.project, "name": "First"}
    first = (await workshop.engineer.send("POST", "/parts", body, headers=key)).json()
    other = await workshop.engineer.send("POST", "/parts", {**body, "name": "Second"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    lead = await workshop.lead.send("POST", "/parts", body, headers=key)
    assert (lead.status_code, lead.json()["id"] != first["id"]) == (201, True)
    alias = await workshop.engineer.send("POST", f"/parts/{first['id']}/aliases", {"alias": "X"}, headers=key)
    assert alias.status_code == 200


async def test_a_refusal_leaves_the_key_free(workshop: Workshop) -> None:
    key = {"Idempotency-Key": "r"}
    await workshop.engineer.part(workshop.project, number="N-1")
    body = {"project": workshop.project, "name": "Twin", "number": "N-1"}
    assert (await workshop.engineer.send("POST", "/parts", body, headers=key)).status_code == 409
    answer = await workshop.engineer.send("POST", "/parts", {**body, "number": "N-2"}, headers=key)
    assert (answer.status_code, answer.json()["number"]) == (201, "N-2")


async def test_a_write_without_if_match_is_refused_and_a_stale_one_shows_what_is_there(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project, "Old")
    url = f"/parts/{part['id']}"
    assert (await workshop.engineer.send("PATCH", url, {"name": "A"})).status_code == 428
    seen = f'W/"{part["version"]}.0123456789abcdef"'
    assert (await workshop.engineer.send("PATCH", url, {"name": "B"}, headers={"If-Match": seen})).status_code == 200
    stale = await workshop.lead.send("PATCH", url, {"name": "C"}, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    now = await workshop.lead.http.get(f"/api/v1{url}")
    assert (stale.json()["current"], stale.json()["current_etag"]) == (now.json(), now.headers["ETag"])
    assert stale.json()["differing"] == ["name"]


async def test_of_edits_of_one_part_at_once_exactly_one_wins(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    match = {"If-Match": f'"{part["version"]}"'}
    answers = await asyncio.gather(
        *(workshop.engineer.send("PATCH", f"/parts/{part['id']}", {"name": f"Name {n}"}, headers=match) for n in range(8))
    )
    assert sorted(a.status_code for a in answers) == [200] + [412] * 7


async def test_edits_of_different_parts_at_once_do_not_disturb_each_other(workshop: Workshop) -> None:
    parts = [await workshop.engineer.part(workshop.project) for _ in range(12)]
    answers = await asyncio.gather(
        *(
            workshop.engineer.send("PATCH", f"/parts/{part['id']}", {"name": "Edited"}, headers={"If-Match": f'"{part["version"]}"'})
            for part in parts
        )
    )
    assert [a.status_code for a in answers] == [200] * 12
    assert sorted(a.json()["at"]["seq"] for a in answers) == list(range(13, 25))


async def test_numbers_that_many_draw_at_once_are_all_different(workshop: Workshop) -> None:
    parts = await asyncio.gather(*(workshop.engineer.part(workshop.project) for _ in range(20)))
    assert sorted(part["number"] for part in parts) == [f"P-{n:06d}" for n in range(1, 21)]
