"""The OpenAPI document: what FastAPI derives from the routes, and what holds for every operation of ours."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from fastapi.openapi.utils import get_openapi

from cascadia import __version__
from cascadia.access.http import scope_of
from cascadia.api.problems import MEDIA_TYPE
from cascadia.api.routes import ROUTES, operations
from cascadia.kernel.bodies import Bound, bound_of
from cascadia.kernel.http import Problem
from cascadia.kernel.route import permission_of

METHODS: Final = ("get", "head", "options", "post", "put", "patch", "delete")
SAFE: Final = frozenset({"get", "head", "options"})
PUBLIC: Final = "public"
PROBLEMS: Final[Mapping[int, str]] = {
    400: "The request cannot be read: `at`, `cursor` or the body is damaged",
    401: "Not signed in",
    403: "You may see it, but not do this",
    404: "There is no such thing, or you may not see it",
    409: "It clashes with the present state; `code` says how",
    412: "Somebody changed it since you read it; `current` is what is there now",
    413: "The body is larger than `x-body-limit` allows",
    415: "The body is of another kind than this address takes",
    422: "Not valid; `errors` names each place",
    428: "`If-Match` is missing",
    429: "Too many attempts; `Retry-After` says when to come back",
    503: "Not available at this moment; `Retry-After` says when to come back",
}
SCHEMES: Final[Mapping[str, Any]] = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-cascadia",
        "description": "Set by `POST /api/v1/sessions`. Over plain http its name ends with the instance's id instead. "
        "A browser's unsafe requests must come from the same origin.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token, made by `POST /api/v1/tokens`. `x-scope` of an operation is what it needs at least.",
    },
}
DESCRIPTION: Final = """Parts, BOMs, files and their history. The web interface and the command line use nothing else.

Errors are problem documents with a stable `code`. Lists are paged by `limit` and `cursor`. What is versioned is read at a point
with `?at=` and written with `If-Match`. A write with an `Idempotency-Key` may be sent again for 24 hours."""


@cache
def document() -> dict[str, Any]:
    """The whole document, made once for a process: every app serves the same."""
    made = get_openapi(title="Cascadia", version=__version__, openapi_version="3.1.0", description=DESCRIPTION, routes=list(ROUTES))
    _complete(made, {(str(c.path_format), m): c.endpoint for c in operations(ROUTES) for m in c.methods or ()})
    return made


def walk(made: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method, operation) of each operation of a document."""
    for path, item in made["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _complete(made: dict[str, Any], endpoints: Mapping[tuple[str, str], Any]) -> None:
    components = made.setdefault("components", {})
    components["securitySchemes"] = dict(SCHEMES)
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _problem_schema(schemas)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, method, operation in walk(made):
        endpoint = endpoints[path, method.upper()]
        permission = permission_of(endpoint) or ""
        operation["x-permission"] = permission
        if permission != PUBLIC:
            operation["x-scope"] = scope_of(endpoint, method.upper())
        operation["x-idempotent"] = method in SAFE or "Idempotency-Key" in _parameters(operation)
        if "requestBody" in operation:
            operation["x-body-limit"] = _bound(bound_of(endpoint))
        operation["security"] = [] if permission == PUBLIC else [{"session": []}, {"token": []}]
        _add_responses(path, method, operation, permission)


def _bound(bound: Bound) -> dict[str, int]:
    """What one body may hold, in bytes, in members and items of its JSON, and in members alone; empty where any number of bytes goes."""
    sizes = (("bytes", bound.size), ("values", bound.values), ("names", bound.names))
    return {name: number for name, number in sizes if number}


def _problem_schema(schemas: dict[str, Any]) -> dict[str, Any]:
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(own.pop("$defs", {}))
    return {**own, "additionalProperties": True}


def _parameters(operation: Mapping[str, Any]) -> set[str]:
    return {p["name"] for p in operation.get("parameters", ())}


def _add_responses(path: str, method: str, operation: dict[str, Any], permission: str) -> None:
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    for status in sorted(_problems_of(path, method, operation, permission)):
        responses[str(status)] = _problem(PROBLEMS[status])
    responses["default"] = _problem("Any other refusal")
    if "416" in responses:
        responses["416"] = _problem(responses["416"]["description"])
    if method == "get" and permission != PUBLIC and "application/json" in responses.get("200", {}).get("content", {}):
        responses["200"]["headers"] = {"ETag": {"description": "For `If-None-Match` and `If-Match`", "schema": {"type": "string"}}}
        responses.setdefault("304", {"description": "The reader has this already (`If-None-Match`)"})


def _problems_of(path: str, method: str, operation: Mapping[str, Any], permission: str) -> set[int]:
    found = {503}
    names = _parameters(operation)
    if permission != PUBLIC:
        found.add(401)
        if permission != "signed_in":
            found.add(403)
    if "{" in path or (operation.get("requestBody") and permission not in {PUBLIC, "signed_in", "administrator"}):
        found.add(404)
    if names or "requestBody" in operation:
        found.add(422)
    if {"at", "cursor"} & names or "requestBody" in operation:
        found.add(400)
    if "requestBody" in operation:
        found |= {413} | ({415} if "application/json" in operation["requestBody"]["content"] else set())
    if method not in SAFE:
        found |= {409} | ({429} if permission == PUBLIC else set()) | ({412, 428} if "If-Match" in names else set())
    return found


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
