"""What befalls the storage, under people who upload: every conversion succeeds, no failure is counted, no proposal is lost.

`FAULT_SECONDS` says how long it is away (4 s; the long form is 60), `FAULT_FILES` how many files are converted.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from tests.cable import Cable
from tests.distributed.site import Site
from tests.faults.conftest import LONG
from tests.faults.house import House, house
from tests.rabbitmq import Node
from tests.s3 import ACCESS, SECRET, S3Server
from tests.until import wait_until

FILES: Final = int(os.environ.get("FAULT_FILES", "60" if LONG else "12"))
AWAY_SECONDS: Final = 60.0 if LONG else 4.0
ANSWER_SECONDS: Final = 5.0 if LONG else 1.0
LEAST: Final = 6
"""Tries that were put off before it comes back: as many as used to be two dead jobs."""
OF_A_FILE: Final = 3
"""Jobs: it is read, matched, and previewed."""
SETTLE_SECONDS: Final = 300
ENDED: Final = "SELECT count(*) = 0 FROM job WHERE state IN ('queued', 'running')"
COUNTS: Final = (
    "SELECT count(*)::int, count(*) FILTER (WHERE state = 'succeeded')::int, sum(failures)::int, sum(deferrals)::int, sum(losses)::int"
    " FROM job WHERE family IN ('conversion.document', 'import')"
)


@pytest.fixture
def store() -> Iterator[S3Server]:
    made = S3Server()
    made.start()
    yield made
    made.close()


@contextmanager
def served(endpoint: str, *, workers: int = 2, **settings: str) -> Iterator[tuple[House, Site, str]]:
    """The program on that storage with workers, somebody who is signed in, and a project."""
    keys = {"S3_ENDPOINT": endpoint, "S3_BUCKET": "house", "S3_ACCESS_KEY": ACCESS, "S3_SECRET_KEY": SECRET}
    with house(**keys, **settings) as made:
        site = made.person()
        for _ in range(workers):
            made.start_worker()
        yield made, site, site.project("rover")


def parts_list(number: int) -> bytes:
    return f"Designator,MPN,Name\nR1,N{number}-1,Resistor\nC1 C2,N{number}-2,Capacitor\n".encode()


def propose(site: Site, project: str, number: int) -> str:
    """Uploads a parts list and asks for its proposal."""
    file = site.upload(f"list-{number}.csv", parts_list(number), project)
    return str(site.post("/proposals", {"file": file["id"], "project": project}, status=202)["id"])


def settled(made: House, site: Site, proposals: list[str]) -> tuple[int, ...]:
    """Waits for the end of all jobs; what was counted: jobs, those that succeeded, failures, deferrals, losses."""
    wait_until(lambda: bool(made.rows(ENDED)[0][0]) and all(_state(site, p) != "waiting" for p in proposals), SETTLE_SECONDS)
    assert {_state(site, proposal) for proposal in proposals} == {"open"}
    assert made.rows("SELECT type, error FROM job WHERE state IN ('dead', 'cancelled')") == []
    [counted] = made.rows(COUNTS)
    return counted


def _state(site: Site, proposal: str) -> Any:
    return site.get(f"/proposals/{proposal}")["state"]


def waiting(made: House) -> int:
    """Deferrals so far."""
    return int(made.rows("SELECT coalesce(sum(deferrals), 0) FROM job")[0][0])


def outage(made: House, store: S3Server) -> None:
    """Stops the storage, for as long as is told and until so many tries were put off, and starts it."""
    store.stop()
    began = time.monotonic()
    wait_until(lambda: waiting(made) >= LEAST, SETTLE_SECONDS)
    time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - began)))
    store.start()


def test_the_storage_is_away_under_load_and_no_conversion_is_dead(store: S3Server) -> None:
    with served(store.endpoint) as (made, site, project):
        proposals = [propose(site, project, n) for n in range(FILES // 2)]
        people = threading.Thread(target=lambda: proposals.extend([propose(made.person(), project, n) for n in range(FILES // 2, FILES)]))
        people.start()
        outage(made, store)
        people.join(SETTLE_SECONDS)
        jobs, succeeded, failures, deferrals, losses = settled(made, site, proposals)
        assert len(proposals) == FILES
        assert (jobs, succeeded, failures, losses) == (OF_A_FILE * FILES, OF_A_FILE * FILES, 0, 0)
        assert deferrals >= LEAST


@pytest.mark.needs("rabbitmq")
def test_the_storage_and_the_broker_are_away_together(store: S3Server, node: Node) -> None:
    with served(store.endpoint, RABBITMQ_URL=node.url) as (made, site, project):
        proposals = [propose(site, project, n) for n in range(FILES)]
        node.stop()
        outage(made, store)
        node.start()
        jobs, succeeded, failures, _, losses = settled(made, site, proposals)
        assert (jobs, succeeded, failures, losses) == (OF_A_FILE * FILES, OF_A_FILE * FILES, 0, 0)


def test_a_storage_that_takes_five_seconds_an_answer_fails_no_conversion(store: S3Server) -> None:
    """Each piece that is sent to it is held back so long on the workers' way; the short form takes one second."""
    cable = Cable(store.port).start()
    try:
        with served(store.endpoint, workers=0) as (made, site, project):
            cable.delay = ANSWER_SECONDS
            proposals = [propose(site, project, n) for n in range(FILES // 4)]
            for _ in range(2):
                made.start_worker(S3_ENDPOINT=f"http://127.0.0.1:{cable.port}")
            jobs, succeeded, failures, deferrals, losses = settled(made, site, proposals)
            assert (jobs, succeeded, failures, deferrals, losses) == (OF_A_FILE * len(proposals), OF_A_FILE * len(proposals), 0, 0, 0)
    finally:
        cable.close()


def test_a_storage_that_is_busy_for_a_while_is_waited_for(store: S3Server) -> None:
    cable = Cable(store.port).start()
    try:
        with served(f"http://127.0.0.1:{cable.port}", workers=0) as (made, site, project):
            proposals = [propose(site, project, n) for n in range(FILES // 4)]
            cable.answer = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            made.start_worker()
            wait_until(lambda: waiting(made) >= 3, SETTLE_SECONDS)
            cable.answer = None
            _, _, failures, deferrals, _ = settled(made, site, proposals)
            assert failures == 0
            assert deferrals >= 3
    finally:
        cable.close()


def test_a_proposal_that_an_outage_of_a_day_ended_opens_when_its_job_is_tried_again(store: S3Server) -> None:
    """A day passes in the ledger."""
    with served(store.endpoint, workers=0) as (made, site, project):
        proposal = propose(site, project, 1)
        store.stop()
        made.start_worker()
        wait_until(lambda: waiting(made) > 0, SETTLE_SECONDS)
        assert "the file store" in {(job["waiting_for"] or {}).get("name") for job in site.get("/jobs")["items"]}
        wait_until(lambda: _age(made) and _state(site, proposal) == "failed", SETTLE_SECONDS)
        told = site.get(f"/proposals/{proposal}")["error"]
        assert (told["code"], "The file store does not answer" in told["message"]) == ("storage_unreachable", True)
        dead = {job["type"]: job["id"] for job in site.get("/jobs", state="dead")["items"]}
        store.start()
        site.post(f"/jobs/{dead['conversion.document.table']}/retry", status=202)
        wait_until(lambda: _state(site, proposal) == "open", SETTLE_SECONDS)


def _age(made: House) -> bool:
    """Whatever waits has done so for a day, and tries once more."""
    made.rows("UPDATE job SET away_since = now() - interval '1 day', run_at = now() WHERE away IS NOT NULL RETURNING 1")
    return True
