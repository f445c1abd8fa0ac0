"""Runs the checks in order: what rests on something broken is skipped, not reported a second time."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from cascadia.cli.doctor import machine, state
from cascadia.cli.doctor.model import Check, Finding, Status, Surroundings, bad, skipped
from cascadia.kernel.db import Database
from cascadia.kernel.errors import CascadiaError
from cascadia.kernel.stores import store_from
from cascadia.settings import Settings

CHECKS: Final = (Check("database", state.reached), *state.CHECKS[:5], *machine.CHECKS, *state.CHECKS[5:])
"""Those that others rest on come first."""


@dataclass(slots=True)
class Report:
    """Every finding, by the name of its check, in order."""

    findings: list[tuple[str, Finding]] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Nothing is bad."""
        return all(finding.status is not Status.BAD for _, finding in self.findings)

    def status(self, name: str) -> Status | None:
        """How a check ended, None where it did not run."""
        return next((finding.status for checked, finding in self.findings if checked == name), None)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        rows = [{"check": name, "status": f.status.value, "detail": f.words, "remedy": f.remedy} for name, f in self.findings]
        return {"healthy": self.healthy, "checks": rows, "fixed": self.fixed}


async def examine(settings: Settings, *, fix: bool = False) -> Report:
    """Looks at everything; with `fix`, repairs what can be repaired without a decision, and looks again."""
    report = Report()
    async with Database(settings.database_url or "", size=2, idle=0, name="doctor", pooler=settings.pooler) as database:
        around = Surroundings(settings, database, store_from(settings))
        for check in CHECKS:
            finding = await _look(check, around, report)
            if fix and finding.fix and finding.status is not Status.OK:
                began = time.monotonic()
                done = await finding.fix(around)
                report.fixed.append(f"{check.name}: {done} ({time.monotonic() - began:.1f} s)")
                finding = await _look(check, around, report)
            report.findings.append((check.name, finding))
    return report


async def _look(check: Check, around: Surroundings, report: Report) -> Finding:
    if report.status("database") is Status.BAD and (check in state.CHECKS or check.needs_schema):
        return skipped("the database is not reached")
    if check.needs_schema and report.status("schema") is not Status.OK:
        return skipped("the schema is not usable")
    if check.needs_store and report.status("storage") is not Status.OK:
        return skipped("the storage is not usable")
    try:
        return await check.look(around)
    except (psycopg.Error, CascadiaError, OSError, TimeoutError, ValueError) as error:
        detail = error.detail if isinstance(error, CascadiaError) else str(error).strip() or type(error).__name__
        return bad(f"It could not be looked at: {detail}", "see the other findings, then run cascadia doctor again")
