"""Named SQL files: each query lies in `<package>/sql/<name>.sql`, whose first line says what it returns."""

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def query(package: str, name: str) -> LiteralString:
    """The text of `<package>/sql/<name>.sql`. It ships with the program, so it counts as a literal."""
    return files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
