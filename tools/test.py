"""All checks and tests, and one closing line that adds them up.

    python -m tools.test [--without NAME ...] -- [arguments of pytest]

With arguments for pytest, only pytest runs: somebody is after particular tests.
"""

import argparse
import sys

from tools.steps import BIN, ROOT, WEB, Step, checks, close, npm, run_all

RESULTS = ROOT / "test-results"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("pytest", nargs="*")
    asked = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    report = RESULTS / "pytest.xml"
    without = [f"--without={name}" for name in asked.without]
    tests = Step("pytest", [f"{BIN}/python", "-m", "pytest", f"--junit-xml={report}", *without, *asked.pytest], report=report)
    if asked.pytest:
        return close(run_all([tests]))
    return close(run_all([*checks(), tests, *interface()]))


def interface() -> list[Step]:
    """The interface's own tests."""
    if not (WEB / "package.json").exists():
        return []
    report = RESULTS / "interface.xml"
    reporters = ("--reporter=default", "--reporter=junit", f"--outputFile.junit={report}")
    return [Step("interface tests", npm("test", "--silent", "--", *reporters), WEB, report)]


if __name__ == "__main__":
    sys.exit(main())
