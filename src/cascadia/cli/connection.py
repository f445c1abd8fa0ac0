"""One connection of a client: how long its words may be and take, and which one gives way where there are too many.

A proxy in front does all this too; a server that people reach directly has nobody else.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import ClassVar, Final

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cascadia.access.limits import network_of
from cascadia.api.problems import MEDIA_TYPE

log = structlog.get_logger()

HEAD_BYTES: Final = 64 * 1024
HEAD_LINES: Final = 100
HEAD_SECONDS: Final = 20
BODY_SECONDS: Final = 20
"""Time for a body besides what it takes at the slowest pace."""
BYTES_A_SECOND: Final = 500
LINGER_SECONDS: Final = 30
"""How long the rest of a stranger's body is taken after its answer: a client that is cut while it sends may not read that."""
SEND_SECONDS: Final = 60
"""How long somebody may take less of an answer than the slowest pace."""
AT_ONCE: Final = 50
"""Of so many connections one gives way at once where too many are open."""
FULL: Final = "Too many are connected to this server. Try again in a moment."
PHRASES: Final[Mapping[int, str]] = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class Stage(Enum):
    """What a connection waits for."""

    IDLE = "the next request"
    HEAD = "the lines of a request"
    BODY = "the body of a request"
    ANSWER = "the answer"
    REFUSED = "its end"


class Connection(HttpToolsProtocol):
    """uvicorn's, with bounds. `most` of them are open at once; `check` ends what is too slow."""

    most: ClassVar[int] = 1000

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        self._stage, self._since, self._received = Stage.HEAD, self.loop.time(), 0
        self._unsent, self._unsent_since = 0, self._since
        self._asked, self._answered = False, self._since
        self._peer = network_of(self.client[0]) if self.client else None
        if len(self.connections) > self.most:
            self._make_room()

    @property
    def gives_way(self) -> bool:
        """Whether it waits for its client, and nobody who is signed in loses anything by its end."""
        if self._stage is Stage.REFUSED or self._works_for_somebody():
            return False
        return self._stage is not Stage.ANSWER or self._is_sending()

    def _works_for_somebody(self) -> bool:
        """Whether a request is not over yet of which the program knows whose it is."""
        return self._asked and "user" in self.cycle.scope["state"] and (not self.cycle.response_complete or self._is_sending())

    def _is_only_drained(self) -> bool:
        """Whether nobody reads the body any more, and the program does not know whose it is."""
        return self.cycle.response_complete and "user" not in self.cycle.scope["state"]

    def _is_sending(self) -> bool:
        return self.transport.get_write_buffer_size() > 0

    def _make_room(self) -> None:
        """Ends what gives way: of whoever has most such connections those that waited longest. Where there is none, refuses this one.

        Looking at all takes milliseconds, so that it makes room for the next ones too.
        """
        others = [c for c in self.connections if isinstance(c, Connection) and c is not self and c.gives_way]
        if not others:
            self._refuse(503, "too_many_connections", FULL)
        shares = Counter(connection._peer for connection in others)  # noqa: SLF001 - of its own class
        others.sort(key=lambda connection: (-shares[connection._peer], connection._since))  # noqa: SLF001
        for connection in others[: max(1, self.most // AT_ONCE)]:
            connection._give_way()  # noqa: SLF001

    def _give_way(self) -> None:
        """Ends; where a request waits for its answer, it is told why."""
        if self._stage is Stage.BODY and not self._is_sending():
            self._refuse(503, "too_many_connections", FULL)
        else:
            self._stage = Stage.REFUSED
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._stage is Stage.REFUSED:
            return
        if self._stage is Stage.IDLE:
            self._enter(Stage.HEAD)
        if self._stage is Stage.HEAD:
            self._received += len(data)
        super().data_received(data)
        if self._stage is Stage.HEAD and self._received > HEAD_BYTES:
            self._refuse(431, "head_too_large", f"The lines before the body are more than {HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._stage is Stage.ANSWER:
            self._enter(Stage.HEAD)

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_BYTES or len(self.headers) > HEAD_LINES:
            self._refuse(431, "head_too_large", f"The lines before the body are more than {HEAD_LINES}, or {HEAD_BYTES} bytes.")
        elif self._stage is not Stage.REFUSED:
            super().on_headers_complete()
            self._asked = True
            self._enter(Stage.BODY)

    def on_body(self, body: bytes) -> None:
        if self._stage is not Stage.REFUSED:
            self._received += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._stage is not Stage.REFUSED:
            super().on_message_complete()
            self._enter(Stage.IDLE if self.cycle.response_complete else Stage.ANSWER)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._answered = self.loop.time()
        if self._stage is Stage.ANSWER:
            self._enter(Stage.IDLE)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        self._refuse(400, "bad_request", "This is no request of HTTP/1.1, or one that cannot be read.")

    def check(self, now: float) -> None:
        """Ends the connection if its client is too slow, be it in asking or in taking the answer."""
        waited = now - self._since
        if self._stage is Stage.BODY and self.flow.read_paused:
            self._since, self._received = now, 0
        elif self._stage is Stage.HEAD and waited > HEAD_SECONDS:
            self._refuse(408, "too_slow", f"The lines before the body did not come within {HEAD_SECONDS} seconds.")
        elif self._stage is Stage.BODY and waited > BODY_SECONDS + self._received / BYTES_A_SECOND:
            self._refuse(408, "too_slow", f"The body comes slower than {BYTES_A_SECOND} bytes a second.")
        elif self._stage is Stage.BODY and self._is_only_drained() and now - self._answered > LINGER_SECONDS:
            self._refuse(408, "too_slow", "The rest of a body whose request is answered does not end.")
        self._check_sending(now)

    def _check_sending(self, now: float) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or now - self._unsent_since > SEND_SECONDS:
            if unsent and unsent > self._unsent - SEND_SECONDS * BYTES_A_SECOND and self._unsent:
                log.info("connection_cut", reason="takes its answer too slowly", address=self.client and self.client[0])
                self.transport.abort()
            self._unsent, self._unsent_since = unsent, now

    def _enter(self, stage: Stage) -> None:
        self._stage, self._since, self._received = stage, self.loop.time(), 0

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Says why, where it would not be taken for the answer to something else, and closes."""
        if self._stage is Stage.REFUSED:
            return
        idle = self._stage is Stage.HEAD and not self._received and status == 408
        said = not idle and not self._is_owed_an_answer()
        self._stage = Stage.REFUSED
        log.info("connection_refused", code=code, address=self.client and self.client[0])
        if said:
            self.transport.write(_document(status, code, detail))
        self.transport.close()

    def _is_owed_an_answer(self) -> bool:
        """Whether an answer has begun, or the one to an earlier request is still to come."""
        if not self._asked:
            return False
        return self.cycle.response_started if self._stage is Stage.BODY else not self.cycle.response_complete


def _document(status: int, code: str, detail: str) -> bytes:
    members = {"type": "about:blank", "title": PHRASES[status], "status": status, "detail": detail, "code": code, "errors": []}
    body = json.dumps({**members, "request_id": None}).encode()
    lines = (
        f"HTTP/1.1 {status} {PHRASES[status]}",
        f"Content-Type: {MEDIA_TYPE}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(("Retry-After: 2",) if status == 503 else ()),
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def bounded(most: int) -> type[Connection]:
    """Connections of which at most so many are open at once."""
    return type("BoundedConnection", (Connection,), {"most": most})
