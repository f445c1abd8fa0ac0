"""What a module says of itself, the import contracts hold."""

import ast
import configparser
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pure_modules() -> set[str]:
    """Modules whose first words end in "Pure."."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if "Pure." in said:
            found.add(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
    return found


def test_what_says_that_it_is_pure_is_held_to_it() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / "import-contracts.ini", encoding="utf-8")
    held = contracts["importlinter:contract:pure"]["source_modules"].split()
    modules = pure_modules()
    assert len(modules) > 15
    assert {module for module in modules if not any(fnmatchcase(module, pattern) for pattern in held)} == set()
