"""What administrators see and do: queues, workers, logs, replays."""

from datetime import timedelta

import httpx
import pytest

from cascadia.jobs import service
from cascadia.jobs.ledger import Ledger as WorkerLedger
from cascadia.jobs.ledger import Presence
from cascadia.jobs.model import Failure, Retry
from cascadia.jobs.upkeep import archive
from cascadia.kernel.db import Database
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.ids import new_uid
from tests.company import Company, Workshop
from tests.jobs.test_routes import enqueue as enqueue_for


@pytest.fixture
def database(acme: Company) -> Database:
    found: Database = acme.app.state.database
    return found


async def enqueue(database: Database, number: int = 1, **more: object) -> None:
    async with database.write() as write:
        for _ in range(number):
            await service.enqueue(write, Enqueue("vault.collect", {}, **more))  # type: ignore[arg-type]


async def kill_all(database: Database, code: str = "bad") -> WorkerLedger:
    worker = WorkerLedger(database, "host:1")
    turn = await worker.turn([], {"vault": 99}, ["vault.collect"], 99)
    for job in turn.claimed:
        await worker.fail(job, Failure(code, "It broke.", permanent=True), Retry(5))
        await worker.write_log([(job.id, job.attempt, "first line"), (job.id, job.attempt, "Traceback …")])
    return worker


async def test_queues_and_workers_are_shown(acme: Company, database: Database) -> None:
    worker = WorkerLedger(database, "host:1")
    await worker.show_presence(Presence(["import", "vault"], 4, 1, stopping=False))
    await enqueue(database, 3)
    await enqueue(database, 1, delay_seconds=60)
    queues = {q["family"]: q for q in (await acme.administrator.get("/jobs/queues"))["items"]}
    assert set(queues) == {"import", "vault"}
    assert (queues["vault"]["queued"], queues["vault"]["later"], queues["vault"]["workers"]) == (3, 1, 1)
    assert queues["vault"]["oldest_seconds"] > 0
    await kill_all(database)
    queues = {q["family"]: q for q in (await acme.administrator.get("/jobs/queues"))["items"]}
    assert (queues["vault"]["queued"], queues["vault"]["failed"]) == (0, 3)
    [shown] = (await acme.administrator.get("/jobs/workers"))["items"]
    assert (shown["name"], shown["families"], shown["slots"]) == ("host:1", ["import", "vault"], 4)
    await worker.leave()
    assert (await acme.administrator.get("/jobs/workers"))["items"] == []


async def test_the_lists_are_paged(acme: Company, database: Database) -> None:
    for number in range(3):
        await WorkerLedger(database, f"host:{number}").show_presence(Presence([f"f{number}"], 1, 0, stopping=False))
    for path, name in (("/jobs/workers", "name"), ("/jobs/queues", "family")):
        first = await acme.administrator.get(path, limit=2, count=True)
        rest = await acme.administrator.get(path, limit=2, cursor=first["next"])
        assert (len(first["items"]), len(rest["items"]), first["total"], rest["next"]) == (2, 1, 3, None)
        names = [item[name] for item in [*first["items"], *rest["items"]]]
        assert names == sorted(set(names))


async def test_the_log_is_for_those_who_manage_jobs(workshop: Workshop) -> None:
    database: Database = workshop.company.app.state.database
    async with database.primary() as primary:
        program = await primary.value("SELECT program_id FROM program WHERE uid = %(uid)s", {"uid": workshop.program})
    await enqueue(database, program_id=program)
    await kill_all(database)
    [job] = (await workshop.lead.get("/jobs"))["items"]
    lines = (await workshop.engineer.get(f"/jobs/{job['id']}/log"))["items"]
    assert [(line["attempt"], line["line"]) for line in lines] == [(1, "first line"), (1, "Traceback …")]
    assert (await workshop.viewer.http.get(f"/api/v1/jobs/{job['id']}/log")).status_code == 403
    assert (await workshop.stranger.http.get(f"/api/v1/jobs/{job['id']}/log")).status_code == 404


