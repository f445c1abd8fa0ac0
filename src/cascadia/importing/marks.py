"""What cells say by a mark or a word of its own: fitted or not, in the BOM or not. Pure."""

import re
from typing import Final

from cascadia.importing.cells import clean, is_placeholder

NO: Final = frozenset(("0", "no", "n", "false", "f", "off", "nein", "non", "nee", "nej", "não", "нет", "falsch", "faux"))
YES: Final = frozenset(
    ("1", "yes", "y", "true", "t", "on", "ok", "x", "ja", "j", "oui", "si", "sí", "sì", "да", "wahr", "vrai", "✓", "✔", "☑", "√", "•", "●")
)
IN_BOM: Final = frozenset({"include", "included", "in bom", "included in bom", "include in bom"})
NOT_IN_BOM: Final = frozenset(
    {"exclude", "excluded", "excluded from bom", "exclude from bom", "not in bom", "no bom", "not included", "omit", "ignore"}
)
UNFITTED: Final = frozenset(
    {
        "dnp", "dnf", "dni", "dns", "dnm", "dna", "nc", "nf", "np", "ni", "nm", "ns", "n.c.", "n.f.", "n.p.", "n.m.", "not connected",
        "unfitted", "unpopulated", "unplaced", "unmounted", "nofit", "no fit", "no place", "no pop", "no populate", "no stuff", "no mount",
        "no load", "no install", "nostuff", "nopop", "noload", "not assembled", "not equipped", "not used", "omit", "omitted",
        "excluded", "exclude", "exclude from assembly", "excluded from assembly", "nicht bestückt", "unbestückt", "n.b.", "nb",
        "nicht bestücken", "non monté", "non montato", "no montar", "не устанавливать", "不贴", "不焊", "未実装",
        *(f"{no} {verb}" for no in ("not", "do not", "don't", "dont")
          for verb in ("fit", "fitted", "populate", "populated", "place", "placed", "mount", "mounted", "install", "installed", "stuff",
                       "stuffed", "load", "loaded")),
    }
)  # fmt: skip
"""What says of a component that it is not fitted, whatever its column is called."""
UNFITTED_VALUES: Final = frozenset({"dnp", "dnf", "dni", "dns", "dnm", "nofit", "nopop", "nostuff"})
FITTED: Final = frozenset(
    {
        "fit", "fitted", "populate", "populated", "pop", "place", "placed", "mount", "mounted", "install", "installed", "stuff", "stuffed",
        "load", "loaded", "assemble", "assembled", "equipped", "used", "include", "included", "bestückt", "bestücken", "monté", "montato",
        "montar", "устанавливать", "贴", "焊", "実装", "alternate", "alternate part", "alternative",
    }
)  # fmt: skip
SHOWN: Final = 40


def fitted_by(text: str, *, unless: bool) -> bool | None:
    """Whether a cell says that a component is fitted; None where it is empty. `unless`: its column is one of those *not* fitted.

    A word of its own (`DNP`, `Not fitted`, `Populate`) means the same in either column. ValueError: it says neither.
    """
    return _marked(text, FITTED, UNFITTED, "it is fitted", unless=unless)


def unfitted_value(text: str) -> str | None:
    """The word of a component's value that says that it is not fitted (`DNP`, `10k DNP`, `NC`); None where none does."""
    words = re.split(r"[\s,;/()\[\]]+", clean(text).casefold())
    return next((word.upper() for word in words if word in UNFITTED_VALUES or (word == "nc" and len(words) == 1)), None)


def in_bom_by(text: str, *, unless: bool) -> bool | None:
    """Whether a cell says that its row is in the BOM; `unless`: its column is one of those excluded. None and ValueError as above."""
    return _marked(text, IN_BOM, NOT_IN_BOM, "it is in the BOM", unless=unless)


def _marked(text: str, holds: frozenset[str], fails: frozenset[str], what: str, *, unless: bool) -> bool | None:
    if not text:
        return None
    word = " ".join(clean(text).casefold().replace("_", " ").rstrip(".!").split())
    if not word or (unless and is_placeholder(word)):
        return None
    if word in holds or word in fails or f"{word}." in fails:
        return word in holds
    if (word in YES or word in NO) and not is_placeholder(word):
        return (word in YES) is not unless
    raise ValueError(f"“{clean(text)[:SHOWN]}” says neither that {what} nor that it is not: write yes or no")
