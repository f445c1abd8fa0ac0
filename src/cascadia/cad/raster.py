"""A z-buffer in numpy: triangles into depth, normal and colour per pixel. For machines that Embree is not built for (`rays`)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cascadia.cad.canvas import Canvas, Floats, Layer

Ints = NDArray[np.int64]

PIXELS_AT_ONCE: Final = 250_000
EDGES: Final = ((0, 1), (1, 2), (2, 0))


def draw(canvas: Canvas, layers: Iterable[Layer]) -> None:
    """Draws the layers into the canvas."""
    for layer in layers:
        triangles = layer.triangles[_may_cover(layer.points, layer.triangles)]
        if not len(triangles):
            continue
        planes = _planes(layer.points, layer.normals, triangles)
        for spans in _pieces(_spans(layer.points, planes.triangles, canvas.width, canvas.height)):
            _fill(canvas, spans, planes, layer.color)


def _fill(canvas: Canvas, spans: "_Spans", planes: "_Planes", color: Floats) -> None:
    lengths = spans.stop - spans.start
    span = np.repeat(np.arange(len(lengths)), lengths)
    column = np.arange(len(span)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + spans.start[span]
    row, triangle = spans.row[span], spans.triangle[span]
    pixel = row * canvas.width + column
    x, y = column + 0.5 - planes.x[triangle], row + 0.5 - planes.y[triangle]
    depth = planes.value[0][triangle] + planes.in_x[0][triangle] * x + planes.in_y[0][triangle] * y
    nearer = np.nonzero(depth > canvas.depth[pixel])[0]
    order = nearer[np.argsort(depth[nearer], kind="stable")]
    pixel, triangle, x, y = pixel[order], triangle[order], x[order], y[order]
    canvas.depth[pixel] = depth[order]
    for axis in range(3):
        values = planes.value[axis + 1][triangle] + planes.in_x[axis + 1][triangle] * x + planes.in_y[axis + 1][triangle] * y
        canvas.normal[axis, pixel] = values
        canvas.color[axis, pixel] = color[axis]


@dataclass(frozen=True, slots=True)
class _Planes:
    """Depth and normal over each of m triangles as linear functions: (4, m) values at (x, y), (4, m) slopes in x and in y."""

    triangles: Ints
    x: Floats
    y: Floats
    value: Floats
    in_x: Floats
    in_y: Floats


@dataclass(frozen=True, slots=True)
class _Spans:
    """Runs of pixels [start, stop) in a row that a triangle covers."""

    triangle: Ints
    row: Ints
    start: Ints
    stop: Ints


def _may_cover(points: Floats, triangles: Ints) -> NDArray[np.bool_]:
    """Triangles whose box holds the centre of a pixel: in a picture of thousands of parts most do not, and are left out early."""
    cells = np.ceil(points[:, :2] - 0.5)
    found: NDArray[np.bool_] = np.ones(len(triangles), dtype=np.bool_)
    for axis in (0, 1):
        low, high = _bounds(cells[:, axis], triangles)
        found &= low < high
    return found


def _bounds(values: Floats, triangles: Ints) -> tuple[Floats, Floats]:
    """Per triangle the least and the greatest of its corners' values."""
    first, second, third = (values[triangles[:, corner]] for corner in range(3))
    return np.minimum(np.minimum(first, second), third), np.maximum(np.maximum(first, second), third)


def _planes(points: Floats, normals: Floats, triangles: Ints) -> _Planes:
    """Triangles seen from the side are left out."""
    corners = points[triangles]
    along, across = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = along[:, 0] * across[:, 1] - across[:, 0] * along[:, 1]
    kept = np.abs(area) > 1e-9
    triangles, along, across, area = triangles[kept], along[kept], across[kept], area[kept]
    values = np.concatenate([points[triangles][:, :, 2:], normals[triangles]], axis=2)
    first, rise, side = (np.ascontiguousarray(v.T) for v in (values[:, 0], values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]))
    origin = points[triangles[:, 0]]
    return _Planes(
        triangles,
        x=origin[:, 0],
        y=origin[:, 1],
        value=first,
        in_x=(rise * across[:, 1] - side * along[:, 1]) / area,
        in_y=(side * along[:, 0] - rise * across[:, 0]) / area,
    )


def _spans(points: Floats, triangles: Ints, width: int, height: int) -> _Spans:
    """The pixels whose centre lies in a triangle."""
    corners = points[triangles][:, :, :2]
    highest, lowest = _bounds(points[:, 1], triangles)
    top = np.clip(np.ceil(highest - 0.5), 0, height).astype(np.int64)
    bottom = np.clip(np.floor(lowest - 0.5) + 1, 0, height).astype(np.int64)
    rows = np.maximum(bottom - top, 0)
    triangle = np.repeat(np.arange(len(triangles)), rows)
    row = np.arange(len(triangle)) - np.repeat(np.cumsum(rows) - rows, rows) + top[triangle]
    left, right = _crossings(corners[triangle], row + 0.5)
    start = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int64)
    stop = np.clip(np.floor(right - 0.5) + 1, 0, width).astype(np.int64)
    covered = stop > start
    return _Spans(triangle[covered], row[covered], start[covered], stop[covered])


def _crossings(corners: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Where a horizontal line enters and leaves each triangle (k, 3, 2)."""
    left, right = np.full(len(y), np.inf), np.full(len(y), -np.inf)
    for a, b in EDGES:
        x0, y0, x1, y1 = corners[:, a, 0], corners[:, a, 1], corners[:, b, 0], corners[:, b, 1]
        crosses = (np.minimum(y0, y1) <= y) & (y <= np.maximum(y0, y1)) & (y0 != y1)
        x = x0 + (x1 - x0) * (y - y0) / np.where(y0 != y1, y1 - y0, 1.0)
        left = np.where(crosses, np.minimum(left, x), left)
        right = np.where(crosses, np.maximum(right, x), right)
    nothing = left > right
    return np.where(nothing, 0.0, left), np.where(nothing, -1.0, right)


def _pieces(spans: _Spans) -> Iterator[_Spans]:
    """The same spans in pieces of bounded size, so that memory is bounded too."""
    ends = np.cumsum(spans.stop - spans.start)
    first = 0
    while first < len(ends):
        done = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + PIXELS_AT_ONCE)))
        yield _Spans(spans.triangle[first:last], spans.row[first:last], spans.start[first:last], spans.stop[first:last])
        first = last
