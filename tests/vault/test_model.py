"""Names and media types of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadia.kernel.errors import Invalid
from cascadia.vault.model import check_name, media_type_of
from tests.vault.test_delivery import NAMES


@pytest.mark.parametrize("name", (*NAMES, "x" * 255, "...", " spaces "))
def test_any_unicode_name_is_kept_as_it_came(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    (
        "",
        "x" * 256,
        "a\nb",
        "a\x00b",
        "a\tb",
        "a\x7f",
        "a\u2028b",
        "a\ud800b",
        ".",
        "..",
        "../etc/passwd",
        "a/b",
        "a\\b",
        "\u202eflipped.step",
        "\u200b",
    ),
)
def test_a_name_is_one_line_and_no_path(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_name(name)
    assert refusal.value.code == "bad_file_name"


@pytest.mark.parametrize(
    ("name", "declared", "expected"),
    (
        ("a.STEP", None, "model/step"),
        ("a.stp", "application/octet-stream", "model/step"),
        ("a.stp", "application/x-www-form-urlencoded", "model/step"),
        ("a.stp", "application/step", "model/step"),
        ("a.p21", None, "model/step"),
        ("a.stpz", "application/zip", "model/step+zip"),
        ("a.v2.STP.gz", "application/gzip", "model/step+gzip"),
        ("parts.CSV", "application/vnd.ms-excel", "text/csv"),
        ("a.bin", "Image/PNG; charset=x", "image/png"),
        ("a.pdf", "not a type", "application/pdf"),
        ("a", None, "application/octet-stream"),
        ("a.nothing-known", "", "application/octet-stream"),
        ("a.tar.gz", None, "application/gzip"),
        ("data:text/html,x", None, "application/octet-stream"),
        ("部品.glb", None, "model/gltf-binary"),
    ),
)
def test_the_media_type_is_told_or_guessed_from_the_name(name: str, declared: str | None, expected: str) -> None:
    assert media_type_of(name, declared) == expected


def test_a_form_is_refused_instead_of_being_stored_as_the_file() -> None:
    with pytest.raises(Invalid) as refusal:
        media_type_of("a.step", "multipart/form-data; boundary=x")
    assert refusal.value.code == "raw_body_expected"


@given(name=st.text(max_size=60), declared=st.none() | st.text(max_size=60))
def test_a_media_type_is_always_one_that_a_header_can_hold(name: str, declared: str | None) -> None:
    try:
        found = media_type_of(name, declared)
    except Invalid:
        return
    kind, _, rest = found.partition("/")
    assert kind
    assert rest
    assert found.isascii()
    assert not set(found) & set('\r\n" ;,')
