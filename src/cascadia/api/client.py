"""Who is at the other end of a request, as far as the settings let anybody say it."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

from cascadia.settings import Network, Settings


def client_address(scope: Scope, headers: Headers, settings: Settings) -> str | None:
    """Who is at the other end: the peer, or whom a trusted proxy names in the one header that is believed."""
    peer = scope["client"][0] if scope.get("client") else None
    if peer is None or not is_within(peer, settings.trusted_proxies):
        return peer
    named = [_without_port(part.strip()) for value in headers.getlist(settings.client_ip_header) for part in value.split(",")]
    nearest = named[-1] if named else peer  # what the proxy itself saw: a client whose own network is trusted may have written the rest
    last = next((told for told in reversed(named) if not is_within(told, settings.trusted_proxies)), nearest)
    return last if is_address(last) else peer


def _without_port(text: str) -> str:
    """Some proxies add the client's port; what is left of anything else is for `is_address` to judge."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def is_address(text: str) -> bool:
    """Whether it is an IP address: what else a proxy lets through in its header names nobody."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_within(address: str | None, networks: Iterable[Network]) -> bool:
    """Whether it is an address of one of the networks; an IPv4 address in the form of IPv6 counts as what it is."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)
