"""All checks and tests, and one closing line that adds them up.

    python -m tools.test [--without NAME ...] -- [arguments of pytest]

With arguments for pytest, only pytest runs: somebody is after particular tests.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from tools.steps import BIN, ROOT, WEB, Step, checks, close, meanwhile, npm, run, run_at_once, yielding

RESULTS = ROOT / "test-results"
OLDEST = "postgresql-15"
SPEAK_SQL = (
    "access",
    "api/test_bom.py",
    "api/test_parts.py",
    "bom",
    "items",
    "jobs/test_ahead.py",
    "jobs/test_board.py",
    "jobs/test_ledger.py",
    "jobs/test_order.py",
    "jobs/test_relay.py",
    "jobs/test_schedules.py",
    "notify/test_feed.py",
    "proposals/test_proposals.py",
    "vault/test_attachments.py",
    "vault/test_service.py",
    "versioning",
)
"""Tests of what speaks SQL of its own: they run on the oldest PostgreSQL, too, where they ask for a database."""


AT_ONCE = ("-n", str(min(os.cpu_count() or 1, 4) + 1), "--dist", "loadfile", "--no-loadscope-reorder")
"""A file of tests on each core, and one more: there is always one that waits."""
FAULTS = "tests/faults"
"""Hundreds of jobs while servers are stopped: it waits most of the time, beside the others."""
FLEET = "tests/distributed"
"""Brings up a fleet of containers, and stops and cuts its parts: it, too, waits most of the time."""
IMAGES = Step("images of the fleet", [f"{BIN}/python", "-m", "tools.images"])
"""Takes minutes, mostly of waiting for registries. The fleet finds the engine that it started."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("pytest", nargs="*")
    asked = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    left_out = [f"--without={name}" for name in asked.without]
    if asked.pytest:
        return close([run(pytest("pytest", [*left_out, *asked.pytest]))])
    tests = pytest("pytest", [*left_out, *AT_ONCE, f"--ignore={FLEET}", f"--ignore={FAULTS}"])
    faults = pytest("pytest of faults", [*left_out, FAULTS])
    again = [] if OLDEST in asked.without else [on_the_oldest_postgresql(left_out)]
    fleet = pytest("pytest of the fleet", [*left_out, "-p", "no:randomly", FLEET])
    images = [] if "docker" in asked.without else [IMAGES]
    with meanwhile([*images, fleet], [faults, *again]) as waiting:
        quick = run_at_once([yielding(step) for step in (*checks(), *interface())])
        return close([*quick, run(yielding(tests)), *waiting.result()])


def pytest(name: str, arguments: Sequence[str], *variables: str) -> Step:
    """A run of pytest whose tests are counted one by one."""
    report = RESULTS / f"{name.replace(' ', '-')}.xml"
    return Step(name, ["env", *variables, f"{BIN}/python", "-m", "pytest", f"--junit-xml={report}", *arguments], report=report)


def on_the_oldest_postgresql(left_out: Sequence[str]) -> Step:
    """What speaks SQL of its own, once more on the oldest version that is supported."""
    spoken = [f"tests/{path}" for path in SPEAK_SQL]
    return pytest("pytest on PostgreSQL 15", [*left_out, *AT_ONCE, "--asking-for=postgres", *spoken], "CASCADIA_TEST_POSTGRES=15")


def interface() -> list[Step]:
    """The interface's own tests."""
    if not (WEB / "package.json").exists():
        return []
    report = RESULTS / "interface.xml"
    reporters = ("--reporter=default", "--reporter=junit", f"--outputFile.junit={report}")
    return [Step("interface tests", npm("test", "--silent", "--", *reporters), WEB, report)]


if __name__ == "__main__":
    sys.exit(main())
