"""What a command prints: columns for people, or JSON with `--json`."""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from cascadia.kernel.text import REFUSED, REFUSED_IN_LINES

RETURN: Final = re.compile(r"\r(?!\n)")
DELETE: Final = 0x7F

Url = Annotated[str | None, typer.Option("--url", help="The server; else CASCADIA_URL, else where you signed in last.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
At = Annotated[str | None, typer.Option("--at", help="Point in history: commit:12, date:…, branch:main@12.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows.")]


def show(value: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Prints the value as JSON, or what `text` says of it; nothing in it moves the cursor or colours the terminal."""
    print(printable(json.dumps(value, indent=2, ensure_ascii=False) if as_json else text()))


def printable(text: str) -> str:
    """The text with all that a terminal would obey, and all that no stream can carry, spelled out as JSON spells it."""
    return RETURN.sub(r"\\r", REFUSED_IN_LINES.sub(_spelled, text))


def _spelled(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if ord(match[0]) != DELETE else "\\u007f"


def columns(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows under their headers, in columns as wide as their content."""
    cells = [[("" if c is None else REFUSED.sub(_one_cell, str(c))) for c in row] for row in (headers, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)


def _one_cell(match: re.Match[str]) -> str:
    return " " if match[0].isspace() else _spelled(match)


def note(text: str) -> None:
    """Says something beside the output, on stderr."""
    print(printable(text), file=sys.stderr)


def add_group(app: typer.Typer, name: str, words: str, commands: Mapping[str, Callable[..., None]]) -> None:
    """Adds `name` with its sub-commands."""
    group = typer.Typer(help=words, no_args_is_help=True)
    for command, function in commands.items():
        group.command(command)(function)
    app.add_typer(group, name=name)
