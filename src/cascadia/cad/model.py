"""Values of a conversion. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cascadia.jobs.model import PermanentJobError

CONVERTER_VERSION: Final = "step-6"
"""Part of every derivative's key: raise it when the output for the same file changes."""

OCCURRENCES_MAX: Final = 100_000
"""More would make a 3D model that no browser opens; and a small file can describe 2³⁰ of them."""

DEPTH_MAX: Final = 200

Progress = Callable[[float, str], None]

Rgba = tuple[float, float, float, float]
"""Red, green, blue in sRGB and opacity, each 0 to 1."""


DEFAULT_COLOR: Final[Rgba] = (0.62, 0.66, 0.71, 1.0)


class CadError(PermanentJobError):
    """A file that cannot be converted, however often one tries: a stable code and a sentence for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Output:
    """One thing made from the file: `structure`, `geometry`, `glb` or `thumbnail`, of one component or (None) of the whole."""

    kind: str
    component: str | None
    media_type: str
    path: Path
