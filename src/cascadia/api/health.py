"""Whether this process works: for load balancers, orchestrators and Prometheus."""

import asyncio
from contextlib import suppress
from typing import Annotated, Final, Literal

import psycopg
from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from cascadia.api import client
from cascadia.jobs import board, metrics
from cascadia.jobs.permits import PermitSender
from cascadia.kernel.db import Database, Primary
from cascadia.kernel.errors import Forbidden, Unavailable
from cascadia.kernel.events import current_origin
from cascadia.kernel.http import Db, permission
from cascadia.kernel.route import routes
from cascadia.kernel.stores import Preparation
from cascadia.migrations import schema

router: Final = routes("operation", prefix="")

DEADLINE_SECONDS: Final = 3
STATE: Final = "SELECT version, oldest_code FROM schema_state"


class Live(BaseModel):
    """The process turns."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Requests can be served; `degraded` names what is missing without which most of them still work."""

    status: Literal["ok"] = "ok"
    degraded: Annotated[list[str], Field(default_factory=list)]


@router.get("/health/live", response_model=Live)
@permission("public")
async def get_liveness() -> Live:
    """Whether the process turns. Depends on nothing else, so that an outage elsewhere restarts nobody."""
    return Live()


@router.get("/health/ready", response_model=Ready)
@permission("public")
async def get_readiness(request: Request, db: Db) -> Ready:
    """Whether requests can be served: the database answers and its schema fits this program, and nobody told it to stop."""
    if request.app.state.draining.is_set():
        raise Unavailable("This process is about to stop. Ask another one.", code="draining", retry_after=1)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            schema.check(await _schema_state(db))
    except (TimeoutError, psycopg.OperationalError) as error:
        raise Unavailable("The database does not answer.", code="database_unreachable", retry_after=DEADLINE_SECONDS) from error
    parts: list[PermitSender | Preparation | None] = [request.app.state.permits, request.app.state.storage]
    return Ready(degraded=[part.degraded for part in parts if part and part.degraded])


async def _schema_state(db: Database) -> tuple[int, int] | None:
    async with db.primary() as primary:
        return await _state(primary) if await primary.value("SELECT to_regclass('schema_state') IS NOT NULL") else None


async def _state(primary: Primary) -> tuple[int, int] | None:
    rows = await primary.rows(STATE)
    return (rows[0]["version"], rows[0]["oldest_code"]) if rows else None


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
@permission("public")
async def get_metrics(request: Request, db: Db) -> Response:
    """Counters of this process, and what waits and runs in the ledger, in the text format of Prometheus; for `METRICS_ALLOWED_NETWORKS`."""
    if not client.is_within(current_origin.get().address, request.app.state.settings.metrics_allowed_networks):
        raise Forbidden("These figures are for the addresses in the setting METRICS_ALLOWED_NETWORKS.", code="metrics_closed")
    with suppress(TimeoutError, psycopg.Error, Unavailable):
        async with asyncio.timeout(DEADLINE_SECONDS), db.read() as read:
            metrics.show_queues(await board.list_queues(read))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
