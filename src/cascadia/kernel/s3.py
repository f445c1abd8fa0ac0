"""Blobs in a bucket of an S3-compatible store. Each object is written once, under a key of its own: `blobs/<upload uid>`."""

import asyncio
import hashlib
import re
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import httpx
import obstore
from obstore import exceptions as s3
from obstore.store import S3Store as Client

from cascadia.kernel import s3_parts
from cascadia.kernel.blobs import PIECE, BlobMissing, Grow, ListedBlob, Piece, StoredBlob, StoreFull
from cascadia.kernel.errors import CascadiaError, Unavailable
from cascadia.kernel.presign import presign
from cascadia.kernel.s3_parts import STORAGE, Place
from cascadia.kernel.tls import trust

KEY: Final = re.compile(r"blobs/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MARKER: Final = "cascadia-instance"
"""The object that names the instance whose bucket it is."""
RETRY_SECONDS: Final = 10
CONNECT_SECONDS: Final = 5
SIGNED_SECONDS: Final = 60
LINK_SECONDS: Final = 300
ANSWERED: Final = ("Content-Type", "Content-Disposition")
"""Headers that the store gives with the bytes as a link asks for them."""
REFUSED: Final = (s3.PermissionDeniedError, s3.UnauthenticatedError)
UNREACHABLE: Final = "storage_unreachable"
FULL: Final = re.compile(r"status code: 507|XMinioStorageFull|NotEnoughSpace")


class NotOurs(CascadiaError):
    """The bucket holds the files of another instance."""

    status: ClassVar[int] = 503
    code = "storage_foreign"
    title: ClassVar[str] = "The bucket belongs to another Cascadia"


class S3Store:
    """See `kernel.blobs.BlobStore`."""

    largest = s3_parts.LARGEST
    largest_unannounced = s3_parts.LARGEST_UNANNOUNCED

    def __init__(self, place: Place) -> None:
        self._place = place
        self._client = _client(place)

    async def room(self) -> None:
        """None: a bucket does not say."""

    async def prepare(self, instance: UUID) -> None:
        """Makes the bucket where it is missing, and marks it as this instance's. Raises `NotOurs`, or `Unavailable` in words."""
        try:
            found = await self._marker()
            if found is None:
                await self._make_bucket()
                with suppress(s3.AlreadyExistsError):
                    await obstore.put_async(self._client, MARKER, str(instance).encode(), mode="create")
                found = await self._marker()
        except s3.BaseError as error:
            raise self._refusal(error) from error
        if found != str(instance):
            raise NotOurs(f"The bucket {self._place.bucket} belongs to another Cascadia ({found}). Name one of your own in S3_BUCKET.")

    def grown(self, upload: UUID, start: int) -> None:
        """None: an object of a bucket is written once."""

    def growing(self, key: str) -> AbstractAsyncContextManager[Grow]:
        """See `grown`."""
        raise NotImplementedError(key)

    async def join(self, pieces: Sequence[Piece], sha256: str, upload: UUID) -> StoredBlob | None:
        """See `BlobStore.join`: the store copies what is large enough for it. None without keys of our own, by which copies are signed."""
        if not pieces or self._place.access_key is None:
            return None
        stored = StoredBlob(f"blobs/{upload}", sha256, sum(piece.length for piece in pieces))
        await s3_parts.join(self._place, stored.key, pieces, self._whole)
        return stored

    async def _whole(self, piece: Piece) -> bytes:
        return b"".join([chunk async for chunk in await self.open(piece.key, 0, piece.length)])

    async def put(self, chunks: AsyncIterable[bytes], upload: UUID, announced: int | None = None) -> StoredBlob:
        """See `BlobStore.put`. The store checks each part by its SHA-256; a stream that breaks off leaves nothing."""
        key, digest, size = f"blobs/{upload}", hashlib.sha256(), 0
        part = s3_parts.part_size(announced or 0)

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal size
            waiting = bytearray()
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                waiting += chunk
                if len(waiting) >= PIECE:
                    yield bytes(waiting)
                    waiting.clear()
            yield bytes(waiting)

        try:
            await obstore.put_async(self._client, key, pieces(), use_multipart=True, chunk_size=part, max_concurrency=2)
        except s3.BaseError as error:
            raise self._refusal(error) from error
        return StoredBlob(key, digest.hexdigest(), size)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See `BlobStore.open`."""
        self._check(key)
        try:
            size = (await obstore.head_async(self._client, key))["size"]
            end = size if end is None else min(end, size)
            if start >= end:
                return _nothing()
            found = await obstore.get_async(self._client, key, options={"range": (start, end)})
        except FileNotFoundError as error:
            raise BlobMissing("The store does not have these bytes. Tell your administrator which file it is.") from error
        except s3.BaseError as error:
            raise self._refusal(error) from error
        return self._stream(found)

    async def _stream(self, found: Any) -> AsyncIterator[bytes]:
        try:
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)
        except s3.BaseError as error:
            raise self._refusal(error) from error

    def link(self, key: str, headers: Mapping[str, str]) -> str | None:
        """See `BlobStore.link`: signed, and valid for some minutes."""
        self._check(key)
        place = self._place
        if place.public_endpoint is None or place.access_key is None or place.secret_key is None:
            return None
        return presign(
            place.url(key, place.public_endpoint),
            access_key=place.access_key,
            secret_key=place.secret_key,
            region=place.region,
            at=datetime.now(UTC),
            seconds=LINK_SECONDS,
            query={f"response-{name.lower()}": value for name, value in headers.items() if name in ANSWERED},
        )

    async def exists(self, key: str) -> bool:
        """See `BlobStore.exists`."""
        self._check(key)
        try:
            await obstore.head_async(self._client, key)
        except FileNotFoundError:
            return False
        except s3.BaseError as error:
            raise self._refusal(error) from error
        return True

    async def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        self._check(key)
        try:
            await obstore.delete_async(self._client, key)
        except FileNotFoundError:
            return
        except s3.BaseError as error:
            raise self._refusal(error) from error

    async def list(self) -> AsyncIterator[ListedBlob]:
        """See `BlobStore.list`."""
        try:
            async for page in obstore.list(self._client, "blobs"):
                for found in page:
                    yield ListedBlob(found["path"], found["size"], found["last_modified"])
        except s3.BaseError as error:
            raise self._refusal(error) from error

    async def abandon(self, before: datetime) -> int:  # noqa: ARG002 - the store forgets unfinished parts by a rule of its bucket
        """Nothing: a put that breaks off is aborted, and what a killed process left the bucket's own lifecycle rule removes."""
        return 0

    async def _marker(self) -> str | None:
        try:
            found = await obstore.get_async(self._client, MARKER)
            return bytes(await found.bytes_async()).decode()
        except FileNotFoundError:
            return None

    async def _make_bucket(self) -> None:
        """A signed PUT of the bucket itself; one that is there already stays as it is."""
        url = await obstore.sign_async(self._client, "PUT", "", timedelta(seconds=SIGNED_SECONDS))
        context: ssl.SSLContext = await asyncio.to_thread(trust, self._place.ca_bundle)
        try:
            async with httpx.AsyncClient(verify=context, trust_env=False, timeout=RETRY_SECONDS) as http:
                answer = await http.put(url)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"The file store does not answer ({error}). S3_ENDPOINT names it.", code=UNREACHABLE, needs=STORAGE
            ) from error
        if answer.status_code not in {200, 204, 409}:
            raise Unavailable(
                f"The bucket {self._place.bucket} cannot be made (the store answered {answer.status_code}). "
                "Make it, or check S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY.",
                code=UNREACHABLE,
                needs=STORAGE,
            )

    def _refusal(self, error: s3.BaseError) -> Exception:
        if FULL.search(str(error)):
            return StoreFull("The file store has no room left. Nothing was stored; tell your administrator. S3_ENDPOINT names the store.")
        if "RequestTimeTooSkewed" in str(error):
            words = "The file store refuses the time of this server: set the clock of one of them right. S3_ENDPOINT names the store."
        elif isinstance(error, REFUSED):
            words = "The file store refuses our key. S3_ACCESS_KEY, S3_SECRET_KEY and S3_BUCKET must belong together."
        else:
            words = "The file store does not answer as it should. Try again in a moment. S3_ENDPOINT names it."
        return Unavailable(words, code=UNREACHABLE, needs=STORAGE, retry_after=2)

    def _check(self, key: str) -> None:
        if not KEY.fullmatch(key):
            raise ValueError(f"not the key of a blob: {key!r}")


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _client(place: Place) -> Client:
    keys = {"access_key_id": place.access_key, "secret_access_key": place.secret_key} if place.access_key else {}
    endpoint = {"endpoint": place.endpoint} if place.endpoint else {}
    options: dict[str, Any] = {"connect_timeout": timedelta(seconds=CONNECT_SECONDS), "allow_http": True, "timeout": timedelta(minutes=10)}
    if place.ca_bundle:
        options["root_certificate"] = place.ca_bundle.read_bytes()
    return Client(
        place.bucket,
        region=place.region,
        virtual_hosted_style_request=not place.path_style,
        checksum_algorithm="SHA256",
        client_options=options,  # type: ignore[arg-type]  # as its documentation names them
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        **endpoint,  # type: ignore[arg-type]
        **keys,  # type: ignore[arg-type]
    )
