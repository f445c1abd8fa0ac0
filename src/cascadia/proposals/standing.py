"""What a file says of a line, beside what it said when it was imported before and what people made of the line since: three-way. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

import msgspec

from cascadia.bom.bulk import OpenLine, kind_of
from cascadia.bom.model import designator_list
from cascadia.items.units import convert
from cascadia.kernel.decimals import plain
from cascadia.parts.model import DEFAULT_UNIT
from cascadia.structures.model import LineGroup
from cascadia.versioning.merge import merge_rows
from cascadia.versioning.model import FieldKind

KINDS: Final = {
    "child": FieldKind.SCALAR,
    "quantity": FieldKind.SCALAR,
    "kind": FieldKind.SCALAR,
    "find": FieldKind.SCALAR,
    "note": FieldKind.SCALAR,
    "designators": FieldKind.SET,
    "placements": FieldKind.SCALAR,
}
"""A file states quantities, it adds nothing to them: the same on both sides is no conflict."""
NAMES: Final = {"find": "find number", "kind": "kind of quantity"}
STANDS: Final = "changed by hand since the file before"
GONE: Final = "somebody took this line out since the file before"
ADDED: Final = "somebody added this line by hand, and no file before had it"
NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Said:
    """What the file before said of a line; None or empty where it said nothing. `placements`: a digest of them."""

    line_id: int
    parent_id: int
    child_id: int
    quantity: Decimal
    unit: str | None
    kind: str | None
    find: int | None
    note: str | None
    designators: Sequence[str]
    placements: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A field of a line that is not as the file says, unless a person takes the file's: what it was (`old`), what the file says (`new`)."""

    field: str
    old: Any
    new: Any
    words: str
    instead: Mapping[str, Any]
    apply: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a line against the file, and why a person must look at it (both sides changed it otherwise)."""

    kept: Sequence[Kept] = ()
    doubts: Sequence[str] = ()


def said_of(line_id: int, parent_id: int, child_id: int, group: LineGroup) -> Said:
    """What is remembered of a group."""
    designators, placements = designator_list(group.designators), digest(group.placements)
    return Said(line_id, parent_id, child_id, group.quantity, group.unit, group.kind, group.find, group.note, designators, placements)


def digest(placements: Mapping[str, Sequence[float]]) -> str | None:
    """The same for the same placements; None for none."""
    if not placements:
        return None
    rounded = {name: [round(float(value), 9) + 0.0 for value in matrix] for name, matrix in placements.items()}
    return hashlib.sha256(msgspec.json.encode(rounded, order="deterministic")).hexdigest()[:32]


def gone_line(said: Said) -> OpenLine:
    """A line that is not there any more as it was when the file before was imported, to find it by."""
    return OpenLine(
        said.line_id, NOBODY, 0, said.parent_id, NOBODY, said.child_id, NOBODY, "", said.quantity, said.unit or "", said.kind or "",
        said.find, {name: {} for name in said.designators}, said.note, {},
    )  # fmt: skip


def known_as(line: OpenLine, said: Said | None) -> OpenLine:
    """The line by what the file before called it: a part that was exchanged by hand is still that line."""
    if said is None:
        return line
    return replace(line, child_id=said.child_id, designators={**{name: {} for name in said.designators}, **line.designators})


def _row(child: int | None, unit: str, told: Said | LineGroup, find: int | None) -> dict[str, Any]:
    """What is said of a line, in the unit of the line; without what is not said."""
    quantity = convert(told.quantity, told.unit or unit, unit)
    placements = told.placements if isinstance(told, Said) else digest(told.placements)
    said: dict[str, Any] = {
        "child": child,
        "quantity": None if told.designators else (told.quantity, told.unit) if quantity is None else quantity,
        "kind": None if told.kind is None else str(told.kind),
        "find": find,
        "note": " ".join(told.note.split()) if told.note else None,
        "designators": designator_list(told.designators) or None,
        "placements": placements,
    }
    return {name: value for name, value in said.items() if value is not None}


def _ours(line: OpenLine) -> dict[str, Any]:
    return {
        "child": line.child_id,
        "quantity": Fraction(line.quantity),
        "kind": line.quantity_kind,
        "find": line.find_number,
        "note": " ".join((line.note or "").split()),
        "designators": designator_list(line.designators),
        "placements": digest(line.placements),
    }


def standing(group: LineGroup, line: OpenLine, said: Said, child: int | None) -> Standing:
    """What of the line stands against the file. `child`: the part that the file's is, None for a new one."""
    theirs = {"child": child or -1, **_row(child, line.unit, group, group.find)}
    base = _row(said.child_id, line.unit, said, said.find)
    told = {name: kind for name, kind in KINDS.items() if name in theirs}
    ours = {name: value for name, value in _ours(line).items() if name in told}
    merged = merge_rows(told, {name: base.get(name) for name in told}, ours, theirs)
    assert merged.row is not None
    clashing = {conflict.field for conflict in merged.conflicts}
    kept, doubts = _unit_lost(group, line, said)
    for name in told:
        if merged.row[name] == theirs[name] or name in [each.field for each in kept]:
            continue
        old, new = _shown(name, line), _said(name, group)
        if name in clashing:
            was = "" if base.get(name) is None else f"was {_before(name, said)}, "
            doubts.append(f"{NAMES.get(name, name)}: {was}the file has {_text(new)}, by hand it became {_text(old)}")
        kept.append(Kept(name, old, new, doubts[-1] if name in clashing else STANDS, _instead(name, line, merged.row[name])))
    return Standing(kept, doubts)


