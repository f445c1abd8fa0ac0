"""Cases of the fuzzer by the hundred thousand, a process on each core, then Schemathesis for minutes with the eyes of each role.

`FUZZ_CASES` says how many instead, `FUZZ_SEED` repeats a run.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.harness import ROOT, Result, at_most

CASES: Final = {"10k": 200_000, "100k": 500_000, "1M": 1_000_000}
MINUTES: Final = {"10k": 2, "100k": 5, "1M": 10}
SEEDS: Final = 2**31


def run(size: str) -> list[Result]:
    """The tests of CI with more cases and more time."""
    seed = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(SEEDS))
    cases = int(os.environ.get("FUZZ_CASES") or CASES[size])
    return [*_fuzzed(cases, seed), _schemathesis(MINUTES[size], seed)]


def _fuzzed(cases: int, seed: int) -> Iterator[Result]:
    processes = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="cascadia-fuzz-") as folder:
        reports = [Path(folder) / f"{number}.json" for number in range(processes)]
        running = [
            _pytest("test_fuzz.py", FUZZ_CASES=str(-(-cases // processes)), FUZZ_SEED=str(seed + number), FUZZ_REPORT=str(report))
            for number, report in enumerate(reports)
        ]
        for process in running:
            process.wait()
        told = [json.loads(report.read_text(encoding="utf-8")) for report in reports if report.exists()]
    for line in (line for report in told for line in report["wrong"]):
        sys.stdout.write(line + "\n")
    done = _sum(told, "cases")
    yield Result(f"cases, seeds {seed} to {seed + processes - 1}", done, "cases", goal=f"≥ {cases}", holds=done >= cases)
    yield at_most("answers 5xx", _sum(told, "server_errors"), "answers", 0)
    yield at_most("answers outside the schema", _sum(told, "outside_the_schema"), "answers", 0)


def _sum(told: Sequence[Any], name: str) -> float:
    return float(sum(report[name] for report in told))


def _schemathesis(minutes: int, seed: int) -> Result:
    process = _pytest("test_schemathesis.py", SCHEMATHESIS_SECONDS=str(60 * minutes), FUZZ_SEED=str(seed))
    held = process.wait() == 0
    return Result(f"Schemathesis, {minutes} min with each role", float(held), "held", goal="holds", holds=held)


def _pytest(name: str, **environment: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--show-capture=no", f"tests/api/{name}"]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=sys.stderr)
