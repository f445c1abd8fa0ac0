"""Which find numbers of a file its lines get. Pure but for what rows are."""

from collections.abc import Mapping, Sequence

from cascadia.bom.bulk import OpenLine
from cascadia.proposals.model import Verdict
from cascadia.proposals.rows import Row, group_of
from cascadia.versioning.model import Ref


def free_finds(rows: Sequence[Row], by_id: Mapping[int, OpenLine], refs: Mapping[str, Ref]) -> dict[int, tuple[int, int]]:
    """Row → its parent and the find number that the file gives its line, where no other line keeps it or gets it before.

    `rows`: the lines that are applied; `by_id`: the lines that are there; `refs`: component → its part.
    """
    wanted = [(row, group.find) for row in rows if (group := group_of(row)) and group.find and row.verdict != Verdict.REMOVE]
    kept = dict(by_id)
    for row in rows:
        if row.verdict == Verdict.REMOVE:
            kept.pop(row.line_id or 0, None)
    for row, find in wanted:
        line = kept.get(row.line_id or 0)
        if line is not None and line.find_number != find:
            del kept[line.line_id]
    taken = {(line.parent_id, line.find_number) for line in kept.values()}
    found: dict[int, tuple[int, int]] = {}
    for row, find in wanted:
        place = (_parent(row, by_id, refs), find)
        mine = (line := kept.get(row.line_id or 0)) is not None and (line.parent_id, line.find_number) == place
        if place[0] and (mine or place not in taken):
            taken.add(place)
            found[row.row_id] = place
    return found


def _parent(row: Row, by_id: Mapping[int, OpenLine], refs: Mapping[str, Ref]) -> int:
    """The item of the row's parent, 0 where it has none."""
    line, ref = by_id.get(row.line_id or 0), refs.get(row.parent or "")
    return line.parent_id if line else ref.id if ref else 0
