"""Which blob store the settings name, and whether it is ready."""

import asyncio
from typing import Final

import psycopg
import structlog

from cascadia.kernel.blobs import BlobStore, FileStore
from cascadia.kernel.db import Database
from cascadia.kernel.errors import CascadiaError
from cascadia.kernel.s3 import Place, S3Store
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
        )
    )


class Preparation:
    """Makes a store ready in the background, as long as that takes. `degraded` says `storage` until it is."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self.degraded: str | None = "storage"

    async def run(self, database: Database) -> None:
        """Returns when the store is ready."""
        told = ""
        while self.degraded:
            try:
                async with database.read() as read:
                    instance = await read.value("SELECT uid FROM instance")
                await self._store.prepare(instance)
            except (CascadiaError, psycopg.Error) as error:
                reason = error.detail if isinstance(error, CascadiaError) else str(error).strip()
                if reason != told and not isinstance(error, psycopg.Error):
                    log.error("storage_not_ready", reason=reason)  # noqa: TRY400 - one line says it all
                told = reason
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self.degraded = None
