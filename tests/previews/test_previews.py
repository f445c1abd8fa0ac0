"""From an upload to its preview, by a real worker in the cage."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.company import Workshop
from tests.jobs.conftest import Fleet, begin_subscriptions
from tests.previews.documents import image, pdf
from tests.until import until


@pytest_asyncio.fixture
async def worker(workshop: Workshop, database_url: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    begin_subscriptions(database_url)
    fleet = Fleet(database_url, tmp_path)
    fleet.start(REGISTRY="cascadia.worker.registry:registry", JOB_TYPES="conversion.document")
    yield fleet
    fleet.end()


async def upload(workshop: Workshop, name: str, data: bytes) -> str:
    made = await workshop.engineer.http.post("/api/v1/files", params={"name": name, "project": workshop.project}, content=data)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def ended(workshop: Workshop, number: int) -> list[Any]:
    async def all_of_them() -> list[Any]:
        jobs: list[Any] = (await workshop.engineer.get("/jobs", family="conversion.document"))["items"]
        return jobs if len(jobs) == number and all(job["state"] in {"succeeded", "dead"} for job in jobs) else []

    return await until(all_of_them)


async def test_a_document_gets_its_preview_once_for_its_content(workshop: Workshop, worker: Fleet) -> None:
    first = await upload(workshop, "drawing.pdf", pdf())
    await ended(workshop, 1)
    second = await upload(workshop, "copy.pdf", pdf())
    photo = await upload(workshop, "photo.jpg", image("JPEG", (400, 200)))
    assert {job["state"] for job in await ended(workshop, 2)} == {"succeeded"}
    for file in (first, second, photo):
        answer = await workshop.viewer.http.get(f"/api/v1/files/{file}/derivatives/preview")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    text = await workshop.viewer.http.get(f"/api/v1/files/{first}/derivatives/text")
    assert text.text == "Torque 12 Nm"
    assert text.headers["content-disposition"].startswith("attachment")
    assert (await workshop.stranger.http.get(f"/api/v1/files/{first}/derivatives/preview")).status_code == 404


async def test_a_damaged_document_is_told_in_words_and_not_tried_again(workshop: Workshop, worker: Fleet) -> None:
    await upload(workshop, "damaged.pdf", b"%PDF-1.4 nonsense")
    await upload(workshop, "model.step", b"ISO-10303-21;")
    [job] = await ended(workshop, 1)
    assert (job["state"], job["attempt"], job["error"]["code"]) == ("dead", 1, "document_damaged")
