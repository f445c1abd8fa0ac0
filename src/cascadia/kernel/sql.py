"""Named SQL files: each query lies in `<package>/sql/<name>.sql`, whose first line says what it returns."""

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def query(package: str, name: str) -> LiteralString:
    """The text of `<package>/sql/<name>.sql`. It ships with the program, so it counts as a literal."""
    return files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def like_itself(text: str) -> str:
    """The text as a pattern of LIKE that matches it alone: what LIKE would take for a wildcard stands for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def like_part(text: str | None) -> str | None:
    """A pattern of LIKE for what contains the text; None where there is no text to look for."""
    return f"%{like_itself(text.strip())}%" if text and text.strip() else None
