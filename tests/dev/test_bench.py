"""Figures of benchmarks are judged by their goals, written for machines and compared."""

from pathlib import Path

import pytest

from benchmarks import scaling
from benchmarks.harness import at_least, at_most, compare, machine, table, write


@pytest.mark.parametrize(("value", "holds"), ((15.0, True), (14.9, False)))
def test_a_goal_against_a_floor(value: float, holds: bool) -> None:  # noqa: FBT001
    result = at_least("rate", value, "jobs/s", floor=10, ratio=1.5)
    assert (result.holds, result.ratio) == (holds, value / 10)


def test_a_limit_with_and_without_a_floor() -> None:
    assert at_most("time", 9, "ms", 10).holds
    assert not at_most("time", 11, "ms", 10).holds
    assert at_most("time", 11, "ms", 1.2, floor=10).holds
    assert not at_most("time", 13, "ms", 1.2, floor=10).holds


def test_results_are_shown_kept_and_compared(tmp_path: Path) -> None:
    files = []
    for value in (10.0, 12.0):
        results = [at_most("time", value, "ms", 11)]
        assert ("MISSED" in table(results)) == (value > 11)
        files.append(tmp_path / f"{value}.json")
        write(files[-1], results, machine())
    assert "+20.0 %" in compare(*files)


def test_the_simulated_fleet_loses_no_job_grows_under_load_and_shrinks_again() -> None:
    jobs = sorted([(float(second), 30.0) for second in range(0, 600, 2)] + [(7200.0, 30.0)])
    waits, fleet = scaling.simulate(jobs)
    assert len(waits) == len(jobs)
    assert min(waits) >= 0
    assert fleet.most > 4
    assert fleet.workers < fleet.most


def test_a_simulated_day_is_the_same_twice() -> None:
    assert scaling.run("10k") == scaling.run("10k")
