"""Which blob store the settings name, and whether it is ready."""

import asyncio
from typing import Final

import structlog

from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database
from cascadia.kernel.disk import FileStore
from cascadia.kernel.errors import CascadiaError
from cascadia.kernel.instance import instance_of
from cascadia.kernel.s3 import S3Store
from cascadia.kernel.s3_parts import Place
from cascadia.settings import Settings

log = structlog.get_logger()

AGAIN_SECONDS: Final = 2.0


def store_from(settings: Settings) -> BlobStore:
    """A bucket where the settings name one, else files on the disk."""
    if not settings.s3_bucket and not settings.s3_endpoint:
        return FileStore(settings.data_dir / "files")
    return S3Store(
        Place(
            settings.s3_bucket or "cascadia",
            settings.s3_endpoint,
            settings.s3_region,
            settings.s3_access_key,
            settings.s3_secret_key,
            settings.s3_path_style,
            settings.ca_bundle,
            settings.s3_public_endpoint,
        )
    )


class Preparation:
    """Makes a store ready in the background, as long as that takes. `degraded` says `storage` while it cannot be."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self.degraded: str | None = None

    async def run(self, database: Database) -> None:
        """Returns when the store is ready."""
        instance = await instance_of(database)
        told = ""
        while True:
            try:
                await self._store.prepare(instance)
            except CascadiaError as error:
                self.degraded = "storage"
                if error.detail != told:
                    log.error("storage_not_ready", reason=error.detail)  # noqa: TRY400 - one line says it all
                told = error.detail
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self.degraded = None
                return
