"""Pictures without a display: a z-buffer in numpy, flat shading, dark edges, transparent ground."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SUPERSAMPLE: Final = 2
FILL: Final = 0.9
VIEW: Final = np.array([1.0, -1.15, 0.8])
UP: Final = np.array([0.0, 0.0, 1.0])
CHUNK: Final = 200_000
EDGE_DEPTH: Final = 0.02
EDGE_SHADE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Soup:
    """Triangles (n, 3, 3) in millimetres, each with a colour (n, 3) from 0 to 1."""

    triangles: Floats
    colors: Floats


@dataclass(frozen=True, slots=True)
class _Screen:
    x: Floats
    y: Floats
    z: Floats
    shade: Floats
    width: int
    height: int


def render(soup: Soup, width: int, height: int) -> bytes:
    """A PNG of the triangles seen from the front, right and above; transparent where there is nothing."""
    screen = _project(soup.triangles, width * SUPERSAMPLE, height * SUPERSAMPLE)
    depth, owner = _rasterise(screen)
    pixels = np.zeros((screen.height * screen.width, 4))
    hit = owner >= 0
    colors = np.clip(soup.colors * screen.shade[:, None], 0, 1)
    pixels[hit, :3] = colors[owner[hit]]
    pixels[hit, 3] = 1
    _darken_edges(pixels, depth, screen)
    return _png(pixels.reshape(screen.height, screen.width, 4), width, height)


def _project(triangles: Floats, width: int, height: int) -> _Screen:
    toward = VIEW / np.linalg.norm(VIEW)
    right = np.cross(UP, toward)
    right /= np.linalg.norm(right)
    above = np.cross(toward, right)
    seen = triangles @ np.stack([right, above, toward], axis=1)
    low, high = seen.reshape(-1, 3).min(axis=0), seen.reshape(-1, 3).max(axis=0)
    size = np.maximum(high - low, 1e-9)
    scale = FILL * min(width / size[0], height / size[1])
    center = (low + high) / 2
    return _Screen(
        x=(seen[..., 0] - center[0]) * scale + width / 2,
        y=height / 2 - (seen[..., 1] - center[1]) * scale,
        z=seen[..., 2] * scale,
        shade=_shade(triangles, toward, right, above),
        width=width,
        height=height,
    )


def _shade(triangles: Floats, toward: Floats, right: Floats, above: Floats) -> Floats:
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    length = np.linalg.norm(normals, axis=1)
    normals /= np.where(length > 0, length, 1)[:, None]

    def light(direction: Floats) -> Floats:
        amount: Floats = np.abs(normals @ (direction / np.linalg.norm(direction)))
        return amount

    shade: Floats = 0.3 + 0.5 * light(toward + 0.7 * above - 0.35 * right) + 0.25 * light(right)
    return shade


def _rasterise(screen: _Screen) -> tuple[Floats, Ints]:
    """Per pixel the depth of the nearest triangle (minus infinity: none) and its index (-1: none)."""
    depth = np.full(screen.width * screen.height, -np.inf)
    owner = np.full(screen.width * screen.height, -1, dtype=np.int64)
    triangle, y, left, right = _spans(screen)
    along_x, along_y, at_zero = _planes(screen)
    ends = np.cumsum(right - left + 1)
    start = 0
    while start < len(triangle):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK)))
        span = np.repeat(np.arange(start, stop), (right - left + 1)[start:stop])
        x = left[span] + np.arange(len(span)) - (ends[span] - (right - left + 1)[span] - done)
        row = triangle[span]
        at = at_zero[row] + along_x[row] * (x + 0.5) + along_y[row] * (y[span] + 0.5)
        _draw(y[span] * screen.width + x, at, row, depth, owner)
        start = stop
    return depth, owner


def _spans(screen: _Screen) -> tuple[Ints, Ints, Ints, Ints]:
    """Per triangle and pixel row that it covers: triangle, row, first and last pixel inside."""
    top = np.clip(np.ceil(screen.y.min(axis=1) - 0.5), 0, screen.height).astype(np.int64)
    bottom = np.clip(np.floor(screen.y.max(axis=1) - 0.5), -1, screen.height - 1).astype(np.int64)
    rows = np.maximum(bottom - top + 1, 0)
    triangle = np.repeat(np.arange(len(rows)), rows)
    y = top[triangle] + np.arange(len(triangle)) - np.repeat(np.cumsum(rows) - rows, rows)
    low, high = np.full(len(y), np.inf), np.full(len(y), -np.inf)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        xa, ya, xb, yb = screen.x[triangle, a], screen.y[triangle, a], screen.x[triangle, b], screen.y[triangle, b]
        rise = yb - ya
        share = np.divide(y + 0.5 - ya, rise, out=np.full(len(y), -1.0), where=np.abs(rise) > 1e-12)
        crossing = np.where((share >= 0) & (share <= 1), xa + share * (xb - xa), np.nan)
        low, high = np.fmin(low, crossing), np.fmax(high, crossing)
    left = np.clip(np.ceil(low - 0.5), 0, screen.width).astype(np.int64)
    right = np.clip(np.floor(high - 0.5), -1, screen.width - 1).astype(np.int64)
    covered = right >= left
    return triangle[covered], y[covered], left[covered], right[covered]


def _planes(screen: _Screen) -> tuple[Floats, Floats, Floats]:
    """Per triangle its depth as a plane over the screen: slope along x, slope along y, depth at (0, 0)."""
    x, y, z = screen.x, screen.y, screen.z
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    area = np.where(np.abs(area) > 1e-12, area, np.inf)
    dz1, dz2 = z[:, 1] - z[:, 0], z[:, 2] - z[:, 0]
    along_x = (dz1 * (y[:, 2] - y[:, 0]) - dz2 * (y[:, 1] - y[:, 0])) / area
    along_y = (dz2 * (x[:, 1] - x[:, 0]) - dz1 * (x[:, 2] - x[:, 0])) / area
    return along_x, along_y, z[:, 0] - along_x * x[:, 0] - along_y * y[:, 0]


def _draw(pixel: Ints, at: Floats, row: Ints, depth: Floats, owner: Ints) -> None:
    """Writes the candidates (triangle `row` at `pixel`, depth `at`) that are nearer than what is there."""
    order = np.argsort(at, kind="stable")
    pixel, at, row = pixel[order], at[order], row[order]
    nearer = at > depth[pixel]
    depth[pixel[nearer]] = at[nearer]
    owner[pixel[nearer]] = row[nearer]


def _darken_edges(pixels: Floats, depth: Floats, screen: _Screen) -> None:
    """Where the depth jumps inside the picture there is an edge."""
    span = float(screen.z.max() - screen.z.min()) or 1.0
    image = np.where(np.isfinite(depth), depth, screen.z.min() - span).reshape(screen.height, screen.width)
    edge = np.zeros(image.shape, dtype=bool)
    edge[:, 1:] |= np.abs(np.diff(image, axis=1)) > span * EDGE_DEPTH
    edge[1:] |= np.abs(np.diff(image, axis=0)) > span * EDGE_DEPTH
    flat = edge.reshape(-1) & (pixels[:, 3] > 0)
    pixels[flat, :3] *= EDGE_SHADE


def _png(pixels: Floats, width: int, height: int) -> bytes:
    premultiplied = pixels.copy()
    premultiplied[..., :3] *= pixels[..., 3:]
    small = premultiplied.reshape(height, SUPERSAMPLE, width, SUPERSAMPLE, 4).mean(axis=(1, 3))
    alpha = small[..., 3:]
    small[..., :3] = np.divide(small[..., :3], alpha, out=np.zeros_like(small[..., :3]), where=alpha > 0)
    buffer = io.BytesIO()
    Image.fromarray((small * 255).round().astype(np.uint8), "RGBA").save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
