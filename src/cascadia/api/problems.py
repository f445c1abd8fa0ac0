"""Every refusal and failure as a problem document (RFC 9457): a stable code, what to do, never how it is built inside."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from cascadia.api import words
from cascadia.kernel import text
from cascadia.kernel.bodies import ERRORS_SHOWN
from cascadia.kernel.db import outage_of
from cascadia.kernel.decimals import Ambiguous
from cascadia.kernel.errors import BadRequest, CascadiaError, Invalid, Unavailable
from cascadia.kernel.events import current_origin

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2
PLACES: Final = ("body", "query", "path", "header", "cookie")
SAID: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "The request cannot be read. Check that the body is what its `Content-Type` says."),
    404: ("not_found", "There is no such thing, or you may not see it."),
    405: ("method_not_allowed", "This address does not take this method; `Allow` names those that it takes."),
}
"""Code and detail of what the framework itself refuses, by status."""


def add_handlers(app: FastAPI) -> None:
    """Everything that a route may raise is answered by a problem document."""
    app.add_exception_handler(CascadiaError, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _refused_by_framework)
    app.add_exception_handler(ClientDisconnect, _broken_off)
    app.add_exception_handler(psycopg.DataError, _not_storable)
    app.add_exception_handler(psycopg.errors.DiskFull, _database_full)
    app.add_exception_handler(psycopg.OperationalError, _database_lost)
    app.add_exception_handler(psycopg.InterfaceError, _database_lost)
    app.add_exception_handler(psycopg.InternalError, _database_unable)


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document as an answer; `extra` members stand beside those of the standard."""
    members = {
        **(extra or {}),
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": list(errors),
        "request_id": current_origin.get().request_id,
    }
    return Response(to_json(members), status_code=status, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store", **(headers or {})})


def of_error(error: CascadiaError) -> Response:
    """The problem document of a refusal."""
    later = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    headers = {**error.headers, **later}
    return problem(error.status, error.code, error.title, error.detail, errors=error.errors, extra=error.extra, headers=headers)


def internal() -> Response:
    """What is said about a failure that nobody foresaw: where to look, and nothing else."""
    return problem(500, "internal_error", "Internal error", "Something went wrong in the program. The log has the details under this id.")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, CascadiaError)
    if isinstance(error, Unavailable):
        log.warning("unavailable", code=error.code, reason=error.detail)
    elif error.status == HTTPStatus.INSUFFICIENT_STORAGE:
        log.warning("no_room", code=error.code, reason=error.detail)
    elif error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", code=error.code, reason=error.detail, exc_info=error)
    return of_error(error)


async def _not_valid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    every = error.errors()
    found = every[:ERRORS_SHOWN]
    errors = [{"pointer": pointer(e["loc"]), "message": words.of(e), **_readings(e)} for e in found]
    more = f": the first {ERRORS_SHOWN}, there may be more" if len(every) >= ERRORS_SHOWN else ""
    return problem(422, Invalid.code, Invalid.title, f"Correct the members that `errors` names{more}.", errors=errors)


def _readings(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """Both readings of a number, for a person to choose."""
    wrong = (error.get("ctx") or {}).get("error")
    return {"readings": wrong.readings} if isinstance(wrong, Ambiguous) else {}


def pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer to a member of the body, or to a parameter by its name."""
    inside = location[1:] if location and location[0] in PLACES else location
    return text.pointer(*inside)


async def _refused_by_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (address := request.app.state.addresses.find(request.url.path)):
        return method_not_allowed(address.allow)
    return _of_status(error.status_code, error.headers)


async def _broken_off(_: Request, __: Exception) -> Response:
    """For the log and the metrics: nobody is there to read it."""
    return of_error(BadRequest("The body broke off before it was whole. Send it again."))


def _of_status(status: int, headers: Mapping[str, str] | None = None) -> Response:
    phrase = HTTPStatus(status).phrase
    code, detail = SAID.get(status, ("refused", phrase))
    return problem(status, code, phrase, detail, headers=headers)


def method_not_allowed(allow: str) -> Response:
    """The refusal of a method that an address does not take."""
    return _of_status(405, {"Allow": allow})


def wrong_host() -> Response:
    """The refusal of a request that says in no `Host`, or in two, whom it is for."""
    return problem(400, "bad_host", "The request cannot be read", "Send exactly one `Host` header.")


async def _not_storable(_: Request, error: Exception) -> Response:
    log.warning("value_not_storable", reason=str(error).strip(), sqlstate=getattr(error, "sqlstate", None))
    detail = "A value of the request cannot be stored: it holds a NUL character, or its number is out of range."
    return problem(422, "not_storable", Invalid.title, detail)


async def _database_lost(_: Request, error: Exception) -> Response:
    log.error("database_error", reason=str(error).strip(), sqlstate=getattr(error, "sqlstate", None))
    return of_error(Unavailable("The database does not answer. Try again in a moment.", retry_after=RETRY_SECONDS))


async def _database_unable(request: Request, error: Exception) -> Response:
    """A session that the server ended, or that is on a standby now; another one does better. Anything else nobody foresaw."""
    if outage_of(error) is None:
        raise error
    return await _database_lost(request, error)


async def _database_full(_: Request, error: Exception) -> Response:
    log.error("database_full", reason=str(error).strip(), remedy="make room on the disk of the database")
    detail = "The disk of the database is full. Nothing was changed; tell your administrator."
    return problem(507, "database_full", "There is no room left", detail)
