"""The encoding of the names in a STEP file. ISO 10303-21 knows escapes and UTF-8; programs also write what their system happens to use."""

import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

PIECE_BYTES: Final = 1 << 20
SAMPLES_MAX: Final = 500
STRING: Final = re.compile(rb"'((?:[^']|'')*)'")
HIGH: Final = re.compile(rb"[\x80-\xff]+")
WESTERN: Final = frozenset("äöüÄÖÜßéèêëàâáîïíôóòúùûçñåøæÅØÆÉÈÊÀÁÂÇÑÓÔÚãõÃÕœŒŠšŽž°µ±²³€–—“”„\u2018\u2019®©™×½¼¾§·…‰")
CENTRAL: Final = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžČĎĚŇŘŠŤŮŽáéíóúýÁÉÍÓÚÝőűŐŰöüÖÜäÄôľĺŕßăâîşţĂÂÎŞŢđĐ°±–—„“”\u2018\u2019…×§")
NAMES: Final = {
    "gb18030": "GB 18030 (Chinese)",
    "cp932": "Shift-JIS (Japanese)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1252": "Windows-1252 (Western European)",
}
LEAST: Final = 0.75


def is_utf8(path: Path) -> bool:
    """Whether all of a file is UTF-8, of which ASCII is a part."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def guessed(path: Path) -> tuple[str, str]:
    """The encoding in which the strings that are no UTF-8 read best, and one of them read so."""
    samples = list(_samples(path))
    best = max(JUDGES, key=lambda encoding: _score(samples, encoding))
    encoding = best if _score(samples, best) >= LEAST else "cp1252"
    example = max((_decoded(sample, encoding) for sample in samples), key=len, default="")
    return encoding, example[:60]


def in_utf8(line: bytes, encoding: str) -> bytes:
    """A line in UTF-8: as it is where it is, else decoded so, and byte by byte where that fails."""
    for each in ("utf-8", encoding):
        try:
            return line.decode(each).encode()
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1").encode()


def _samples(path: Path) -> Iterator[bytes]:
    found = 0
    with path.open("rb") as file:
        for line in file:
            for text in STRING.findall(line) if HIGH.search(line) else ():
                if HIGH.search(text) and not _is(text, "utf-8"):
                    yield text
                    found += 1
                    if found == SAMPLES_MAX:
                        return


def _is(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(text: bytes, encoding: str) -> str:
    return in_utf8(text, encoding).decode()


def _score(samples: Sequence[bytes], encoding: str) -> float:
    """How likely the samples are in an encoding, 0 to 1; what cannot be decoded is not."""
    if not samples or not all(_is(sample, encoding) for sample in samples):
        return 0.0
    return sum(JUDGES[encoding](sample) for sample in samples) / len(samples)


def _chinese(sample: bytes) -> float:
    """Characters of two high bytes each, mostly the 3,755 common ones of GB 2312 and its punctuation."""
    common = rare = 0
    for run in HIGH.findall(sample):
        if len(run) % 2 or min(run) < 0xA1:
            return 0.0
        for lead in run[::2]:
            common += 0xB0 <= lead <= 0xD7 or lead in {0xA1, 0xA3}
            rare += 0xD8 <= lead <= 0xF7 or lead == 0xA2
    return (common + rare / 2) / max(1, sum(map(len, HIGH.findall(sample))) / 2)


def _japanese(sample: bytes) -> float:
    """Kana and kanji; the half-width kana, one byte each, are rare, and so is everything else."""
    decoded = sample.decode("cp932")
    if re.search(r"(?<![^\x00-\x7f])[^\x00-\x7f][a-z]", decoded):
        return 0.0  # one sign at the beginning of a Latin word: a letter with a mark
    text = [c for c in decoded if c > "\x7f"]
    usual = sum("\u3000" <= c <= "\u30ff" or "\u4e00" <= c <= "\u9fff" or "\uff01" <= c <= "\uff5e" for c in text)
    leads = sum(lead in range(0x81, 0x99) for lead in _leads(sample))
    return min(usual, leads) / max(1, len(text))


def _leads(sample: bytes) -> Iterator[int]:
    at = 0
    while at < len(sample):
        double = 0x81 <= sample[at] <= 0x9F or 0xE0 <= sample[at] <= 0xFC
        if sample[at] >= 0x80:
            yield sample[at]
        at += 2 if double else 1


def _cyrillic(sample: bytes) -> float:
    """Words of Cyrillic letters, in small letters, capitals, or with a capital in front; hardly ever a single letter."""
    words = re.findall(r"[^\x00-\x7f]+", sample.decode("cp1251"))
    letters = [word for word in words if re.fullmatch("[\u0400-\u045f]+", word) and word in {word.lower(), word.upper(), word.capitalize()}]
    return sum(map(len, letters)) / max(1, sum(map(len, words))) * (1.0 if max(map(len, words), default=0) > 1 else 0.5)


def _european(encoding: str, usual: frozenset[str]) -> Callable[[bytes], float]:
    """Letters with marks stand alone or in pairs between plain ones."""

    def judge(sample: bytes) -> float:
        runs = re.findall(r"[^\x00-\x7f]+", sample.decode(encoding))
        likely = [c for run in runs if len(run) <= 3 for c in run if c in usual]
        between = re.findall(r"[A-Za-z][°µ±²³×½¼¾§©®][a-z]", sample.decode(encoding))
        return max(0.0, (len(likely) - len(between)) / max(1, sum(map(len, runs))))

    return judge


JUDGES: Final[dict[str, Callable[[bytes], float]]] = {
    "cp1252": _european("cp1252", WESTERN),
    "gb18030": _chinese,
    "cp932": _japanese,
    "cp1251": _cyrillic,
    "cp1250": _european("cp1250", CENTRAL),
}
"""Of two that are as likely, the first counts."""
