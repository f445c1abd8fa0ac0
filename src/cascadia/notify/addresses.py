"""Which addresses a webhook may lead to: the world outside, never this network, whatever a name resolves to."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from cascadia.settings import Network

TRANSLATED: Final = tuple(ip_network(n) for n in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
"""Addresses of IPv6 that hide one of IPv4: compatible ones, NAT64, 6to4, Teredo."""

Address = IPv4Address | IPv6Address


class Inside(Exception):
    """The address is none of the world outside."""


def is_outside(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether a webhook may connect there: a public address, or one of the `allowed` networks."""
    real = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
    if any(real in network for network in allowed):
        return True
    if any(real in network for network in TRANSLATED):
        return False
    return real.is_global and not real.is_multicast


async def resolve(host: str, port: int, allowed: Sequence[Network] = ()) -> str:
    """The address to connect to. Raises `Inside` where any that the name leads to is not outside, `OSError` where it leads nowhere."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        if not is_outside(address, allowed):
            raise Inside("The address leads inside this network, and WEBHOOK_ALLOWED_NETWORKS does not name that part of it.")
    return str(addresses[0])
