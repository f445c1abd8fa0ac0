"""Files over HTTP, through the whole program."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.ids import new_uid
from cascadia.vault import service
from tests.company import Person, Workshop
from tests.vault.conftest import stream
from tests.vault.test_delivery import NAMES

BYTES = bytes(range(256)) * 10
SHA256 = hashlib.sha256(BYTES).hexdigest()


async def post(
    person: Person, project: str, content: bytes = BYTES, *, name: str = "a.step", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    return await person.http.post(f"/api/v1/files?name={quote(name, safe='')}&project={project}", content=content, headers=headers)


async def upload(person: Person, project: str, content: bytes = BYTES, name: str = "a.step") -> dict[str, Any]:
    answer = await post(person, project, content, name=name)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def content(person: Person, file: str, **headers: str) -> httpx.Response:
    return await person.http.get(f"/api/v1/files/{file}/content", headers={key.replace("_", "-"): value for key, value in headers.items()})


async def stored_keys(app: FastAPI) -> list[str]:
    store: BlobStore = app.state.blobs
    return [listed.key async for listed in store.list()]


async def test_a_file_is_answered_as_the_contract_says(workshop: Workshop) -> None:
    answer = await post(workshop.engineer, workshop.project)
    made = answer.json()
    assert answer.headers["location"] == f"/api/v1/files/{made['id']}"
    expected = {
        "id": made["id"],
        "name": "a.step",
        "size": 2560,
        "sha256": SHA256,
        "media_type": "model/step",
        "project": {"id": workshop.project, "code": made["project"]["code"], "name": made["project"]["name"]},
        "created_at": made["created_at"],
        "created_by": {"id": workshop.engineer.user["id"], "name": "Engineer"},
        "derivatives": [],
    }
    assert made == expected
    assert await workshop.viewer.get(f"/files/{made['id']}") == expected
    assert (await workshop.viewer.get("/files", project=workshop.project, count="true"))["total"] == 1


async def test_any_name_comes_back_in_the_answer_and_in_the_download(workshop: Workshop) -> None:
    for name in NAMES:
        made = await upload(workshop.engineer, workshop.project, name=name)
        assert made["name"] == name
        header = (await content(workshop.viewer, made["id"])).headers["content-disposition"]
        assert unquote(header.split("filename*=UTF-8''")[1]) == name


async def test_a_download_has_the_hash_as_etag_and_never_runs(workshop: Workshop) -> None:
    made = await upload(workshop.engineer, workshop.project, b"<script>alert(1)</script>", "x.html")
    answer = await content(workshop.viewer, made["id"])
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["etag"] == f'"{made["sha256"]}"'
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_a_range_is_served_and_what_is_no_range_gets_the_whole(workshop: Workshop) -> None:
    made = await upload(workshop.engineer, workshop.project)
    for wanted, status, body, content_range in (
        ("bytes=0-0", 206, BYTES[:1], "bytes 0-0/2560"),
        ("bytes=100-299", 206, BYTES[100:300], "bytes 100-299/2560"),
        ("bytes=2550-9999", 206, BYTES[2550:], "bytes 2550-2559/2560"),
        ("bytes=-10", 206, BYTES[-10:], "bytes 2550-2559/2560"),
        ("bytes=0-1,5-6", 200, BYTES, None),
        ("nonsense", 200, BYTES, None),
    ):
        answer = await content(workshop.viewer, made["id"], range=wanted)
        assert (answer.status_code, answer.content, answer.headers.get("content-range")) == (status, body, content_range)
        assert answer.headers["content-length"] == str(len(body))


async def test_a_range_behind_the_end_is_416_with_the_size(workshop: Workshop) -> None:
    made = await upload(workshop.engineer, workshop.project)
    answer = await content(workshop.viewer, made["id"], range="bytes=2560-")
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */2560")
    assert answer.json()["code"] == "range_not_satisfiable"


async def test_validators_save_bytes_and_guard_ranges(workshop: Workshop) -> None:
    made = await upload(workshop.engineer, workshop.project)
    etag = f'"{SHA256}"'
    known = await content(workshop.viewer, made["id"], if_none_match=etag)
    same = await content(workshop.viewer, made["id"], range="bytes=0-9", if_range=etag)
    other = await content(workshop.viewer, made["id"], range="bytes=0-9", if_range='"another"')
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", etag)
    assert (same.status_code, same.content) == (206, BYTES[:10])
    assert (other.status_code, other.content) == (200, BYTES)


async def test_head_tells_what_a_download_would_send(workshop: Workshop) -> None:
    made = await upload(workshop.engineer, workshop.project)
    head = await workshop.viewer.http.head(f"/api/v1/files/{made['id']}/content")
    full = await content(workshop.viewer, made["id"])
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-length", "content-type", "content-disposition", "accept-ranges"):
        assert head.headers[name] == full.headers[name]


async def test_who_has_no_business_there_learns_nothing(workshop: Workshop, client: httpx.AsyncClient) -> None:
    made = await upload(workshop.engineer, workshop.project)
    for path in ("", "/content", "/derivatives", "/derivatives/thumbnail"):
        answer = await workshop.stranger.http.get(f"/api/v1/files/{made['id']}{path}")
        unknown = await workshop.stranger.http.get(f"/api/v1/files/{new_uid()}{path}")
        assert (answer.status_code, answer.json()["detail"]) == (404, unknown.json()["detail"])
        assert (await client.get(f"/api/v1/files/{made['id']}{path}")).status_code == 401
    assert (await workshop.stranger.get("/files"))["items"] == []
    assert (await post(workshop.stranger, workshop.project)).status_code == 404
    assert (await post(workshop.viewer, workshop.project)).status_code == 403
    assert (await workshop.lead.get("/files", count="true"))["total"] == 1


async def test_what_cannot_be_a_file_is_refused_before_its_bytes_are_kept(workshop: Workshop, app: FastAPI) -> None:
    for name in ("a\nb", "x" * 256, "../a", ""):
        answer = await post(workshop.engineer, workshop.project, name=name)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_file_name")
    form = await post(workshop.engineer, workshop.project, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (form.status_code, form.json()["code"]) == (422, "raw_body_expected")
    assert await stored_keys(app) == []


async def test_the_same_bytes_at_once_are_stored_once(workshop: Workshop, app: FastAPI) -> None:
    answers = await asyncio.gather(*[post(workshop.engineer, workshop.project, name=f"{n}.step") for n in range(8)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 8
    assert len(await stored_keys(app)) == 1


async def test_an_upload_sent_five_times_under_one_key_has_one_effect_and_five_equal_answers(workshop: Workshop, app: FastAPI) -> None:
    key = str(uuid4())
    answers = await asyncio.gather(*[post(workshop.engineer, workshop.project, headers={"Idempotency-Key": key}) for _ in range(5)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert (await workshop.viewer.get("/files", count="true"))["total"] == 1
    other = await post(workshop.engineer, workshop.project, b"other bytes", headers={"Idempotency-Key": key})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await stored_keys(app)) == 1


async def test_a_list_is_paged_newest_first_with_a_link(workshop: Workshop) -> None:
    made = [(await upload(workshop.engineer, workshop.project, name=f"{n}.step"))["id"] for n in range(3)]
    first = await workshop.viewer.http.get("/api/v1/files?limit=2")
    assert [item["id"] for item in first.json()["items"]] == [made[2], made[1]]
    second = await workshop.viewer.http.get(first.links["next"]["url"])
    assert ([item["id"] for item in second.json()["items"]], second.json()["next"]) == ([made[0]], None)


async def convert(app: FastAPI, file: str, converter: str, *made: tuple[str, str, str, bytes]) -> None:
    """What a conversion leaves: kind, component, media type, bytes."""
    store: BlobStore = app.state.blobs
    new = [service.NewDerivative(kind, part, media, await store.put(stream(body), new_uid())) for kind, part, media, body in made]
    async with app.state.database.write() as write:
        blob = await service.blob_of_file(write, UUID(file))
        await service.save_derivatives(write, blob.blob_id, converter, new)


async def test_derivatives_are_listed_and_read_and_kept_by_the_browser(workshop: Workshop, app: FastAPI) -> None:
    made = await upload(workshop.engineer, workshop.project, name="arm.step")
    await convert(
        app,
        made["id"],
        "step/1",
        ("thumbnail", "", "image/png", b"png"),
        ("thumbnail", "1:1:2", "image/png", b"png 2"),
        ("structure", "", "application/json", b"{}"),
    )
    listed = (await workshop.viewer.get(f"/files/{made['id']}/derivatives"))["items"]
    assert [(d["kind"], d["component"], d["size"]) for d in listed] == [
        ("structure", None, 2),
        ("thumbnail", None, 3),
        ("thumbnail", "1:1:2", 5),
    ]
    whole = (await workshop.viewer.get(f"/files/{made['id']}"))["derivatives"]
    assert whole == listed[:2]
    picture = await workshop.viewer.http.get(listed[2]["url"])
    assert (picture.content, picture.headers["content-type"]) == (b"png 2", "image/png")
    assert picture.headers["content-disposition"].startswith('inline; filename="arm-thumbnail.png"')
    assert picture.headers["cache-control"] == "private, max-age=31536000, immutable"
    document = await workshop.viewer.http.get(f"/api/v1/files/{made['id']}/derivatives/structure")
    assert (document.content, document.headers["cache-control"]) == (b"{}", "private, max-age=3600")
    assert document.headers["content-disposition"].startswith("attachment;")
    missing = await workshop.viewer.http.get(f"/api/v1/files/{made['id']}/derivatives/glb")
    assert missing.status_code == 404


async def test_a_newer_conversion_gets_another_url(workshop: Workshop, app: FastAPI) -> None:
    made = await upload(workshop.engineer, workshop.project)
    await convert(app, made["id"], "step/1", ("thumbnail", "", "image/png", b"old"))
    [old] = (await workshop.viewer.get(f"/files/{made['id']}"))["derivatives"]
    await convert(app, made["id"], "step/2", ("thumbnail", "", "image/png", b"new"))
    [new] = (await workshop.viewer.get(f"/files/{made['id']}"))["derivatives"]
    assert new["url"] != old["url"]
    answer = await workshop.viewer.http.get(old["url"])
    assert (answer.content, answer.headers["cache-control"]) == (b"new", "private, max-age=3600")
    assert answer.headers["vary"] == "Cookie, Authorization"


async def test_missing_bytes_are_an_error_that_says_so(workshop: Workshop, app: FastAPI) -> None:
    made = await upload(workshop.engineer, workshop.project)
    store: BlobStore = app.state.blobs
    for key in await stored_keys(app):
        await store.delete(key)
    answer = await content(workshop.viewer, made["id"])
    assert (answer.status_code, answer.json()["code"]) == (500, "blob_missing")


async def test_values_that_no_column_can_hold_are_refused_not_broken(workshop: Workshop) -> None:
    made = await upload(workshop.engineer, workshop.project)
    part = await workshop.engineer.part(workshop.project)
    reader = workshop.viewer.http
    for path in (
        f"/files/{made['id']}/derivatives/thumbnail?component=%00",
        f"/files/{made['id']}/derivatives?kind=%00",
    ):
        answer = await reader.get(f"/api/v1{path}")
        assert answer.status_code in {400, 422}, f"{path}: {answer.text}"
    body = {"file": made["id"], "role": "cad", "component": "a\0b"}
    assert (await workshop.engineer.send("POST", f"/parts/{part['id']}/attachments", body)).status_code == 422
