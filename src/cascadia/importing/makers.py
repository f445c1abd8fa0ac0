"""Whose number a maker's number is: the same number of two makers is two parts. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from cascadia.importing.model import Item, Judged
from cascadia.kernel.naming import listed
from cascadia.kernel.text import fold
from cascadia.structures.model import MakerPart

WORD: Final = re.compile(r"\w+")
LEAST: Final = 2
"""Letters by which one name of a maker begins like another."""
NAMED: Final = 5
NAME_MAX: Final = 60


def same_maker(one: str | None, other: str | None) -> bool:
    """Whether two cells may name one maker: either says nothing, or they are one name, whole, shortened or by its first letters."""
    words = [WORD.findall(fold(name or "")) for name in (one, other)]
    if not all(words):
        return True
    few, many = sorted(words, key=lambda each: len("".join(each)))
    short, long = "".join(few), "".join(many)
    initials = "".join(word[0] for word in many)
    return short == long or (len(short) >= LEAST and (long.startswith(short) or short == initials or short in many))


def tell_makers(rows: Sequence[Judged]) -> None:
    """Says of the rows that are known by a maker's number alone which maker's it is, where the list has it of several."""
    found: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.item and row.item.number and row.item.by_mpn:
            found[fold(row.item.number)].append(row)
    for same in found.values():
        makers = _distinct(row.item.manufacturer for row in same if row.item)
        if len(makers) > 1:
            for row in same:
                _tell(row, makers)


def _distinct(names: Iterable[str | None]) -> list[str]:
    """The first name of each maker, in the order of the list."""
    found: list[str] = []
    for name in filter(None, names):
        if not any(same_maker(name, other) for other in found):
            found.append(name)
    return found


def _tell(row: Judged, makers: Sequence[str]) -> None:
    item = row.item
    if item is None:
        return
    whose = [maker for maker in makers if same_maker(maker, item.manufacturer)]
    if len(whose) != 1:
        row.refuse(f"{item.number} is a number of {_listed(makers)} in this list: say whose it is here")
        return
    row.item = replace(item, maker_key=fold(whose[0]))
    row.warn(f"{item.number} is a number of {_listed(makers)} in this list: these are {len(makers)} parts")


def _listed(makers: Sequence[str]) -> str:
    return listed([maker[:NAME_MAX] for maker in makers], NAMED, between=" and of ")


def is_same(one: MakerPart, other: MakerPart) -> bool:
    """Whether both are one number of one maker."""
    return fold(one.number) == fold(other.number) and same_maker(one.maker, other.maker)


def makers_of(item: Item) -> list[MakerPart]:
    """What a row says that its part is bought as, the first choice first."""
    return [*([MakerPart(number=item.mpn, maker=item.manufacturer)] if item.mpn else []), *item.others]


def named(part: MakerPart) -> str:
    """The maker with its number, in words."""
    return " ".join(filter(None, (part.maker, part.number)))
