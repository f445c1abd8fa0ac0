"""The API as one ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from cascadia import __version__
from cascadia.access.http import identify
from cascadia.access.known import CHANNEL, Known, changes_rights
from cascadia.access.passwords import Passwords
from cascadia.api import first_start, openapi, problems, reference, routes
from cascadia.api.addresses import Addressed
from cascadia.api.middleware import Surroundings
from cascadia.bom.networks import Networks
from cascadia.jobs.permits import PermitSender
from cascadia.jobs.stream import EventHub
from cascadia.jobs.transport import JOBS_CHANNEL
from cascadia.kernel import lag, tasks
from cascadia.kernel.aside import Aside
from cascadia.kernel.broker import Broker
from cascadia.kernel.db import Database
from cascadia.kernel.http import permission
from cascadia.kernel.route import Route, name_of
from cascadia.kernel.stores import Preparation, store_from
from cascadia.migrations.waiting import schema_is_there
from cascadia.settings import Settings, SettingsInvalid

PIECE_BYTES: Final = 64 * 1024


def create_api(settings: Settings, *, read_url: str | None = None, passwords: Passwords | None = None) -> FastAPI:
    """The application; its database opens with its lifespan. `read_url` names a replica, or a login that may only read.

    `app.state`: `settings`, `database`, `events`, `permits` (None without a broker), `blobs`, `passwords`, and `draining`, an event
    that is set when the process was told to stop.
    """
    url = settings.database_url
    if url is None:
        raise SettingsInvalid(["DATABASE_URL is not set: name the database, or run everything with `cascadia up`."])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            Database(url, size=settings.database_pool_size, read_url=read_url, pooler=settings.pooler) as database,
            EventHub(database, settings.direct_url or url, app.state.draining, {CHANNEL: app.state.known.forget}) as events,
        ):
            database.hear(lambda types: _rights(database, app.state.known, types))
            app.state.database = database
            app.state.events = events
            background: dict[str, Callable[[], Awaitable[object]]] = {
                "first start": lambda: first_start.announce(database, settings.setup_token, _address(settings)),
                "lag": lag.watch,
                "storage": lambda: app.state.storage.run(database),
                "schema": lambda: schema_is_there(settings.direct_url or url, app.state.draining),
            }
            if permits := app.state.permits:
                database.carry(JOBS_CHANNEL, permits.offer)
                background["broker"] = lambda: permits.run(database)
            running = [asyncio.create_task(tasks.kept(name, work)) for name, work in background.items()]
            yield
            await tasks.end(running)
            app.state.aside.close()

    app = FastAPI(
        title="Cascadia",
        version=__version__,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=name_of,
        lifespan=lifespan,
    )
    app.router.route_class = Route
    app.state.settings = settings
    app.state.permits = _permit_sender(settings)
    app.state.blobs = store_from(settings)
    app.state.storage = Preparation(app.state.blobs)
    app.state.passwords = passwords or Passwords()
    app.state.draining = asyncio.Event()
    app.state.aside = Aside()
    app.state.networks = Networks(settings.tree_cache)
    app.state.identify = identify
    app.state.known = Known()
    app.add_middleware(Addressed)
    app.add_middleware(Surroundings, settings=settings)
    problems.add_handlers(app)
    _describe(app)
    routes.include(app)
    app.openapi = openapi.document  # type: ignore[method-assign]  # as FastAPI documents it
    return app


def _rights(database: Database, known: Known, types: Collection[str]) -> None:
    """What takes rights away here, or gives some, is known here at once, and elsewhere as soon as the notice comes."""
    if changes_rights(types):
        known.forget()
        database.notify([(CHANNEL, "")])


def _address(settings: Settings) -> str:
    return settings.public_url or f"http://localhost:{settings.port}"


def _permit_sender(settings: Settings) -> PermitSender | None:
    if settings.rabbitmq_url is None:
        return None
    return PermitSender(Broker(settings.rabbitmq_url, name="app", ca_bundle=settings.ca_bundle))


def _describe(app: FastAPI) -> None:
    """What anybody may read of the API. It takes a while to make: once, and beside the event loop."""
    makers: Mapping[str, Callable[[], bytes]] = {
        "document": lambda: to_json(app.openapi()),
        "page": lambda: reference.page(app.openapi()),
    }
    made: dict[str, bytes] = {}

    async def answer(name: str, media_type: str, headers: Mapping[str, str]) -> Response:
        if name not in made:
            made[name] = await app.state.aside.run(makers[name])
        length = {"Content-Length": str(len(made[name]))}
        return StreamingResponse(_in_pieces(made[name]), media_type=media_type, headers={**headers, **length})

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    @permission("public")
    async def get_document() -> Response:
        """This API, as OpenAPI 3.1."""
        return await answer("document", "application/json", {"Cache-Control": "no-cache"})

    @app.get("/api/docs", include_in_schema=False)
    @permission("public")
    async def get_reference() -> Response:
        """The same, to be read."""
        return await answer("page", "text/html", reference.HEADERS)


async def _in_pieces(content: bytes) -> AsyncIterator[bytes]:
    """So that not all of it waits in memory for each who does not take it."""
    for start in range(0, len(content), PIECE_BYTES):
        yield content[start : start + PIECE_BYTES]
