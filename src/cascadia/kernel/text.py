"""What a text that is kept may hold: what people can read, and nothing that a terminal, a page or a file name takes for more. Pure.

Refused are control characters, lone surrogates, what turns the direction of writing, code points that are no characters, tags, which
spell a second text that nobody sees, and a text of which nothing can be seen. Marks that scripts need (joiners, the left-to-right mark)
stay, and so do the three flags that are made of tags.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

NO_CHARACTERS: Final = "\ufdd0-\ufdef" + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
TURNING: Final = "\u202a-\u202e\u2066-\u2069"
"""Embeddings, overrides and isolates: `\u202e` makes `gpj.exe` out of `exe.jpg`."""
CONTROL: Final = "\x00-\x1f\x7f-\x9f\u2028\u2029"
INVISIBLE: Final = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff"
)
"""What Unicode draws as nothing (default ignorable), and the empty braille pattern."""
SPOILING: Final = "\xad\u115f\u1160\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
"""Of those, what no script needs: two names that differ by one of these look the same."""
FLAGS: Final = tuple(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f" for region in ("gbeng", "gbsct", "gbwls")
)
"""Those that Unicode recommends: England, Scotland and Wales. Any other sequence is drawn as a black flag, whatever its tags spell."""
TAGS: Final = "\U000e0000-\U000e007f"
NOT_IN_FLAG: Final = "(?!" + "|".join(f"(?<={flag[:end]}){flag[end:]}" for flag in FLAGS for end in range(2, len(flag) + 1)) + ")"
"""Behind a character: it is none of those of a flag. First the character, then this: the other way round is a hundred times slower."""
ALWAYS: Final = f"{CONTROL}\ud800-\udfff{TURNING}{NO_CHARACTERS}{TAGS}"
REFUSED: Final = re.compile(f"[{ALWAYS}]{NOT_IN_FLAG}")
REFUSED_IN_LINES: Final = re.compile(f"[{ALWAYS}](?<![\t\n\r]){NOT_IN_FLAG}")
UNSEEN: Final = re.compile(rf"[\s{INVISIBLE}]*[{INVISIBLE}][\s{INVISIBLE}]*")


def one_line(text: str) -> str:
    """The text as it came; ValueError says what it may not hold."""
    return _checked(text, REFUSED, "a text on one line")


def spelled(text: str) -> str:
    """The text in one spelling that means the same: composed (NFC), runs of blanks single, none at its ends.

    NFKC would change what is meant: `²` is not 2, `½` no 1 before a 2, `№` not No.
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


HYPHENS: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"


def fold(text: str) -> str:
    """What a number is compared by: two that fold to the same are one. The database's `folded` does the same (decision 0024)."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", "".join(map(_folded, unicodedata.normalize("NFC", text))))


def alike(text: str) -> str:
    """What a name is compared by: as `fold` has it, but `M` is not `m` (mega, milli); `µ` and `μ` are one."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", "".join(map(_usual, unicodedata.normalize("NFC", text)))).replace("µ", "μ")


@lru_cache(maxsize=4096)
def _usual(character: str) -> str:
    """Full width and half width as usual, any hyphen or dash as the plain one."""
    kind, _, usual = unicodedata.decomposition(character).partition(" ")
    if kind in ("<wide>", "<narrow>") and " " not in usual:
        character = chr(int(usual, 16))
    return "-" if character in HYPHENS else character


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """One for one: as usual, upper case as lower."""
    character = _usual(character)
    return next((found for found in (character.casefold(), character.lower()) if len(found) == 1), character)


def unseen(text: str, refused: str = SPOILING) -> str | None:
    """The first character of the text that cannot be seen, as `U+200B`; None where each can."""
    found = re.search(f"[{ALWAYS}{refused}]{NOT_IN_FLAG}", text)
    return f"U+{ord(found[0]):04X}" if found else None


def seen(text: str, refused: str = SPOILING) -> str:
    """The text without what cannot be seen in it, in one spelling; may be empty."""
    blank = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)
    return spelled(re.sub(f"[{ALWAYS}{refused}]{NOT_IN_FLAG}", "", blank))


def lines(text: str) -> str:
    """The same for a text that may have several lines: line breaks and tabs are none of what is refused."""
    return _checked(text, REFUSED_IN_LINES, "a text")


def _checked(text: str, refused: re.Pattern[str], what: str) -> str:
    if found := refused.search(text):
        raise ValueError(f"{what} may not hold the character U+{ord(found[0]):04X}: it cannot be seen, and may change how the rest reads")
    if UNSEEN.fullmatch(text):
        raise ValueError("nothing of this text can be seen")
    return text


def harmless(text: str) -> str:
    """What can be read of a stranger's text on one line: blanks for control characters, nothing for the rest; may be empty."""
    if not REFUSED.search(text) and not UNSEEN.fullmatch(text):
        return text
    plain = " ".join(REFUSED.sub(lambda match: " " if match[0] < "\xa0" or match[0] in "\u2028\u2029" else "", text).split())
    return "" if UNSEEN.fullmatch(plain) else plain


def pointer(*steps: str | int) -> str:
    """A JSON pointer; a lone surrogate in it is spelled out, since no answer can hold one."""
    return "".join(f"/{_step(step)}" for step in steps)


def _step(step: str | int) -> str:
    return str(step).encode(errors="backslashreplace").decode().replace("~", "~0").replace("/", "~1")
