"""Which rows of a list are one part. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from cascadia.importing.model import Item
from cascadia.kernel.text import alike, fold
from cascadia.structures.limits import key_of

ROOT: Final = "/"


class Keys:
    """A part is told by its number; by its maker's, which another row may have beside a number; else by its identity."""

    def __init__(self, items: Iterable[Item]) -> None:
        numbers: dict[str, set[str]] = defaultdict(set)
        for item in items:
            if item.number and item.mpn and item.number != item.mpn:
                numbers[fold(item.mpn)].add(fold(item.number))
        self._numbers = {mpn: found.pop() for mpn, found in numbers.items() if len(found) == 1}

    def of(self, item: Item) -> str:
        """The key of the component of a row."""
        if item.number:
            number = fold(item.number)
            return of_number(self._numbers.get(number, number) if item.number == item.mpn else number)
        return key_of("name:" + (" | ".join(filter(None, item.identity)) or alike(item.name)))


def of_number(folded: str) -> str:
    """The key of the component with this (folded) number."""
    return key_of(f"number:{folded}")
