"""Values of a conversion. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CONVERTER_VERSION: Final = "step-1"
"""Part of every derivative's key: raise it when the output for the same file changes."""

Progress = Callable[[float, str], None]


class CadError(Exception):
    """A file that cannot be converted, ever: a stable code and a sentence for the person who sent it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Output:
    """One thing made from the file: `structure`, `glb` or `thumbnail`, of the whole or of one component."""

    kind: str
    component: str | None
    media_type: str
    path: Path
