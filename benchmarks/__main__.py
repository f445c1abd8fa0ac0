"""`python -m benchmarks [NAME] [--size 10k|100k|1M] [--json FILE]`, or `compare A.json B.json`."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Final

from benchmarks import harness

NAMES: Final = ("jobs", "brokered", "scaling", "files", "servers", "boms", "reads", "largest", "lists")
LONG: Final = ("conversion", "faults", "fuzz", "kills", "users")
"""Run only when asked for by name: they take hours."""


def main() -> int:
    if sys.argv[1:2] == ["compare"]:
        sys.stdout.write(harness.compare(Path(sys.argv[2]), Path(sys.argv[3])) + "\n")
        return 0
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("name", nargs="?", choices=NAMES + LONG, help="one of them; all but the long ones where it is left out")
    parser.add_argument("--size", choices=("10k", "100k", "1M"), default="10k")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    before = harness.machine()
    results = []
    for name in [asked.name] if asked.name else NAMES:
        found = importlib.import_module(f"benchmarks.{name}").run(asked.size)
        sys.stdout.write(harness.table(found) + "\n")
        results += found
    if asked.json:
        harness.write(asked.json, results, before)
    return 0 if all(result.holds is not False for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
