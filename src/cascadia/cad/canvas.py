"""What a picture is drawn on, before it is lit: depth, normal and colour of the nearest surface at each pixel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Layer:
    """Triangles (m, 3) over `points` (n, 3), with normals (n, 3) and one colour (3): x to the right and y down in pixels, z to the eye."""

    points: Floats
    normals: Floats
    triangles: NDArray[Any]
    color: Floats


class Canvas:
    """Row by row: depth (pixels; minus infinity: nothing there), normal and colour (3, pixels) of the nearest triangle."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height, self.drawn = width, height, False
        self.depth = np.full(width * height, -np.inf, dtype=np.float32)
        self.normal = np.zeros((3, width * height), dtype=np.float32)
        self.color = np.zeros((3, width * height), dtype=np.float32)
