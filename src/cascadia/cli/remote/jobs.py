"""`jobs list|show|retry|cancel`."""

import time
from typing import Annotated, Any, Final

import typer

from cascadia.cli.remote.client import signed_in
from cascadia.cli.remote.output import Json, Limit, Url, add_group, columns, show

OPEN: Final = frozenset({"queued", "running"})
FOLLOW_SECONDS: Final = 0.5
HEADERS: Final = ("ID", "STATE", "PROGRESS", "TYPE", "SUBJECT", "NOTE")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    add_group(app, "jobs", "Background jobs.", {"list": list_jobs, "show": show_job, "retry": retry, "cancel": cancel})


def _row(job: dict[str, Any]) -> tuple[Any, ...]:
    progress = "" if job["progress"] is None else f"{round(job['progress'] * 100)} %"
    words = job["error"]["message"] if job["error"] else job["note"] or ""
    return job["id"], job["state"], progress, job["type"], (job["subject"] or {}).get("name") or "", words


def list_jobs(
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed for good.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Print changes until no job is open.")] = False,
    limit: Limit = 50,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """List jobs, newest first."""
    client = signed_in(url)
    jobs = list(client.pages("/jobs", limit=limit, state="dead" if failed else None))
    show(jobs, as_json, lambda: columns(HEADERS, [_row(job) for job in jobs]))
    told = {job["id"]: _row(job) for job in jobs}
    while follow and any(job["state"] in OPEN for job in jobs):
        time.sleep(FOLLOW_SECONDS)
        jobs = list(client.pages("/jobs", limit=limit))
        for job in reversed(jobs):
            if told.get(job["id"]) != _row(job):
                told[job["id"]] = _row(job)
                show(job, as_json, lambda job=job: "  ".join(str(c) for c in _row(job)))  # type: ignore[misc]


def show_job(job_id: str, url: Url = None, as_json: Json = False) -> None:
    """Show a job."""
    job = signed_in(url).get(f"/jobs/{job_id}")
    show(job, as_json, lambda: columns(HEADERS, [_row(job)]))


def retry(job_id: str, url: Url = None, as_json: Json = False) -> None:
    """Run a job that failed for good once more."""
    job = signed_in(url).send("POST", f"/jobs/{job_id}/retry")
    show(job, as_json, lambda: columns(HEADERS, [_row(job)]))


def cancel(job_id: str, url: Url = None, as_json: Json = False) -> None:
    """Stop a job."""
    job = signed_in(url).send("POST", f"/jobs/{job_id}/cancel")
    show(job, as_json, lambda: columns(HEADERS, [_row(job)]))
