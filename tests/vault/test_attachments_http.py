"""Attachments over HTTP, through the whole program."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from cascadia.kernel.ids import new_uid
from tests.company import JSON, Person, Workshop
from tests.vault.test_files_http import convert, upload


async def attach(person: Person, part: str, file: str, **members: Any) -> httpx.Response:
    return await person.send("POST", f"/parts/{part}/attachments", {"file": file, **members})


async def edit(person: Person, attachment: JSON, etag: str | None, **patch: Any) -> httpx.Response:
    headers = {"If-Match": etag} if etag else {}
    return await person.send("PATCH", f"/attachments/{attachment['id']}", patch, headers=headers)


async def test_a_file_is_attached_checked_in_again_and_detached_and_each_point_shows_its_own(workshop: Workshop) -> None:
    engineer, viewer = workshop.engineer, workshop.viewer
    part = await engineer.part(workshop.project)
    old = await upload(engineer, workshop.project, b"old", "arm.step")
    new = await upload(engineer, workshop.project, b"new", "arm.step")
    made = await attach(engineer, part["id"], old["id"], role="cad", component="1:1:2")
    assert made.status_code == 201, made.text
    first = made.json()
    assert made.headers["location"] == f"/api/v1/attachments/{first['id']}"
    assert (first["file"], first["role"], first["component"], first["category"]) == (old, "cad", "1:1:2", None)
    assert first["item"] == {"id": part["id"], "number": part["number"]}
    checked_in = await edit(engineer, first, made.headers["etag"], file=new["id"])
    assert checked_in.status_code == 200, checked_in.text
    assert (checked_in.json()["file"], checked_in.json()["role"], checked_in.json()["component"]) == (new, "cad", "1:1:2")
    gone = await engineer.send("DELETE", f"/attachments/{first['id']}", headers={"If-Match": checked_in.headers["etag"]})
    assert (gone.status_code, gone.content) == (204, b"")
    seq = first["at"]["seq"]
    shown = {
        at: [item["file"]["id"] for item in (await viewer.get(f"/parts/{part['id']}/attachments", at=f"commit:{at}"))["items"]]
        for at in (seq - 1, seq, seq + 1, seq + 2)
    }
    assert shown == {seq - 1: [], seq: [old["id"]], seq + 1: [new["id"]], seq + 2: []}
    past = await viewer.get(f"/attachments/{first['id']}", at=f"commit:{seq}")
    assert (past["file"]["id"], past["at"]["head"]) == (old["id"], False)
    assert (await viewer.http.get(f"/api/v1/attachments/{first['id']}")).status_code == 404


async def test_a_write_names_the_version_that_it_saw(workshop: Workshop) -> None:
    engineer = workshop.engineer
    part = await engineer.part(workshop.project)
    file = await upload(engineer, workshop.project)
    made = await attach(engineer, part["id"], file["id"], role="drawing")
    assert (await edit(engineer, made.json(), None, role="other")).status_code == 428
    answers = await asyncio.gather(*[edit(engineer, made.json(), made.headers["etag"], category=f"sheet {n}") for n in range(4)])
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    now = await engineer.get(f"/attachments/{made.json()['id']}")
    stale = next(answer.json() for answer in answers if answer.status_code == 412)
    assert (stale["code"], stale["differing"], stale["current"]) == ("stale_version", ["category"], now)
    again = await edit(engineer, made.json(), stale["current_etag"], category=None)
    assert (again.status_code, again.json()["category"]) == (200, None)


async def test_an_attachment_sent_twice_under_one_key_is_made_once(workshop: Workshop) -> None:
    engineer = workshop.engineer
    part = await engineer.part(workshop.project)
    file = await upload(engineer, workshop.project)
    headers = {"Idempotency-Key": str(uuid4())}
    body = {"file": file["id"], "role": "cad"}
    answers = await asyncio.gather(*[engineer.send("POST", f"/parts/{part['id']}/attachments", body, headers=headers) for _ in range(3)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert (await engineer.get(f"/parts/{part['id']}/attachments", count="true"))["total"] == 1
    twin = await engineer.send("POST", f"/parts/{part['id']}/attachments", body)
    assert (twin.status_code, twin.json()["code"]) == (409, "already_attached")


async def test_only_who_works_there_attaches_and_a_stranger_learns_nothing(workshop: Workshop) -> None:
    engineer = workshop.engineer
    part = await engineer.part(workshop.project)
    file = await upload(engineer, workshop.project)
    assert (await attach(workshop.viewer, part["id"], file["id"])).status_code == 403
    assert (await attach(workshop.stranger, part["id"], file["id"])).status_code == 404
    assert (await attach(engineer, str(new_uid()), file["id"])).status_code == 404
    unknown = await attach(engineer, part["id"], str(new_uid()))
    assert (unknown.status_code, unknown.json()["code"], unknown.json()["errors"][0]["pointer"]) == (422, "unknown_file", "/file")
    made = await attach(engineer, part["id"], file["id"])
    for person, status in ((workshop.viewer, 403), (workshop.stranger, 404)):
        assert (await edit(person, made.json(), made.headers["etag"], role="cad")).status_code == status
        gone = await person.send("DELETE", f"/attachments/{made.json()['id']}", headers={"If-Match": made.headers["etag"]})
        assert gone.status_code == status
    assert (await workshop.stranger.http.get(f"/api/v1/parts/{part['id']}/attachments")).status_code == 404
    assert len((await workshop.viewer.get(f"/parts/{part['id']}/attachments"))["items"]) == 1


async def test_what_a_patch_cannot_mean_is_refused(workshop: Workshop) -> None:
    engineer = workshop.engineer
    part = await engineer.part(workshop.project)
    file = await upload(engineer, workshop.project)
    made = await attach(engineer, part["id"], file["id"])
    for patch in ({"file": None}, {"role": None}, {"role": "poster"}, {"nonsense": 1}, {"category": ""}):
        assert (await edit(engineer, made.json(), made.headers["etag"], **patch)).status_code == 422
    same = await edit(engineer, made.json(), made.headers["etag"], role="other")
    assert (same.status_code, same.headers["etag"]) == (200, made.headers["etag"])


async def test_a_part_is_shown_by_its_cad_file(workshop: Workshop, app: FastAPI) -> None:
    engineer = workshop.engineer
    part = await engineer.part(workshop.project)
    assert (part["thumbnail"], part["model"]) == (None, None)
    file = await upload(engineer, workshop.project, name="arm.step")
    await convert(app, file["id"], "step/1", ("thumbnail", "1:1:2", "image/png", b"png"), ("glb", "", "model/gltf-binary", b"glb"))
    assert (await attach(engineer, part["id"], file["id"], role="cad", component="1:1:2")).status_code == 201
    shown = await workshop.viewer.get(f"/parts/{part['id']}")
    assert shown["model_component"] == "1:1:2"
    assert (await workshop.viewer.http.get(shown["thumbnail"])).content == b"png"
    assert (await workshop.viewer.http.get(shown["model"])).content == b"glb"


async def test_history_of_a_part_tells_of_its_files(workshop: Workshop) -> None:
    engineer = workshop.engineer
    part = await engineer.part(workshop.project)
    file = await upload(engineer, workshop.project, name="arm.step")
    await attach(engineer, part["id"], file["id"], role="cad")
    [newest, _] = (await workshop.viewer.get(f"/parts/{part['id']}/history"))["items"]
    assert newest["commit"]["message"] == f"Attach arm.step to {part['number']}"
    [change] = newest["changes"]
    assert (change["kind"], change["action"]) == ("attachment", "added")
    fields = {field["field"]: field["new"] for field in change["fields"]}
    assert (fields["file"]["id"], fields["file"]["label"], fields["role"]) == (file["id"], "arm.step", "cad")
