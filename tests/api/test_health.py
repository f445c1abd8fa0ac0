import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
from fastapi import FastAPI

from cascadia.jobs import service
from cascadia.kernel.declare import Enqueue
from cascadia.settings import Settings
from cascadia.web import create_app
from tests.company import visitor


async def test_a_program_with_its_database_is_live_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "degraded": []})


async def test_without_its_database_it_is_live_and_not_ready(tmp_path: Path) -> None:
    app = create_app(Settings(database_url="postgresql://127.0.0.1:1/none", data_dir=tmp_path))
    async with app.router.lifespan_context(app), visitor(app) as client:
        assert (await client.get("/health/live")).status_code == 200
        ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["code"]) == (503, "database_unreachable")


async def test_a_schema_that_does_not_fit_makes_it_unready_and_says_what_to_do(client: httpx.AsyncClient, database_url: str) -> None:
    for statement, code in (
        ("UPDATE schema_state SET version = 99, oldest_code = 99", "code_behind"),
        ("UPDATE schema_state SET version = 0, oldest_code = 0", "schema_behind"),
        ("DROP TABLE schema_state", "schema_missing"),
    ):
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("SET ROLE NONE")
            connection.execute(statement)
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["code"]) == (503, code)


async def test_a_program_that_was_told_to_stop_is_unready_and_goes_on_serving(app: FastAPI, client: httpx.AsyncClient) -> None:
    app.state.draining.set()
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["code"]) == (503, "draining")
    assert (await client.get("/health/live")).status_code == 200


async def test_metrics_count_requests_by_route(client: httpx.AsyncClient) -> None:
    name = 'cascadia_http_requests_total{method="GET",route="/api/v1/parts/{part_id}",status="401"}'

    async def count() -> float:
        lines = (await client.get("/metrics")).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

    before = await count()
    await client.get("/api/v1/parts/01980000-0000-7000-8000-000000000000")
    assert await count() == before + 1


async def test_metrics_are_closed_to_whom_no_setting_allows(app: FastAPI) -> None:
    for address, header, status in (
        ("127.0.0.1", None, 200),
        ("::ffff:127.0.0.1", None, 200),
        ("10.1.2.3", None, 403),
        ("10.1.2.3", "127.0.0.1", 403),
    ):
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
            answer = await client.get("/metrics", headers={"X-Real-IP": header} if header else {})
        assert answer.status_code == status, (address, header)
        assert ("cascadia_" in answer.text) == (status == 200)


async def test_without_the_setting_metrics_are_closed_to_this_machine_too(tmp_path: Path) -> None:
    app = create_app(Settings(database_url="postgresql://127.0.0.1:1/none", data_dir=tmp_path))
    async with app.router.lifespan_context(app), visitor(app) as client:
        answer = await client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (403, "metrics_closed")


async def test_no_request_makes_metrics_grow(client: httpx.AsyncClient) -> None:
    async def series() -> set[str]:
        lines = (await client.get("/metrics")).text.splitlines()
        return {line.rsplit(" ", 1)[0] for line in lines if line.startswith("cascadia_http")}

    await client.put("/api/v1/parts")
    before = await series()
    for path in ("/api/v1/parts", "/api/v1/jobs/replay", "/api/v1/users", "/api/v1/programs/x/roles"):
        for method in ("PUT", "TRACE", "OPTIONS", "LOCK", "X" * 30):
            assert (await client.request(method, path)).status_code == 405
    assert {name for name in await series() - before if 'route="/metrics"' not in name} == set()
    assert not [name for name in before if "_created" in name]


async def test_metrics_tell_what_waits_in_the_ledger(app: FastAPI, client: httpx.AsyncClient) -> None:
    async with app.state.database.write() as write:
        await service.enqueue(write, Enqueue("vault.collect", {}))
    lines = (await client.get("/metrics")).text.splitlines()
    assert 'cascadia_jobs_queued{family="vault"} 1.0' in lines
    assert 'cascadia_workers{family="vault"} 0.0' in lines


def test_a_server_does_not_import_what_only_migrations_need() -> None:
    asked = "import sys, cascadia.web; print(sorted({'alembic', 'mako', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run((sys.executable, "-P", "-c", asked), capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
