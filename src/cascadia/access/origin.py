"""Which origin a browser may write from, and which cookies belong to it. Pure."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

SECURE_COOKIE: Final = "__Host-cascadia"
PLAIN_PREFIX: Final = "cascadia-"
PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}
DEVICE: Final = "-device"
"""At the end of the name of the cookie by which a browser is known again."""

Place = tuple[str, int | None]


def same_origin(origin: str | None, fetch_site: str | None, host: str, public_url: str | None) -> bool:
    """Whether a request that changes something comes from our own pages, or from no browser at all.

    `public_url` decides where it is set. Without it the host counts: names alone where `Host` carries no port, since some
    proxies drop it. Browsers always send `Origin` or `Sec-Fetch-Site` with such a request; other programs send neither.
    """
    if origin is None:
        return fetch_site in {None, "same-origin", "none"}
    if public_url:
        return (urlsplit(origin).scheme, _place(origin)) == (urlsplit(public_url).scheme, _place(public_url))
    name, port = _place(f"//{host}")
    if not name:
        return False
    origin_name, origin_port = _place(origin)
    return origin_name == name and port in {None, origin_port}


def _place(url: str) -> Place:
    """Host name in lower case, and port (that of the scheme where none is written, None without scheme)."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return "", None


def is_secure(public_url: str | None, origin: str | None) -> bool:
    """Whether people reach us by https: as `public_url` says, else as the page says from which they sign in."""
    return urlsplit(public_url or origin or "").scheme == "https"


def cookie_name(instance: UUID, *, secure: bool) -> str:
    """The session cookie's name. In plain http it names the instance: cookies of two ports of one host mix."""
    return SECURE_COOKIE if secure else f"{PLAIN_PREFIX}{instance.hex[:12]}"


def cookies_of(cookies: Mapping[str, str], public_url: str | None, instance: UUID, suffix: str = "") -> dict[str, str]:
    """The cookies of this instance and no other, by name; the one that no neighbour of our host can set comes first.

    Under https that one alone counts. However many cookies others leave on the host, these are found.
    """
    names = [f"{cookie_name(instance, secure=secure)}{suffix}" for secure in _kinds(public_url)]
    return {name: cookies[name] for name in names if name in cookies}


def _kinds(public_url: str | None) -> tuple[bool, ...]:
    match urlsplit(public_url or "").scheme:
        case "https":
            return (True,)
        case "http":
            return (False,)
        case _:
            return (True, False)
