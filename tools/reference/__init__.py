"""The pages of `docs/reference/` that are generated. `./dev reference` writes them, a test compares."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tools.reference import commands, errors, events, metrics, permissions, program
from tools.reference.source import ROOT

FOLDER: Final = ROOT / "docs/reference"
PAGES: Final[Mapping[Path, Callable[[], str]]] = {
    FOLDER / "commands.md": commands.page,
    FOLDER / "configuration.md": program.configuration,
    FOLDER / "errors.md": errors.page,
    FOLDER / "events.md": events.page,
    FOLDER / "exit-codes.md": program.exit_codes,
    FOLDER / "jobs.md": program.jobs,
    FOLDER / "metrics.md": metrics.page,
    FOLDER / "permissions.md": permissions.page,
}
