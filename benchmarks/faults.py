"""The long form of the fault tests: the same code with a larger N. Hundreds of jobs in each case, outages of 30 s, many kills."""

import os
import subprocess
import sys
from typing import Final
from xml.etree import ElementTree as ET

from benchmarks.harness import ROOT, Result

ROUNDS: Final = {"10k": "3", "100k": "20", "1M": "100"}
JOBS: Final = {"10k": "300", "100k": "1000", "1M": "10000"}
REPORT: Final = ROOT / "test-results/faults.xml"


def run(size: str) -> list[Result]:
    """One figure for each case: 1 where it held."""
    environment = {**os.environ, "FAULT_JOBS": JOBS[size], "FAULT_SECONDS": "30", "FAULT_ROUNDS": ROUNDS[size]}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", f"--junit-xml={REPORT}", "--timeout=7200"]
    subprocess.run([*command, "tests/faults", "tests/distributed/test_faults.py"], cwd=ROOT, env=environment, check=False)
    cases = ET.parse(REPORT).getroot().iter("testcase")
    return [_result(case) for case in cases if case.find("skipped") is None]


def _result(case: ET.Element) -> Result:
    held = case.find("failure") is None and case.find("error") is None
    name = f"{case.get('name', '').removeprefix('test_').replace('_', ' ')}"
    return Result(name, float(held), "held", goal="holds", holds=held)
