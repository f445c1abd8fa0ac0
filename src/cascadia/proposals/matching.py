"""Which lines a file would change: decided from values alone. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Final

from cascadia.bom.bulk import OpenLine, kind_of
from cascadia.bom.model import QuantityKind, designator_list
from cascadia.items.units import convert
from cascadia.proposals.model import Choice, Verdict
from cascadia.proposals.standing import (
    GONE,
    Kept,
    Said,
    Standing,
    added_by_hand,
    as_applied,
    edits,
    gone_line,
    is_said_again,
    known_as,
    standing,
    told,
)
from cascadia.structures.model import LineGroup

EDITED: Final = "the file has this line no more, and by hand it got"
UNFITTED: Final = "the file says now that this line is not fitted, and by hand it got"


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of the file beside the line that it is taken for, or a line that the file does not have (`remove`)."""

    parent: str
    child: str | None
    verdict: Verdict
    choice: Choice
    group: LineGroup | None
    line: OpenLine | None
    kept: Sequence[Kept] = ()
    doubts: Sequence[str] = ()
    gone_id: int | None = None
    """The line that it was when the file before was imported, which somebody took out since."""


NOTHING_SAID: Final[Mapping[int, Said]] = {}


def match_lines(
    groups: Sequence[LineGroup],
    items: Mapping[str, int],
    existing: Sequence[OpenLine],
    fixed: frozenset[int] = frozenset(),
    said: Mapping[int, Said] = NOTHING_SAID,
) -> list[LineRow]:
    """Rows of all lines of a file. `items`: component → item that is used for it; `existing`: lines of those items.

    A line is the one that shares most designators, else the one with the same child. What would change lines of `fixed` items
    (that the person may not edit) is shown and skipped. `said`: what the file before said, by line: what people changed since stands,
    and so does what they added, which no file had said. Nothing said: no file came before, and all is as this one says.
    """
    present = {line.line_id: line for line in existing}
    missing = [gone_line(each) for each in said.values() if each.line_id not in present]
    taken = _same_lines(groups, items, [*(known_as(line, said.get(line.line_id)) for line in existing), *missing])
    rows = [_found_row(group, items.get(group.child), taken.get(n), present, said) for n, group in enumerate(groups)]
    parents = {items[group.parent]: group.parent for group in groups if group.parent in items}
    used = {line.line_id for line in taken.values()}
    left = [line for line in existing if line.parent_id in parents and line.line_id not in used]
    keys = {item: key for key, item in reversed(list(items.items()))}
    gone = _Gone.of(groups)
    for line in sorted(left, key=lambda x: x.line_id):
        before = said.get(line.line_id)
        doubts = _lost(EDITED, line, before)
        choice = gone.choice(line) if not said else Choice.APPLY if before is not None and not doubts else Choice.SKIP
        rows.append(LineRow(parents[line.parent_id], keys.get(line.child_id), Verdict.REMOVE, choice, None, line, doubts=doubts))
    return [_not_mine(row) if items.get(row.parent) in fixed else row for row in rows]


def _not_mine(row: LineRow) -> LineRow:
    """The row of a part that the person may not edit: there is nothing to decide."""
    return replace(row, choice=row.choice if row.verdict is Verdict.SAME else Choice.SKIP, doubts=())


def _same_lines(groups: Sequence[LineGroup], items: Mapping[str, int], existing: Sequence[OpenLine]) -> dict[int, OpenLine]:
    """Which line each group (by its place) is, where it is one that exists."""
    by_id = {line.line_id: line for line in existing}
    shared = _shared_designators(groups, items, existing)

    def closeness(pair: tuple[int, int]) -> tuple[int, bool, int, int]:
        n, line_id = pair
        return -shared[pair], by_id[line_id].child_id != items.get(groups[n].child), n, line_id

    taken: dict[int, OpenLine] = {}
    for n, line_id in sorted(shared, key=closeness):
        if n not in taken and line_id in by_id:
            taken[n] = by_id.pop(line_id)
    by_place: dict[tuple[int, int], list[OpenLine]] = defaultdict(list)
    for line in by_id.values():
        by_place[line.parent_id, line.child_id].append(line)
    for is_it in (_told, _any):
        for n, group in enumerate(groups):
            candidates = by_place[items.get(group.parent, -1), items.get(group.child, -1)]
            same = None if n in taken else next((line for line in candidates if is_it(group, line)), None)
            if same is not None:
                taken[n] = same
                candidates.remove(same)
    return taken


def _told(group: LineGroup, line: OpenLine) -> bool:
    """Whether a line is the group's among several of the same child: by its find number or its note."""
    return (group.find is not None and group.find == line.find_number) or (
        group.note is not None and group.note.split() == (line.note or "").split()
    )


def _same_note(group: LineGroup, line: OpenLine) -> bool:
    """A list has a note on one line."""
    return (group.note or "").split() == (line.note or "").split()


def _any(_group: LineGroup, _line: OpenLine) -> bool:
    return True


def _shared_designators(groups: Sequence[LineGroup], items: Mapping[str, int], existing: Sequence[OpenLine]) -> dict[tuple[int, int], int]:
    """How many designators a group (by its place) and a line of the same parent have in common, where there are any."""
    holders = {(line.parent_id, name): line.line_id for line in existing for name in line.designators}
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for n, group in enumerate(groups):
        for name in group.designators if group.parent in items else ():
            holder = holders.get((items[group.parent], name))
            if holder is not None:
                shared[n, holder] += 1
    return shared


