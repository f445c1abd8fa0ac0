"""Pictures of a component: lit from the upper left, with drawn edges, on a transparent ground, so that any theme can show them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cascadia.cad.raster import Canvas, Floats
from cascadia.cad.tessellate import Mesh

SUPERSAMPLE: Final = 2
FILL: Final = 0.92
TOWARD_EYE: Final = np.array([1.0, -1.3, 0.85])
UP: Final = np.array([0.0, 0.0, 1.0])
KEY_LIGHT: Final = np.array([-0.45, 0.75, 0.65])
FILL_LIGHT: Final = np.array([0.8, 0.1, 0.45])
CREASE: Final = 0.86
"""Cosine of the angle between neighbouring pixels' normals (31°) from which an edge is drawn."""
STEP_PIXELS: Final = 3.0
EDGE_SHADE: Final = 0.42
TINY_PIXELS: Final = 0.7

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Placed:
    """A mesh where it stands in the picture's component: a 4×4 matrix in millimetres, and its colour (3) from 0 to 1."""

    mesh: Mesh
    matrix: Floats
    color: Floats


@dataclass(frozen=True, slots=True)
class _View:
    """From millimetres to pixels: `axes` (3, 3) are right, up and towards the eye."""

    axes: Floats
    scale: float
    offset: Floats

    def pixels(self, points: Floats, matrix: Floats) -> Floats:
        turned = points @ (matrix[:3, :3].T @ self.axes.T) + self.axes @ matrix[:3, 3]
        return turned * (self.scale, -self.scale, self.scale) + self.offset


def render(scene: Sequence[Placed], width: int, height: int) -> Floats:
    """The scene seen from the front, right and above: (height × 2, width × 2, 4) colour and opacity from 0 to 1, for `png`."""
    canvas = Canvas(width * SUPERSAMPLE, height * SUPERSAMPLE)
    view = _look_at(scene, canvas.width, canvas.height)
    for placed in scene:
        points = view.pixels(placed.mesh.points, placed.matrix)
        if np.ptp(points[:, :2], axis=0).max() >= TINY_PIXELS:
            normals = placed.mesh.normals @ (placed.matrix[:3, :3].T @ view.axes.T)
            canvas.draw(points, normals, placed.mesh.triangles, placed.color)
    return _shade(canvas)


def _look_at(scene: Sequence[Placed], width: int, height: int) -> _View:
    toward = TOWARD_EYE / np.linalg.norm(TOWARD_EYE)
    right = np.cross(UP, toward)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(toward, right), toward])
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for placed in scene:
        turned = placed.mesh.points @ (placed.matrix[:3, :3].T @ axes.T) + axes @ placed.matrix[:3, 3]
        low, high = np.minimum(low, turned.min(axis=0)), np.maximum(high, turned.max(axis=0))
    size = np.maximum(high - low, 1e-9)
    scale = FILL * min(width / size[0], height / size[1])
    middle = (low + high) / 2
    return _View(axes, scale, np.array([width / 2 - middle[0] * scale, height / 2 + middle[1] * scale, 0.0]))


def _shade(canvas: Canvas) -> Floats:
    """(height, width, 4): colour and opacity of every pixel."""
    seen = np.isfinite(canvas.depth)
    normal = np.zeros((len(seen), 3))
    normal[seen] = _facing(canvas.normal[seen].astype(np.float64))
    picture = np.zeros((len(seen), 4))
    picture[seen, :3] = _lit(canvas.color[seen].astype(np.float64), normal[seen])
    picture[seen, 3] = 1
    shape = (canvas.height, canvas.width)
    edge = _edges(canvas.depth.reshape(shape), normal.reshape(*shape, 3), seen.reshape(shape))
    picture[edge.reshape(-1), :3] *= EDGE_SHADE
    return picture.reshape(*shape, 4)


def _facing(normal: Floats) -> Floats:
    """Unit normals on the side of the eye: open surfaces are seen from both sides."""
    unit: Floats = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    unit[unit[:, 2] < 0] *= -1
    return unit


def _lit(color: Floats, normal: Floats) -> Floats:
    key, fill = (np.clip(normal @ (light / np.linalg.norm(light)), 0, 1) for light in (KEY_LIGHT, FILL_LIGHT))
    light = 0.42 + 0.07 * (normal[:, 1] + 1) + 0.45 * key + 0.14 * fill
    lit: Floats = np.clip(_soften(color) * light[:, None] + 0.16 * key[:, None] ** 24, 0, 1)
    return lit


def _soften(color: Floats) -> Floats:
    """Less garish and never black or white: CAD colours are pure, and a black part would have no shape."""
    grey = color.mean(axis=1, keepdims=True)
    soft: Floats = 0.13 + 0.8 * (0.85 * color + 0.15 * grey)
    return soft


def _edges(depth: Floats, normal: Floats, seen: Mask) -> Mask:
    """Pixels at a crease, at a step in depth, or at the outline."""
    edge = np.zeros(seen.shape, dtype=bool)
    for axis in (0, 1):
        here, there = _neighbours(axis)
        both = seen[here] & seen[there]
        outline = seen[here] != seen[there]
        crease = (normal[here] * normal[there]).sum(axis=2) < CREASE
        drop = np.subtract(depth[there], depth[here], out=np.zeros(both.shape), where=both)
        step = np.abs(drop) > STEP_PIXELS + 2 * _slope(normal, here, there, axis)
        found = (both & (crease | step)) | outline
        edge[here] |= found
        edge[there] |= found
    return edge & seen


def _neighbours(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    all_rows = slice(None)
    here, there = slice(None, -1), slice(1, None)
    return ((here, all_rows), (there, all_rows)) if axis == 0 else ((all_rows, here), (all_rows, there))


def _slope(normal: Floats, here: tuple[slice, ...], there: tuple[slice, ...], axis: int) -> Floats:
    """How much depth the surface itself gains from one pixel to the next."""
    across = 1 if axis == 0 else 0
    steep: Floats = np.abs(normal[..., across]) / np.maximum(np.abs(normal[..., 2]), 0.02)
    larger: Floats = np.maximum(steep[here], steep[there])
    return larger


def png(picture: Floats, width: int, height: int) -> bytes:
    """A picture as PNG; it may be any whole number of times larger."""
    times = picture.shape[0] // height
    weighted = picture.copy()
    weighted[..., :3] *= picture[..., 3:]
    small = weighted.reshape(height, times, width, times, 4).mean(axis=(1, 3))
    opacity = small[..., 3:]
    small[..., :3] = np.divide(small[..., :3], opacity, out=np.zeros_like(small[..., :3]), where=opacity > 0)
    buffer = io.BytesIO()
    Image.fromarray((small * 255).round().astype(np.uint8), "RGBA").save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
