"""Three-way merge by field and by member of a set (rule 10): a base, and what two sides made of it. Pure: values in, values out.

The base is what both sides knew: `main` where a branch began, or what a file said when it was imported before. One rule for both.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from cascadia.versioning.model import FieldKind


class _Missing(Enum):
    """Stands for a value that is not there."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing.MISSING


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both sides changed otherwise. `member`: the key of a map; `field` None: one side removed what the other changed."""

    field: str | None
    base: Any
    ours: Any
    theirs: Any
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What both sides make together (None: removed). Where they conflict it has our value."""

    row: Mapping[str, Any] | None
    conflicts: tuple[Clash, ...] = ()


def merge_rows(
    kinds: Mapping[str, FieldKind], base: Mapping[str, Any] | None, ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None
) -> Merged:
    """One row, such as a line; None where it is not there. `kinds` names the fields that are merged, and how."""
    if ours is None or theirs is None:
        return _removed(kinds, base, ours, theirs)
    row: dict[str, Any] = {}
    conflicts: list[Clash] = []
    for name, kind in kinds.items():
        values = [MISSING if side is None else side.get(name, MISSING) for side in (base, ours, theirs)]
        merged, found = merge_field(name, kind, *values)
        conflicts += found
        if merged is not MISSING:
            row[name] = merged
    return Merged(row, tuple(conflicts))


def _removed(
    kinds: Mapping[str, FieldKind], base: Mapping[str, Any] | None, ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None
) -> Merged:
    """One side has no such row: it never had, or removed it, which conflicts with a change on the other side."""
    left = ours if ours is not None else theirs
    if base is None or left is None:
        return Merged(left)
    if all(left.get(name, MISSING) == base.get(name, MISSING) for name in kinds):
        return Merged(None)
    return Merged(ours, (Clash(None, dict(base), ours, theirs),))


def merge_field(name: str, kind: FieldKind, base: Any, ours: Any, theirs: Any) -> tuple[Any, list[Clash]]:
    """One value, or `MISSING`. The same new value on both sides is no conflict, except a quantity, where both may mean one more."""
    if kind is FieldKind.QUANTITY and ours == theirs and base not in (MISSING, ours):
        return ours, [Clash(name, base, ours, theirs)]
    if theirs in (base, ours):
        return ours, []
    if ours == base:
        return theirs, []
    match kind:
        case FieldKind.SET:
            return merge_sets(*(() if side is MISSING else side for side in (base, ours, theirs))), []
        case FieldKind.MAP:
            return _merge_maps(name, *({} if side is MISSING else side for side in (base, ours, theirs)))
        case _:
            return ours, [Clash(name, base, ours, theirs)]


def merge_sets(base: Collection[Any], ours: Collection[Any], theirs: Collection[Any]) -> list[Any]:
    """Ours, with what they added and without what they removed, in order."""
    return sorted((set(ours) | (set(theirs) - set(base))) - (set(base) - set(theirs)))


def _merge_maps(name: str, base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[Any, list[Clash]]:
    merged: dict[str, Any] = {}
    conflicts: list[Clash] = []
    for key in dict.fromkeys([*ours, *theirs]):
        values = [side.get(key, MISSING) for side in (base, ours, theirs)]
        value, found = merge_field(name, FieldKind.SCALAR, *values)
        conflicts += [Clash(name, c.base, c.ours, c.theirs, key) for c in found]
        if value is not MISSING:
            merged[key] = value
    return merged, conflicts
