"""`cascadia worker`: one process from its first look at the settings to its end."""

import asyncio
import importlib
import os
import signal
import socket
from collections.abc import Callable
from functools import partial

import structlog

from cascadia.jobs import metrics
from cascadia.jobs.confinement import hide
from cascadia.jobs.kept import IDLE_SECONDS, Kept
from cascadia.jobs.ledger import Ledger
from cascadia.jobs.model import JobTypesInvalid, chosen_families
from cascadia.jobs.permits import RabbitTransport
from cascadia.jobs.registry import Registry
from cascadia.jobs.relay import Relay
from cascadia.jobs.runner import Runner
from cascadia.jobs.schedules import Schedules
from cascadia.jobs.transport import PostgresTransport, Transport
from cascadia.jobs.zygotes import Zygotes
from cascadia.kernel import lag, tasks
from cascadia.kernel.broker import Broker
from cascadia.kernel.db import Database
from cascadia.kernel.instance import instance_of
from cascadia.kernel.stores import Preparation, store_from
from cascadia.migrations.waiting import schema_is_there
from cascadia.settings import Settings, SettingsInvalid, load
from cascadia.worker.breakers import Breakers
from cascadia.worker.endings import DATABASE_TROUBLE, kind_of
from cascadia.worker.folder import work_folder
from cascadia.worker.health import Health
from cascadia.worker.loop import Pace, Worker
from cascadia.worker.slots import Slots

log = structlog.get_logger()

REGISTRY = "cascadia.worker.registry:registry"


def main() -> None:
    """Runs a worker with the settings of the environment, until SIGTERM or Ctrl-C."""
    run(load())


def run(settings: Settings, *, registry_name: str = REGISTRY, pace: Pace | None = None) -> None:
    """Runs a worker of the registry that "module:function" makes. Call it in the main thread: children die with it."""
    if not settings.database_url or not settings.direct_url:
        raise SettingsInvalid(["DATABASE_URL is not set: a worker needs the database of its app servers."])
    module, _, function = registry_name.partition(":")
    registry: Registry = getattr(importlib.import_module(module), function)()
    families = families_of(settings, registry)
    hide()
    asyncio.run(_run(settings, registry, registry_name, families, pace or Pace()))


def families_of(settings: Settings, registry: Registry) -> frozenset[str]:
    """The families that `JOB_TYPES` chooses; refuses a name that is none."""
    try:
        return chosen_families(settings.job_types, registry.families, registry.types)
    except JobTypesInvalid as error:
        raise SettingsInvalid([str(error)]) from error


async def _run(settings: Settings, registry: Registry, registry_name: str, families: frozenset[str], pace: Pace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    if not await schema_is_there(settings.direct_url or "", stopped):
        return
    slots = Slots(settings.worker_concurrency, {f: registry.families[f] for f in families}, settings.worker_memory_limit)
    async with Database(settings.database_url or "", size=settings.database_pool_size, name="worker", pooler=settings.pooler) as database:
        with work_folder(settings.data_dir / "work") as folder:
            zygotes = Zygotes(pace.zygote_idle)
            kept = Kept(zygotes, settings.worker_concurrency, min(IDLE_SECONDS, pace.zygote_idle))
            name = f"{socket.gethostname()}:{os.getpid()}"
            ledger = Ledger(database, name, pace.lease, pace.backoff)
            transport = await _transport(settings, database, ledger, families)
            breakers = Breakers()
            worker = Worker(
                ledger=ledger,
                registry=registry,
                families=families,
                slots=slots,
                runner=Runner(registry, registry_name, folder, zygotes, kept),
                zygotes=zygotes,
                kept=kept,
                relay=Relay(database, registry.subscriptions.values()),
                schedules=Schedules(database, registry.schedules.values()),
                transport=transport,
                breakers=breakers,
                grace_seconds=settings.grace_seconds,
                pace=pace,
            )
            storage = Preparation(store_from(settings))
            beside = [asyncio.create_task(storage.run(database)), asyncio.create_task(lag.watch())]
            try:
                await _serve(worker, stopped, settings, ledger, families, breakers, lambda: _missing(transport, storage))
            finally:
                await tasks.end(beside)


def _missing(transport: Transport, storage: Preparation) -> list[str]:
    return [part for part in (transport.degraded, storage.degraded) if part]


async def _transport(settings: Settings, database: Database, ledger: Ledger, families: frozenset[str]) -> Transport:
    """RabbitMQ where RABBITMQ_URL names one, else PostgreSQL."""
    if settings.rabbitmq_url is None:
        return PostgresTransport(database, settings.direct_url or "")
    broker = Broker(settings.rabbitmq_url, name="worker", ca_bundle=settings.ca_bundle)
    due = partial(ledger.due, sorted(families))
    return RabbitTransport(broker, await instance_of(database), settings.direct_url or "", due)


async def _serve(
    worker: Worker,
    stopped: asyncio.Event,
    settings: Settings,
    ledger: Ledger,
    families: frozenset[str],
    breakers: Breakers,
    degraded: Callable[[], list[str]],
) -> None:
    async def ready() -> str | None:
        if stopped.is_set():
            return "The worker is stopping."
        try:
            await ledger.depth()
        except DATABASE_TROUBLE:
            return "The database does not answer."
        return None

    async def measure() -> None:
        metrics.show_away(kind_of(needs) for needs in breakers.open())
        try:
            metrics.show_depth(families, await ledger.depth())
        except DATABASE_TROUBLE:
            log.warning("depth_unknown")

    server = await Health(ready, degraded, measure).serve(settings.health_port)
    stopping = asyncio.create_task(_stop_when(stopped, worker))
    try:
        log.info("worker_started", worker=ledger.worker, families=sorted(families), slots=settings.worker_concurrency)
        await worker.run()
        log.info("worker_stopped", worker=ledger.worker)
    finally:
        stopping.cancel()
        server.close()


async def _stop_when(stopped: asyncio.Event, worker: Worker) -> None:
    await stopped.wait()
    worker.stop()
