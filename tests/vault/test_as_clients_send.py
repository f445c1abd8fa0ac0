"""Uploads as clients send them that were not written for this program."""

import gzip
from base64 import b64encode

import pytest

from tests.company import JSON, Workshop


async def test_an_upload_may_call_its_name_and_type_as_most_tus_clients_do(workshop: Workshop) -> None:
    told = _metadata(filename="photo.png", filetype="image/png", project=workshop.project)
    begun = await workshop.engineer.send("POST", "/uploads", headers={"Upload-Length": "0", "Upload-Metadata": told})
    assert (begun.status_code, begun.json()["name"]) == (201, "photo.png"), begun.text
    file = await _file(workshop, begun.json()["id"])
    assert (file["name"], file["media_type"]) == ("photo.png", "image/png")


@pytest.mark.parametrize("encoding", ("gzip", "br", "deflate, gzip"))
async def test_bytes_that_are_packed_for_the_way_are_refused(workshop: Workshop, encoding: str) -> None:
    packed, headers = gzip.compress(b"words"), {"Content-Encoding": encoding, "Content-Type": "text/plain"}
    query = {"name": "words.txt", "project": workshop.project}
    answer = await workshop.engineer.http.post("/api/v1/files", params=query, content=packed, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_encoding")
    told = _metadata(name="words.txt", project=workshop.project)
    begun = await workshop.engineer.send("POST", "/uploads", headers={"Upload-Length": str(len(packed)), "Upload-Metadata": told})
    path = f"/api/v1/uploads/{begun.json()['id']}"
    piece = await workshop.engineer.http.patch(path, content=packed, headers={"Upload-Offset": "0", "Content-Encoding": encoding})
    assert (piece.status_code, piece.json()["code"]) == (415, "unsupported_encoding")
    assert (await workshop.engineer.get(f"/uploads/{begun.json()['id']}"))["offset"] == 0
    assert (await workshop.engineer.get("/files"))["items"] == []


def _metadata(**pairs: str) -> str:
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in pairs.items())


async def _file(workshop: Workshop, upload: str) -> JSON:
    done = await workshop.engineer.get(f"/uploads/{upload}")
    return await workshop.engineer.get(f"/files/{done['file']}")
