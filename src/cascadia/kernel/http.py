"""What every route shares: the permission marker, paging parameters, ETags, conditional reads, problem documents."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from cascadia.kernel import coding
from cascadia.kernel.db import Database
from cascadia.kernel.errors import PreconditionRequired, Stale
from cascadia.kernel.instance import secret_of
from cascadia.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT, PageRequest

PRIVATE: Final = "private, no-cache"
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class ProblemError(BaseModel):
    """One wrong place of a request."""

    pointer: str
    message: str
    readings: list[str] | None = Field(default=None, description="Both readings of a number that has two: send the one that is meant.")


class Problem(BaseModel):
    """An error as RFC 9457 says; `code` is stable, `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemError]
    request_id: str | None


def permission(name: str, *, scope: str | None = None) -> Callable[[Endpoint], Endpoint]:
    """Declares what a route needs. The document shows it as `x-permission`; start-up refuses a route without one.

    `scope` is what an API token needs for it; absent, it follows from permission and method.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__cascadia_permission__ = name  # type: ignore[attr-defined]
        endpoint.__cascadia_scope__ = scope  # type: ignore[attr-defined]
        return endpoint

    return mark


def method_of(request: Request) -> str:
    """The method that the client used: a HEAD reaches the route of GET where there is none of its own, which then need not read content."""
    return "HEAD" if getattr(request.state, "head", False) else request.method


async def database(request: Request) -> Database:
    """The pools of this process."""
    found = request.app.state.database
    assert isinstance(found, Database)
    return found


async def page_request(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many rows at most.")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    count: Annotated[bool, Query(description="Also answer how many there are in all.")] = False,  # noqa: FBT002 - FastAPI calls by name
) -> PageRequest:
    """The paging parameters that every list takes."""
    return PageRequest(limit, cursor, count, request.url.path, await _cursor_secret(request))


async def _cursor_secret(request: Request) -> bytes:
    """Read once in the life of a process."""
    state = request.app.state
    if not hasattr(state, "cursor_secret"):
        state.cursor_secret = await secret_of(await database(request), "cursors")
    found: bytes = state.cursor_secret
    return found


Db = Annotated[Database, Depends(database)]
Paging = Annotated[PageRequest, Depends(page_request)]
IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag that you saw. Required (428).")]
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="Makes a retry safe for 24 h.")
]


def etag(version: str, body: bytes, chosen: str | None = None) -> str:
    """`"version.view"`: the version that writes compare; for conditional reads a hash of the answer's bytes, and how they are coded."""
    return f'"{version}.{hashlib.sha256(body).hexdigest()[:16]}{f"-{chosen}" if chosen else ""}"'


def version_of(tag: str) -> str:
    """The version part of an ETag, with or without `W/` and quotes."""
    return tag.removeprefix("W/").strip('"').rsplit(".", 1)[0]


def check_version(if_match: str | None, current: str, *, body: Mapping[str, Any] | None = None, differing: list[str] | None = None) -> None:
    """428 without `If-Match`; 412 with the current state when it names another version than `current`."""
    if if_match is None:
        raise PreconditionRequired("Send the ETag that you saw in `If-Match`, so that nobody's work is overwritten.")
    if version_of(if_match) != current:
        raise Stale(
            "Somebody changed this since you read it. Look at the current version, then decide again.",
            current=body,
            current_version=current,
            differing=differing or [],
        )


def answer(
    request: Request,
    model: BaseModel,
    *,
    version: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The model as JSON with its ETag; 304 where the reader has the same bytes already."""
    return answer_bytes(request, model.model_dump_json().encode(), version=version, status=status, headers=headers)


def answer_bytes(
    request: Request,
    body: bytes,
    *,
    version: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """As `answer`, for JSON that was written already. What is read and not small is coded as its reader accepts it.

    Answers to writes are not: they may have a secret beside what somebody else made the browser send.
    """
    can_be_coded = request.method == "GET" and len(body) >= coding.LEAST
    chosen = coding.chosen(request.headers.get("accept-encoding")) if can_be_coded else None
    tag = etag(version if version is not None else "0", body, chosen)
    extra = {"Cache-Control": PRIVATE, "ETag": tag, **(headers or {})}
    if can_be_coded:
        extra["Vary"] = "Accept-Encoding"
    seen = request.headers.get("if-none-match")
    if seen and request.method in ("GET", "HEAD") and tag in [part.strip().removeprefix("W/") for part in seen.split(",")]:
        return Response(status_code=304, headers=extra)
    if chosen:
        body, extra["Content-Encoding"] = coding.coded(body, chosen), chosen
    return Response(body, status_code=status, media_type="application/json", headers=extra)


def page_answer(request: Request, page: BaseModel, next_cursor: str | None, *, version: str | None = None) -> Response:
    """A page as JSON, with `Link: rel=next` where there is more. `version`: what writes to the list as a whole compare."""
    headers = {}
    if next_cursor:
        url = request.url.include_query_params(cursor=next_cursor)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return answer(request, page, version=version, headers=headers)
