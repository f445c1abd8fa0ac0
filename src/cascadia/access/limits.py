"""How often a password may be tried: counted in the database, so that all servers share the count."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

import structlog

from cascadia.access import queries
from cascadia.kernel.db import Database, Write
from cascadia.kernel.errors import TooMany
from cascadia.kernel.events import current_origin

log = structlog.get_logger()

FAILURES_BY_PAIR: Final = 10
FAILURES_BY_ACCOUNT: Final = 50
FAILURES_BY_ADDRESS: Final = 100
FAILURES_BY_PEER: Final = 300
"""Most failures in 15 minutes: of an account from one address, of an account, of an address that a trusted proxy names, and of a peer
where none is configured, which may be the proxy of a whole office. Browsers that are known count apart, with as many as a pair has."""
MINUTE: Final = 60
IPV6_PREFIX: Final = 64
"""Whoever has one address of IPv6 has all of such a network."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try at the password of `email`. With a `budget` it counts for that alone: a browser that is known, or somebody signed in."""

    email: str
    budget: str | None = None
    peer_is_client: bool = False
    """Whether the address is that of a client, named by a trusted proxy."""


@dataclass(frozen=True, slots=True)
class _Noted:
    attempt_id: int | None
    wait: int


async def begin(database: Database, attempt: Attempt) -> None:
    """Counts the try as a failure, until `forget`; 429 where too many of its kind have failed, with the time until one more is judged."""
    params = {
        "email": attempt.email,
        "address": counted_address(),
        "budget": attempt.budget,
        "pair_limit": FAILURES_BY_PAIR,
        "account_limit": FAILURES_BY_PAIR if attempt.budget else FAILURES_BY_ACCOUNT,
        "address_limit": FAILURES_BY_ADDRESS if attempt.peer_is_client else FAILURES_BY_PEER,
    }
    async with database.write() as write:
        await write.execute(queries.ATTEMPT_LOCK, {"email": attempt.email})
        noted = await write.one(queries.BEGIN_ATTEMPT, _Noted, params)
    if noted is None or noted.attempt_id is None:
        log.warning("sign_in_limited", address=params["address"], known=attempt.budget is not None)
        wait = noted.wait if noted else 1
        raise TooMany(f"Too many attempts have failed. Try again in {_in_words(wait)}.", retry_after=wait)


def _in_words(seconds: int) -> str:
    """A wait as people say it, never shorter than it is."""
    count, unit = (seconds, "second") if seconds < MINUTE else (-(-seconds // MINUTE), "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"


async def forget(write: Write, attempt: Attempt) -> None:
    """The right password was typed: the failures before it, and this try, count no more."""
    await write.execute(queries.FORGET_ATTEMPTS, {"email": attempt.email, "address": counted_address(), "budget": attempt.budget})


async def forget_all(write: Write, email: str) -> None:
    """Clears every limit of an account: whoever gave it a new password wants its owner to get in."""
    await write.execute(queries.FORGET_ATTEMPTS_AT, {"email": email})


def counted_address() -> str | None:
    """The address that a request counts for: of IPv6 its network."""
    return network_of(current_origin.get().address)


def network_of(address: str | None) -> str | None:
    """An address of IPv4 as it is, one of IPv6 as its network of 64 bits."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)
