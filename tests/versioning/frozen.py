"""A Core App that stops itself (SIGSTOP) at the n-th await of a request: `python -m tests.versioning.frozen URL FOLDER`.

Reads lines of JSON {"stop_at", "path", "token", "body", "etag"}; answers each with {"status", "awaits"}.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from cascadia.kernel import log
from cascadia.settings import Settings
from cascadia.web import create_app


class Stopping:
    """Awaits a coroutine, and stops this process when it is suspended for the n-th time."""

    def __init__(self, inner: Coroutine[Any, Any, None], stop_at: int) -> None:
        self.inner, self.stop_at, self.awaits = inner, stop_at, 0

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self.inner.__await__()
        sent: Any = None
        while True:
            try:
                waiting_for = steps.send(sent)
            except StopIteration:
                return
            self.awaits += 1
            if self.awaits == self.stop_at:
                os.kill(os.getpid(), signal.SIGSTOP)
            sent = yield waiting_for


async def ask(app: FastAPI, order: dict[str, Any]) -> dict[str, int]:
    """Sends one PATCH through the whole application."""
    body = json.dumps(order["body"]).encode()
    headers = {"authorization": f"Bearer {order['token']}", "if-match": order["etag"], "idempotency-key": order["key"]}
    headers |= {"content-type": "application/json", "host": "localhost"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PATCH",
        "path": order["path"],
        "raw_path": order["path"].encode(),
        "query_string": b"",
        "scheme": "http",
        "server": ("localhost", 3000),
        "client": ("127.0.0.1", 5000),
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        "root_path": "",
        "state": {},
    }
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    request = Stopping(app(scope, receive, send), order["stop_at"])
    await request
    return {"status": status, "awaits": request.awaits}


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def main(url: str, folder: str) -> None:
    log.configure("WARNING", "text")
    app = create_app(Settings(database_url=url, database_pool_size=4, data_dir=Path(folder)))
    loop = asyncio.get_running_loop()
    async with app.router.lifespan_context(app):
        say("ready")
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            say(json.dumps(await ask(app, json.loads(line))))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
