"""Checks of this machine, its settings, and what it reaches over the network."""

import asyncio
import shutil
import ssl
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aio_pika

from cascadia.cli.doctor.model import Check, Finding, Surroundings, bad, ok, skipped, warn
from cascadia.kernel.broker import TROUBLE, hosts, why_not
from cascadia.kernel.disk import FileStore
from cascadia.kernel.errors import CascadiaError
from cascadia.kernel.instance import INSTANCE
from cascadia.kernel.tls import trust

GIBIBYTE: Final = 1024**3
LEAST_FREE: Final = 2 * GIBIBYTE
WIDEST_PRIVATE: Final = {4: 8, 6: 7}
"""Bits of the widest networks that are nobody else's: 10.0.0.0/8 and fc00::/7. A wider one holds strangers."""
REACH_SECONDS: Final = 5.0
RABBITMQ_OLDEST: Final = (3, 10)


async def public_url(around: Surroundings) -> Finding:
    """Links, cookies and origins hang on it."""
    url = around.settings.public_url
    if url is None:
        return warn("PUBLIC_URL is not set: each request's Host decides about links and cookies.", "set PUBLIC_URL")
    return ok(url) if url.startswith("https://") else warn(f"{url} is not encrypted.", "put a load balancer with TLS in front")


async def proxies(around: Surroundings) -> Finding:
    """Without them the limits of sign-in cannot tell people apart; with too many of them people say themselves who they are."""
    trusted = around.settings.trusted_proxies
    wide = [str(network) for network in trusted if network.prefixlen < WIDEST_PRIVATE[network.version]]
    if wide:
        return warn(
            f"TRUSTED_PROXIES holds {', '.join(wide)}: strangers there choose the address that limits count for.",
            "name the proxies alone in TRUSTED_PROXIES",
        )
    if trusted:
        return ok(f"{around.settings.client_ip_header} is believed from {', '.join(map(str, trusted))}")
    return warn("TRUSTED_PROXIES is not set: behind a load balancer all users share its address.", "set TRUSTED_PROXIES")


async def authorities(around: Surroundings) -> Finding:
    """Certificates of a private authority."""
    bundle = around.settings.ca_bundle
    if bundle is None:
        return skipped("CA_BUNDLE is not set")
    try:
        trust(bundle)
    except (OSError, ssl.SSLError) as error:
        return bad(f"CA_BUNDLE: {bundle} cannot be used ({error}).", "name a file of PEM certificates in CA_BUNDLE")
    return ok(str(bundle))


async def free_space(around: Surroundings) -> Finding:
    """Jobs and uploads pass through the temporary folder; files stay in the data folder, where no bucket is named."""
    places = {tempfile.gettempdir(), str(_existing(around.settings.data_dir))}
    short = [place for place in sorted(places) if shutil.disk_usage(place).free < LEAST_FREE]
    if short:
        return warn(f"Less than 2 GiB are free in {', '.join(short)}.", "make room, or choose another DATA_DIR")
    return ok(", ".join(f"{shutil.disk_usage(place).free // GIBIBYTE} GiB in {place}" for place in sorted(places)))


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


async def data_folder(around: Surroundings) -> Finding:
    """Where files lie without a bucket."""
    if not isinstance(around.store, FileStore):
        return skipped("files lie in a bucket")
    folder = around.settings.data_dir
    if around.settings.rabbitmq_url:
        return warn(f"Files lie in {folder}: other servers do not see them.", "set S3_ENDPOINT and S3_BUCKET")
    return ok(str(folder))


async def broker(around: Surroundings) -> Finding:
    """Every host of the broker, and its version."""
    url = around.settings.rabbitmq_url
    if url is None:
        return skipped("RABBITMQ_URL is not set: PostgreSQL carries the word")
    context = trust(around.settings.ca_bundle) if url.startswith("amqps") else None
    versions = []
    for host in hosts(url):
        try:
            async with asyncio.timeout(REACH_SECONDS):
                connection = await aio_pika.connect(host.url, ssl_context=context)
        except TROUBLE as error:
            return bad(f"RABBITMQ_URL: {host.name}: {why_not(error)}", "correct RABBITMQ_URL, or start the broker")
        transport = connection.transport
        told = transport.connection.server_properties.get("version") if transport else None
        told = told.decode() if isinstance(told, bytes) else str(told)
        versions.append(f"{host.name} is RabbitMQ {told}")
        await connection.close()
        if tuple(int(part) for part in told.split(".")[:2] if part.isdigit()) < RABBITMQ_OLDEST:
            return bad(f"{versions[-1]}, which is too old.", "install RabbitMQ 3.10 or newer")
    return ok("; ".join(versions))


async def storage(around: Surroundings) -> Finding:
    """Reached, and ours."""
    try:
        async with around.database.read() as read:
            instance = await read.value(INSTANCE)
        async with asyncio.timeout(REACH_SECONDS * 4):
            await around.store.prepare(instance)
    except (CascadiaError, TimeoutError) as error:
        detail = error.detail if isinstance(error, CascadiaError) else "The file store does not answer in time."
        return bad(detail, "correct S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY")
    return ok(around.settings.s3_endpoint or around.settings.s3_bucket or str(around.settings.data_dir / "files"))


async def mail(around: Surroundings) -> Finding:
    """The mail server listens."""
    url = around.settings.smtp_url
    if url is None:
        return skipped("SMTP_URL is not set: no mail is sent")
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(REACH_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or (465 if parts.scheme == "smtps" else 25))
    except (OSError, TimeoutError) as error:
        return bad(f"SMTP_URL: {parts.hostname} does not answer ({str(error) or 'too slow'}).", "correct SMTP_URL")
    writer.close()
    return ok(f"{parts.hostname}")


CHECKS: Final = (
    Check("public address", public_url),
    Check("proxies", proxies),
    Check("authorities", authorities),
    Check("free space", free_space),
    Check("data folder", data_folder),
    Check("broker", broker),
    Check("storage", storage, needs_schema=True),
    Check("mail server", mail),
)
