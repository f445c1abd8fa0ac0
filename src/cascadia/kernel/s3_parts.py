"""One object of many in a bucket, by the store itself: a multipart upload of copied parts, and of small ones gathered.

A part that is copied never leaves the store. The rules are S3's: at most 10,000 parts, each but the last of at least 5 MiB.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.sax.saxutils import unescape

import httpx

from cascadia.kernel.blobs import BlobMissing, Piece, StoreFull
from cascadia.kernel.errors import Unavailable
from cascadia.kernel.presign import presign
from cascadia.kernel.tls import trust

MEBIBYTE: Final = 1024 * 1024
LEAST_PART: Final = 5 * MEBIBYTE
USUAL_PART: Final = 8 * MEBIBYTE
MOST_PARTS: Final = 10_000
LARGEST: Final = MOST_PARTS * 64 * MEBIBYTE
"""Bytes of the largest object whose parts are small enough to be held in memory, three at once."""
LARGEST_UNANNOUNCED: Final = MOST_PARTS * USUAL_PART
"""Bytes of the largest one whose parts are cut before its size is known."""
AT_ONCE: Final = 3
SIGNED_SECONDS: Final = 3600
TIMEOUT: Final = httpx.Timeout(600, connect=5)
TRIES: Final = 4
FULL_STATUS: Final = 507
UNREACHABLE: Final = "storage_unreachable"
STORAGE: Final = "storage"


@dataclass(frozen=True, slots=True)
class Place:
    """Which bucket, and what opens it. Without an `endpoint` it is one of AWS."""

    bucket: str
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    path_style: bool = True
    ca_bundle: Path | None = None
    public_endpoint: str | None = None

    def url(self, key: str, endpoint: str | None = None) -> str:
        """Where that endpoint, or the store's own, has the object."""
        scheme, _, host = (endpoint or self.endpoint or f"https://s3.{self.region}.amazonaws.com").rstrip("/").partition("://")
        return f"{scheme}://{host}/{self.bucket}/{key}" if self.path_style else f"{scheme}://{self.bucket}.{host}/{key}"


