"""How bytes leave: ranges as RFC 9110 says, names as RFC 6266 says."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadia.vault.delivery import Span, Unsatisfiable, content_disposition, is_known, parse_range, safe_headers, wants_range

SIZES = st.integers(0, 2000)


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    (
        ("bytes=0-0", 10, Span(0, 1, 10)),
        ("bytes=2-5", 10, Span(2, 6, 10)),
        ("bytes=2-", 10, Span(2, 10, 10)),
        ("bytes=-3", 10, Span(7, 10, 10)),
        ("bytes=-30", 10, Span(0, 10, 10)),
        ("bytes=5-99999999999999999999", 10, Span(5, 10, 10)),
        ("Bytes = 1-2 ", 10, Span(1, 3, 10)),
        (None, 10, None),
        ("", 10, None),
        ("bytes=", 10, None),
        ("bytes=-", 10, None),
        ("bytes=5-2", 10, None),
        ("bytes=0-1,4-5", 10, None),
        ("items=0-1", 10, None),
        ("bytes=a-b", 10, None),
        ("bytes=٣-٤", 10, None),
        ("bytes=1--2", 10, None),
    ),
)
def test_one_range_is_served_and_everything_else_means_the_whole(header: str | None, size: int, expected: Span | None) -> None:
    assert parse_range(header, size) == expected


@pytest.mark.parametrize(("header", "size"), (("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=0-", 0), ("bytes=-5", 0), ("bytes=-0", 10)))
def test_a_range_behind_the_last_byte_is_refused(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(header, size)


@given(size=SIZES, first=st.integers(0, 2500), last=st.integers(0, 2500))
def test_a_range_is_the_slice_that_it_names(size: int, first: int, last: int) -> None:
    whole = bytes(size)
    try:
        span = parse_range(f"bytes={first}-{last}", size)
    except Unsatisfiable:
        assert whole[first : last + 1] == b""
        return
    if span is None:
        assert last < first
        return
    assert len(whole[first : last + 1]) == span.end - span.start > 0
    assert span.start == first
    assert span.content_range == f"bytes {first}-{span.end - 1}/{size}"


@given(size=SIZES, last=st.integers(1, 2500))
def test_a_suffix_range_is_the_end(size: int, last: int) -> None:
    try:
        span = parse_range(f"bytes=-{last}", size)
    except Unsatisfiable:
        assert size == 0
        return
    assert span == Span(max(0, size - last), size, size)


@given(st.text(max_size=40))
def test_any_text_as_a_range_is_served_or_refused_but_never_breaks(header: str) -> None:
    try:
        span = parse_range(header, 100)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.start < span.end <= 100


def test_a_range_of_another_content_is_not_served() -> None:
    assert wants_range(None, '"a"')
    assert wants_range('"a"', '"a"')
    assert not wants_range('"b"', '"a"')
    assert not wants_range('W/"a"', '"a"')
    assert not wants_range("Wed, 21 Oct 2015 07:28:00 GMT", '"a"')


def test_known_bytes_are_recognised_among_several_tags() -> None:
    assert is_known('"x", W/"a"', '"a"')
    assert is_known("*", '"a"')
    assert not is_known('"x"', '"a"')
    assert not is_known(None, '"a"')


NAMES = (
    "bracket.step",
    'with "quotes".step',
    "Schraube M6\u00d720 (verzinkt).stp",
    "cafe\u0301.step",
    "مخطط التجميع.step",
    "ชิ้นส่วน.step",
    "🚀👩‍🔧.step",
    "..step",
    "%41%2e.step",
    "semi;colon, comma=1.step",
    "файл.step",
)


@pytest.mark.parametrize("name", (*NAMES, 'with "quotes" and \\ back.step'))
def test_a_name_comes_back_exactly_and_for_old_clients_in_ascii(name: str) -> None:
    header = content_disposition(name, inline=False)
    found = re.fullmatch(r"attachment; filename=\"([^\"\\%]*)\"; filename\*=UTF-8''([A-Za-z0-9._~%-]+)", header)
    assert found
    assert unquote(found[2]) == name
    assert found[1].isascii()
    assert len(found[1]) > 0


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=255))
def test_every_allowed_name_makes_a_header_of_plain_latin_1(name: str) -> None:
    header = content_disposition(name, inline=True)
    assert header.encode("latin-1").decode() == header
    assert "\r" not in header
    assert "\n" not in header
    assert unquote(header.split("filename*=UTF-8''", 1)[1]) == name


def test_nothing_that_was_uploaded_runs_on_our_origin() -> None:
    headers = safe_headers("x.html", "text/html", inline=False)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in headers["Content-Security-Policy"]
