"""`kill -9` of app server, worker, child, zygote and PostgreSQL, each so often, under work: the test of kills with a larger number."""

import json
import os
import subprocess
import sys
from typing import Final

from benchmarks.harness import ROOT, Result

KILLS: Final = {"10k": 20, "100k": 50, "1M": 200}
REPORT: Final = ROOT / "test-results/kills.json"
TEST: Final = "tests/faults/test_kills.py"


def run(size: str) -> list[Result]:
    """Whether nothing was lost and nothing twice after each, and what was done meanwhile."""
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.unlink(missing_ok=True)
    environment = {**os.environ, "KILLS": str(KILLS[size]), "KILLS_REPORT": str(REPORT)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--max-suite-reruns=0", TEST]
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    held = ended.returncode == 0
    counts = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
    verdict = Result("after each kill all is there, once", float(held), "held", goal="holds", holds=held)
    return [verdict, *(Result(name, float(number), "times") for name, number in counts.items())]
