"""What tests may need from the machine, how a run leaves them out in words, which are tried a second time, and which files come first."""

from collections import Counter

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without", action="append", default=[], help="leave out the tests that need this, such as chromium or docker; again for more"
    )
    parser.addoption("--asking-for", default=None, help="only tests that use this fixture, themselves or through another one")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(name): runs only where the machine has this; `--without name` skips it, its absence fails it")
    config.addinivalue_line("markers", "timed: holds something against a clock, so a busy machine may try it a second time")


def pytest_runtest_setup(item: pytest.Item) -> None:
    without = set(item.config.getoption("--without"))
    for mark in item.iter_markers("needs"):
        if left_out := without & set(mark.args):
            pytest.skip(f"left out by --without {', '.join(sorted(left_out))}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What holds something against a clock is tried a second time; everything else fails at once, races above all.

    Where files run beside each other, those with few tests come first: they drive browsers, fleets and fuzzers, and would end alone.
    """
    for item in items:
        if item.get_closest_marker("timed"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    fixture = config.getoption("--asking-for")
    if fixture:
        chosen = [item for item in items if fixture in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    if not config.getoption("loadscopereorder", True):
        tests = Counter(item.path for item in items)
        items.sort(key=lambda item: tests[item.path])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why a first try failed is worth knowing, also where the second one passed."""
    for report in terminalreporter.stats.get("rerun", []):
        lines = report.longreprtext.splitlines()
        why = " | ".join([line[1:].strip() for line in lines if line.startswith("E ")][:3] or lines[-1:])
        terminalreporter.write_line(f"first try of {report.nodeid} ({report.when}): {why[:600]}")
