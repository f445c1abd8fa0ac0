"""`cascadia up`: the whole program on one machine, under one process that starts, watches and stops its parts."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final, LiteralString, NoReturn

import psycopg
import structlog

from cascadia.access import setup_token
from cascadia.cli import listening
from cascadia.cli.probe import Probe
from cascadia.cli.schema import bring_up_to_date
from cascadia.cli.supervisor import Child, Supervisor
from cascadia.kernel import embedded
from cascadia.kernel.embedded import Embedded
from cascadia.settings import Settings

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.2
FIRST_ADDRESS: Final = "127.0.0.1"
FIRST_START: Final[LiteralString] = (
    "SELECT value FROM instance_secret WHERE name = 'setup_token' AND NOT EXISTS (SELECT 1 FROM user_account WHERE administrator)"
)


def run(settings: Settings) -> None:
    """Returns after Ctrl-C or SIGTERM, when every part has stopped."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    with ExitStack() as parts, _until_interrupted():
        claimed = embedded.claim(settings.data_dir)
        address = settings.bind_address or FIRST_ADDRESS
        bound = parts.enter_context(listening.bind(address, settings.port))
        database = None if settings.database_url else parts.enter_context(_database(embedded.start(settings.data_dir, claimed=claimed)))
        url = database.url if database else settings.direct_url or ""
        bring_up_to_date(url)
        environment = _environment(settings, address, database)
        supervisor = Supervisor(_children(environment, bound.fileno()), settings.grace_seconds + settings.drain_seconds + 5)
        parts.callback(supervisor.stop)
        shown = settings.public_url or listening.shown_address(address, settings.port)
        probe = Probe(address, settings.port, shown, _first_address(settings, shown, url))
        _watch(supervisor, probe, database)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 -- a signal handler's signature
    """The first one ends the watch; later ones are for the supervisor that is stopping then."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _until_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        print("Stopping …", flush=True)


@contextmanager
def _database(database: Embedded) -> Iterator[Embedded]:
    try:
        yield database
    finally:
        database.stop()


def _environment(settings: Settings, address: str, database: Embedded | None) -> Mapping[str, str]:
    """What the parts are told: this process's own environment and what it decided."""
    decided = {
        "BIND_ADDRESS": address,
        "DATA_DIR": str(settings.data_dir.expanduser().resolve()),
        "LOG_FORMAT": settings.log_format or "text",
    }
    return {**os.environ, **decided, **({"DATABASE_URL": database.url} if database else {})}


def _first_address(settings: Settings, shown: str, database_url: str) -> str | None:
    """Where the first administrator begins; None where there is one. The token lies in the data folder meanwhile."""
    setup_token.forget(settings.data_dir)
    with psycopg.connect(database_url) as connection:
        row = connection.execute(FIRST_START).fetchone()
    if row is None:
        return None
    if settings.setup_token:
        return shown
    setup_token.keep(settings.data_dir, row[0])
    return setup_token.address(shown, row[0])


def _children(environment: Mapping[str, str], socket_number: int) -> list[Child]:
    program = [sys.executable, "-P", "-m", "cascadia.cli"]
    return [
        Child("app", [*program, "app", "--socket", str(socket_number)], environment, (socket_number,)),
        Child("worker", [*program, "worker"], environment),
    ]


def _watch(supervisor: Supervisor, probe: Probe, database: Embedded | None) -> NoReturn:
    while True:
        if database and not database.alive():
            log.error("database_ended", remedy="it is started again")
            database.restart()
        supervisor.look(had_success=probe.ready)
        probe.look()
        time.sleep(LOOK_SECONDS)
