"""Steps of a check or a test run, each a command that shows its output and counts what passed."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv/bin"
WEB = ROOT / "web"


@dataclass(frozen=True, slots=True)
class Step:
    """A command. With `report`, a JUnit file that it writes, its tests are counted; else it counts as one."""

    name: str
    command: Sequence[str]
    folder: Path = ROOT
    report: Path | None = None


@dataclass(frozen=True, slots=True)
class Result:
    passed: int
    failed: int
    skipped: int = 0


def checks() -> list[Step]:
    """Style, types and imports, of Python, of the shell and of the interface."""
    python = [
        Step("ruff", [f"{BIN}/ruff", "check", "--quiet", "."]),
        Step("format", [f"{BIN}/ruff", "format", "--quiet", "--check", "."]),
        Step("mypy", [f"{BIN}/mypy", "--no-error-summary"]),
        Step("imports", [f"{BIN}/lint-imports", "import-contracts.ini", "--no-logo"]),
        Step("shellcheck", [f"{BIN}/shellcheck", "dev", *sorted(str(path) for path in ROOT.glob("tools/*.sh"))]),
    ]
    return [*python, Step("interface", npm("run", "--silent", "check"), WEB)] if (WEB / "package.json").exists() else python


def npm(*arguments: str) -> list[str]:
    """The npm of the Node that `tools.prepare` fetched."""
    return ["env", f"PATH={ROOT / '.tools/node/shims'}{os.pathsep}{os.environ['PATH']}", "npm", *arguments]


def run_at_once(steps: Sequence[Step]) -> list[Result]:
    """Runs a step on each core; each shows its output in one piece when it has ended."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as cores:
        return list(cores.map(partial(run, quiet=True), steps))


@contextmanager
def meanwhile(*lanes: Sequence[Step]) -> Iterator[Future[list[Result]]]:
    """Runs the steps of each lane one after another, all lanes beside each other and beside whatever the block does.

    Each step shows its output in one piece when it has ended. The results are there at the block's end.
    """
    with ThreadPoolExecutor(len(lanes) + 1) as beside:
        running = [beside.submit(_run_quietly, lane) for lane in lanes]
        yield beside.submit(lambda: [result for lane in running for result in lane.result()])


def _run_quietly(lane: Sequence[Step]) -> list[Result]:
    return [run(step, quiet=True) for step in lane]


def yielding(step: Step) -> Step:
    """The same step with what is left over: what only computes gives way to what waits for others, and holds them to their time."""
    return replace(step, command=["nice", "-n", "10", *step.command])


def run(step: Step, *, quiet: bool = False) -> Result:
    """Runs a step; a `quiet` one shows its output when it has ended."""
    if not quiet:
        print(f"── {step.name}", flush=True)
    begun = time.monotonic()
    if step.report:
        step.report.unlink(missing_ok=True)
    out, err = (subprocess.PIPE, subprocess.STDOUT) if quiet else (None, None)
    done = subprocess.run(
        step.command, cwd=step.folder, env=environment(), check=False, stdin=subprocess.DEVNULL, stdout=out, stderr=err, text=True
    )
    result = count(step.report, done.returncode) if step.report else Result(int(done.returncode == 0), int(done.returncode != 0))
    print(f"{done.stdout or ''}── {step.name}: {'failed' if result.failed else 'passed'} in {time.monotonic() - begun:.0f} s", flush=True)
    return result


def environment() -> dict[str, str]:
    """This one's, with compiled modules kept: tests start hundreds of processes, and each would compile the whole program anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def count(report: Path, code: int) -> Result:
    """The tests of a JUnit report. A command that failed without a failed test, or wrote no report, counts as one failure."""
    if not report.exists():
        return Result(0, 1)
    suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 -- written by our own tests just now
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in suites:
        for name in totals:
            totals[name] += int(suite.get(name, 0))
    failed = totals["failures"] + totals["errors"]
    passed = totals["tests"] - failed - totals["skipped"]
    return Result(passed, failed or int(code != 0), totals["skipped"])


def close(results: Sequence[Result]) -> int:
    """Prints the one closing line; returns the exit code."""
    passed, failed, skipped = (sum(getattr(result, name) for result in results) for name in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed{f', {skipped} skipped' if skipped else ''}", flush=True)
    return int(failed > 0)
