"""Triangles into depth, normal and colour per pixel by Embree's ray tracer: a ray straight down on each pixel."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from cascadia.cad.canvas import Canvas, Floats, Layer

TRIANGLES_AT_ONCE: Final = 2_000_000
"""More are traced one lot after the other: an assembly may have a billion."""


def draw(canvas: Canvas, layers: Iterable[Layer]) -> None:
    """Draws the layers into the canvas."""
    for lot in _lots(layers):
        _trace(canvas, lot)


def _lots(layers: Iterable[Layer]) -> Iterator[list[Layer]]:
    lot: list[Layer] = []
    size = 0
    for layer in layers:
        if lot and size + len(layer.triangles) > TRIANGLES_AT_ONCE:
            yield lot
            lot, size = [], 0
        lot.append(layer)
        size += len(layer.triangles)
    if lot:
        yield lot


def _trace(canvas: Canvas, layers: list[Layer]) -> None:
    starts = np.cumsum([0, *(len(layer.points) for layer in layers)])
    points = np.concatenate([layer.points for layer in layers]).astype(np.float32)
    triangles = np.concatenate([layer.triangles + start for layer, start in zip(layers, starts, strict=False)]).astype(np.int32)
    columns, rows = (_span(points[:, axis], size) for axis, size in ((0, canvas.width), (1, canvas.height)))
    if not len(triangles) or columns.start >= columns.stop or rows.start >= rows.stop:
        return
    scene = EmbreeScene()
    TriangleMesh(scene, points, triangles)
    origins, downward = _grid(canvas.width, canvas.height)
    origins = origins[rows, columns].reshape(-1, 3).copy()
    origins[:, 2] = points[:, 2].max() + 1
    hits = scene.run(origins, downward[: len(origins)], query="INTERSECT", output=True)
    hit = np.flatnonzero(hits["primID"] >= 0)
    pixels = np.arange(canvas.width * canvas.height).reshape(canvas.height, -1)[rows, columns].reshape(-1)[hit]
    depth = origins[0, 2] - hits["tfar"][hit]
    if len(layers) > 1 or canvas.drawn:
        nearer = np.flatnonzero(depth > canvas.depth[pixels])
        hit, pixels, depth = hit[nearer], pixels[nearer], depth[nearer]
    canvas.drawn = True
    canvas.depth[pixels] = depth
    triangle, u, v = hits["primID"][hit], hits["u"][hit], hits["v"][hit]
    normals = np.concatenate([layer.normals for layer in layers])
    colors = np.array([layer.color for layer in layers], dtype=np.float32)
    layer_of = np.repeat(np.arange(len(layers)), [len(layer.triangles) for layer in layers])[triangle]
    first, second, third = triangles[triangle].T
    for axis in range(3):
        along = np.ascontiguousarray(normals[:, axis])
        start = along[first]
        canvas.normal[axis, pixels] = start + u * (along[second] - start) + v * (along[third] - start)
        canvas.color[axis, pixels] = colors[layer_of, axis]


def _span(values: Floats, size: int) -> slice:
    """The pixels of one axis whose centre may be covered."""
    return slice(max(0, int(np.floor(values.min() - 0.5))), min(size, int(np.ceil(values.max() + 0.5))))


@lru_cache(maxsize=4)
def _grid(width: int, height: int) -> tuple[Floats, Floats]:
    """Where the rays begin, (height, width, 3), and their direction, (height × width, 3)."""
    origins = np.zeros((height, width, 3), dtype=np.float32)
    origins[..., 0] = np.arange(width) + 0.5
    origins[..., 1] = np.arange(height)[:, None] + 0.5
    return origins, np.tile(np.array([0, 0, -1], dtype=np.float32), (height * width, 1))
