"""What surrounds every request: its id, the log line, metrics, the count of SQL statements, and headers that protect a browser."""

import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cascadia.api import problems
from cascadia.api.client import client_address
from cascadia.kernel import telemetry
from cascadia.kernel.events import Origin, current_origin
from cascadia.kernel.ids import new_uid
from cascadia.kernel.telemetry import Statements, request_statements
from cascadia.settings import Settings

log = structlog.get_logger()

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
TRACE: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET: Final = ("/health/", "/metrics")
PROTECTION: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Set where an answer does not bring its own."""
ONE_YEAR: Final = "max-age=31536000"


class Surroundings:
    """The outermost layer. An error that nobody handled is logged and answered here, without a trace of it in the answer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        secure = (settings.public_url or "").startswith("https://")
        self._protection = {**PROTECTION, "Strict-Transport-Security": ONE_YEAR} if secure else PROTECTION

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        trace = TRACE.fullmatch(headers.get("traceparent", ""))
        origin = Origin(
            given if REQUEST_ID.fullmatch(given) else str(new_uid()),
            client_address(scope, headers, self._settings),
            trace[1] if trace else None,
        )
        scope.setdefault("state", {})["request_id"] = origin.request_id
        statements = Statements()
        tokens = current_origin.set(origin), request_statements.set(statements)
        traced = {"trace_id": origin.trace_id} if origin.trace_id else {}
        with structlog.contextvars.bound_contextvars(request_id=origin.request_id, **traced):
            try:
                await self._answer(scope, receive, send, statements)
            finally:
                current_origin.reset(tokens[0])
                request_statements.reset(tokens[1])

    async def _answer(self, scope: Scope, receive: Receive, send: Send, statements: Statements) -> None:
        begun, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._protect(MutableHeaders(scope=message), scope["state"]["request_id"])
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            log.exception("request_broke", method=scope["method"], path=scope["path"])
            if status:
                raise
            await problems.internal()(scope, receive, sending)
        finally:
            _record(scope, status, time.perf_counter() - begun, statements)

    def _protect(self, headers: MutableHeaders, request_id: str) -> None:
        headers["X-Request-ID"] = request_id
        for name, value in self._protection.items():
            headers.setdefault(name, value)


def _record(scope: Scope, status: int, seconds: float, statements: Statements) -> None:
    known = status != HTTPStatus.METHOD_NOT_ALLOWED and scope["method"] in METHODS
    method, route = (scope["method"], route_template(scope)) if known else ("OTHER", "other")
    telemetry.REQUESTS.labels(method, route, str(status)).inc()
    telemetry.REQUEST_SECONDS.labels(method, route).observe(seconds)
    telemetry.REQUEST_STATEMENTS.labels(route).observe(statements.count)
    say = log.debug if scope["path"].startswith(QUIET) else log.info
    user = scope["state"].get("user")
    say(
        "request",
        **({"user": str(user)} if user else {}),
        method=scope["method"],
        path=scope["path"],
        status=status,
        seconds=round(seconds, 4),
        statements=statements.count,
    )


def route_template(scope: Scope) -> str:
    """The path as it was declared, such as `/api/v1/parts/{part_id}`; `other` where no route matched."""
    templates: Mapping[int, str] = scope["app"].state.templates if "app" in scope else {}
    return templates.get(id(scope.get("route")), "other")
