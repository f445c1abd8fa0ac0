"""Which column holds what: as the person says, as the program is known to write, by name, and by what stands in the cells. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cascadia.importing.cells import clean, designators_of
from cascadia.importing.headings import MEANINGS, OURS, WEAK, Preset, folded, preset_of
from cascadia.importing.model import TableError
from cascadia.importing.quantities import quantity_of
from cascadia.kernel.naming import listed
from cascadia.structures.meanings import Meaning
from cascadia.structures.reading import Column, Options

COUNTS: Final = frozenset({Meaning.DESIGNATORS, Meaning.QUANTITY})
PARTS: Final = frozenset({Meaning.NUMBER, Meaning.MPN, Meaning.SUPPLIER_NUMBER, Meaning.NAME, Meaning.DESCRIPTION, Meaning.VALUE})
WORDS: Final = frozenset({"comment", "comments"})
BALLOON: Final = re.compile(r"\d{1,5}(\.\d{1,4})*\.?")
FIRST_BALLOONS: Final = frozenset({"0", "1", "1.0", "10", "100", "001", "01", "0010", "010"})
ENOUGH: Final = 0.8
EXAMPLES: Final = 3
EXAMPLE_MAX: Final = 60
HEADINGS_NAMED: Final = 30


@dataclass(frozen=True, slots=True)
class Columns:
    """What stands where: meaning → index of its column; all columns as they are told, and the program that wrote them, if it is known."""

    at: Mapping[Meaning, int]
    told: Sequence[Column]
    width: int
    program: str | None = None
    heading: Sequence[str] = field(default=(), repr=False)

    @property
    def exact(self) -> bool:
        """Whether Cascadia wrote the list itself: what stands there is meant as it stands."""
        return self.program == OURS

    @property
    def unused(self) -> list[str]:
        """The headings of columns that hold something and are not used."""
        return [column.heading or f"column {column.place}" for column in self.told if column.meaning is None and column.examples]

    def examples(self, meaning: Meaning) -> list[str]:
        """The first cells of its column that hold anything."""
        return self.told[self.at[meaning]].examples if meaning in self.at else []

    def name(self, meaning: Meaning) -> str | None:
        """The heading of what the column is read as."""
        return self.heading[self.at[meaning]].strip() if meaning in self.at else None


def is_heading(cells: Sequence[str], said: Mapping[str, Meaning] | None = None) -> bool:
    """Whether a row names the columns of a parts list: how often, and what.

    Beside *Value*, Eagle's *Part* may be the designator.
    """
    found = {meaning for meaning, _ in _by_name(cells, {folded(name): meaning for name, meaning in (said or {}).items()}, None)}
    counted = bool(found & COUNTS) or (Meaning.VALUE in found and any(folded(cell) == "part" for cell in cells))
    return counted and bool(found & (PARTS | {Meaning.FIND}))


def choose(heading: Sequence[str], rows: Sequence[Sequence[str]], options: Options) -> Columns:
    """The columns under a heading. `rows`: the first rows below it, by which ambiguous headings are decided."""
    said = _said(heading, options.columns)
    preset = preset_of(frozenset(folded(cell) for cell in heading if cell.strip()))
    found = _by_name(heading, said, preset)
    cells = [[clean(row[at])[:200] if at < len(row) else "" for row in rows] for at in range(len(heading))]
    found = _weighed(heading, found, cells)
    found = _commented(heading, found)
    found = _counted(found, cells)
    at: dict[Meaning, int] = {}
    for n in sorted(range(len(found)), key=lambda n: found[n][1] != "said"):
        meaning = found[n][0]
        if meaning is None or (at.setdefault(meaning, n) != n and meaning is not Meaning.IGNORE):
            found[n] = None, None
    at.pop(Meaning.IGNORE, None)
    told = [
        Column(
            place=n + 1,
            heading=clean(heading[n]),
            meaning=found[n][0],
            by=found[n][1],
            examples=[cell[:EXAMPLE_MAX] for cell in cells[n] if cell][:EXAMPLES],
        )
        for n in range(len(heading))
    ]
    return Columns(at, told, len(heading), preset.program if preset else None, list(heading))


Found = tuple[Meaning | None, str | None]


def _said(heading: Sequence[str], columns: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """Folded heading → meaning; `TableError` names a heading that is not there."""
    there = {folded(cell) for cell in heading} | {f"column {n}" for n in range(1, len(heading) + 1)}
    missing = next((name for name in columns if folded(name) not in there), None)
    if missing is not None:
        names = listed([f"“{clean(cell)}”" for cell in heading if cell.strip()], HEADINGS_NAMED)
        raise TableError("table_column", f"The list has no column “{missing[:100]}”. Its headings are {names}.")
    return {folded(name): meaning for name, meaning in columns.items()}


def _by_name(heading: Sequence[str], said: Mapping[str, Meaning], preset: Preset | None) -> list[Found]:
    return [_named(folded(cell), at, said, preset) for at, cell in enumerate(heading, start=1)]


def _named(name: str, at: int, said: Mapping[str, Meaning], preset: Preset | None) -> Found:
    for key in (name, f"column {at}"):
        if key in said:
            return said[key], "said"
    if preset and name in preset.columns:
        return preset.columns[name], "preset"
    meaning = MEANINGS.get(name)
    return meaning, "name" if meaning else None


def _weighed(heading: Sequence[str], found: list[Found], cells: Sequence[Sequence[str]]) -> list[Found]:
    """The weak headings (Item Number, Number, Item, Part, …) decided: a number, a balloon, or designators."""
    weak = [n for n, (_, by) in enumerate(found) if by == "name" and folded(heading[n]) in WEAK]
    strong = {meaning for n, (meaning, _) in enumerate(found) if n not in weak}
    for n in weak:
        designators = _designators(cells[n])
        balloons = _balloons(cells[n]) or (Meaning.NUMBER in strong and all(map(BALLOON.fullmatch, filter(None, cells[n]))))
        if Meaning.DESIGNATORS not in strong and designators and not balloons:
            found[n] = Meaning.DESIGNATORS, "content"
        elif balloons or Meaning.NUMBER in strong:
            balloon = Meaning.FIND if Meaning.FIND not in strong else Meaning.INDEX
            found[n] = (balloon, "content") if balloons else (None, None)
        else:
            found[n] = Meaning.NUMBER, "name"
        strong.add(found[n][0])
    return found


def _balloons(cells: Iterable[str]) -> bool:
    """Whether cells count something: from 1 (or 10) on, hardly ever the same twice."""
    filled = [cell for cell in cells if cell]
    if not filled or filled[0].rstrip(".") not in FIRST_BALLOONS:
        return False
    return sum(map(bool, map(BALLOON.fullmatch, filled))) >= ENOUGH * len(filled) and len(set(filled)) >= ENOUGH * len(filled)


def _designators(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(map(_is_designators, filled)) >= ENOUGH * len(filled)


def _is_designators(cell: str) -> bool:
    try:
        names = designators_of(cell)
    except ValueError:
        return False
    return bool(names) and all(re.fullmatch(r"[A-Z]{1,3}\$?\d{1,4}[A-Z]?", name) for name in names)


def _commented(heading: Sequence[str], found: list[Found]) -> list[Found]:
    """A comment is the value where nothing else is and the list is one of electronics; else it is a note."""
    meanings = {meaning for meaning, _ in found}
    electronic = Meaning.DESIGNATORS in meanings and (Meaning.FOOTPRINT in meanings or Meaning.NUMBER not in meanings)
    if Meaning.VALUE in meanings or not electronic:
        return found
    return [(Meaning.VALUE, "content") if by == "name" and folded(heading[n]) in WORDS else (m, by) for n, (m, by) in enumerate(found)]


def _counted(found: list[Found], cells: Sequence[Sequence[str]]) -> list[Found]:
    """Where no heading says how often a part stands there: the one unknown column whose cells all say it."""
    if {meaning for meaning, _ in found} & COUNTS:
        return found
    unknown = [n for n, (meaning, _) in enumerate(found) if meaning is None]
    for meaning, fits in ((Meaning.DESIGNATORS, _designators), (Meaning.QUANTITY, _quantities)):
        fitting = [n for n in unknown if fits(cells[n])]
        if len(fitting) == 1:
            found[fitting[0]] = meaning, "content"
            break
    return found


def _quantities(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(map(_is_quantity, filled))


def _is_quantity(cell: str) -> bool:
    try:
        quantity_of(cell)
    except ValueError:
        return False
    return True
