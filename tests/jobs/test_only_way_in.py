"""A job comes into being in a caller's transaction or by the relay: no other code writes rows of the ledger's tables."""

import re
from pathlib import Path

import cascadia

SOURCE = Path(cascadia.__file__).parent
MADE = re.compile(r"INSERT INTO job\b|\bjob_submit\(|\bjob_enqueue\(|INSERT INTO job_subscriber\b")
ALL = "migrations/sql/schema.sql"
"""What all steps make, written out by a tool."""
OWNERS = ("jobs/queries.py", "migrations/sql/jobs.sql", "migrations/sql/v0002/jobs.sql")


def test_only_the_ledger_makes_jobs() -> None:
    files = [path for path in SOURCE.rglob("*") if path.suffix in {".py", ".sql"}]
    found = {str(path.relative_to(SOURCE)) for path in files if MADE.search(path.read_text(encoding="utf-8"))}
    assert found - {ALL} == set(OWNERS)
