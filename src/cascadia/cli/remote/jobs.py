"""`jobs list|show|retry|cancel|log|replay|workers|depth`."""

import time
from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from cascadia.cli.remote.client import signed_in
from cascadia.cli.remote.output import Json, Limit, Url, add_group, columns, show

OPEN: Final = frozenset({"queued", "running"})
FOLLOW_SECONDS: Final = 0.5
HEADERS: Final = ("ID", "STATE", "PROGRESS", "TYPE", "SUBJECT", "NOTE")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    commands: dict[str, Callable[..., None]] = {
        "list": list_jobs,
        "show": show_job,
        "retry": retry,
        "cancel": cancel,
        "log": show_log,
        "replay": replay,
        "workers": list_workers,
        "depth": show_depth,
    }
    add_group(app, "jobs", "Background jobs.", commands)


def _row(job: dict[str, Any]) -> tuple[Any, ...]:
    progress = "" if job["progress"] is None else f"{round(job['progress'] * 100)} %"
    waits = job["waiting_for"]
    words = job["error"]["message"] if job["error"] else job["note"] or ""
    words = f"waits for {waits['name']} since {waits['since'][:19]}" if waits else words
    return job["id"], job["state"], progress, job["type"], (job["subject"] or {}).get("name") or "", words


def list_jobs(
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed for good.")] = False,
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    family: Annotated[str | None, typer.Option(help="Only those of this family.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that I asked for.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Print changes until no job is open.")] = False,
    limit: Limit = 50,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """List jobs, newest first."""
    client = signed_in(url)
    filters = {"state": "dead" if failed else state, "family": family, "mine": "true" if mine else None}
    jobs = list(client.pages("/jobs", limit=limit, **filters))
    show(jobs, as_json, lambda: columns(HEADERS, [_row(job) for job in jobs]))
    told = {job["id"]: _row(job) for job in jobs}
    while follow and any(job["state"] in OPEN for job in jobs):
        time.sleep(FOLLOW_SECONDS)
        jobs = [job for page in client.whole_pages("/jobs", limit=limit, **filters) for job in page["items"]]
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


def show_log(job_id: str, limit: Limit = None, url: Url = None, as_json: Json = False) -> None:
    """Show what the attempts at a job said."""
    lines = list(signed_in(url).pages(f"/jobs/{job_id}/log", limit=limit))
    show(lines, as_json, lambda: columns(("ATTEMPT", "AT", "LINE"), [(line["attempt"], line["at"], line["line"]) for line in lines]))


def replay(
    job_ids: Annotated[list[str] | None, typer.Argument(help="Jobs that failed for good.")] = None,
    all_failed: Annotated[bool, typer.Option("--all", help="All that failed for good, or those that the other options name.")] = False,
    family: Annotated[str | None, typer.Option(help="Only jobs of this family.")] = None,
    job_type: Annotated[str | None, typer.Option("--type", help="Only jobs of this type.")] = None,
    code: Annotated[str | None, typer.Option(help="Only jobs that failed with this code.")] = None,
    since: Annotated[str | None, typer.Option(help="Only jobs that failed after this moment (ISO 8601).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Run jobs that failed for good once more: some by their ids, or many by what they have in common."""
    client = signed_in(url)
    wanted = {"family": family, "type": job_type, "code": code, "since": since}
    if job_ids:
        for job_id in job_ids:
            client.send("POST", f"/jobs/{job_id}/retry")
        show({"replayed": len(job_ids)}, as_json, lambda: f"{len(job_ids)} queued again")
        return
    if not all_failed and not any(wanted.values()):
        raise typer.BadParameter("name jobs, or say --all, or what they have in common (--family, --type, --code, --since)")
    body = {name: value for name, value in wanted.items() if value is not None}
    total, answer = 0, client.send("POST", "/jobs/replay", {**body, "dry_run": dry_run})
    total += answer["replayed"]
    while answer["replayed"] and answer["left"]:
        answer = client.send("POST", "/jobs/replay", body)
        total += answer["replayed"]
    outcome = {"replayed": total, "left": answer["left"]}
    show(outcome, as_json, lambda: f"{answer['left']} would be queued again" if dry_run else f"{total} queued again, {answer['left']} left")


def list_workers(limit: Limit = None, url: Url = None, as_json: Json = False) -> None:
    """List the workers that are there."""
    workers = list(signed_in(url).pages("/jobs/workers", limit=limit))
    rows = [(w["name"], w["release"], f"{w['running']} of {w['slots']}", ", ".join(w["families"])) for w in workers]
    show(workers, as_json, lambda: columns(("WORKER", "RELEASE", "RUNNING", "FAMILIES"), rows))


def show_depth(url: Url = None, as_json: Json = False) -> None:
    """Show how much waits and runs, by family."""
    queues = list(signed_in(url).pages("/jobs/queues"))
    names = ("family", "queued", "later", "running", "oldest_seconds", "succeeded", "failed", "workers")
    headers = ("FAMILY", "QUEUED", "LATER", "RUNNING", "OLDEST S", "ENDED/H", "FAILED/H", "WORKERS")
    show(queues, as_json, lambda: columns(headers, [tuple(q[name] for name in names) for q in queues]))
