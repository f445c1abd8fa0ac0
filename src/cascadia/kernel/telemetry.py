"""Counters of this process: Prometheus metrics, and the SQL statements of the request at hand."""

from contextvars import ContextVar
from dataclasses import dataclass

from prometheus_client import Counter, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]


@dataclass(slots=True)
class Statements:
    """How many SQL statements a request has sent so far, BEGIN and COMMIT included."""

    count: int = 0


request_statements: ContextVar[Statements | None] = ContextVar("request_statements", default=None)

REQUESTS = Counter("cascadia_http_requests_total", "Answered requests", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "cascadia_http_request_seconds",
    "Time to answer a request",
    ["method", "route"],
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 10),
)
REQUEST_STATEMENTS = Histogram(
    "cascadia_http_request_statements", "SQL statements of a request", ["route"], buckets=(1, 2, 3, 4, 6, 8, 14, 20, 50)
)
MAIN_LOCK_SECONDS = Histogram(
    "cascadia_main_lock_seconds",
    "Time that a commit held the lock on its branch, as the server measured it",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
COMMITS = Counter("cascadia_commits_total", "Commits written", ["branch_kind"])
COMMIT_RETRIES = Counter("cascadia_commit_retries_total", "Commits repeated after a lost race")


def count_statements(number: int) -> None:
    """Adds to the count of the request at hand, where there is one."""
    counter = request_statements.get()
    if counter is not None:
        counter.count += number