def _found_row(
    group: LineGroup, child: int | None, line: OpenLine | None, present: Mapping[int, OpenLine], said: Mapping[int, Said]
) -> LineRow:
    """The row of a group that was found to be a line, which is there, or was when the file before was imported."""
    if line is None:
        return _line_row(group, child, None)
    before = said.get(line.line_id)
    there = present.get(line.line_id)
    if there is None and before is not None:
        is_new = group.fitted and not is_said_again(group, before, child)
        doubts = [f"{GONE}, and the file has it otherwise now: {told(group)}"] if is_new else []
        kept = [Kept("line", None, None, GONE, {})]
        return replace(_line_row(group, child, None), choice=Choice.SKIP, gone_id=line.line_id, kept=kept, doubts=doubts)
    assert there is not None
    if said and not group.fitted:
        doubts = _lost(UNFITTED, there, before)
        choice = Choice.APPLY if before is not None and not doubts else Choice.SKIP
        return replace(_line_row(group, child, there), choice=choice, doubts=doubts)
    stands = standing(group, there, before, child) if before else added_by_hand(group, there, child) if said else Standing()
    against = [asdict(each) for each in stands.kept]
    now = as_group(as_applied(group_json(group), against), group.parent, group.child)
    child = there.child_id if any(each.field == "child" for each in stands.kept) else child
    return replace(_line_row(now, child, there), group=group, kept=stands.kept, doubts=stands.doubts)


def _lost(words: str, line: OpenLine, said: Said | None) -> list[str]:
    """What people made of a line would go with it: why a person looks at it before. What the file before had not said is none of its."""
    made = edits(line, said) if said is not None else []
    return [f"{words}: {'; '.join(made)}"] if made else []


def _line_row(group: LineGroup, child: int | None, line: OpenLine | None) -> LineRow:
    choice = Choice.APPLY if group.fitted else Choice.SKIP
    if line is None:
        return LineRow(group.parent, group.child, Verdict.ADD, choice, group, None)
    if not group.fitted:
        return LineRow(group.parent, group.child, Verdict.REMOVE, Choice.APPLY, group, line)
    same = line.child_id == child and changed_fields(group, line) == {}
    return LineRow(group.parent, group.child, Verdict.SAME if same else Verdict.CHANGE, choice, group, line)


def changed_fields(group: LineGroup, line: OpenLine) -> dict[str, Any]:
    """What the file says of a line otherwise than it is. A file without designators or placements says nothing of them."""
    changes: dict[str, Any] = {}
    if convert(group.quantity, group.unit or line.unit, line.unit) != line.quantity:
        changes |= {"quantity": group.quantity, "quantity_kind": kind_of(group.quantity).value}
        changes |= {"unit": group.unit} if group.unit else {}
    if group.kind and group.kind != changes.get("quantity_kind", line.quantity_kind):
        changes["quantity_kind"] = group.kind.value
    if group.find and group.find != line.find_number:
        changes["find_number"] = group.find
    if group.note and not _same_note(group, line):
        changes["note"] = group.note
    if group.placements and line.placements != dict(group.placements):
        changes["placements"] = dict(group.placements)
    elif not group.placements and line.placements and changes:
        changes["placements"] = {}
    if group.designators and set(line.designators) != group.designators:
        changes["designators"] = {name: line.designators.get(name, {}) for name in designator_list(group.designators)}
    return changes


@dataclass(frozen=True, slots=True)
class _Gone:
    """What a file that no longer has a line means by that: it takes out the lines that a file of its kind had put in."""

    places: bool
    designates: bool

    @classmethod
    def of(cls, groups: Sequence[LineGroup]) -> "_Gone":
        return cls(any(group.placements for group in groups), any(group.designators for group in groups))

    def choice(self, line: OpenLine) -> Choice:
        if self.places:
            mine = bool(line.placements)
        elif self.designates:
            mine = bool(line.designators)
        else:
            mine = not line.placements
        return Choice.APPLY if mine else Choice.SKIP


def group_json(group: LineGroup) -> dict[str, Any]:
    """What a row keeps of a line of the file."""
    return {
        "placements": dict(group.placements),
        "designators": designator_list(group.designators),
        "quantity": f"{group.quantity:f}",
        "fitted": group.fitted,
        "otherwise": None if group.otherwise is None else f"{group.otherwise:f}",
        "line": group.line,
        "unit": group.unit,
        "kind": group.kind,
        "find": group.find,
        "note": group.note,
    }


def as_group(found: Mapping[str, Any], parent: str, child: str) -> LineGroup:
    """The line of the file that a row kept so."""
    return LineGroup(
        parent,
        child,
        Decimal(found["quantity"]),
        found.get("placements", {}),
        frozenset(found.get("designators", ())),
        found.get("fitted", True),
        Decimal(found["otherwise"]) if found.get("otherwise") else None,
        found.get("line", ""),
        found.get("unit"),
        QuantityKind(found["kind"]) if found.get("kind") else None,
        found.get("find"),
        found.get("note"),
    )
