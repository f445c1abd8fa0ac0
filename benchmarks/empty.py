"""A worker that knows one family, whose jobs do nothing: `python -m benchmarks.empty`."""

from cascadia.jobs.registry import Registry, collect
from cascadia.kernel import log
from cascadia.kernel.declare import Declared, Family, Isolation, JobContext, JobType, Payload
from cascadia.settings import load
from cascadia.worker import run


async def nothing(context: JobContext, payload: Payload) -> None:
    """Returns at once."""


def registry() -> Registry:
    """The family and its one type."""
    return collect([Declared(families=(Family("empty", Isolation.TRUSTED),), types=(JobType("empty.nothing", "empty", run=nothing),))])


if __name__ == "__main__":
    log.configure("INFO", "text")
    run(load(), registry_name="benchmarks.empty:registry")