def part_size(size: int) -> int:
    """Bytes of a part of an object of that size, in whole MiB: as usual, or more where there would be too many parts."""
    return max(USUAL_PART, -(-size // (MOST_PARTS * MEBIBYTE)) * MEBIBYTE)


def plan(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces of each part: one that the store copies, or several small ones that are read and sent together. Pure."""
    size = sum(piece.length for piece in pieces)
    least = LEAST_PART if len(pieces) <= MOST_PARTS else part_size(size)
    usual = part_size(size)
    parts: list[list[Piece]] = []
    open_bytes = 0
    for piece in pieces:
        small = piece.length < least
        if open_bytes and (open_bytes < least or (small and open_bytes + piece.length <= usual)):
            parts[-1].append(piece)
            open_bytes += piece.length
        else:
            parts.append([piece])
            open_bytes = piece.length if small else 0
    return parts


async def join(place: Place, key: str, pieces: Sequence[Piece], read: Callable[[Piece], Awaitable[bytes]]) -> None:
    """Makes the object of the pieces, in order; whole or not at all."""
    context = await asyncio.to_thread(trust, place.ca_bundle)
    async with httpx.AsyncClient(verify=context, trust_env=False, timeout=TIMEOUT) as http:
        parts = _Parts(place, key, http)
        await parts.begin()
        try:
            turns = asyncio.Semaphore(AT_ONCE)

            async def add(number: int, part: list[Piece]) -> str:
                async with turns:
                    if len(part) == 1 and (part[0].length >= LEAST_PART):
                        return await parts.copy(number, part[0])
                    return await parts.send(number, b"".join([await read(piece) for piece in part]))

            async with asyncio.TaskGroup() as group:
                tags = [group.create_task(add(number, part)) for number, part in enumerate(plan(pieces), 1)]
            await parts.complete([tag.result() for tag in tags])
        except BaseException as error:
            await parts.abort()
            raise _first(error) from error


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


class _Parts:
    """A multipart upload."""

    def __init__(self, place: Place, key: str, http: httpx.AsyncClient) -> None:
        self._place, self._key, self._http = place, key, http
        self._upload = ""

    async def begin(self) -> None:
        answer = await self._ask("POST", {"uploads": ""})
        self._upload = _text(answer, "UploadId")

    async def copy(self, number: int, piece: Piece) -> str:
        """Has the store copy the piece as this part; its ETag."""
        source = {"x-amz-copy-source": f"/{self._place.bucket}/{piece.key}"}
        whole = {} if piece.length == 0 else {"x-amz-copy-source-range": f"bytes=0-{piece.length - 1}"}
        return _text(await self._ask("PUT", self._part(number), headers={**source, **whole}), "ETag")

    async def send(self, number: int, data: bytes) -> str:
        """Sends the bytes as this part; its ETag."""
        checked = {"content-md5": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()}
        answer = await self._ask("PUT", self._part(number), headers=checked, content=data)
        return str(answer.headers["ETag"])

    async def complete(self, tags: Sequence[str]) -> None:
        listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>" for n, tag in enumerate(tags, 1))
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        _text(await self._ask("POST", {"uploadId": self._upload}, content=body), "ETag")

    async def abort(self) -> None:
        """Forgets what was sent; the store's own rule does where it cannot be reached."""
        try:
            await self._ask("DELETE", {"uploadId": self._upload})
        except (Unavailable, BlobMissing):
            return

    def _part(self, number: int) -> Mapping[str, str]:
        return {"partNumber": str(number), "uploadId": self._upload}

    async def _ask(
        self, method: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> httpx.Response:
        """The store's answer; asked again where there is none, or it says that it is its own fault."""
        for left in reversed(range(TRIES)):
            try:
                answer = await self._http.request(method, self._signed(method, query, headers or {}), headers=headers, content=content)
            except httpx.TransportError as error:
                if not left:
                    raise Unavailable(
                        f"The file store does not answer ({error}). S3_ENDPOINT names it.", code=UNREACHABLE, needs=STORAGE
                    ) from error
            else:
                if answer.is_success and b"<Error>" not in answer.content[:300]:
                    return answer
                if answer.status_code == FULL_STATUS:
                    raise StoreFull("The file store has no room left. Nothing was stored; tell your administrator.")
                if not left or answer.is_client_error:
                    raise _refused(answer)
            await asyncio.sleep(2.0 ** (TRIES - left) / 10)
        raise AssertionError

    def _signed(self, method: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
        place = self._place
        assert place.access_key
        assert place.secret_key
        return presign(
            place.url(self._key),
            access_key=place.access_key,
            secret_key=place.secret_key,
            region=place.region,
            at=datetime.now(UTC),
            seconds=SIGNED_SECONDS,
            method=method,
            query=query,
            headers=headers,
        )


def _refused(answer: httpx.Response) -> Exception:
    if answer.status_code == httpx.codes.NOT_FOUND:
        return BlobMissing("The store does not have all that arrived. Upload the file again, and tell your administrator.")
    said = re.search(r"<Code>([^<]{1,60})</Code>", answer.text)
    words = f"The file store refuses to put a file together ({answer.status_code}{' ' + said[1] if said else ''}). S3_ENDPOINT names it."
    return Unavailable(words, code=UNREACHABLE, needs=STORAGE, retry_after=2)


def _text(answer: httpx.Response, element: str) -> str:
    """The text of an element of the answer: these answers are flat, and no parser of XML needs to be trusted with them."""
    found = re.search(rf"<{element}>([^<]*)</{element}>", answer.text)
    if found is None:
        raise _refused(answer)
    return unescape(found[1], {"&quot;": '"', "&#34;": '"'})
