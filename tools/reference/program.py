"""The pages of settings, exit codes and jobs."""

import ast
import inspect
from itertools import pairwise
from typing import Final

from pydantic.fields import FieldInfo

from cascadia.cli import exits
from cascadia.jobs.model import BACKOFF_SECONDS
from cascadia.jobs.registry import Registry
from cascadia.kernel.declare import Family, JobType
from cascadia.settings import OWN_PREFIXES, Settings
from cascadia.worker.registry import registry

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


JOBS: Final = """# Jobs

Generated from what the domains declare (`cascadia.worker.registry`); do not edit. `JOB_TYPES` chooses families; what they are is in
[the explanation](../explanation/jobs.md).

## Families

A *sandboxed* family reads uploaded bytes, in children without network, credentials or database. Limits are those of one job.

| family | isolation | memory | time | processor time | output | tries |
|---|---|---|---|---|---|---|
{families}

## Types

| type | tried again after | begun by |
|---|---|---|
{types}

## Schedules

| name | when | type |
|---|---|---|
{schedules}
"""


def jobs() -> str:
    """Families, types and schedules of the program."""
    known = registry()
    families = [_family(family) for family in sorted(known.families.values(), key=lambda family: family.name)]
    types = [
        f"| `{kind.name}` | {_retry(kind)} | {_begun_by(kind, known)} |" for kind in sorted(known.types.values(), key=lambda t: t.name)
    ]
    schedules = [
        f"| `{s.name}` | `{s.cron}` {s.time_zone} | `{s.job_type}` |" for s in sorted(known.schedules.values(), key=lambda x: x.name)
    ]
    return JOBS.format(families="\n".join(families), types="\n".join(types), schedules="\n".join(schedules))


def _family(f: Family) -> str:
    limits = " | ".join((f"{f.memory_mb} MB", _limit(f.wall_seconds, "s"), _limit(f.cpu_seconds, "s"), _limit(f.output_mb, "MB")))
    return f"| `{f.name}` | {f.isolation.value} | {limits} | {f.max_failures} |"


def _limit(value: int | None, unit: str) -> str:
    return "none" if value is None else f"{value} {unit}"


def _retry(kind: JobType) -> str:
    if kind.retry is None:
        return f"0 to {BACKOFF_SECONDS:g} s by chance, the range doubled each time up to 300 s"
    return ", ".join(f"{seconds:g} s" for seconds in kind.retry)


def _begun_by(kind: JobType, known: Registry) -> str:
    scheduled = [s.name for s in known.schedules.values() if s.job_type == kind.name]
    return f"schedule `{scheduled[0]}`" if scheduled else "an event or a request"


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
