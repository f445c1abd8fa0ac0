"""Answers come coded as their reader accepts it, and are told apart by it."""

import gzip
import zlib

import httpx
import pytest
from backports import zstd

from cascadia.kernel import coding
from tests.company import Workshop

BODY = b'{"number":"P-000001"}' * 100


@pytest.mark.parametrize(
    ("accepted", "expected"),
    (
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP, ZSTD", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("gzip ; q=0.2 , zstd; q=0.1", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("zstd;q=0, gzip;q=0", None),
        ("*", "zstd"),
        ("*;q=0", None),
        ("zstd;q=0, *", "gzip"),
        ("identity", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("br", None),
        ("zstd;q=nonsense, gzip;q=0.1", "gzip"),
        (",,;;", None),
    ),
)
def test_a_coding_is_chosen_as_the_reader_likes_it(accepted: str | None, expected: str | None) -> None:
    assert coding.chosen(accepted) == expected


def test_what_is_coded_is_read_back() -> None:
    assert zstd.decompress(coding.coded(BODY, "zstd")) == BODY == gzip.decompress(coding.coded(BODY, "gzip"))


async def raw(workshop: Workshop, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    async with workshop.engineer.http.stream("GET", f"/api/v1{path}", headers=headers) as answer:
        return answer, b"".join([piece async for piece in answer.aiter_raw()])


async def test_answers_are_coded_from_a_kilobyte_on_and_known_again(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project, description="long " * 300)
    path = f"/parts/{part['id']}"
    plain, body = await raw(workshop, path, **{"Accept-Encoding": "identity"})
    packed, bytes_ = await raw(workshop, path, **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert (packed.headers["Content-Encoding"], int(packed.headers["Content-Length"])) == ("gzip", len(bytes_))
    assert zlib.decompress(bytes_, 31) == body
    assert len(bytes_) < len(body) / 2
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    tags = [plain.headers["ETag"], packed.headers["ETag"]]
    assert tags[0] != tags[1]

    again, _ = await raw(workshop, path, **{"Accept-Encoding": "gzip", "If-None-Match": tags[1]})
    assert (again.status_code, again.headers["ETag"], again.headers["Vary"]) == (304, tags[1], "Accept-Encoding")
    other, _ = await raw(workshop, path, **{"Accept-Encoding": "gzip", "If-None-Match": tags[0]})
    assert other.status_code == 200
    for tag in tags:
        edited = await workshop.engineer.send(
            "PATCH", path, {"name": f"Named by {tag}"}, headers={"If-Match": tag, "Accept-Encoding": "gzip"}
        )
        assert (edited.status_code, "Content-Encoding" in edited.headers) == (200 if tag == tags[0] else 412, False)


async def test_what_is_small_stays_as_it_is(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    answer, _ = await raw(workshop, f"/parts/{part['id']}/where-used", **{"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
    assert "Vary" not in answer.headers
