"""What single cells of a parts list mean: texts, numbers of parts, designators, yes and no. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from cascadia.bom.model import DESIGNATOR
from cascadia.items.model import PLAIN_HYPHEN
from cascadia.kernel.text import INVISIBLE, SPOILING, seen, unseen

PLACEHOLDERS: Final = frozenset(
    [
        "-",
        "--",
        "---",
        "–",
        "—",
        "_",
        "~",
        "*",
        "**",
        ".",
        "?",
        "??",
        "???",
        "n/a",
        "n/a.",
        "na",
        "n.a.",
        "n.a",
        "tbd",
        "tba",
        "tbc",
        "t.b.d.",
        "none",
        "null",
        "nil",
        "nan",
        "unknown",
        "unassigned",
        "undefined",
        "xxx",
        "(none)",
        "<none>",
        "n.n.",
        "#n/a",
        "#n/v",
        "#name?",
        "#ref!",
        "#value!",
        "#null!",
        "#div/0!",
        "#num!",
        "#nv",
        "#bezug!",
        "#wert!",
        "#name",
        "#nom?",
        "#valeur!",
    ]
)
"""What stands in a cell for “there is none”, folded; also the errors of spreadsheets in several languages."""
SPREADSHEET_TEXT: Final = re.compile(r'="((?:[^"]|"")*)"')
GUARDED: Final = re.compile(r"\A'(?='*[=+\-@\t\r])")
"""What our own exports, and people, set before a text that a spreadsheet would take for a formula."""
BROKEN: Final = re.compile(r"-[ \t]*[\r\n]+\s*")
"""A number that a cell shows on two lines, broken behind its hyphen."""
DAMAGED: Final = re.compile(r"\d([.,]\d+)?[eE]\+\d{2,3}")
_DASHES: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-") | {ord("μ"): "µ"}
_RANGE: Final = re.compile(
    r"(?<![A-Za-z0-9_.+/$-])([A-Za-z_]+)(\d+)\s*(?:-|\.\.\.?|…|\b(?:to|thru|through|bis)\b)\s*([A-Za-z_]*)(\d+)(?![A-Za-z0-9_.+/$])"
)
_SPACED: Final = re.compile(r"(?<![^\s,;])([A-Z]{1,3}) (\d{1,5})(?![^\s,;])")
_RANGE_MAX: Final = 10_000
_RANGE_DIGITS: Final = 12


def clean(text: str) -> str:
    """A cell in one spelling that means the same (`²` stays), without what cannot be seen or only guards it from spreadsheets."""
    plain = " ".join(text.split()) if text.isascii() and text.isprintable() else seen(text)
    return unguarded(plain) if plain[:1] in ("'", "=") else plain


def unguarded(text: str) -> str:
    """`="00123"` is how a spreadsheet is told to keep a text; `'+5V` is how our own exports keep one from being a formula."""
    if found := SPREADSHEET_TEXT.fullmatch(text):
        return found[1].replace('""', '"').strip()
    return GUARDED.sub("", text, count=1)


def clean_number(text: str) -> str:
    """The cell of a part number: plain hyphens besides, and nothing at all that cannot be seen."""
    if text.isascii() and text.isprintable():
        return clean(text)
    return unguarded(seen(BROKEN.sub("-", text), INVISIBLE).translate(PLAIN_HYPHEN))


def left_out(column: str, text: str, *, number: bool = False) -> str | None:
    """What is said of a cell in which something could not be seen; None where all could."""
    if text.isascii() and text.isprintable():
        return None
    hidden = unseen(text.strip().replace("\t", " ").replace("\n", " ").replace("\r", " "), INVISIBLE if number else SPOILING)
    return f"the {column} had {hidden}, which cannot be seen: it was left out" if hidden else None


def is_placeholder(text: str) -> bool:
    """Whether a cleaned cell says that there is nothing to say."""
    return text.casefold() in PLACEHOLDERS


def is_damaged(number: str) -> bool:
    """Whether a spreadsheet took a part number for a number, and rounded it: `4.00638E+12`."""
    return DAMAGED.fullmatch(number) is not None


@lru_cache(maxsize=4096)
def designators_of(text: str, *, ranges: bool = True) -> tuple[str, ...]:
    """`R1 R2`, `R1,R2`, `R1;R2` and the ranges `R1-R4`, `R1–R4`, `R1..R4`, `R1 to R4`, each once, in the order of the cell.

    Zeros in front are kept (`R01-R03`), and a blank inside (`R 1`) is none. `ranges` False: `X1-2` is one pin of a connector, not two.
    ValueError names what is no designator.
    """
    plain = text.translate(_DASHES)
    spread = _RANGE.sub(lambda match: " ".join(_spelled_out(match)), plain) if ranges else plain
    joined = _SPACED.sub(r"\1\2", spread)
    names = [piece for piece in re.split(r"[\s,;]+", joined) if piece]
    wrong = next((name for name in names if not DESIGNATOR.fullmatch(name)), None)
    if wrong is not None:
        raise ValueError(f"“{wrong[:40]}” is no designator")
    if len(set(names)) != len(names):
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)} stands twice")
    return tuple(names)


def _spelled_out(match: re.Match[str]) -> Iterator[str]:
    prefix, first, again, last = match.groups()
    if max(len(first), len(last)) > _RANGE_DIGITS:
        raise ValueError(f"{match[0][:40]} is no range")
    start, end = int(first), int(last)
    if again not in ("", prefix) or not start < end < start + _RANGE_MAX:
        if again not in ("", prefix) or (again == "" and end <= start):
            return iter([match[0]])
        raise ValueError(f"{match[0]} is no range")
    width = len(first) if first.startswith("0") else 0
    return (f"{prefix}{number:0{width}}" for number in range(start, end + 1))
