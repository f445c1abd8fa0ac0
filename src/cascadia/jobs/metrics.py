"""What a worker counts."""

from collections import Counter as Counted
from collections.abc import Iterable
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from cascadia.jobs.board import Queue
from cascadia.jobs.queries import Depth

SECONDS: Final = (0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800)

QUEUED = Gauge("cascadia_jobs_queued", "Due jobs that wait for a worker", ["family"])
RUNNING = Gauge("cascadia_jobs_running", "Jobs that run, on all workers", ["family"])
OLDEST = Gauge("cascadia_jobs_oldest_queued_seconds", "How long the oldest due job has waited", ["family"])
WAIT = Histogram("cascadia_jobs_wait_seconds", "Time from due to claimed", ["family"], buckets=SECONDS)
RUN = Histogram("cascadia_jobs_run_seconds", "Time from claimed to ended", ["family"], buckets=SECONDS)
WORKERS = Gauge("cascadia_workers", "Workers that take jobs of the family", ["family"])
FINISHED = Counter("cascadia_jobs_finished_total", "Attempts that ended, by how", ["family", "outcome"])
DEFERRED = Counter("cascadia_jobs_deferred_total", "Attempts that did not get what the job needs", ["family", "dependency"])
AWAY = Gauge("cascadia_jobs_breakers_open", "What does not answer, as this worker knows it", ["dependency"])
LEASE_LOST = Counter("cascadia_jobs_lease_lost_total", "Leases of workers that are gone")
FENCED = Counter("cascadia_jobs_fenced_total", "Finishes that the ledger refused")
CHILD_KILLED = Counter("cascadia_jobs_child_killed_total", "Children that the worker ended", ["reason"])


def show_depth(families: Iterable[str], depths: Iterable[Depth]) -> None:
    """Sets the gauges of all families from the ledger's own count."""
    by_family = {d.family: d for d in depths}
    for family in {*families, *by_family}:
        _show(by_family.get(family, Depth(family, 0, 0, 0.0)))


def show_away(dependencies: Iterable[str]) -> None:
    """Sets the gauge of what does not answer; what answers again falls to nothing."""
    AWAY.clear()
    for dependency, number in Counted(dependencies).items():
        AWAY.labels(dependency).set(number)


def show_queues(queues: Iterable[Queue]) -> None:
    """Sets the gauges of every family that is known to the ledger, and how many workers take it."""
    for queue in queues:
        _show(queue)
        WORKERS.labels(queue.family).set(queue.workers)


def _show(depth: Depth | Queue) -> None:
    QUEUED.labels(depth.family).set(depth.queued)
    RUNNING.labels(depth.family).set(depth.running)
    OLDEST.labels(depth.family).set(depth.oldest_seconds)
