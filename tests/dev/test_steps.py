"""The closing line of `./dev test` adds up, whatever a step reports."""

from pathlib import Path

import pytest

from tools.steps import Result, Step, close, count, run

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
