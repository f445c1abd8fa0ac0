"""Which names and numbers of a file tell one part from another, and which say nothing. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cascadia.items.model import read_number
from cascadia.kernel.text import fold
from cascadia.structures.model import Component, name_of

_GENERIC_WORDS: Final = """
    part parts solid body bodies compound compsolid shell shells default assem asm assembly subassembly component product unnamed untitled
    none null shape mesh object item group root step import imported export model copy box cube cylinder sphere torus cone extrude extrusion
    pad pocket revolve revolution fillet chamfer cut fusion union sketch surface feature link document drawing new bom
    teil bauteil baugruppe korper körper volumenkörper produkt pièce piece corps assemblage produit parte pieza ensamblaje assieme corpo
    деталь сборка тело 零件 装配体 実体 部品 部件
    """
GENERIC: Final = frozenset(_GENERIC_WORDS.split())
"""What programs call something that nobody named."""
GENERIC_PHRASES: Final = frozenset(
    ("manifold solid brep", "new part", "new assembly", "no name", "not specified", "sub assembly", "parts list", "bill of materials")
)
_PLACEHOLDER_WORDS: Final = """
    - -- --- . .. ... / ? ?? ??? * x xx xxx xxxx n/a na n.a. n.a none nil null tbd tbc tba tbs t.b.d. todo unknown unbekannt inconnu
    desconocido placeholder dummy temp tmp test #n/a #name? #ref! #value! #null! #num! #div/0! k.a. siehe see var various diverse generic
    """
PLACEHOLDER: Final = frozenset(_PLACEHOLDER_WORDS.split())
"""What people and spreadsheets write where a number is missing."""
_PROGRAM: Final = re.compile(r"open cascade\b|=>\[|[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$|[0-9a-f]{16,}$|#?\d{1,3}$", re.IGNORECASE)
"""Numbers that programs make: of translators, labels, UUIDs, counters."""
_COUNTER: Final = re.compile(r"[\s_\-.:#(\[]*\d*[)\]]?$")
_COUNTED: Final = re.compile(r"[^\W\d_]+[\s_\-.:]?\d{1,2}$")
_COUNTER_DIGITS: Final = 3
_TELLING: Final = 2
"""Digits that a name has at least where it is a number, too."""


def is_generic(text: str) -> bool:
    """Whether a name is one that programs give (`Part1`, `SOLID`, `Body (2)`): it says nothing of who the part is."""
    words = text.strip().casefold()
    while (shorter := _COUNTER.sub("", words)) != words:
        words = shorter
    plain = re.sub(r"[\s_\-]+", " ", words).strip()
    if not plain:
        return _digits(text) <= _COUNTER_DIGITS
    return plain in GENERIC or plain in GENERIC_PHRASES or plain.startswith("open cascade")


def is_placeholder(number: str) -> bool:
    """Whether a number stands for one that is missing (`TBD`, `N/A`, `-`)."""
    return fold(number.strip()) in PLACEHOLDER


def telling_name(component: Component) -> str | None:
    """The name, where it tells something."""
    name = name_of(component)
    return None if name is None or is_generic(name) or is_placeholder(name) else name


def claimed_number(component: Component) -> str | None:
    """The part number that the file says the component has: its own, else the product's id where that is one and not the name again."""
    number = component.number.strip()
    if not number or is_placeholder(number):
        return None
    if component.own_number:
        return number
    if _PROGRAM.match(number) or is_generic(number):
        return None
    is_number = _looks_like_a_number(number) if fold(number) == fold(component.name) else " " not in number or _digits(number) > 0
    return number if is_number and _can_be_kept(number) else None


def is_only_alias(component: Component) -> bool:
    """Whether the number is the name again: then the part gets one by the scheme, and is found by this one besides."""
    return not component.own_number and fold(component.number) == fold(component.name)


def _looks_like_a_number(text: str) -> bool:
    return " " not in text and _digits(text) >= _TELLING and not _COUNTED.fullmatch(text)


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _can_be_kept(number: str) -> bool:
    try:
        read_number(number)
    except ValueError:
        return False
    return True


def drawn_numbers(segments: Sequence[Mapping[str, Any]]) -> re.Pattern[str]:
    """What numbers look like that the scheme draws: nobody chose them, so they contradict nothing."""
    pieces = {"project": r".+", "year": r"\d{2,4}", "sequence": r"\d+"}
    made = "".join(re.escape(s["literal"]) if "literal" in s else next(p for name, p in pieces.items() if name in s) for s in segments)
    return re.compile(made or r"(?!)", re.IGNORECASE)
