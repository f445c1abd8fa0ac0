"""One call to a webhook: to the very address that was checked, in bounded time, with a bounded answer, never redirected."""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from cascadia.notify.addresses import Inside, resolve
from cascadia.settings import Network

CALL_SECONDS: Final = 10.0
MOST_READ: Final = 64 * 1024
MOST_KEPT: Final = 2048
PORTS: Final = {"http": 80, "https": 443}
NOT_NOW: Final = frozenset({429, 502, 503, 504, 507})
"""Answers of a receiver that is away or has too much to do; every other one is about what it was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: a status with the beginning of the answer, or why there is none.

    `away`: nobody is there to take it now, whatever was sent.
    """

    milliseconds: int
    status: int | None = None
    text: str | None = None
    error: str | None = None
    away: bool = False

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def call(url: str, headers: Mapping[str, str], body: bytes, *, allowed: Sequence[Network], trust: ssl.SSLContext) -> Answer:
    """Posts the body."""
    began = time.monotonic()

    def taken() -> int:
        return round((time.monotonic() - began) * 1000)

    try:
        async with asyncio.timeout(CALL_SECONDS):
            status, text = await _post(httpx.URL(url), headers, body, allowed, trust)
    except TimeoutError:
        return Answer(taken(), error=f"no answer within {CALL_SECONDS:.0f} seconds", away=True)
    except (Inside, httpx.InvalidURL, UnicodeError) as error:
        return Answer(taken(), error=str(error).strip())
    except (httpx.HTTPError, OSError, ssl.SSLError) as error:
        return Answer(taken(), error=str(error).strip() or type(error).__name__, away=True)
    refusal = None if 200 <= status < 300 else f"answered {status}"
    return Answer(taken(), status, text, refusal, away=status in NOT_NOW)


async def _post(
    url: httpx.URL, headers: Mapping[str, str], body: bytes, allowed: Sequence[Network], trust: ssl.SSLContext
) -> tuple[int, str]:
    port = url.port or PORTS[url.scheme]
    address = await resolve(url.host, port, allowed)
    pinned = url.copy_with(host=address, port=port)
    sent = {**headers, "Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"}
    async with (
        httpx.AsyncClient(verify=trust, trust_env=False, follow_redirects=False, timeout=CALL_SECONDS) as client,
        client.stream("POST", pinned, content=body, headers=sent, extensions={"sni_hostname": url.host}) as response,
    ):
        read = bytearray()
        async for piece in response.aiter_raw():
            read += piece
            if len(read) >= MOST_READ:
                break
        return response.status_code, _text(bytes(read), response.headers.get("Content-Encoding", ""))


def _text(read: bytes, packed: str) -> str:
    """The beginning of an answer; only a word about one that is packed all the same: unpacking what a stranger sends has no bound."""
    if packed and packed.lower() != "identity":
        return f"(packed as {packed})"[:MOST_KEPT]
    return read[:MOST_KEPT].decode(errors="replace").replace("\0", "")
