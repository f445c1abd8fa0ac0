"""What accepting would write, as the rows are decided now: what is left out with what was skipped, and the counts. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cascadia.proposals.model import Choice, Verdict

WRITTEN: Final = (Verdict.ADD, Verdict.CHANGE, Verdict.REMOVE)


@dataclass(frozen=True, slots=True)
class PartEntry:
    """A part row. `is_changed`: something of the part itself becomes otherwise."""

    key: str
    choice: str
    is_root: bool
    is_changed: bool = False
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True)
class LineEntry:
    """A line row. `pieces`: how often the child stands in the parent, None for a line that only the BOM has.

    Not `is_confirmed`: file and people changed it otherwise, and a person decides.
    """

    parent: str
    child: str | None
    verdict: str
    choice: str
    pieces: int | None
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Preview:
    """Components of which nothing is written since what they stand in is skipped; the same of each line row; counts of what is left."""

    left_out: frozenset[str]
    lines_left_out: Sequence[bool]
    counts: dict[str, int]


def preview(parts: Sequence[PartEntry], lines: Sequence[LineEntry]) -> Preview:
    """A part is left out with the last of what it stands in, a line with its parent or its child; nothing is left out with the root."""
    skipped = {part.key for part in parts if part.choice == Choice.SKIP}
    left_out = _left_out(parts, lines, skipped)
    gone = skipped | left_out
    lines_out = [line.parent in gone or (line.child in gone and line.pieces is not None) for line in lines]
    kept = [line for line, out in zip(lines, lines_out, strict=True) if not out]
    staying = [part for part in parts if part.key not in gone]
    counts = {**_parts(staying), **_lines(kept), "skipped": len(gone), **_occurrences(staying, kept)}
    counts["to_check"] += counts["clashes"]
    return Preview(frozenset(left_out), lines_out, {**counts, "changed": counts["changed"] + counts["parts_changed"]})


def _left_out(parts: Sequence[PartEntry], lines: Sequence[LineEntry], skipped: set[str]) -> set[str]:
    above: dict[str, set[str]] = defaultdict(set)
    below: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line.child is not None and line.pieces is not None:
            above[line.child].add(line.parent)
            below[line.parent].append(line.child)
    gone = skipped - {part.key for part in parts if part.is_root}
    left_out: set[str] = set()
    walk = list(gone)
    while walk:
        for child in below[walk.pop()]:
            if child not in gone and above[child] <= gone:
                gone.add(child)
                left_out.add(child)
                walk.append(child)
    return left_out


def _parts(staying: Sequence[PartEntry]) -> dict[str, int]:
    used = [part for part in staying if part.choice == Choice.USE]
    return {
        "new": len(staying) - len(used),
        "matched": len(used),
        "parts_changed": sum(part.is_changed for part in used),
        "to_check": sum(not part.is_confirmed for part in staying),
    }


def _lines(kept: Sequence[LineEntry]) -> dict[str, int]:
    written = [line for line in kept if line.choice == Choice.APPLY and line.is_confirmed]
    numbers = {verdict: sum(line.verdict == verdict for line in written) for verdict in WRITTEN}
    return {
        "added": numbers[Verdict.ADD],
        "lines_changed": numbers[Verdict.CHANGE],
        "changed": numbers[Verdict.CHANGE] + numbers[Verdict.REMOVE],
        "removed": numbers[Verdict.REMOVE],
        "unchanged": sum(line.verdict == Verdict.SAME and line.is_confirmed for line in kept),
        "clashes": sum(not line.is_confirmed for line in kept),
        "lines": sum(_stands(line) for line in kept),
    }


def _stands(line: LineEntry) -> bool:
    """Whether the line is in the BOM as the file has it, once it is accepted."""
    return line.pieces is not None and line.verdict != Verdict.REMOVE and (line.choice == Choice.APPLY or line.verdict == Verdict.SAME)


def _occurrences(staying: Sequence[PartEntry], kept: Sequence[LineEntry]) -> dict[str, int]:
    below: dict[str, list[LineEntry]] = defaultdict(list)
    users: dict[str, int] = defaultdict(int)
    for line in kept:
        if _stands(line) and line.child is not None:
            below[line.parent].append(line)
            users[line.child] += 1
    pieces = {part.key: int(part.is_root) for part in staying}
    free = [part.key for part in staying if not users[part.key]]
    while free:
        key = free.pop()
        for line in below.get(key, ()):
            assert line.child is not None
            pieces[line.child] = pieces.get(line.child, 0) + pieces.get(key, 0) * (line.pieces or 0)
            users[line.child] -= 1
            if not users[line.child]:
                free.append(line.child)
    leaves = [part.key for part in staying if part.key not in below]
    total = sum(n for key, n in pieces.items())
    return {
        "components": len(staying),
        "leaf_parts": len(leaves),
        "occurrences": total - sum(part.is_root for part in staying),
        "leaf_occurrences": sum(pieces[key] for key in leaves) if below else 0,
    }
