"""Connections are types: `Read` (may be a replica) < `Primary` (what judges a write) < `Write` (what changes rows).

A function that takes a `Write` cannot be called with a `Read`: mypy refuses it, and in tests a read-only login does.
"""

import asyncio
import select
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, Self, TypeVar

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import AsyncRowFactory, RowMaker, class_row, dict_row, tuple_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from pydantic_core import from_json

from cascadia.kernel import telemetry
from cascadia.kernel.aside import beside
from cascadia.kernel.errors import Unavailable
from cascadia.kernel.events import EMIT, Event
from cascadia.kernel.notices import Lane
from cascadia.kernel.statements import Statement

Row = TypeVar("Row")
Params = Mapping[str, Any]
Notice = tuple[str, str]
"""A channel, and what is told on it."""
Carrier = Callable[[Sequence[str]], Awaitable[None]]

log = structlog.get_logger()

UNREACHABLE = "database_unreachable"
AWAY = "The database does not answer. Try again in a moment."
GONE = ("08", "53", "57P", "25006", "25P03", "25P04")
"""Beginnings of SQLSTATEs: the connection failed, resources ran out, the server was stopped, it is a standby now, it waited too long."""
FULL = "The disk of the database is full. Tell your administrator; the work is tried again."
NOTIFY_PAUSE_SECONDS = 0.01
NOTIFY_ALL: LiteralString = "SELECT pg_notify(c, p) FROM unnest(%(channels)s::text[], %(payloads)s::text[]) AS n(c, p)"
ROWS_AT_ONCE = 500
CONNECT_TIMEOUT_SECONDS = 10
CHECKOUT_TIMEOUT_SECONDS = 5
KEEPALIVE = {
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


set_json_loads(from_json)
"""JSON of the database is read by the fastest reader that is here anyway."""


class Read:
    """A connection for reading, on the primary or on a replica."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def all(self, query: LiteralString, row: type[Row], params: Params | None = None) -> list[Row]:
        """Every row of the answer as `row` (its fields are the columns)."""
        telemetry.count_statements(1)
        async with self._connection.cursor(row_factory=_rows_of(row)) as cursor:
            return await _every(await cursor.execute(query, params))

    async def one(self, query: LiteralString, row: type[Row], params: Params | None = None, *, large: bool = False) -> Row | None:
        """The first row of the answer as `row`, or None; one with megabytes of JSON is `large`, and read in a thread."""
        telemetry.count_statements(1)
        async with self._connection.cursor(row_factory=_rows_of(row)) as cursor:
            fetching = (await cursor.execute(query, params)).fetchone()
            return await beside(lambda: _without_waiting(fetching)) if large else await fetching

    async def rows(self, query: LiteralString, params: Params | None = None) -> list[dict[str, Any]]:
        """Every row of the answer as a dict: for few columns that need no type of their own."""
        telemetry.count_statements(1)
        async with self._connection.cursor(row_factory=dict_row) as cursor:
            return await _every(await cursor.execute(query, params))

    async def packed(self, query: LiteralString, row: type[Row], params: Params | None = None) -> Row:
        """The one row of the answer, sent in PostgreSQL's binary form and read in a thread: for columns of arrays."""
        telemetry.count_statements(1)
        async with self._connection.cursor(binary=True, row_factory=_rows_of(row)) as cursor:
            fetching = (await cursor.execute(query, params)).fetchone()
            found = await beside(lambda: _without_waiting(fetching))
        assert found
        return found

    async def value(self, query: LiteralString, params: Params | None = None) -> Any:
        """The first column of the first row, or None where there is no row."""
        telemetry.count_statements(1)
        async with self._connection.cursor(row_factory=tuple_row) as cursor:
            found = await (await cursor.execute(query, params)).fetchone()
        return found[0] if found else None


def _rows_of(row: type[Row]) -> AsyncRowFactory[Row]:
    """How rows become a class: many rows are a class of tuples, which are made several times faster than other objects."""
    fields: tuple[str, ...] | None = getattr(row, "_fields", None)
    return _tuples_of(row, fields) if fields and issubclass(row, tuple) else class_row(row)


def _tuples_of(row: type[Row], fields: tuple[str, ...]) -> AsyncRowFactory[Row]:
    def made(cursor: psycopg.AsyncCursor[Any]) -> RowMaker[Row]:
        names = tuple(column.name for column in cursor.description or ())
        if names and names != fields:
            raise TypeError(f"{row.__name__} has {fields}, the query answers {names}")
        return row._make  # type: ignore[attr-defined,no-any-return]

    return made


def _without_waiting(reading: Coroutine[Any, Any, Row | None]) -> Row | None:
    """The result of a coroutine that waits for nothing: the row is here, and only has to be read."""
    try:
        reading.send(None)
    except StopIteration as done:
        found: Row | None = done.value
        return found
    raise AssertionError("fetching a row that has come waits for nothing")


async def _every(cursor: psycopg.AsyncCursor[Row]) -> list[Row]:
    """All rows; others get their turn on the event loop in between."""
    found = await cursor.fetchmany(ROWS_AT_ONCE)
    while len(found) % ROWS_AT_ONCE == 0 and (more := await cursor.fetchmany(ROWS_AT_ONCE)):
        found += more
        await asyncio.sleep(0)
    return found


class Primary(Read):
    """A connection to the primary: what decides about a write is read here."""


class Write(Primary):
    """May change rows: inside `Database.write()` (one transaction), or by one message outside of it."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        super().__init__(connection)
        self._notices: dict[Notice, None] = {}
        self._types: set[str] = set()

    async def execute(self, query: LiteralString, params: Params | None = None) -> int:
        """Runs one statement; returns the number of rows that it touched."""
        telemetry.count_statements(1)
        async with self._connection.cursor() as cursor:
            return (await cursor.execute(query, params)).rowcount

    async def emit(self, event: Event) -> None:
        """Leaves an event in the outbox and the audit trail, with whatever this transaction does."""
        await self.execute(EMIT, event.params())
        self._types.add(event.type)
        self.notify("cascadia_outbox")

    def notify(self, channel: str, payload: str = "") -> None:
        """Wakes the listeners of a channel soon after the transaction of `Database.write()` has committed."""
        self._notices[channel, payload] = None

    @property
    def notices(self) -> Sequence[Notice]:
        """What was noted."""
        return list(self._notices)

    @property
    def types(self) -> Collection[str]:
        """The types of the events that were left."""
        return self._types

    async def send(self, statements: Sequence[Statement], *, large: bool = False) -> list[list[dict[str, Any]]]:
        """Sends all statements as *one* simple Query message; returns the rows of each.

        The server begins when the whole message has arrived, so a frozen client holds no lock. The message
        brings its own BEGIN and COMMIT. After an error the connection is rolled back and usable. A `large` message is written out in
        a thread.
        """
        telemetry.count_statements(len(statements))
        async with psycopg.AsyncClientCursor(self._connection, row_factory=dict_row) as cursor:

            def text() -> bytes:
                return ";\n".join([cursor.mogrify(s.query, s.params).strip().rstrip(";") for s in statements]).encode()

            message = await beside(text) if large else text()
            try:
                await cursor.execute(message)
            except psycopg.Error:
                if not self._connection.closed:
                    await self._connection.rollback()
                raise
            results = [await _rows(cursor)]
            while cursor.nextset():
                results.append(await _rows(cursor))
            return results


async def _rows(cursor: psycopg.AsyncCursor[dict[str, Any]]) -> list[dict[str, Any]]:
    return await _every(cursor) if cursor.description else []


class Database:
    """The pools of one process: at most `size` connections, `idle` of them kept ready. Open it once, share it by all requests.

    Behind a `pooler` in transaction mode no statement is prepared: the next one may come to another server process.
    """

    def __init__(
        self, url: str, *, size: int = 10, idle: int = 2, name: str = "app", read_url: str | None = None, pooler: bool = False
    ) -> None:
        self.url = url
        self._primary = _pool(url, size, idle, name, pooler=pooler)
        self._reads = _pool(read_url, size, idle, name, pooler=pooler) if read_url else self._primary
        self._notices = Lane(self._send_notices, NOTIFY_PAUSE_SECONDS)
        self._carriers: dict[str, Lane[str]] = {}
        self._listeners: list[Callable[[Collection[str]], None]] = []

    def hear(self, listener: Callable[[Collection[str]], None]) -> None:
        """Tells a listener the types of the events of each transaction of this process, as soon as it has committed."""
        self._listeners.append(listener)

    def _committed(self, write: Write) -> None:
        for listener in self._listeners if write.types else ():
            listener(write.types)
        self.notify(write.notices)

    def carry(self, channel: str, carrier: Carrier) -> None:
        """The payloads of this channel go to `carrier` after the commit, instead of NOTIFY: one for each transaction. It raises nothing."""
        self._carriers[channel] = Lane(carrier)

    def notify(self, notices: Iterable[Notice]) -> None:
        """Wakes listeners of channels soon, and waits for nobody: a NOTIFY inside of a transaction makes commits wait for each other."""
        left = []
        for channel, payload in notices:
            if carrier := self._carriers.get(channel):
                carrier.add([payload])
            else:
                left.append((channel, payload))
        self._notices.add(left)

    async def _send_notices(self, notices: Sequence[Notice]) -> None:
        channels, payloads = zip(*dict.fromkeys(notices), strict=True)
        try:
            async with _checkout(self._primary) as connection:
                await connection.execute(NOTIFY_ALL, {"channels": list(channels), "payloads": list(payloads)})
        except (psycopg.Error, Unavailable) as error:
            log.warning("notices_not_sent", reason=str(error).strip(), remedy="none needed: listeners poll besides")

    async def __aenter__(self) -> Self:
        await self._primary.open(wait=False)
        if self._reads is not self._primary:
            await self._reads.open(wait=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._notices.close()
        for carrier in self._carriers.values():
            await carrier.close()
        await self._primary.close()
        if self._reads is not self._primary:
            await self._reads.close()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Read]:
        """One statement, or several that need not see the same moment."""
        async with _checkout(self._reads) as connection:
            yield Read(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Read]:
        """Several statements that all see one moment (REPEATABLE READ, read only)."""
        async with _checkout(self._reads) as connection:
            telemetry.count_statements(2)
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield Read(connection)
            finally:
                if not connection.closed:
                    await connection.rollback()

    @asynccontextmanager
    async def primary(self) -> AsyncIterator[Primary]:
        """Reads on the primary, without a transaction."""
        async with _checkout(self._primary) as connection:
            yield Primary(connection)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Write]:
        """One transaction of unversioned rows: committed at the end of the block, rolled back on any error."""
        async with _checkout(self._primary) as connection:
            telemetry.count_statements(2)
            write = Write(connection)
            async with connection.transaction():
                yield write
        self._committed(write)

    @asynccontextmanager
    async def messages(self) -> AsyncIterator[Write]:
        """A connection outside of any transaction: for judging and then `Write.send`, or for one statement that stands for itself."""
        async with _checkout(self._primary) as connection:
            write = Write(connection)
            yield write
        self._committed(write)


def _pool(url: str, size: int, idle: int, name: str, *, pooler: bool) -> AsyncConnectionPool[AsyncConnection[Any]]:
    return AsyncConnectionPool(
        url,
        min_size=min(idle, size),
        max_size=size,
        open=False,
        timeout=CHECKOUT_TIMEOUT_SECONDS,
        reconnect_timeout=2,
        kwargs={"autocommit": True, "application_name": f"cascadia-{name}", **KEEPALIVE, **({"prepare_threshold": None} if pooler else {})},
    )


@asynccontextmanager
async def _checkout(pool: AsyncConnectionPool[AsyncConnection[Any]]) -> AsyncIterator[AsyncConnection[Any]]:
    try:
        connection = await pool.getconn()
        while _ended_by_the_server(connection):
            await pool.putconn(connection)
            connection = await pool.getconn()
    except PoolTimeout as error:
        raise Unavailable(AWAY, code=UNREACHABLE, needs="database", retry_after=2) from error
    try:
        yield connection
    finally:
        await asyncio.shield(pool.putconn(connection))


def _ended_by_the_server(connection: AsyncConnection[Any]) -> bool:
    """Whether an idle connection was ended at the other end, without asking over there: an outage ago, say."""
    idle = select.poll()
    idle.register(connection.pgconn.socket, select.POLLIN)
    if idle.poll(0):
        try:
            connection.pgconn.consume_input()
        except psycopg.OperationalError:
            return True
    return connection.closed


def outage_of(error: Exception) -> Unavailable | None:
    """What an error says of the database, where it went away, ended the session or has no room left, whatever was asked of it."""
    if not isinstance(error, psycopg.Error):
        return None
    if isinstance(error, psycopg.errors.DiskFull):
        return Unavailable(FULL, code="database_full", needs="database")
    gone = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    return Unavailable(AWAY, code=UNREACHABLE, needs="database") if gone or (error.sqlstate or "").startswith(GONE) else None
