"""`cascadia health`, which containers ask every few seconds."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

import pytest

NOBODY: Final = "1"
"""A port on which nothing answers."""


@contextmanager
def something(status: int, said: dict[str, Any]) -> Iterator[str]:
    """The port of a program that says this of itself."""

    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/ready" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield str(server.server_port)
        finally:
            server.shutdown()
            thread.join()


def health(part: str, *flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name not in {"PORT", "HEALTH_PORT"}} | environment
    command = (sys.executable, *flags, "-P", "-m", "cascadia.cli", "health", part)
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("part", "setting"), (("app", "PORT"), ("worker", "HEALTH_PORT")))
def test_a_part_that_is_ready_is_told_without_reading_the_program(part: str, setting: str) -> None:
    with something(200, {"degraded": []}) as port:
        done = health(part, "-X", "importtime", **{setting: port})
    assert (done.returncode, done.stdout) == (0, "ready\n")
    assert not {"pydantic", "typer", "httpx", "structlog"} & {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


def test_what_is_missing_is_told() -> None:
    with something(200, {"degraded": ["storage"]}) as port:
        assert health("app", PORT=port).stdout == "ready, degraded: storage\n"


def test_a_part_that_is_not_ready_is_told_by_its_reason() -> None:
    with something(503, {"detail": "The database does not answer."}) as port:
        done = health("app", PORT=port)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "cascadia: The database does not answer.\n")
    assert health("app", PORT=NOBODY).returncode == 7


@pytest.mark.parametrize("port", ("70000", "x", "-1", "²"))
def test_a_port_that_is_none_is_named(port: str) -> None:
    done = health("worker", HEALTH_PORT=port)
    assert (done.returncode, done.stdout) == (2, "")
    assert "HEALTH_PORT" in done.stderr


def test_the_port_may_stand_in_a_file(tmp_path: Any) -> None:
    with something(200, {}) as port:
        (tmp_path / "port").write_text(port)
        assert health("app", PORT_FILE=str(tmp_path / "port")).stdout == "ready\n"


def test_there_are_two_parts() -> None:
    done = health("nonsense", NO_COLOR="1", COLUMNS="140")
    assert (done.returncode, "app" in done.stderr, "worker" in done.stderr) == (2, True, True)
