"""A BOM exported by a real worker: what the asker may see, at the commit of the time of asking, for nobody else."""

import csv
import io
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest_asyncio

from tests.company import Person, Workshop
from tests.jobs.conftest import Fleet
from tests.until import until


@pytest_asyncio.fixture
async def worker(workshop: Workshop, database_url: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    """A worker of the whole program beside the app, on the same files."""
    fleet = Fleet(database_url, tmp_path)
    fleet.start(REGISTRY="cascadia.worker.registry:registry", JOB_TYPES="export,vault")
    yield fleet
    fleet.end()


async def ended(person: Person, asked: Any) -> Any:
    """The job when it has ended."""

    async def job() -> Any:
        now = await person.get(f"/jobs/{asked['id']}")
        return None if now["state"] in {"queued", "running"} else now

    return await until(job)


async def exported(person: Person, part: str, **body: str) -> tuple[Any, bytes]:
    job = await ended(person, await person.post(f"/parts/{part}/bom/exports", body, status=202))
    assert job["state"] == "succeeded", job
    answer = await person.http.get(f"/api/v1/outputs/{job['result']['output']}")
    assert answer.status_code == 200
    return job, answer.content


async def rover(workshop: Workshop) -> tuple[str, str]:
    """Rover: 2 axles of 4 wheels each. The ids of rover and wheel."""
    engineer = workshop.engineer
    rover, axle, wheel = [await engineer.part(workshop.project, name, number=name.upper()) for name in ("Rover", "Axle", "Wheel")]
    await engineer.line(rover["id"], axle["id"], quantity="2", note="=danger")
    await engineer.line(axle["id"], wheel["id"], quantity="4")
    return rover["id"], wheel["id"]


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def test_an_indented_bom_as_csv(workshop: Workshop, worker: Fleet) -> None:
    part, _ = await rover(workshop)
    job, content = await exported(workshop.viewer, part, format="csv", view="indented")
    rows = rows_of(content)
    assert [(r[0], r[2], r[6], r[8]) for r in rows[1:]] == [("0", "ROVER", "1", "1"), ("1", "AXLE", "2", "2"), ("2", "WHEEL", "4", "8")]
    assert rows[2][11] == "'=danger"
    assert job["result"]["name"].startswith("ROVER-bom-")
    assert job["result"]["rows"] == 3


async def test_a_flat_bom_as_xlsx(workshop: Workshop, worker: Fleet) -> None:
    part, _ = await rover(workshop)
    _, content = await exported(workshop.viewer, part, format="xlsx", view="flat")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert [(row[0].value, row[4].value) for row in sheet.iter_rows(min_row=2)] == [("AXLE", 2), ("WHEEL", 8)]


async def test_the_file_is_of_the_commit_that_was_asked_for(workshop: Workshop, worker: Fleet) -> None:
    part, wheel = await rover(workshop)
    first = (await workshop.viewer.get(f"/parts/{part}/bom/tree"))["at"]["seq"]
    await workshop.engineer.line(part, wheel, quantity="1")
    job = await workshop.viewer.http.post(f"/api/v1/parts/{part}/bom/exports", params={"at": f"commit:{first}"}, json={"format": "csv"})
    assert job.status_code == 202
    now = await ended(workshop.viewer, job.json())
    answer = await workshop.viewer.http.get(f"/api/v1/outputs/{now['result']['output']}")
    assert len(rows_of(answer.content)) == 4
    _, content = await exported(workshop.viewer, part, format="csv")
    assert len(rows_of(content)) == 5


async def test_an_export_is_whole_or_says_how_much_there_is(workshop: Workshop, worker: Fleet) -> None:
    parts = [await workshop.engineer.part(workshop.project, f"Level {n}") for n in range(21)]
    for parent, child in pairwise(parts):
        await workshop.engineer.line(parent["id"], child["id"])
        await workshop.engineer.line(parent["id"], child["id"])
    viewer, top = workshop.viewer, parts[0]["id"]
    job = await ended(viewer, await viewer.post(f"/parts/{top}/bom/exports", {"format": "csv", "view": "indented"}, status=202))
    told = "The BOM has 2,097,150 places, and an indented export holds 1,000,000. Export it flat, or its sub-assemblies."
    assert (job["state"], job["error"]["code"], job["error"]["message"], job["result"]) == ("dead", "too_many_rows", told, None)
    _, content = await exported(viewer, top, format="csv", view="flat")
    assert [row[4] for row in rows_of(content)[1:]] == [str(2**n) for n in range(1, 21)]


async def test_nobody_else_gets_the_file(workshop: Workshop, worker: Fleet) -> None:
    part, _ = await rover(workshop)
    job, _ = await exported(workshop.viewer, part, format="csv")
    for other in (workshop.engineer, workshop.lead, workshop.stranger):
        assert (await other.http.get(f"/api/v1/outputs/{job['result']['output']}")).status_code == 404
    refused = await workshop.stranger.send("POST", f"/parts/{part}/bom/exports", {})
    assert refused.status_code == 404


async def test_a_part_of_another_program_stands_there_as_restricted(workshop: Workshop, worker: Fleet) -> None:
    part, _ = await rover(workshop)
    other = await workshop.company.program("HIDDEN")
    project = await workshop.company.project("HID", other)
    hidden = await workshop.company.administrator.part(project, "Secret gyro", number="SECRET")
    both = await workshop.company.person("Both", {workshop.program: "engineer", other: "engineer"})
    await both.line(part, hidden["id"], quantity="1")
    _, content = await exported(workshop.viewer, part, format="csv")
    assert b"SECRET" not in content
    assert b"gyro" not in content
    assert [r[2] for r in rows_of(content)[1:]].count("restricted") == 1
    _, content = await exported(both, part, format="csv")
    assert b"SECRET" in content


async def test_an_output_is_collected_after_its_week(workshop: Workshop, worker: Fleet) -> None:
    part, _ = await rover(workshop)
    job, _ = await exported(workshop.viewer, part, format="csv")
    database = workshop.company.app.state.database
    async with database.write() as write:
        await write.execute("UPDATE output_file SET expires_at = now() - interval '1 s'")
    answer = await workshop.viewer.http.get(f"/api/v1/outputs/{job['result']['output']}")
    assert (answer.status_code, "week is over" in answer.json()["detail"]) == (404, True)
