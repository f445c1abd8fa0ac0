import itertools
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from cascadia.jobs import service
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue
from tests.company import Company, Workshop

Count = Callable[[], float]


def counter(route: str) -> Count:
    """SQL statements of the requests to a route since this was called (or since the last call)."""

    def total() -> float:
        return REGISTRY.get_sample_value("cascadia_http_request_statements_sum", {"route": route}) or 0

    seen = total()

    def since() -> float:
        nonlocal seen
        before, seen = seen, total()
        return seen - before

    return since


async def test_one_part_takes_at_most_3_statements(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    statements = counter("/api/v1/parts/{part_id}")
    await workshop.engineer.get(f"/parts/{part['id']}")
    assert 0 < statements() <= 3


async def test_a_page_of_50_takes_at_most_4_statements(workshop: Workshop) -> None:
    for _ in range(50):
        await workshop.engineer.part(workshop.project)
    statements = counter("/api/v1/parts")
    assert len((await workshop.engineer.get("/parts", limit=50, count="true"))["items"]) == 50
    assert 0 < statements() <= 4


@pytest.mark.parametrize("depth", (1, 6))
async def test_a_tree_takes_a_statement_for_each_level_and_when_it_is_known_at_most_5(workshop: Workshop, depth: int) -> None:
    parts = [await workshop.engineer.part(workshop.project) for _ in range(depth + 1)]
    for parent, child in itertools.pairwise(parts):
        await workshop.engineer.line(parent["id"], child["id"])
    statements = counter("/api/v1/parts/{part_id}/bom/tree")
    tree = await workshop.engineer.get(f"/parts/{parts[0]['id']}/bom/tree")
    assert len(tree["occurrences"]["level"]) == depth
    assert 0 < statements() <= 6 + depth
    for path in ("bom/tree", "bom/flat"):
        statements = counter(f"/api/v1/parts/{{part_id}}/{path}")
        await workshop.engineer.get(f"/parts/{parts[0]['id']}/{path}")
        assert 0 < statements() <= 5


async def test_one_edit_takes_at_most_14_statements(workshop: Workshop) -> None:
    part = await workshop.engineer.part(workshop.project)
    child = await workshop.engineer.part(workshop.project)
    line = await workshop.engineer.line(part["id"], child["id"])
    for path, route, seen, patch in (
        (f"/parts/{part['id']}", "/api/v1/parts/{part_id}", part, {"name": "Other"}),
        (f"/bom-lines/{line['id']}", "/api/v1/bom-lines/{line_id}", line, {"quantity": "2"}),
    ):
        statements = counter(route)
        headers = {"If-Match": f'"{seen["version"]}"', "Idempotency-Key": "once"}
        answer = await workshop.engineer.send("PATCH", path, patch, headers=headers)
        assert answer.status_code == 200
        assert 0 < statements() <= 14, route


async def test_one_creation_takes_at_most_14_statements(workshop: Workshop) -> None:
    statements = counter("/api/v1/parts")
    await workshop.engineer.part(workshop.project)
    assert 0 < statements() <= 14


async def test_every_list_without_a_parent_takes_at_most_5_statements(acme: Company) -> None:
    """Whatever it lists: who asks and what they may see (2), the page, the total, and one for what hangs on the rows."""
    document = (await acme.administrator.http.get("/api/v1/openapi.json")).json()
    lists = [
        path
        for path, operations in document["paths"].items()
        if "{" not in path and any(p["name"] == "cursor" for p in operations.get("get", {}).get("parameters", []))
    ]
    assert len(lists) > 10
    for path in lists:
        statements = counter(path)
        answer = await acme.administrator.http.get(path, params={"count": "true"})
        assert answer.status_code == 200, path
        assert 0 < statements() <= 5, path


async def test_a_job_takes_at_most_4_statements_and_its_log_5(workshop: Workshop) -> None:
    database: Database = workshop.company.app.state.database
    async with database.write() as write:
        uid = await service.enqueue(write, Enqueue("vault.collect", {}))
    for path, most in (("/jobs/{job_id}", 4), ("/jobs/{job_id}/log", 5)):
        statements = counter(f"/api/v1{path}")
        await workshop.company.administrator.get(path.format(job_id=uid), count="true")
        assert 0 < statements() <= most, path
