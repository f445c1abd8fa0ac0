from uuid import UUID

import pytest

from cascadia.access import origin

INSTANCE = UUID("0191f3a0-1111-7000-8000-00000000abcd")
PUBLIC = "https://plm.example.org"


@pytest.mark.parametrize(
    ("sent", "host", "public_url", "same"),
    (
        ("http://localhost:3000", "localhost:3000", None, True),
        ("http://localhost:3001", "localhost:3000", None, False),
        ("https://plm.example.org", "plm.example.org", None, True),
        ("https://plm.example.org:8443", "plm.example.org", None, True),
        ("https://plm.example.org", "plm.example.org:443", None, True),
        ("https://PLM.example.org", "plm.example.ORG", None, True),
        ("http://[::1]:3000", "[::1]:3000", None, True),
        ("https://evil.example", "plm.example.org", None, False),
        ("https://plm.example.org.evil.example", "plm.example.org", None, False),
        ("null", "plm.example.org", None, False),
        ("", "", None, False),
        ("https://plm.example.org", "", None, False),
        ("http://plm:port", "plm", None, False),
        (PUBLIC, "10.0.0.7:3000", PUBLIC, True),
        (f"{PUBLIC}:443", "10.0.0.7", PUBLIC, True),
        ("http://plm.example.org", "plm.example.org", PUBLIC, False),
        ("http://plm.example.org:443", "plm.example.org", PUBLIC, False),
        ("http://plm.example.org:8443", "plm.example.org:8443", f"{PUBLIC}:8443", False),
        (f"{PUBLIC}:8443", "10.0.0.7:3000", f"{PUBLIC}:8443", True),
        ("https://plm.lan:8080", "plm.lan:8080", "http://plm.lan:8080", False),
        ("https://plm.example.org:8443", "plm.example.org:8443", PUBLIC, False),
        ("http://10.0.0.7:3000", "10.0.0.7:3000", PUBLIC, False),
    ),
)
def test_public_url_decides_the_origin_and_without_it_the_host(sent: str, host: str, public_url: str | None, *, same: bool) -> None:
    assert origin.same_origin(sent, None, host, public_url) is same


@pytest.mark.parametrize(
    ("site", "allowed"), ((None, True), ("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False))
)
def test_without_an_origin_the_browser_says_which_site(site: str | None, *, allowed: bool) -> None:
    assert origin.same_origin(None, site, "localhost:3000", None) is allowed


@pytest.mark.parametrize(
    ("public_url", "sent", "secure"),
    (
        (None, None, False),
        (None, "http://localhost:3000", False),
        (None, "https://plm.example.org", True),
        ("http://plm.lan", "https://plm.lan", False),
        (PUBLIC, None, True),
    ),
)
def test_cookies_are_secure_where_people_use_https(public_url: str | None, sent: str | None, *, secure: bool) -> None:
    assert origin.is_secure(public_url, sent) is secure


def test_a_plain_cookie_names_its_instance() -> None:
    assert origin.cookie_name(INSTANCE, secure=False) == "cascadia-0191f3a01111"
    assert origin.cookie_name(INSTANCE, secure=True) == "__Host-cascadia"


OWN, HOST = "cascadia-0191f3a01111", "__Host-cascadia"


@pytest.mark.parametrize(
    ("public_url", "seen"),
    ((PUBLIC, [HOST]), ("http://plm.lan", [OWN]), (None, [HOST, OWN])),
)
def test_only_the_cookies_of_this_instance_count_and_that_of_https_first(public_url: str | None, seen: list[str]) -> None:
    cookies = {"theme": "dark", "cascadia-a": "1", OWN: "2", HOST: "3", f"{OWN}-device": "4"}
    assert list(origin.cookies_of(cookies, public_url, INSTANCE)) == seen
    assert list(origin.cookies_of(cookies, "http://plm.lan", INSTANCE, origin.DEVICE)) == [f"{OWN}-device"]


def test_a_crowd_of_other_cookies_hides_none_of_ours() -> None:
    crowd = {f"cascadia-{n}": "x" for n in range(100)}
    assert origin.cookies_of({**crowd, OWN: "2"}, None, INSTANCE) == {OWN: "2"}
