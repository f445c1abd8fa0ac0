"""What an XLSX says of its cells besides their values: numbers that are shown otherwise, errors, levels by indents and groups. Pure.

The library that reads workbooks tells values alone. Here tags are looked for, and nothing is taken for more than a hint.
"""

import html
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cascadia.structures.packed import DAMAGED

READ_MAX: Final = 100_000_000
"""Bytes of one part of a workbook that are looked through."""
VALUE_WITHIN: Final = 2000
PADDED: Final = re.compile(r"0{2,}")
PLAIN: Final = re.compile(r"general|@|[#,0? ]*(\.[#0?]+)?(e\+0+)?", re.IGNORECASE)
"""Formats that show a number as it is, but for its decimals and thousands."""
UNCALCULATED: Final = re.compile(
    r"<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>([^<>]*)</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)

Place = tuple[int, int]
"""Row and column of a cell, from 1."""


@dataclass(frozen=True, slots=True)
class Formats:
    """`shown`: cells with the format of a number that makes another text of it; `errors`: what stands in cells that failed.

    `uncalculated`: formulas whose value is not in the file. `has_levels`: rows are grouped, or texts are moved to the right.
    """

    shown: Mapping[Place, str] = field(default_factory=dict)
    errors: Mapping[Place, str] = field(default_factory=dict)
    uncalculated: Mapping[Place, str] = field(default_factory=dict)
    has_levels: bool = False


NONE: Final = Formats()


def formats_of(data: bytes, sheet: str) -> Formats:
    """What an XLSX says of the cells of a sheet; nothing of other workbooks."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            path = _path_of(book, sheet)
            return _of_sheet(_part(book, path), _styles(_part(book, "xl/styles.xml"))) if path else NONE
    except (*DAMAGED, OSError):
        return NONE


def _part(book: zipfile.ZipFile, name: str) -> str:
    """A part of the workbook, empty where it is not there, or too large."""
    if name not in book.namelist() or book.getinfo(name).file_size > READ_MAX:
        return ""
    with book.open(name) as part:
        return part.read(READ_MAX).decode(errors="replace")


def _tags(text: str, name: str) -> Iterator[dict[str, str]]:
    """The attributes of each tag of this name, whatever prefix it has."""
    for found in re.finditer(rf"<(?:\w+:)?{name}\s([^<>]*)>", text):
        yield _attributes(found[1])


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in re.findall(r'([\w:]+)\s*=\s*"([^"]*)"', text)}


def _path_of(book: zipfile.ZipFile, sheet: str) -> str | None:
    wanted = next((tag for tag in _tags(_part(book, "xl/workbook.xml"), "sheet") if tag.get("name") == sheet), {})
    link = next((value for name, value in wanted.items() if name.endswith(":id")), None)
    for tag in _tags(_part(book, "xl/_rels/workbook.xml.rels"), "Relationship"):
        if link is not None and tag.get("Id") == link and "Target" in tag:
            target = tag["Target"]
            return target[1:] if target.startswith("/") else f"xl/{target}"
    return None


@dataclass(frozen=True, slots=True)
class _Styles:
    """Places of styles: with the format of numbers that shows another text, and those that move it to the right."""

    shown: Mapping[str, str]
    indented: Mapping[str, int]


def _styles(text: str) -> _Styles:
    codes = {tag.get("numFmtId"): tag.get("formatCode", "").partition(";")[0] for tag in _tags(text, "numFmt")}
    begin = re.search(r"<(?:\w+:)?cellXfs\b", text)
    own = text[begin.start() :].partition("cellXfs>")[0] if begin else ""
    shown: dict[str, str] = {}
    indented: dict[str, int] = {}
    for n, found in enumerate(re.finditer(r"<(?:\w+:)?xf\s([^<>]*?)(?:/>|>(.*?)</(?:\w+:)?xf>)", own, re.DOTALL)):
        code = codes.get(_attributes(found[1]).get("numFmtId"), "")
        if code and (PADDED.fullmatch(code) or not PLAIN.fullmatch(code)):
            shown[str(n)] = code
        if indent := re.search(r'\bindent\s*=\s*"([1-9]\d?)"', found[2] or ""):
            indented[str(n)] = int(indent[1])
    return _Styles(shown, indented)


def _of_sheet(text: str, styles: _Styles) -> Formats:
    shown: dict[Place, str] = {}
    indents: dict[int, list[int]] = defaultdict(list)
    wanted = "|".join(styles.shown.keys() | styles.indented.keys())
    for found in re.finditer(rf'<(?:\w+:)?c\s([^<>]*\bs="({wanted})"[^<>]*)>', text) if wanted else ():
        place = _place(_attributes(found[1]).get("r", ""))
        if place and found[2] in styles.shown:
            shown[place] = styles.shown[found[2]]
        if place and found[2] in styles.indented and not found[1].endswith("/"):
            indents[place[1]].append(styles.indented[found[2]])
    has_levels = any(_are_levels(column, each, text) for column, each in indents.items())
    has_levels = has_levels or any(tag.get("outlineLevel", "0") != "0" for tag in _tags(text, "row"))
    errors: dict[Place, str] = {}
    for found in re.finditer(r'<(?:\w+:)?c\s([^<>]*\bt="e"[^<>]*)>', text):
        value = re.search(r"<(?:\w+:)?v>([^<>]*)<", text[found.end() : found.end() + VALUE_WITHIN].partition("c>")[0])
        place = _place(_attributes(found[1]).get("r", ""))
        if place and value:
            errors[place] = html.unescape(value[1])
    uncalculated: dict[Place, str] = {}
    for found in UNCALCULATED.finditer(text):
        attributes = _attributes(found[1])
        if attributes.get("t") != "str" and (place := _place(attributes.get("r", ""))):
            uncalculated[place] = f"={html.unescape(found[2] or '')}"
    return Formats(shown, errors, uncalculated, has_levels)


def _are_levels(column: int, indents: Sequence[int], text: str) -> bool:
    """Whether cells of a column are moved by different widths, its heading aside: a column that is moved as a whole is only set so."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    filled = len(re.findall(rf'<(?:\w+:)?c\s[^<>]*\br="{letters}\d+"[^<>]*[^/]>', text))
    return len(set(indents)) > 1 or len(indents) < filled - 1


def _place(name: str) -> Place | None:
    found = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", name)
    if not found:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column
