"""The bytes of a list as text: in the encoding that is said, that the file says, or that is recognised. Pure."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cascadia.importing.model import TableError
from cascadia.kernel.naming import listed

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
USUAL: Final = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "MacRoman", "KOI8-R", "GB18030", "Big5",
    "CP932", "EUC-JP", "CP949",
)  # fmt: skip
"""What spreadsheets and CAD programs write, by chardet's names."""
SAMPLE_MAX: Final = 100_000
JAPANESE: Final = re.compile(rb"\x1b\$[@B]")
SIGNS: Final = re.compile(
    rb"(?<![A-Za-z\x80-\xff])[\xb0\xb1\xb2\xb3\xb5\xbd\xd7\xa9\xae]|[\xb0\xb1\xb2\xb3\xb5\xbd\xd7\xa9\xae](?![A-Za-z\x80-\xff])"
)
"""Signs of Western lists (`4µ7`, `85°C`, `10 m²`), which stand beside no letters of words."""
BAD: Final = re.compile(r"[\udc80-\udcff]")
GOOD: Final = re.compile(r"[^\x00-\x7f\udc80-\udcff]")
GOOD_FOR_ONE: Final = 2
"""Characters of two bytes and more that a text of UTF-8 has for each byte that is none: other encodings have hardly one by chance."""
LATIN: Final = ("\u00c0", "\u00ff")
"""Letters of which one for each such byte is enough: they read as `Ã¶` in any other encoding."""
BAD_MAX: Final = 1000
BAD_NAMED: Final = 10
UNREADABLE: Final = "\ufffd"
HIGH: Final = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding that it was in, and whether that was guessed.

    `damaged`: where bytes are none of that encoding, in words; `UNREADABLE` stands in the text instead of each.
    """

    text: str
    encoding: str
    guessed: bool = False
    damaged: str | None = None


def decoded(data: bytes, said: str | None = None) -> Decoded:
    """The text of a file; `TableError` where it is none, or none in the encoding that is said."""
    if said is not None:
        return Decoded(_in(data, said), said)
    mark = next(((mark, encoding) for mark, encoding in MARKS if data.startswith(mark)), None)
    if mark is not None:
        return (mark[1] == "utf-8" and _damaged(data.removeprefix(mark[0]), sure=True)) or Decoded(_in(data, mark[1]), mark[1])
    wide = _without_mark(data)
    if wide:
        return Decoded(_in(data, wide), wide, guessed=True)
    if JAPANESE.search(data):
        return Decoded(_in(data, "iso2022_jp"), "iso2022_jp", guessed=True)
    try:
        return Decoded(data.decode(), "utf-8")
    except UnicodeDecodeError:
        return _damaged(data) or _guessed(data)


def _damaged(data: bytes, *, sure: bool = False) -> Decoded | None:
    """UTF-8 in which some bytes are none; None where all are, or (unless that is `sure`) too many are not for it to be UTF-8."""
    text = data.decode(errors="surrogateescape")
    bad = len(BAD.findall(text))
    if not bad or bad > BAD_MAX or not (sure or _is_mostly(text, bad)):
        return None
    rows: dict[str, list[str]] = {}
    for line, words in ((data.count(b"\n", 0, at) + 1, byte) for at, byte in _bad_bytes(data)):
        rows.setdefault(f"row {line}", []).append(words)
    told = listed([f"{' '.join(found)} in {row}" for row, found in rows.items()], BAD_NAMED)
    return Decoded(BAD.sub(UNREADABLE, text), "utf-8", damaged=told)


def _is_mostly(text: str, bad: int) -> bool:
    good = GOOD.findall(text)
    return len(good) >= GOOD_FOR_ONE * bad or (len(good) >= bad and all(LATIN[0] <= character <= LATIN[1] for character in good))


def _bad_bytes(data: bytes) -> Iterator[tuple[int, str]]:
    """(place, spelling) of each byte that is no UTF-8."""
    at = 0
    while True:
        try:
            data[at:].decode()
        except UnicodeDecodeError as error:
            for place in range(at + error.start, at + error.end):
                yield place, f"{data[place]:02X}"
            at += error.end
        else:
            return


def _in(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except LookupError:
        raise TableError(
            "table_encoding", f"No encoding is called {encoding}. Usual ones are utf-8, cp1252, cp1250, cp1251, gb18030."
        ) from None
    except UnicodeError as error:
        raise TableError("table_encoding", f"The file is not in the encoding {encoding}: {_where(data, error)}. Say another one.") from None
    if not isinstance(text, str):
        raise TableError("table_encoding", f"{encoding} is no encoding of texts.")
    return text.removeprefix("\ufeff")


def _where(data: bytes, error: UnicodeError) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return "it is damaged"
    line = data.count(b"\n", 0, error.start) + 1
    return f"row {line} has bytes that it does not know"


def _without_mark(data: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of Latin letters is 0."""
    head = data[:4000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) < 4 or max(even, odd) < len(head) // 5 or min(even, odd) > len(head) // 50:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _guessed(data: bytes) -> Decoded:
    """The encoding that a library finds likeliest, among the usual ones, by the lines that are no ASCII."""
    if not re.search(rb"[\x80-\xff]", SIGNS.sub(b"", data)):
        return Decoded(data.decode("cp1252"), "cp1252", guessed=True)
    import chardet  # noqa: PLC0415 - takes 50 ms, and most lists need none

    sample = b"\n".join(match[0] for match in HIGH.finditer(data, 0, SAMPLE_MAX * 10))[:SAMPLE_MAX] or data[:SAMPLE_MAX]
    sample = sample[: sample.rfind(b"\n")] if len(sample) == SAMPLE_MAX and b"\n" in sample else sample
    found = [
        str(each["encoding"]) for each in chardet.detect_all(sample, include_encodings=USUAL, ignore_threshold=True) if each["encoding"]
    ]
    for encoding in [*found, "cp1252"]:
        try:
            return Decoded(data.decode(encoding), codecs.lookup(encoding).name, guessed=True)
        except UnicodeDecodeError:
            continue
    return Decoded(data.decode("cp1252", errors="replace"), "cp1252", guessed=True)
