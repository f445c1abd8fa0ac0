"""The closing line of `./dev test` adds up, whatever a step reports."""

import os
from pathlib import Path

import pytest

from tools.steps import Result, Step, close, count, meanwhile, run, run_at_once, yielding

PYTEST = '<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="20"/></testsuites>'
VITEST = """<testsuites name="vitest tests" tests="5" failures="1" errors="0">
  <testsuite name="a.test.ts" tests="3" failures="1" errors="0" skipped="0"/>
  <testsuite name="b.test.ts" tests="2" failures="0" errors="0" skipped="1"/>
</testsuites>"""


@pytest.mark.parametrize(
    ("report", "code", "result"),
    ((PYTEST, 1, Result(14, 3, 3)), (VITEST, 1, Result(3, 1, 1)), (VITEST.replace('failures="1"', 'failures="0"'), 2, Result(4, 1, 1))),
)
def test_a_report_is_counted(tmp_path: Path, report: str, code: int, result: Result) -> None:
    path = tmp_path / "report.xml"
    path.write_text(report, encoding="utf-8")
    assert count(path, code) == result


def test_a_run_without_a_report_is_a_failure(tmp_path: Path) -> None:
    assert count(tmp_path / "none.xml", 0) == Result(0, 1)


def test_a_report_of_an_earlier_run_is_not_counted(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(PYTEST, encoding="utf-8")
    assert run(Step("tests", ["true"], report=report)) == Result(0, 1)


def test_the_closing_line_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert close([Result(1, 0), Result(14, 3, 3)]) == 1
    assert capsys.readouterr().out == "15 passed, 3 failed, 3 skipped\n"
    assert close([run(Step("check", ["true"]))]) == 0
    assert capsys.readouterr().out.endswith("\n1 passed, 0 failed\n")


def test_each_core_runs_a_small_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    waits, opens = Step("waits", ["sh", "-c", f"cat {gate}; exit 1"]), Step("opens", ["sh", "-c", f"echo opened > {gate}"])
    assert run_at_once([waits, opens]) == [Result(0, 1), Result(1, 0)]
    assert "opened\n── waits: failed" in capfd.readouterr().out


def test_lanes_run_beside_each_other_and_are_told_in_one_piece(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gates = [tmp_path / name for name in ("first", "second")]
    for gate in gates:
        os.mkfifo(gate)
    images = Step("images", ["sh", "-c", f"echo begun; cat {gates[0]}; exit 1"])
    faults = Step("faults", ["sh", "-c", f"cat {gates[1]}; echo opened > {gates[0]}"])
    with meanwhile([images, Step("fleet", ["true"])], [faults]) as lanes:
        assert run(Step("tests", ["sh", "-c", f"echo opened > {gates[1]}"])) == Result(1, 0)
        assert lanes.result() == [Result(0, 1), Result(1, 0), Result(1, 0)]
    told = capfd.readouterr().out
    assert "begun\nopened\n── images: failed" in told
    assert told.index("── images: failed") < told.index("── fleet: passed")


def test_what_gives_way_does_the_same() -> None:
    step = Step("tests", ["sh", "-c", f"test $(nice) -ge {min(os.nice(0) + 10, 19)}"])
    assert (run(step), run(yielding(step))) == (Result(0, 1), Result(1, 0))


def test_processes_of_a_step_keep_what_they_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert run(Step("tests", ["sh", "-c", 'test -z "$PYTHONDONTWRITEBYTECODE"'])) == Result(1, 0)
