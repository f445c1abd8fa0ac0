"""What every benchmark shares: results against goals, a table for people, a file for machines, comparison of two files."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
WIDTH: Final = 58


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. `floor` is what it is measured against in the same run, `ratio` = value / floor; `goal` says what must hold, in words."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    goal: str | None = None
    holds: bool | None = None


def at_least(name: str, value: float, unit: str, *, floor: float, ratio: float) -> Result:
    """A figure that is to be `ratio` times its floor or more."""
    reached = value / floor
    return Result(name, value, unit, floor, reached, f"≥ {ratio:g}× the floor", reached >= ratio)


def at_most(name: str, value: float, unit: str, limit: float, *, floor: float | None = None) -> Result:
    """A figure that may not exceed a limit; with a `floor`, `limit` times that."""
    if floor is None:
        return Result(name, value, unit, goal=f"≤ {limit:g} {unit}", holds=value <= limit)
    return Result(name, value, unit, floor, value / floor, f"≤ {limit:g}× the floor", value / floor <= limit)


def machine() -> dict[str, Any]:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_bytes": memory,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def commit() -> str:
    """Which code was measured; `+` where the checkout had changes besides."""
    run = ["git", "-C", str(ROOT)]
    head = subprocess.run([*run, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    changed = subprocess.run([*run, "status", "--porcelain"], capture_output=True, text=True, check=False).stdout.strip()
    return head + ("+" if changed else "")


def table(results: Iterable[Result]) -> str:
    """The results for people."""
    lines = []
    for r in results:
        against = f"{r.ratio:.2f}× of {r.floor:.6g}" if r.ratio is not None and r.floor is not None else ""
        verdict = "" if r.holds is None else "holds" if r.holds else "MISSED"
        lines.append(f"{r.name:<{WIDTH}} {r.value:>12.6g} {r.unit:<14} {against:<24} {r.goal or '':<20} {verdict}".rstrip())
    return "\n".join(lines)


def write(path: Path, results: Sequence[Result], before: dict[str, Any]) -> None:
    """The results for machines."""
    document = {"machine": before, "commit": commit(), "results": [asdict(r) for r in results]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def compare(before: Path, after: Path) -> str:
    """How the figures of two files differ, those that both have."""
    first, second = (json.loads(path.read_text(encoding="utf-8")) for path in (before, after))
    old = {r["name"]: r for r in first["results"]}
    lines = [f"{first['commit']} → {second['commit']}"]
    for r in second["results"]:
        if r["name"] in old:
            was = old[r["name"]]["value"]
            change = f"{(r['value'] / was - 1) * 100:+.1f} %" if was else ""
            lines.append(f"{r['name']:<{WIDTH}} {was:>12.6g} → {r['value']:>12.6g} {r['unit']:<14} {change}")
    return "\n".join(lines)
