"""The one kind of route: who sends is known before the body is read, and the body is read within its bound."""

import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import cached_property
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Message, Receive, Scope

from cascadia.kernel.aside import Aside
from cascadia.kernel.bodies import LARGE, ORDINARY, Bound, bound_of, check_kind, read
from cascadia.kernel.errors import Forbidden, NotFound, TooLarge

PUBLIC = "public"
PREFIX: Final = "/api/v1"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Check = Callable[..., tuple[Any, list[dict[str, Any]]]]
"""What FastAPI checks a body with: the value or the errors."""
WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Identify(Protocol):
    """Refuses with 401 who is not signed in; looks `again` where it was known already."""

    def __call__(self, request: Request, *, again: bool = False) -> Awaitable[object]: ...


def permission_of(endpoint: Any) -> str | None:
    """What `@permission(...)` said."""
    found = getattr(endpoint, "__cascadia_permission__", None)
    return found if isinstance(found, str) else None


AGAIN_SECONDS: Final = 1.0
"""Whoever takes longer to send a body is looked up again behind it: what was taken away meanwhile is not used."""


class Route(APIRoute):
    """As FastAPI's. Nobody's body is read where only somebody may send one; a large one is read beside the event loop.

    A body that is not streamed is whole before anything is judged by who sent it.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette's; of more than a hundred routes most are ruled out by how their path begins."""
        if not scope["path"].startswith(self._begins) and not scope.get("root_path"):
            return Match.NONE, {}
        return super().matches(scope)

    @cached_property
    def _begins(self) -> str:
        return self.path.partition("{")[0]

    def get_route_handler(self) -> Handler:
        handle, bound, field = super().get_route_handler(), bound_of(self.endpoint), self.body_field
        public = permission_of(self.endpoint) == PUBLIC

        async def bounded(request: Request) -> Response:
            _check_announced(request, bound)
            request = Request(request.scope, _counted(request.receive, bound))
            if field is not None or (bound == ORDINARY and request.method in WRITES):
                body = await (request.body() if public else _body_of_somebody(request))
                if field is not None:
                    await _check_body(request, body, bound, field.validate)
            return await _handled(request, handle)

        return bounded


def name_of(route: APIRoute) -> str:
    """What an operation is called: as its function."""
    return route.name


def routes(tag: str, *, prefix: str = PREFIX) -> APIRouter:
    """Where a domain declares its routes, with their whole paths: routers within routers are asked twice for each request."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Route, generate_unique_id_function=name_of)


async def _handled(request: Request, handle: Handler) -> Response:
    """Nobody is refused a read by what was known of them some seconds ago: it is judged once more by what is so now."""
    try:
        return await handle(request)
    except (NotFound, Forbidden):
        if not getattr(request.state, "believed", False):
            raise
        identify: Identify = request.app.state.identify
        await identify(request, again=True)
        return await handle(request)


async def _body_of_somebody(request: Request) -> bytes:
    """The body; 401 where nobody sends it, before it is read and, where it took long, behind it."""
    identify: Identify = request.app.state.identify
    begun = time.monotonic()
    await identify(request)
    body = await request.body()
    if time.monotonic() - begun > AGAIN_SECONDS:
        await identify(request, again=True)
    return body


async def aside(request: Request) -> Aside:
    """The threads of this process for what takes long."""
    found = request.app.state.aside
    assert isinstance(found, Aside)
    return found


Threads = Annotated[Aside, Depends(aside)]


async def _check_body(request: Request, body: bytes, bound: Bound, check: Check) -> None:
    """Leaves in the request what FastAPI then takes for the body."""
    if not body:
        return
    check_kind(request.headers)
    if len(body) < LARGE:
        request._json = read(body, bound)  # noqa: SLF001 - what `Request.json` keeps
    else:
        request._json = await (await aside(request)).run(_read, body, bound, check)  # noqa: SLF001


def _read(body: bytes, bound: Bound, check: Check) -> Any:
    """The values of a large body, checked as FastAPI would on the event loop; it takes what is checked as it is."""
    value, errors = check(read(body, bound), {}, loc=("body",))
    if errors:
        raise RequestValidationError(errors)
    return value


def _check_announced(request: Request, bound: Bound) -> None:
    announced = request.headers.get("content-length", "")
    if bound.size is not None and announced.isdecimal() and int(announced[:20]) > bound.size:
        raise _too_large(bound)


def _counted(receive: Receive, bound: Bound) -> Receive:
    """What is received, until it is more than the bound."""
    received = 0

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if bound.size is not None and received > bound.size:
            raise _too_large(bound)
        return message

    return counting


def _too_large(bound: Bound) -> TooLarge:
    return TooLarge(f"The body is larger than the {bound.size} bytes that this address takes. Send less at once.")
