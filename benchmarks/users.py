"""Fifty people through the balancer of the whole fleet for minutes, then two hundred: errors, and how long a page's data takes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from benchmarks.harness import ROOT, Result, at_most

SECONDS: Final = {"10k": 60, "100k": 300, "1M": 1800}
PAGE_MS: Final = 300
TOLD: Final = re.compile(r"(\d+) users: (\d+) writes .*?, (\d+) reads, \d+ sent again, (\d+) failed; pages: p50 (\d+) ms, p95 (\d+) ms")


def run(size: str) -> list[Result]:
    """The test of the fleet with more people and more time."""
    return [result for users in (50, 200) for result in _with(users, SECONDS[size])]


def _with(users: int, seconds: int) -> Iterator[Result]:
    environment = {**os.environ, "USERS": str(users), "USERS_SECONDS": str(seconds)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "no:randomly",
        "--timeout=7200",
        "tests/distributed/test_users.py",
        "-k",
        "many",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    told = TOLD.search(done.stdout)
    yield Result(
        f"{users} users for {seconds} s: every invariant", float(done.returncode == 0), "held", goal="holds", holds=done.returncode == 0
    )
    if told is None:
        sys.stdout.write(done.stdout[-3000:])
        return
    _, writes, reads, failed, p50, p95 = map(float, told.groups())
    yield Result(f"{users} users: actions", (writes + reads) / seconds, "actions/s")
    yield at_most(f"{users} users: actions that failed", failed, "actions", 0)
    yield Result(f"{users} users: data of a page, p50", p50, "ms")
    if users == 50:
        yield at_most(f"{users} users: data of a page, p95", p95, "ms", PAGE_MS)
    else:
        yield Result(f"{users} users: data of a page, p95", p95, "ms")