async def replayed(admin: httpx.AsyncClient, body: dict[str, object]) -> tuple[int, int]:
    answer = await admin.post("/api/v1/jobs/replay", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()["replayed"], answer.json()["left"]


async def test_dead_jobs_are_counted_and_replayed_by_what_they_have_in_common(acme: Company, database: Database) -> None:
    admin = acme.administrator.http
    await enqueue(database, 3)
    await kill_all(database, "bad")
    await enqueue(database, 2)
    await kill_all(database, "worse")
    assert await replayed(admin, {"code": "worse", "dry_run": True}) == (0, 2)
    assert await replayed(admin, {"code": "worse"}) == (2, 0)
    assert await replayed(admin, {"code": "worse"}) == (0, 0)
    assert await replayed(admin, {"family": "import"}) == (0, 0)
    assert await replayed(admin, {}) == (3, 0)
    async with database.primary() as primary:
        assert await primary.value("SELECT count(*) FROM job WHERE state = 'queued' AND failures = 0 AND error IS NULL") == 5


async def test_work_that_is_open_again_is_not_replayed_twice(acme: Company, database: Database) -> None:
    for _ in range(2):
        await enqueue(database, key="same")
        await kill_all(database)
    assert await replayed(acme.administrator.http, {}) == (1, 1)
    assert await replayed(acme.administrator.http, {}) == (0, 1)


async def test_old_jobs_move_to_the_archive_with_their_logs(acme: Company, database: Database) -> None:
    await enqueue(database, 3)
    await kill_all(database)
    await enqueue(database, 1)
    async with database.write() as write:
        await write.execute("UPDATE job SET finished_at = now() - interval '40 days' WHERE id = (SELECT min(id) FROM job)")
    assert await archive(database) == 1
    async with database.primary() as primary:
        assert await primary.value("SELECT count(*) FROM job") == 3
        [row] = await primary.rows("SELECT state, job, log FROM job_archive")
        assert await primary.value("SELECT count(*) FROM job_log") == 4
    assert (row["state"], row["job"]["error"]["code"], len(row["log"])) == ("dead", "bad", 2)
    assert await archive(database) == 0


async def test_a_job_of_the_archive_is_read_like_any_other_but_not_tried_again(workshop: Workshop, database: Database) -> None:
    about = {"subject_kind": "file", "subject": new_uid(), "subject_name": "as1.stp"}
    uid = await enqueue_for(workshop.company.app, workshop.engineer, workshop.program, "vault.collect", **about)
    await kill_all(database)
    before = await workshop.engineer.get(f"/jobs/{uid}")
    log = await workshop.lead.get(f"/jobs/{uid}/log")
    assert await archive(database, timedelta(seconds=-1)) == 1
    assert (await workshop.engineer.get("/jobs"))["items"] == []
    assert await workshop.engineer.get(f"/jobs/{uid}") == before
    assert (await workshop.viewer.get(f"/jobs/{uid}"))["subject"]["name"] == "as1.stp"
    assert await workshop.lead.get(f"/jobs/{uid}/log") == log
    assert len(log["items"]) == 2
    assert (await workshop.stranger.send("GET", f"/jobs/{uid}")).status_code == 404
    again = await workshop.engineer.send("POST", f"/jobs/{uid}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "job_not_dead")
    assert "archive" in again.json()["detail"]


async def test_the_newest_tick_of_a_schedule_is_not_forgotten(acme: Company, database: Database) -> None:
    async with database.write() as write:
        for tick in (1, 2):
            await write.execute(
                "INSERT INTO job (uid, family, type, key, dedupe, payload, state, finished_at) VALUES (gen_random_uuid(), 'vault', "
                "'vault.collect', 'yearly', %(dedupe)s, '{}', 'succeeded', now() - interval '60 days')",
                {"dedupe": f"yearly@{tick}"},
            )
    assert await archive(database) == 1
    async with database.primary() as primary:
        assert await primary.value("SELECT dedupe FROM job") == "yearly@2"


async def test_ended_jobs_are_counted_by_hour(acme: Company, database: Database) -> None:
    await enqueue(database, 3)
    await kill_all(database)
    async with database.write() as write:
        await write.value("SELECT job_count_ended(now() - interval '3 hours')")
        await write.value("SELECT job_count_ended(now() - interval '3 hours')")
        [row] = await write.rows("SELECT type, state, sum(jobs) AS jobs FROM job_statistic GROUP BY 1, 2")
    assert row == {"type": "vault.collect", "state": "dead", "jobs": 3}
