"""Each row of a list with its verdict: taken, taken with a warning, left out, or wrong. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cascadia.importing.cells import clean, is_placeholder
from cascadia.importing.columns import Columns
from cascadia.importing.delimited import Line, filled
from cascadia.importing.headings import MEANINGS, folded
from cascadia.importing.items import NUMBERS, Cells, item_of
from cascadia.importing.marks import in_bom_by
from cascadia.importing.model import Item, Judged, Wrong
from cascadia.importing.sheets import Merged
from cascadia.structures.meanings import Meaning
from cascadia.structures.model import MakerPart
from cascadia.structures.reading import Options

TOTALS: Final = re.compile(
    r"(grand |sub-?)?totals?( (quantity|qty|parts?|components?|items?|count))?\s*:?|sum|summe|gesamt(summe)?|итого|合计|合計", re.IGNORECASE
)
TAIL: Final = re.compile(
    r"(component groups|component count|fitted components|number of pcbs|total components|schematic (version|date|source)|kicad version|"
    r"bom date|pcb variant|source|date|tool|generated|generator|collated components|total parts|unique parts)\b.*:?",
    re.IGNORECASE,
)
"""What programs write below a list."""
OF_MAKERS: Final = frozenset({Meaning.NUMBER, Meaning.MPN, Meaning.MANUFACTURER, Meaning.SUPPLIER_NUMBER, Meaning.DATASHEET})
OF_A_MAKER: Final = frozenset({Meaning.MPN, Meaning.MANUFACTURER, Meaning.SUPPLIER_NUMBER})
FILLED: Final = frozenset({*NUMBERS, Meaning.NAME, Meaning.DESCRIPTION, Meaning.VALUE, Meaning.FOOTPRINT, Meaning.MANUFACTURER})
PLACES: Final = (Meaning.LEVEL, Meaning.PARENT)
COUNTING: Final = (Meaning.QUANTITY, Meaning.DESIGNATORS)
EXCLUDED: Final = {Meaning.EXCLUDED: "excluded from the BOM", Meaning.INCLUDED: "not included in the BOM"}
RESTRICTED: Final = "restricted"
"""The number of such parts in our own exports."""
NUMERIC: Final = re.compile(r"[\d.,\s€$£%+-]+")


@dataclass(slots=True)
class _Above:
    """What the rows above say of the next one."""

    section: str | None = None
    last: Judged | None = None
    tail: bool = False


def judge(lines: Iterable[Line], columns: Columns, options: Options, sign: str | None) -> Iterator[Judged]:
    """The rows under the heading, each with its verdict. `sign`: what stands before decimals, None where nothing says so."""
    above = _Above()
    heading = [folded(cell) for cell in columns.heading]
    for line in lines:
        row = Judged(line.place, line.cells)
        if line.place in options.leave_out:
            row.leave_out("left out as its person said")
            row.excluded = True
        elif _is_heading(line.cells, columns, heading):
            row.leave_out("the heading again")
        else:
            _judge(row, line, columns, options, sign, above)
        if row.item is not None:
            above.last = row
        yield row


def _is_heading(cells: Sequence[str], columns: Columns, heading: Sequence[str]) -> bool:
    """Whether a row is the heading again, in the same words or in others that mean the same."""
    at = columns.at.get(Meaning.QUANTITY, columns.at.get(Meaning.DESIGNATORS, 0))
    if at >= len(cells) or MEANINGS.get(folded(cells[at])) not in (Meaning.QUANTITY, Meaning.DESIGNATORS):
        return False
    again = [folded(cell) for cell in cells[: len(heading)]]
    return again == heading[: len(again)] or sum(name in MEANINGS for name in again) >= max(2, sum(map(bool, again)))


def _judge(row: Judged, line: Line, columns: Columns, options: Options, sign: str | None, above: _Above) -> None:
    row.cells = _mended(line, columns, options.cells.get(line.place))
    cells = Cells(row.cells, columns)
    try:
        said = _no_part(row, cells, above)
    except Wrong as wrong:
        row.refuse(str(wrong), wrong.column)
        return
    if said:
        row.leave_out(said)
        row.excluded = said in EXCLUDED.values()
        return
    if filled(row.cells) > columns.width:
        row.refuse(f"{filled(row.cells)} cells under {columns.width} headings: a delimiter inside a text without quotation marks?")
        return
    merged = _unmerge(row, columns)
    try:
        item, warnings = item_of(line.place, Cells(row.cells, columns), sign, above.section)
    except Wrong as wrong:
        row.refuse(str(wrong), wrong.column)
        return
    row.item = item
    for warning in (*merged, *warnings):
        row.warn(warning)
    if line.odd:
        row.warn(line.odd)


def _mended(line: Line, columns: Columns, cells: Mapping[str, str] | None) -> list[str]:
    """The cells with those that the person wrote instead."""
    if not cells:
        return line.cells
    written = {folded(heading): text for heading, text in cells.items()}
    padded = [*line.cells, *[""] * (columns.width - len(line.cells))]
    return [written.get(folded(heading), cell) for heading, cell in zip(columns.heading, padded, strict=False)]


def _unmerge(row: Judged, columns: Columns) -> list[str]:
    """Fills the cells that are one with those above them, where they tell the part, not how often it stands there; says so."""
    said = []
    for meaning, at in columns.at.items():
        cell = row.cells[at] if at < len(row.cells) else ""
        if isinstance(cell, Merged) and meaning in FILLED:
            row.cells = [*row.cells[:at], cell.above, *row.cells[at + 1 :]]
            said.append(f"“{columns.name(meaning)}” is one cell with that above it: {clean(cell.above)[:60]} is taken for this row too")
    return said


def _no_part(row: Judged, cells: Cells, above: _Above) -> str | None:
    """What a row is that names no part of its own; None where it does."""
    texts = [text for text in map(clean, row.cells) if text]
    if not texts or _is_tail(texts, above):
        above.tail = True
        return "below the list"
    above.tail = False
    if _is_total(texts):
        return "a total"
    if excluded := _excluded(cells):
        return excluded
    if cells.columns.exact and cells.text(Meaning.NUMBER) == RESTRICTED and not cells.text(Meaning.NAME):
        return "a part that was not to be seen by who exported the list"
    if any(cells.text(meaning) for meaning in (*PLACES, *COUNTING)):
        return None
    if cells.text(Meaning.FIND) and len(texts) > 1:
        return None
    return _maker_of(cells, above) or _section(texts, cells, above)


def _is_tail(texts: Sequence[str], above: _Above) -> bool:
    return len(texts) <= 2 and (texts[0].endswith(":") or above.tail) and TAIL.fullmatch(texts[0]) is not None


def _is_total(texts: Sequence[str]) -> bool:
    words = [text for text in texts if not NUMERIC.fullmatch(text)]
    return len(words) == 1 and TOTALS.fullmatch(words[0]) is not None


def _excluded(cells: Cells) -> str | None:
    for meaning, words in EXCLUDED.items():
        try:
            there = in_bom_by(cells.text(meaning), unless=meaning is Meaning.EXCLUDED)
        except ValueError as error:
            raise cells.wrong(meaning, str(error)) from None
        if there is False or (there is None and meaning is Meaning.INCLUDED and cells.columns.examples(meaning)):
            return words
    return None


def _maker_of(cells: Cells, above: _Above) -> str | None:
    """A row with a maker and nothing else is another maker of the part above."""
    there = {meaning for meaning in cells.columns.at if cells.text(meaning)}
    if above.last is None or above.last.item is None or not there or there - OF_MAKERS or not (there & OF_A_MAKER or len(there) > 1):
        return None
    if there == {Meaning.NUMBER} or (Meaning.MPN in cells.columns.at and Meaning.NUMBER in there):
        return None
    named = " ".join(
        cells.text(meaning)
        for meaning in (Meaning.MANUFACTURER, Meaning.MPN, Meaning.SUPPLIER_NUMBER, Meaning.NUMBER)
        if cells.text(meaning)
    )
    number = cells.text(Meaning.MPN) or cells.text(Meaning.NUMBER) or cells.text(Meaning.SUPPLIER_NUMBER)
    above.last.item = _also(above.last.item, named, number, cells.text(Meaning.MANUFACTURER))
    return f"another maker of the part of row {above.last.place}: {named}"


def _also(item: Item, named: str, number: str, maker: str) -> Item:
    """The part with one more maker, of whom the list may have no number."""
    others = (*item.others, MakerPart(number=number, maker=maker or None)) if number else item.others
    return replace(item, description=f"{item.description}; or {named}" if item.description else f"or {named}", others=others)


def _section(texts: Sequence[str], cells: Cells, above: _Above) -> str | None:
    """One text alone is the heading of a section, which keeps lines apart; but not where it may as well be a part without a quantity."""
    if len(texts) != 1 or is_placeholder(texts[0]) or cells.text(Meaning.FIND) or _may_be_part(texts[0], cells):
        return None
    above.section = texts[0]
    return f"the section “{texts[0][:60]}”"


def _may_be_part(text: str, cells: Cells) -> bool:
    """Whether a text that stands alone is a part's number: one word with a digit in a column of numbers, or in the only column of parts."""
    if not any(cells.text(meaning) for meaning in NUMBERS):
        return False
    return (" " not in text and any(map(str.isdigit, text))) or len({*cells.columns.at} - {*COUNTING, Meaning.UNIT}) == 1
