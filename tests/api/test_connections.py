"""Connections as the server itself bounds them, without a proxy in front. Time is told to `check`, not waited for."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from cascadia.cli import connection
from cascadia.cli.connection import Connection, Stage, bounded
from tests.company import PASSWORD, Company

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
LARGE = 50_000_000


@dataclass
class Listening:
    """A server with one small program: it reads the body, and answers with how long it was, or with a lot for `/large`."""

    state: ServerState = field(default_factory=ServerState)
    port: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        length, more = 0, True
        if scope["path"].startswith("/ada"):
            scope["state"]["user"] = "Ada"
        if scope["path"] == "/waits":
            await self.go_on.wait()
        while more and not scope["path"].endswith("/early"):
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            length, more = length + len(message["body"]), message["more_body"]
        body = b"x" * LARGE if scope["path"].endswith("/large") else str(length).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    async def connect(self, address: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        before = len(self.state.connections)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20, local_addr=(address, 0))
        self.writers.append(writer)
        await until(lambda: len(self.state.connections) > before or reader.at_eof() or before >= 3)
        return reader, writer

    async def begin(self, request: bytes, address: str = "127.0.0.1") -> asyncio.StreamReader:
        """A connection whose request the program has seen and waits for the rest of, or that takes nothing of its answer."""
        before = set(self.state.connections)
        reader, writer = await self.connect(address)
        (made,) = set(self.state.connections) - before
        assert isinstance(made, Connection)
        writer.write(request)
        await until(lambda: made._stage is Stage.BODY or made._is_sending())
        return reader

    def pass_time(self, seconds: float) -> None:
        for open_one in list(self.state.connections):
            assert isinstance(open_one, Connection)
            open_one.check(asyncio.get_running_loop().time() + seconds)

    async def close(self, server: asyncio.Server) -> None:
        self.go_on.set()
        server.close()
        for open_one in list(self.state.connections):
            open_one.transport.abort()
        for writer in self.writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        await until(lambda: not self.state.connections and not self.state.tasks)

    @property
    def only(self) -> Connection:
        (found,) = self.state.connections
        assert isinstance(found, Connection)
        return found


@pytest_asyncio.fixture
async def listening() -> AsyncIterator[Listening]:
    made = Listening()
    config = uvicorn.Config(made.app, interface="asgi3", lifespan="off", log_config=None, proxy_headers=False)
    config.load()
    kind = bounded(3)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: kind(config, made.state, {}, loop), "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    await made.close(server)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - waits for what others do
            await asyncio.sleep(0.001)


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return int(head.split(b" ")[1]), await reader.readexactly(length)


async def refusal(reader: asyncio.StreamReader) -> tuple[int, str]:
    """Status and code; the connection is closed behind it."""
    status, body = await answer(reader)
    assert await reader.read() == b""
    return status, json.loads(body)["code"]


async def test_a_connection_without_a_word_is_ended_silently(listening: Listening) -> None:
    reader, _ = await listening.connect()
    listening.pass_time(connection.HEAD_SECONDS - 1)
    assert len(listening.state.connections) == 1
    listening.pass_time(connection.HEAD_SECONDS + 1)
    assert await reader.read() == b""


async def test_half_a_head_is_waited_for_and_then_refused(listening: Listening) -> None:
    reader, writer = await listening.connect()
    writer.write(GET[:20])
    await until(lambda: bool(listening.only._received))
    listening.pass_time(connection.HEAD_SECONDS + 1)
    assert await refusal(reader) == (408, "too_slow")


async def test_a_drip_of_a_head_does_not_lengthen_its_time(listening: Listening) -> None:
    reader, writer = await listening.connect()
    for number in range(10):
        writer.write(GET[number : number + 1])
        await until(lambda number=number: listening.only._received == number + 1)  # type: ignore[misc]
    listening.pass_time(connection.HEAD_SECONDS + 1)
    assert await refusal(reader) == (408, "too_slow")


async def test_a_second_request_on_a_connection_has_its_own_time(listening: Listening) -> None:
    reader, writer = await listening.connect()
    writer.write(GET)
    assert await answer(reader) == (200, b"0")
    listening.pass_time(connection.HEAD_SECONDS + 1)
    writer.write(GET[:20])
    await until(lambda: bool(listening.only._received))
    listening.pass_time(connection.HEAD_SECONDS + 1)
    assert await refusal(reader) == (408, "too_slow")


async def test_a_body_has_time_by_what_has_come_of_it(listening: Listening) -> None:
    reader, writer = await listening.connect()
    writer.write(POST + b"x" * 50_000)
    await until(lambda: listening.only._received == 50_000)
    listening.pass_time(connection.BODY_SECONDS + 50_000 / connection.BYTES_A_SECOND - 1)
    writer.write(b"x" * 50_000)
    assert await answer(reader) == (200, b"100000")
    writer.write(POST + b"x")
    await until(lambda: listening.only._received == 1)
    listening.pass_time(connection.BODY_SECONDS + 2)
    assert await refusal(reader) == (408, "too_slow")


@pytest.mark.parametrize(("path", "open_after"), ((b"/early", 0), (b"/ada/early", 1)))
async def test_the_rest_of_a_strangers_body_is_not_taken_for_ever(listening: Listening, path: bytes, open_after: int) -> None:
    reader, writer = await listening.connect()
    writer.write(POST.replace(b"/ ", path + b" ").replace(b"100000", b"100000000") + b"x" * 50_000)
    assert await answer(reader) == (200, b"0")
    await until(lambda: listening.only._received == 50_000)
    listening.pass_time(connection.LINGER_SECONDS - 1)
    assert len(listening.state.connections) == 1
    listening.pass_time(connection.LINGER_SECONDS + 1)
    await until(lambda: len(listening.state.connections) == open_after)
    if not open_after:
        assert await reader.read() == b""


async def test_a_client_is_not_blamed_for_a_body_that_nobody_reads(listening: Listening) -> None:
    reader, writer = await listening.connect()
    writer.write(POST.replace(b"/ ", b"/waits ").replace(b"100000", b"1000000") + b"x" * 1_000_000)
    await until(lambda: listening.only.flow.read_paused)
    listening.pass_time(3600)
    listening.go_on.set()
    assert await answer(reader) == (200, b"1000000")


async def test_an_answer_may_take_its_time(listening: Listening) -> None:
    reader, writer = await listening.connect()
    writer.write(GET.replace(b"/ ", b"/waits "))
    await until(lambda: bool(listening.state.tasks))
    listening.pass_time(3600)
    listening.go_on.set()
    assert await answer(reader) == (200, b"0")


async def test_who_takes_nothing_of_an_answer_is_cut(listening: Listening) -> None:
    reader, writer = await listening.connect()
    writer.write(GET.replace(b"/ ", b"/large "))
    await until(lambda: listening.only.transport.get_write_buffer_size() > 0)
    listening.pass_time(1)
    one = listening.only
    one.check(one._unsent_since + connection.SEND_SECONDS + 1)
    one.check(one._unsent_since + connection.SEND_SECONDS + 1)
    await until(lambda: not listening.state.connections)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await answer(reader)


@pytest.mark.parametrize(
    "head",
    (
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * connection.HEAD_BYTES,
        b"GET /" + b"x" * connection.HEAD_BYTES,
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * connection.HEAD_BYTES + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(connection.HEAD_LINES)) + b"\r\n",
    ),
    ids=("a line without an end", "an address without an end", "a long line", "many lines"),
)
async def test_the_lines_of_a_request_are_bounded(listening: Listening, head: bytes) -> None:
    reader, writer = await listening.connect()
    writer.write(head)
    assert await refusal(reader) == (431, "head_too_large")


async def test_as_many_lines_as_go_are_taken(listening: Listening) -> None:
    reader, writer = await listening.connect()
    lines = b"".join(b"X-%d: 1\r\n" % number for number in range(connection.HEAD_LINES - 2))
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n" + lines + b"\r\n" + b"x" * 100_000)
    assert await answer(reader) == (200, b"100000")


async def test_where_too_many_are_connected_the_one_that_waited_longest_gives_way(listening: Listening) -> None:
    readers = [(await listening.connect())[0] for _ in range(3)]
    reader, writer = await listening.connect()
    assert await readers[0].read() == b""
    writer.write(GET)
    assert await answer(reader) == (200, b"0")
    assert len(listening.state.connections) == 3


async def test_where_all_are_at_work_a_new_connection_is_refused(listening: Listening) -> None:
    at_work = [await listening.connect() for _ in range(3)]
    for _, writer in at_work:
        writer.write(GET.replace(b"/ ", b"/waits "))
    await until(lambda: len(listening.state.tasks) == 3)
    reader, _ = await listening.connect()
    assert await refusal(reader) == (503, "too_many_connections")
    listening.go_on.set()
    assert [await answer(reader) for reader, _ in at_work] == [(200, b"0")] * 3


async def test_an_unfinished_body_of_nobody_gives_way_and_is_told(listening: Listening) -> None:
    first, *_ = [await listening.begin(POST + b"x") for _ in range(3)]
    reader, writer = await listening.connect()
    assert await refusal(first) == (503, "too_many_connections")
    writer.write(GET)
    assert await answer(reader) == (200, b"0")


async def test_an_answer_that_nobody_takes_gives_way(listening: Listening) -> None:
    for _ in range(3):
        await listening.begin(GET.replace(b"/ ", b"/large "))
    reader, writer = await listening.connect()
    writer.write(GET)
    assert await answer(reader) == (200, b"0")
    await until(lambda: len(listening.state.connections) == 3)


async def test_room_is_made_for_several_at_once_where_many_may_be_open(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "AT_ONCE", 1)
    readers = [await listening.begin(POST + b"x") for _ in range(3)]
    await listening.connect()
    assert [await refusal(reader) for reader in readers] == [(503, "too_many_connections")] * 3
    await until(lambda: len(listening.state.connections) == 1)


@pytest.mark.parametrize("request_", (POST.replace(b"/ ", b"/ada "), GET.replace(b"/ ", b"/ada/large ")), ids=("sends", "takes"))
async def test_who_is_signed_in_gives_way_to_nobody_while_a_request_is_under_way(listening: Listening, request_: bytes) -> None:
    for _ in range(3):
        await listening.begin(request_)
    reader, _ = await listening.connect()
    assert await refusal(reader) == (503, "too_many_connections")


async def test_whoever_has_most_connections_gives_way_first(listening: Listening) -> None:
    alone = await listening.begin(POST, "127.0.0.2")
    first, second = [await listening.begin(POST) for _ in range(2)]
    await listening.connect("127.0.0.3")
    assert await refusal(first) == (503, "too_many_connections")
    await listening.connect("127.0.0.3")
    assert await refusal(alone) == (503, "too_many_connections")
    assert not second.at_eof()


@pytest.mark.parametrize(
    "words",
    (
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\x00: 1\r\n\r\n",
        POST.replace(b"100000", b"1e5"),
        b"GET http://[ HTTP/1.1\r\n\r\n",
    ),
    ids=("no request", "no line", "no length", "no address"),
)
async def test_what_is_no_request_is_refused_by_a_problem_document(listening: Listening, words: bytes) -> None:
    reader, writer = await listening.connect()
    writer.write(words)
    status, body = await answer(reader)
    assert (status, json.loads(body)["code"], await reader.read()) == (400, "bad_request", b"")


async def test_what_follows_a_request_and_is_none_is_not_told_as_its_answer(listening: Listening) -> None:
    reader, writer = await listening.connect()
    writer.write(GET.replace(b"/ ", b"/waits ") + b"nonsense\r\n\r\n")
    assert await reader.read() == b""


async def test_somebody_signs_in_while_strangers_fill_the_server(acme: Company) -> None:
    kind, loop, state = bounded(5), asyncio.get_running_loop(), ServerState()
    config = uvicorn.Config(acme.app, interface="asgi3", lifespan="off", log_config=None, proxy_headers=False)
    config.load()
    server = await loop.create_server(lambda: kind(config, state, {}, loop), "127.0.0.1", 0)
    made = Listening(state, server.sockets[0].getsockname()[1])
    drip = b"POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"
    for number in range(12):
        _, writer = await asyncio.open_connection("127.0.0.1", made.port)
        made.writers.append(writer)
        writer.write(drip)
        await until(lambda number=number: len(state.tasks) >= min(number + 1, 5))  # type: ignore[misc]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{made.port}") as http:
        body = {"email": "ada@example.org", "password": PASSWORD}
        assert (await http.post("/api/v1/sessions", json=body)).status_code == 201
        assert (await http.get("/api/v1/sessions/current")).status_code == 200
    await made.close(server)


@pytest.mark.parametrize(("hard", "most"), ((600, 400), (100, 10), (1200, 1000), (20_000, 1000)))
def test_where_the_system_allows_fewer_files_so_many_fewer_connections_are_open_and_some_stay_free(hard: int, most: int) -> None:
    program = (
        "import resource as r; from cascadia.cli.app import allow_connections;"
        f"r.setrlimit(r.RLIMIT_NOFILE, (100, min({hard}, r.getrlimit(r.RLIMIT_NOFILE)[1])));"
        "print(allow_connections(1000), r.getrlimit(r.RLIMIT_NOFILE)[0])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    told, files = map(int, run.stdout.splitlines()[-1].split())
    assert (told, files) == (most, min(hard, 1000 + 200 + 2048))
