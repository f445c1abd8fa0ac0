"""The part, quantity and place that one row names. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Final

from cascadia.bom.model import FIND_MAX, QuantityKind
from cascadia.importing.cells import (
    clean,
    clean_number,
    designators_of,
    is_damaged,
    is_placeholder,
    left_out,
    unguarded,
)
from cascadia.importing.columns import Columns
from cascadia.importing.encodings import UNREADABLE
from cascadia.importing.marks import fitted_by, unfitted_value
from cascadia.importing.model import Item, Wrong
from cascadia.importing.quantities import NOTHING, Amount, amount_of
from cascadia.importing.sheets import Dated, Shown
from cascadia.importing.unit_words import NONE, unit_of
from cascadia.kernel import decimals
from cascadia.kernel.text import alike, seen
from cascadia.structures.meanings import Meaning

M: Final = Meaning
NUMBERS: Final = (M.NUMBER, M.MPN, M.SUPPLIER_NUMBER)
"""What a part is found by, the surest first."""
NAMED: Final[dict[Meaning, str]] = {M.MPN: "maker's number", M.SUPPLIER_NUMBER: "supplier's number", M.UNFITTED: "not fitted"}
SEEN: Final = (M.NUMBER, M.MPN, M.SUPPLIER_NUMBER, M.NAME, M.DESCRIPTION, M.VALUE, M.FOOTPRINT, M.MANUFACTURER, M.NOTE)
KINDS: Final = {
    "counted": QuantityKind.COUNTED,
    "measured": QuantityKind.MEASURED,
    "as required": QuantityKind.AS_REQUIRED,
    "as_required": QuantityKind.AS_REQUIRED,
    "reference": QuantityKind.REFERENCE,
}
PREFIX: Final = re.compile(r"[A-Za-z]+")
SHOWN: Final = 40


class Cells:
    """The cells of one row by what they mean; a column that is not there is an empty text."""

    __slots__ = ("_texts", "columns", "row")

    def __init__(self, row: Sequence[str], columns: Columns) -> None:
        self.row, self.columns = row, columns
        self._texts: dict[Meaning, str] = {}

    def raw(self, meaning: Meaning) -> str | None:
        """The cell as it stands there, None where the table has no such column."""
        at = self.columns.at.get(meaning)
        return None if at is None else self.row[at] if at < len(self.row) else ""

    def text(self, meaning: Meaning) -> str:
        """The cell in one spelling."""
        known = self._texts.get(meaning)
        if known is None:
            raw = self.raw(meaning)
            known = self._texts[meaning] = "" if not raw else clean_number(raw) if meaning in NUMBERS else clean(raw)
        return known

    def wrong(self, meaning: Meaning, message: str) -> Wrong:
        """The refusal of a cell."""
        return Wrong(message, self.columns.name(meaning))


def item_of(place: int, cells: Cells, sign: str | None, section: str | None) -> tuple[Item, list[str]]:
    """What a row says, and what has to be said of it; `Wrong` says why it cannot be meant."""
    warnings: list[str] = []
    _refuse_unreadable(cells)
    fitted = _fitted(cells, warnings)
    amount = _amount(cells, sign)
    designators = _designators(cells, amount)
    values = _values(cells, amount, designators, fitted=fitted)
    number = _number(cells, warnings)
    names = {meaning: _word(cells, meaning, warnings) for meaning in (M.NAME, M.DESCRIPTION, M.VALUE)}
    footprint, symbol = cells.text(M.FOOTPRINT).rsplit(":", 1)[-1], cells.text(M.SYMBOL)
    valued = " ".join(filter(None, (names[M.VALUE], footprint)))
    name = _name(names, valued, number)
    if not name:
        raise Wrong("no part: fill in a part number, a value or a name")
    if values and not values[0] and fitted and amount.kind is None:
        warnings.append("the quantity 0 adds nothing")
    hidden = [
        note
        for meaning in SEEN
        if (note := left_out(NAMED.get(meaning, meaning.value), cells.raw(meaning) or "", number=meaning in NUMBERS))
    ]
    item = Item(
        place=place,
        number=number,
        name=name,
        description=_description(cells, number, name),
        designators=designators,
        quantity=values[0] if values else None,
        otherwise=values[1] if len(values) > 1 else None,
        fitted=fitted,
        notes=tuple(hidden),
        identity=_identity(names[M.NAME], names[M.VALUE], footprint, names[M.DESCRIPTION], symbol, designators),
        unit=_unit(cells, amount),
        kind=amount.kind or _kind(cells, warnings),
        find=_find(cells, warnings),
        note=cells.text(M.NOTE) or None,
        section=section,
        revision=cells.text(M.REVISION) or None,
        mpn=_told(cells.text(M.MPN)),
        manufacturer=_told(cells.text(M.MANUFACTURER)),
        given_name=bool(names[M.NAME]),
        by_mpn=number is not None and number == cells.text(M.MPN) != cells.text(M.NUMBER),
    )
    return item, [*warnings, *hidden]


def _refuse_unreadable(cells: Cells) -> None:
    """A cell that is used, and of which not all could be read."""
    for meaning in cells.columns.at:
        raw = cells.raw(meaning)
        if raw and UNREADABLE in raw:
            raise cells.wrong(meaning, f"“{clean(raw)[:SHOWN]}” has something that could not be read: write what stands there")


def _name(names: Mapping[Meaning, str], valued: str, number: str | None) -> str:
    """The name that a list gives; else its description where there is a number, its value where there is none."""
    described = names[M.DESCRIPTION] or valued if number else valued if names[M.VALUE] else names[M.DESCRIPTION]
    return names[M.NAME] or described or number or ""


def _hidden(cells: Cells) -> Iterator[str]:
    for meaning in SEEN:
        raw = cells.raw(meaning)
        if raw and (note := left_out(NAMED.get(meaning, meaning.value), raw, number=meaning in NUMBERS)):
            yield note


def _told(text: str) -> str | None:
    return None if is_placeholder(text) else text or None


def _amount(cells: Cells, sign: str | None) -> Amount:
    raw = cells.raw(M.QUANTITY)
    if not raw:
        return NOTHING
    try:
        return amount_of(raw if raw.isascii() else _plain(raw), sign)
    except ValueError as error:
        raise cells.wrong(M.QUANTITY, str(error)) from None


def _plain(raw: str) -> str:
    return raw if type(raw) is not str else seen(raw)


def _fitted(cells: Cells, warnings: list[str]) -> bool:
    """What the columns *DNP* and *Fitted* say together; where both say nothing: fitted."""
    said = {meaning: _mark(cells, meaning) for meaning in (M.UNFITTED, M.FITTED)}
    told = set(said.values()) - {None}
    if len(told) > 1:
        names = f"“{cells.columns.name(M.UNFITTED)}” and “{cells.columns.name(M.FITTED)}”"
        raise cells.wrong(M.FITTED, f"{names} say the opposite of each other")
    if not told and not cells.columns.exact and (word := unfitted_value(cells.text(M.VALUE))):
        warnings.append(f"its value says {word}: it is taken for not fitted")
        return False
    if not told and any(map(_is_fitted, cells.columns.examples(M.FITTED))):
        warnings.append(f"“{cells.columns.name(M.FITTED)}” is empty: it is taken for fitted")
    return False not in told


def _is_fitted(text: str) -> bool:
    with suppress(ValueError):
        return fitted_by(text, unless=False) is True
    return False


def _mark(cells: Cells, meaning: Meaning) -> bool | None:
    try:
        return fitted_by(cells.raw(meaning) or "", unless=meaning is M.UNFITTED)
    except ValueError as error:
        raise cells.wrong(meaning, str(error)) from None


def _designators(cells: Cells, amount: Amount) -> tuple[str, ...]:
    """The designators; a range of pins (`X1-2`) that the quantity knows as one is one."""
    raw = cells.raw(M.DESIGNATORS)
    if not raw or (is_placeholder(raw.strip()) and not cells.columns.exact):
        return ()
    text = raw if raw.isascii() else seen(raw)
    text = unguarded(text.strip()) if text[:1] in ("'", "=") else text
    try:
        names = designators_of(text, ranges=not cells.columns.exact)
        if amount.values and len(names) not in amount.values and "-" in text:
            single = designators_of(text, ranges=False)
            names = single if len(single) in amount.values else names
    except ValueError as error:
        raise cells.wrong(M.DESIGNATORS, str(error)) from None
    return names


def _values(cells: Cells, amount: Amount, designators: Sequence[str], *, fitted: bool) -> tuple[Decimal, ...]:
    if not designators or not amount.values:
        return amount.values or ((Decimal(len(designators)),) if designators else ())
    if len(designators) in amount.values or (amount.kind is not None and not any(amount.values)):
        return (Decimal(len(designators)),)
    if not fitted and 0 in amount.values:
        return (Decimal(len(designators)),)
    raise cells.wrong(
        M.QUANTITY,
        f"{len(designators)} designator{'s' * (len(designators) > 1)}, quantity {' or '.join(map(decimals.plain, amount.values))}",
    )


def _number(cells: Cells, warnings: list[str]) -> str | None:
    """The number by which the part is found: its own, else its maker's, else a supplier's."""
    for meaning in NUMBERS:
        number = cells.text(meaning)
        if not number:
            continue
        _refuse_shown(cells, meaning, warnings)
        if cells.columns.exact:
            return number
        if is_damaged(number):
            said = f"the number {number[:SHOWN]} was damaged by a spreadsheet, which took it for a number: write the true one"
            raise cells.wrong(meaning, said)
        if not is_placeholder(number):
            return number
        warnings.append(f"“{number}” is taken for no {NAMED.get(meaning, 'number')}")
    return None


def _refuse_shown(cells: Cells, meaning: Meaning, warnings: list[str]) -> None:
    """A number that its sheet holds otherwise than it shows it."""
    raw = cells.raw(meaning)
    if isinstance(raw, Dated):
        said = f"the number is the date {raw} in the sheet, which a spreadsheet makes of texts such as MAR1: write the true one"
        raise cells.wrong(meaning, said)
    if isinstance(raw, Shown) and raw.code:
        raise cells.wrong(meaning, f"the number {raw} is shown otherwise in the sheet (“{raw.code[:SHOWN]}”): write it as it is shown")
    if isinstance(raw, Shown):
        warnings.append(f"the number is {raw}, as the sheet shows it")


def _word(cells: Cells, meaning: Meaning, warnings: list[str]) -> str:
    text = cells.text(meaning)
    if meaning is not M.VALUE and text and is_placeholder(text) and not cells.columns.exact:
        warnings.append(f"“{text}” is taken for no {meaning.value}")
        return ""
    return "" if text == "~" else text


def _description(cells: Cells, number: str | None, name: str) -> str | None:
    told = [cells.text(m) for m in (M.DESCRIPTION, M.MANUFACTURER, M.MPN, M.SUPPLIER_NUMBER, M.VALUE)]
    told += [cells.text(M.FOOTPRINT).rsplit(":", 1)[-1], cells.text(M.DATASHEET).strip("~")]
    kept = [word for word in told if word and word not in (name, number) and not is_placeholder(word)]
    return ", ".join(dict.fromkeys(kept)) or None


def _identity(name: str, value: str, footprint: str, description: str, symbol: str, designators: Sequence[str]) -> tuple[str, ...]:
    """What tells a part that has no number: also the kind of component that its designators say (a capacitor is no inductor)."""
    prefixes = {found[0] for each in designators if (found := PREFIX.match(each))} if value or not name else set()
    prefix = prefixes.pop() if len(prefixes) == 1 else ""
    return tuple(alike(text) for text in (name, value, footprint, description, symbol, prefix))


def _unit(cells: Cells, amount: Amount) -> str | None:
    text = cells.text(M.UNIT)
    if text.casefold() in NONE:
        return amount.unit
    unit = unit_of(text)
    if unit is None:
        raise cells.wrong(M.UNIT, f"the unit “{text[:SHOWN]}” is not known, or no fixed number of pieces")
    if amount.unit not in (None, unit):
        raise cells.wrong(M.UNIT, f"the quantity is in {amount.unit}, the unit is {unit}")
    return unit


def _kind(cells: Cells, warnings: list[str]) -> QuantityKind | None:
    text = cells.text(M.KIND).casefold()
    if text == "phantom":
        warnings.append("a phantom: it is an assembly of its own here")
    return KINDS.get(text)


def _find(cells: Cells, warnings: list[str]) -> int | None:
    text = cells.text(M.FIND).rstrip(".")
    if not text:
        return None
    last = text.removesuffix(".0").rpartition(".")[2]
    if re.fullmatch(r"\d{1,10}", last) and 0 < int(last) <= FIND_MAX:
        return int(last)
    warnings.append(f"the find number “{text[:SHOWN]}” is no whole number: it is not kept")
    return None
