"""Writes the pages of `docs/reference/` that are generated: settings and exit codes. `./dev reference` runs it, a test compares."""

import ast
import inspect
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

from pydantic.fields import FieldInfo

from cascadia.cli import exits
from cascadia.settings import OWN_PREFIXES, Settings

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs/reference"

CONFIGURATION: Final = """# Configuration

Generated from `src/cascadia/settings.py`; do not edit.

Settings are environment variables. Each can also be given as `NAME_FILE`, the path of a file that holds the value, which suits
secrets. An empty value counts as absent. Unknown names that begin with
{prefixes}, impossible values and contradictions are
refused at start, all at once, one sentence each (exit code 2).

| name | default | what it decides |
|---|---|---|
{rows}
"""

EXIT_CODES: Final = """# Exit codes

Generated from `src/cascadia/cli/exits.py`; do not edit.

A command that ends with 0 did what it should. Else it printed one sentence on stderr and ended with:

| code | when |
|---|---|
{rows}
"""


def configuration() -> str:
    """One row per setting, in the order of the class."""
    rows = "\n".join(f"| `{name.upper()}` | {_default(field)} | {field.description} |" for name, field in Settings.model_fields.items())
    return CONFIGURATION.format(rows=rows, prefixes=", ".join(f"`{prefix}`" for prefix in OWN_PREFIXES))


def _default(field: FieldInfo) -> str:
    return "" if field.default_factory or field.default in {None, ()} else f"`{field.default}`"


def _constant(statement: ast.stmt) -> object:
    value = statement.value if isinstance(statement, ast.AnnAssign | ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) else None


def exit_codes() -> str:
    """One row per constant of `exits`, whose string below it says when."""
    pairs = pairwise(ast.parse(inspect.getsource(exits)).body)
    found = [(_constant(assigned), _constant(said)) for assigned, said in pairs if isinstance(assigned, ast.AnnAssign)]
    rows = [f"| {code} | {when} |" for code, when in found if isinstance(code, int) and isinstance(when, str)]
    return EXIT_CODES.format(rows="\n".join(rows))


PAGES: Final[Mapping[Path, Callable[[], str]]] = {
    FOLDER / "configuration.md": configuration,
    FOLDER / "exit-codes.md": exit_codes,
}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8")
