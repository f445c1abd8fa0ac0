"""The closing line of `./dev test` adds up, whatever a step reports."""

import os
from pathlib import Path

import pytest

from tools.steps import Result, Step, close, count, meanwhile, run, run_at_once, run_beside

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


@pytest.mark.parametrize("cores", (2, 4))
def test_small_steps_count_beside_large_ones_or_before_them(
    cores: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    results = run_beside([Step("style", ["sh", "-c", "echo bad style; exit 1"])], [Step("tests", ["true"])])
    assert (len(results), sum(r.passed for r in results), sum(r.failed for r in results)) == (2, 1, 1)
    assert "bad style\n" in capfd.readouterr().out


def test_each_core_runs_a_small_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    waits, opens = Step("waits", ["sh", "-c", f"cat {gate}; exit 1"]), Step("opens", ["sh", "-c", f"echo opened > {gate}"])
    assert run_at_once([waits, opens]) == [Result(0, 1), Result(1, 0)]
    assert "opened\n── waits: failed" in capfd.readouterr().out


def test_what_takes_long_and_waits_runs_meanwhile_and_is_told_in_one_piece(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with meanwhile([Step("images", ["sh", "-c", f"echo begun; cat {gate}; exit 1"])]) as images:
        assert run(Step("tests", ["sh", "-c", f"echo opened > {gate}"])) == Result(1, 0)
        assert images.result() == [Result(0, 1)]
    assert "begun\nopened\n── images: failed" in capfd.readouterr().out


def test_processes_of_a_step_keep_what_they_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert run(Step("tests", ["sh", "-c", 'test -z "$PYTHONDONTWRITEBYTECODE"'])) == Result(1, 0)