def _unit_lost(group: LineGroup, line: OpenLine, said: Said) -> tuple[list[Kept], list[str]]:
    """Another quantity without the unit that the file before had said: 2500 after 2.5 m may be millimetres."""
    has_unit = group.unit is not None or group.designators or said.unit in (None, DEFAULT_UNIT)
    if has_unit or group.quantity in (said.quantity, line.quantity):
        return [], []
    words = f"quantity: was {_before('quantity', said)}, the file has {plain(group.quantity)} and no unit"
    return [Kept("quantity", _shown("quantity", line), _said("quantity", group), words, _instead("quantity", line, None))], [words]


def added_by_hand(group: LineGroup, line: OpenLine, child: int | None) -> Standing:
    """What stands of a line that somebody added, and that the file adds too: there is no base, so a person says where they differ."""
    theirs = {"child": child or -1, **_row(child, line.unit, group, group.find)}
    ours = _ours(line)
    differs = [name for name, value in theirs.items() if ours[name] != value and (ours[name] or _counts_otherwise(name, group, line))]
    kept = [Kept(name, _shown(name, line), _said(name, group), ADDED, _instead(name, line, ours[name])) for name in differs]
    words = [f"{NAMES.get(k.field, k.field)} is {_text(k.old)}, the file has {_text(k.new)}" for k in kept]
    return Standing(kept, [f"{ADDED}: {'; '.join(words)}"] if words else [])


def _counts_otherwise(name: str, group: LineGroup, line: OpenLine) -> bool:
    """Whether what the line does not have yet would change how many pieces it is."""
    return name in ("designators", "placements") and convert(group.quantity, group.unit or line.unit, line.unit) != line.quantity


def edits(line: OpenLine, said: Said) -> list[str]:
    """What people made of a line since the file before, in words: what it had said otherwise, and what it had not said at all."""
    base, ours = _row(said.child_id, line.unit, said, said.find), _ours(line)
    words = [f"{NAMES.get(name, name)} {_text(_shown(name, line))}, was {_before(name, said)}" for name in base if ours[name] != base[name]]
    unsaid = [name for name in ("note", "designators", "placements") if name not in base and ours[name]]
    unsaid += ["kind"] if "kind" not in base and ours["kind"] != kind_of(line.quantity) else []
    return words + [f"{NAMES.get(name, name)} {_text(_shown(name, line))}" for name in unsaid]


def is_said_again(group: LineGroup, said: Said, child: int | None) -> bool:
    """Whether a file says of a line what the file before did."""
    unit = said.unit or group.unit or ""
    return _row(child, unit, group, group.find) == _row(said.child_id, unit, said, said.find)


def _shown(name: str, line: OpenLine) -> Any:
    return {
        "child": line.child_number,
        "quantity": f"{plain(line.quantity)} {line.unit}",
        "kind": line.quantity_kind,
        "find": line.find_number,
        "note": line.note,
        "designators": designator_list(line.designators),
        "placements": sorted(line.placements),
    }[name]


def _said(name: str, group: LineGroup) -> Any:
    return {
        "child": group.child,
        "quantity": plain(group.quantity) + (f" {group.unit}" if group.unit else ""),
        "kind": group.kind,
        "find": group.find,
        "note": group.note,
        "designators": designator_list(group.designators),
        "placements": sorted(group.placements),
    }[name]


def told(group: LineGroup) -> str:
    """What a file says of a line, in words."""
    said = {name: _said(name, group) for name in ("quantity", "designators", "note")}
    return "; ".join(f"{name} {_text(value)}" for name, value in said.items() if value)


def _before(name: str, said: Said) -> str:
    if name == "quantity":
        return plain(said.quantity) + (f" {said.unit}" if said.unit else "")
    return "another part" if name == "child" else "elsewhere" if name == "placements" else _text(asdict(said)[name])


def _text(value: Any) -> str:
    if value in (None, "", []):
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _instead(name: str, line: OpenLine, merged: Any) -> dict[str, Any]:
    """What a row has in place of what the file says of a field that stands: what the line has, or nothing."""
    match name:
        case "quantity":
            return {"quantity": plain(line.quantity), "unit": line.unit}
        case "designators":
            return {"designators": merged, **({"quantity": str(len(merged))} if merged else _instead("quantity", line, None))}
        case "placements":
            return {"placements": {}}
        case "child":
            return {}
        case _:
            return {name: None}


def as_applied(found: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a line row has of the file, with what stands against it as long as no person takes the file's."""
    instead = [change["instead"] for change in changes if not change.get("apply", True) and change.get("instead")]
    return {**found, **{name: value for each in instead for name, value in each.items()}}
