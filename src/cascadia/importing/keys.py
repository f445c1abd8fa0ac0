"""Which rows of a list are one part. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from cascadia.importing.makers import same_maker
from cascadia.importing.model import Item
from cascadia.kernel.text import alike, fold
from cascadia.structures.limits import key_of

ROOT: Final = "/"


class Keys:
    """A part is told by its number; by its maker's, which another row may have beside one, or several makers; else by its identity."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._numbers: dict[str, set[tuple[str | None, str]]] = defaultdict(set)
        for item in items:
            if item.number and item.mpn and item.number != item.mpn:
                self._numbers[fold(item.mpn)].add((item.manufacturer, fold(item.number)))

    def of(self, item: Item) -> str:
        """The key of the component of a row."""
        if item.number:
            number = fold(item.number)
            makers = self._numbers.get(number, ()) if item.number == item.mpn else ()
            own = {other for maker, other in makers if same_maker(maker, item.manufacturer)}
            if len(own) == 1:
                return of_number(own.pop())
            return key_of(f"number:{number} | maker:{item.maker_key}") if item.maker_key else of_number(number)
        return key_of("name:" + (" | ".join(filter(None, item.identity)) or alike(item.name)))


def of_number(folded: str) -> str:
    """The key of the component with this (folded) number."""
    return key_of(f"number:{folded}")
