"""SQL has one place in each package: `queries.py` and `sql/`. What surrounds the domains keeps its few statements where they are used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent.parent / "src/cascadia"
SURROUNDS = frozenset({"api", "cli", "kernel", "migrations", "settings.py"})
STATEMENT = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH) \S+ ?", re.IGNORECASE)
OF_NO_TABLE = frozenset({"SELECT 1", "SELECT clock_timestamp()", "SELECT extract(epoch FROM clock_timestamp())"})
"""Whether the server answers, and what time it is there."""
FILES = sorted(path for path in SOURCE.glob("*/sql/*.sql") if path.relative_to(SOURCE).parts[0] != "migrations")


def statements(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
            yield node.value


def test_domains_keep_their_sql_in_queries_and_files() -> None:
    domains = [path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] not in SURROUNDS and path.name != "queries.py"]
    found = {str(path.relative_to(SOURCE)): text for path in domains for text in statements(path) if text not in OF_NO_TABLE}
    assert {where: text for where, text in found.items() if text[:6].isupper()} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_a_file_of_sql_says_first_what_it_returns(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert re.fullmatch(r"-- \S.{15,}", first), first
