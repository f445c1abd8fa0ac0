"""What tests may need from the machine, and how a run leaves them out in words."""

import pytest

TIMED = frozenset(
    {"browser", "dev", "distributed", "embedded", "faults", "jobs", "notify", "previews", "reports", "tutorial", "vault", "versioning"}
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without", action="append", default=[], help="leave out the tests that need this, such as chromium or docker; again for more"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(name): runs only where the machine has this; `--without name` skips it, its absence fails it")


def pytest_runtest_setup(item: pytest.Item) -> None:
    without = set(item.config.getoption("--without"))
    for mark in item.iter_markers("needs"):
        if left_out := without & set(mark.args):
            pytest.skip(f"left out by --without {', '.join(sorted(left_out))}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests against the clock of a busy machine may be tried again, twice; the summary says why the first try failed."""
    for item in items:
        if TIMED & set(item.path.parts):
            item.add_marker(pytest.mark.flaky(reruns=2))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why a first try failed is worth knowing, also where the second one passed."""
    for report in terminalreporter.stats.get("rerun", []):
        lines = report.longreprtext.splitlines()
        why = " | ".join([line[1:].strip() for line in lines if line.startswith("E ")][:3] or lines[-1:])
        terminalreporter.write_line(f"first try of {report.nodeid} ({report.when}): {why[:600]}")
