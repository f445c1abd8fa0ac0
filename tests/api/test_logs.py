"""What the log says of a request, and how."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog
from fastapi import FastAPI

from cascadia.kernel import log
from tests.company import PASSWORD, Workshop
from tests.served import served

ODD = "a\x1b[31mred\x00\x7f\x9b2J\u202egnp.exe\u200b\u2028b"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What `configure` sends to stderr in the format of the test's parameter."""
    into = io.StringIO()
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    monkeypatch.setattr("sys.stderr", into)
    log.configure("INFO", request.param)
    yield into
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configuration)


def fail() -> None:
    raise ValueError(ODD)


@pytest.mark.parametrize("written", ("text",), indirect=True)
def test_a_text_log_writes_nothing_to_a_terminal(written: io.StringIO) -> None:
    structlog.get_logger().info("request", path=ODD, spaced=f"{ODD} {ODD}", inside=[ODD])
    logging.getLogger("other").warning("%s", ODD)
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("broke")
        logging.getLogger("other").exception("broke")
    text = written.getvalue()
    assert {character for character in text if not (character.isprintable() or character == "\n")} == set()
    assert r"a\x1b[31mred\x00\x7f\x9b2J\u202egnp.exe\u200b\u2028b" in text
    assert text.count("Traceback (most recent call last)") == 2


@pytest.mark.parametrize("written", ("json",), indirect=True)
def test_a_json_log_is_one_line_an_event(written: io.StringIO) -> None:
    structlog.get_logger().info("request", path=ODD)
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["path"] == ODD


async def test_the_line_of_a_request_says_who_sent_it(workshop: Workshop, client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await workshop.viewer.get("/parts")
        await workshop.viewer.send("POST", "/parts", {"project": workshop.project, "name": "X"})
        await client.get("/api/v1/parts")
    requests = [(line["path"], line["status"], line.get("user")) for line in lines if line["event"] == "request"]
    who = workshop.viewer.user["id"]
    assert requests == [("/api/v1/parts", 200, who), ("/api/v1/parts", 403, who), ("/api/v1/parts", 401, None)]


async def test_a_failed_sign_in_names_the_account_and_not_what_was_typed(workshop: Workshop, client: httpx.AsyncClient) -> None:
    user = workshop.viewer.user
    with structlog.testing.capture_logs() as lines:
        await client.post("/api/v1/sessions", json={"email": user["email"].upper(), "password": "wrong, wrong, wrong"})
        await client.post("/api/v1/sessions", json={"email": "nobody@example.org", "password": PASSWORD})
    failed = [line for line in lines if line["event"] == "sign_in_failed"]
    assert [line["account"] for line in failed] == [user["id"], "unknown"]
    assert "wrong, wrong" not in str(lines)
    assert "nobody@" not in str(lines)


@pytest.mark.parametrize(
    "sent",
    (
        b"Content-Length: 100\r\n\r\n{",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nno size\r\n",
    ),
    ids=("gone after one byte", "gone after one chunk", "a chunk without a size"),
)
async def test_a_body_that_breaks_off_is_one_quiet_line(app: FastAPI, sent: bytes) -> None:
    with structlog.testing.capture_logs() as lines:
        async with served(app) as address:
            _, writer = await asyncio.open_connection("127.0.0.1", int(address.rsplit(":", 1)[1]))
            writer.write(b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + sent)
            await writer.drain()
            writer.close()
            async with asyncio.timeout(30):
                while not any(line["event"] == "request" for line in lines):  # noqa: ASYNC110 - waits for what others do
                    await asyncio.sleep(0.001)
    assert [(line["event"], line["log_level"], line.get("status")) for line in lines if line["event"] != "first_start_waits"] == [
        ("request", "info", 400)
    ]
