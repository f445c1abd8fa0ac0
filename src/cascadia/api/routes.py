"""The one list of what the API serves, and what every route must declare."""

from collections.abc import Iterable, Iterator
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import BaseRoute

from cascadia.access.routes import people, programs
from cascadia.access.session_routes import router as sign_in
from cascadia.api.addresses import Addresses
from cascadia.api.health import router as health
from cascadia.bom.routes import router as bom
from cascadia.items.routes import router as items
from cascadia.jobs.board_routes import router as board
from cascadia.jobs.routes import router as jobs
from cascadia.kernel.route import Route, permission_of
from cascadia.notify.routes import router as notify
from cascadia.parts.routes import router as parts
from cascadia.proposals.routes import router as proposals
from cascadia.reports.routes import router as reports
from cascadia.vault.room_routes import router as room
from cascadia.vault.routes import router as vault
from cascadia.vault.upload_routes import router as uploads
from cascadia.vault.verification_routes import router as verification
from cascadia.versioning.routes import router as versioning

ROUTERS: Final[tuple[APIRouter, ...]] = (
    health,
    sign_in,
    people,
    programs,
    items,
    parts,
    bom,
    versioning,
    vault,
    room,
    uploads,
    verification,
    board,
    jobs,
    notify,
    proposals,
    reports,
)
"""What is served, in the order of the document."""
ROUTES: Final[tuple[BaseRoute, ...]] = tuple(route for router in ROUTERS for route in router.routes)


class NotDeclared(Exception):
    """A route lacks what every route declares: a mistake in the program, found at start."""


def include(app: FastAPI) -> None:
    """Serves every router; refuses to start with a route that says no permission, or with two operations of one name.

    Leaves in `app.state` what surrounds a request: `templates` (id of a route → its path) and `addresses`.
    """
    app.router.routes.extend(ROUTES)
    seen: dict[str, str] = {}
    for context in operations(app.routes):
        where = f"{sorted(context.methods or ())} {context.path_format}"
        if not permission_of(context.endpoint):
            raise NotDeclared(f"{where} has no @permission(...)")
        if not isinstance(context.original_route, Route):
            raise NotDeclared(f"the router of {where} has no route_class=Route")
        name = str(context.unique_id)
        if name in seen:
            raise NotDeclared(f"{where} and {seen[name]} are both called {name}")
        seen[name] = where
    app.state.templates = {id(context.original_route): str(context.path_format) for context in operations(app.routes)}
    app.state.addresses = Addresses((str(c.path_format), c.path_regex, frozenset(c.methods or ())) for c in operations(app.routes))


def operations(served: Iterable[BaseRoute]) -> Iterator[RouteContext]:
    """Every operation that is served by a function of ours."""
    return (c for c in iter_route_contexts(list(served)) if isinstance(c.original_route, APIRoute))
