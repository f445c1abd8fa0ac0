"""A text cut into rows and cells, strictly: a quotation mark that only swallows what follows is part of the text. Pure.

`csv` of the standard library closes a mark that was never closed with the end of the file, and takes all between two inch marks for one
cell: rows vanish. Here a cell spans lines only where the lines are no whole rows by themselves.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

LINES_MAX: Final = 100
"""Of one cell."""
BREAK: Final = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it stands in the file: its first line, from 1, its cells, and what is odd about its quotation marks."""

    place: int
    cells: list[str]
    odd: str | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """How cells are cut: the delimiter, and the quotation mark (empty: there is none)."""

    delimiter: str
    quote: str = '"'


def rows_of(text: str, marks: Marks, width: int) -> Iterator[Line]:
    """The rows that hold anything. `width`: how many cells the heading has, which tells rows from cells that span lines."""
    lines = BREAK.split(text)
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
            continue
        if not marks.quote or marks.quote not in line:
            found, used = Line(at + 1, line.split(marks.delimiter)), 1
        else:
            found, used = _quoted(lines, at, marks, width)
        if any(map(str.strip, found.cells)):
            yield found
        at += used


def _quoted(lines: Sequence[str], at: int, marks: Marks, width: int) -> tuple[Line, int]:
    """One row that has quotation marks, and how many lines it takes."""
    alone = _cut(lines[at], marks)
    if not alone.open:
        return Line(at + 1, alone.cells, alone.odd), 1
    for used in range(2, min(LINES_MAX, len(lines) - at) + 1):
        if not _closing(marks).search(lines[at + used - 1]):
            continue
        joined = _cut("\n".join(lines[at : at + used]), marks)
        if not joined.open:
            if all(_is_whole(_cut(line, marks).cells, width) for line in lines[at : at + used] if line.strip()):
                break
            return Line(at + 1, joined.cells, joined.odd), used
    return Line(at + 1, alone.cells, "a quotation mark is not closed: it is read as part of the text"), 1


def _is_whole(cells: Sequence[str], width: int) -> bool:
    """Whether a line is a row by itself: as many cells as the heading, but for empty ones at its end."""
    return len(cells) >= width >= filled(cells)


def filled(cells: Sequence[str]) -> int:
    """How many cells there are up to the last that holds anything."""
    return next((end for end in range(len(cells), 0, -1) if cells[end - 1].strip()), 0)


@dataclass(frozen=True, slots=True)
class _Cut:
    cells: list[str]
    open: bool
    odd: str | None


@lru_cache(maxsize=16)
def _whole(marks: Marks) -> re.Pattern[str]:
    """A quoted cell, up to what follows it."""
    quote, end = re.escape(marks.quote), re.escape(marks.delimiter)
    blank = " *" if marks.delimiter != " " else ""
    return re.compile(rf"{blank}{quote}([^{quote}]*(?:{quote}{quote}[^{quote}]*)*){quote}[^\S\n\t]*(?={end}|\Z)")


@lru_cache(maxsize=16)
def _closing(marks: Marks) -> re.Pattern[str]:
    """A quotation mark that may close a cell."""
    return re.compile(rf"{re.escape(marks.quote)}[^\S\t]*(?={re.escape(marks.delimiter)}|\Z)")


@lru_cache(maxsize=16)
def _opening(marks: Marks) -> re.Pattern[str]:
    """A cell that begins with a quotation mark and has no other one to its end that could close it."""
    quote = re.escape(marks.quote)
    blank = " *" if marks.delimiter != " " else ""
    return re.compile(rf"{blank}{quote}[^{quote}]*(?:{quote}{quote}[^{quote}]*)*\Z")


def _cut(line: str, marks: Marks) -> _Cut:
    """The cells of a line (or of several that are joined). `open`: the last cell begins with a mark that is not closed in it."""
    cells: list[str] = []
    at, is_open, odd = 0, False, None
    whole, opening = _whole(marks), _opening(marks)
    while True:
        found = whole.match(line, at)
        if found:
            cells.append(found[1].replace(marks.quote * 2, marks.quote))
            end = found.end()
        else:
            is_open = is_open or opening.match(line, at) is not None
            end = line.find(marks.delimiter, at)
            end = len(line) if end < 0 else end
            cells.append(line[at:end])
            if cells[-1].lstrip(" ").startswith(marks.quote):
                odd = "a quotation mark stands inside its cell: it is read as part of the text"
        if end >= len(line):
            return _Cut(cells, is_open, odd)
        at = end + len(marks.delimiter)
