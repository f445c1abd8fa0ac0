"""Pictures of a component: lit from the upper left, with drawn edges, on a transparent ground, so that any theme can show them."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cascadia.cad.canvas import Canvas, Floats, Layer
from cascadia.cad.tessellate import Mesh

try:
    from cascadia.cad import rays as tracer
except ImportError:  # no Embree for this machine
    from cascadia.cad import raster as tracer  # type: ignore[no-redef]

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
PNG_LEVEL: Final = 6

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
    """The scene seen from the front, right and above: (4, height × 2, width × 2) colour and opacity from 0 to 1, for `png`."""
    canvas = Canvas(width * SUPERSAMPLE, height * SUPERSAMPLE)
    tracer.draw(canvas, _layers(scene, _look_at(scene, canvas.width, canvas.height)))
    return _shade(canvas)


def _layers(scene: Sequence[Placed], view: _View) -> Iterator[Layer]:
    for placed in scene:
        points = view.pixels(placed.mesh.points, placed.matrix)
        if np.ptp(points[:, :2], axis=0).max() >= TINY_PIXELS:
            normals = placed.mesh.normals @ (placed.matrix[:3, :3].T @ view.axes.T).astype(np.float32)
            yield Layer(points, normals, placed.mesh.triangles, placed.color)


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
    """(4, height, width): colour and opacity of every pixel."""
    shape = (canvas.height, canvas.width)
    seen = np.isfinite(canvas.depth)
    normal = _facing(canvas.normal)
    edge = _edges(canvas.depth.reshape(shape), normal.reshape(3, *shape), seen.reshape(shape))
    shade = np.where(edge.reshape(-1), np.float32(EDGE_SHADE), np.float32(1)) * seen
    picture = np.empty((4, *shape), dtype=np.float32)
    picture[:3] = (_lit(canvas.color, normal) * shade).reshape(3, *shape)
    picture[3] = seen.reshape(shape)
    return picture


def _facing(normal: Floats) -> Floats:
    """Unit normals (3, n) on the side of the eye: open surfaces are seen from both sides."""
    x, y, z = normal
    scale = np.copysign(1 / np.maximum(np.sqrt(x * x + y * y + z * z), np.float32(1e-12)), z)
    unit: Floats = normal * scale
    return unit


def _lit(color: Floats, normal: Floats) -> Floats:
    key, fill = (np.clip((light / np.linalg.norm(light)).astype(np.float32) @ normal, 0, 1) for light in (KEY_LIGHT, FILL_LIGHT))
    light = 0.42 + 0.07 * (normal[1] + 1) + 0.45 * key + 0.14 * fill
    lit: Floats = np.clip(_soften(color) * light + 0.16 * _power24(key), 0, 1)
    return lit


def _power24(value: Floats) -> Floats:
    eighth = value * value
    eighth *= eighth
    eighth *= eighth
    result: Floats = eighth * eighth * eighth
    return result


def _soften(color: Floats) -> Floats:
    """Less garish and never black or white: CAD colours are pure, and a black part would have no shape."""
    grey = (color[0] + color[1] + color[2]) / 3
    soft: Floats = 0.13 + 0.8 * (0.85 * color + 0.15 * grey)
    return soft


def _edges(depth: Floats, normal: Floats, seen: Mask) -> Mask:
    """Pixels at a crease, at a step in depth, or at the outline."""
    edge = np.zeros(seen.shape, dtype=bool)
    flat = np.where(seen, depth, np.float32(0))
    for axis in (0, 1):
        here, there = _neighbours(axis)
        both = seen[here] & seen[there]
        crease = sum(each[here] * each[there] for each in normal) < CREASE
        drop = np.abs(flat[there] - flat[here])
        # how much depth the surface itself gains from one pixel to the next
        slope = np.abs(normal[1 - axis]) / np.maximum(np.abs(normal[2]), np.float32(0.02))
        step = drop > STEP_PIXELS + 2 * np.maximum(slope[here], slope[there])
        found = (both & (crease | step)) | (seen[here] != seen[there])
        edge[here] |= found
        edge[there] |= found
    return edge & seen


def _neighbours(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    all_rows = slice(None)
    here, there = slice(None, -1), slice(1, None)
    return ((here, all_rows), (there, all_rows)) if axis == 0 else ((all_rows, here), (all_rows, there))


def png(picture: Floats, width: int, height: int) -> bytes:
    """A picture (4, …) as PNG; it may be any whole number of times larger."""
    times = picture.shape[1] // height
    parts = [(row, column) for row in range(times) for column in range(times)]
    opacity = sum(picture[3, row::times, column::times] for row, column in parts)
    weight = 1 / np.maximum(opacity, np.float32(1e-6))
    small = np.empty((height, width, 4), dtype=np.uint8)
    for channel in range(3):
        color = sum(picture[channel, row::times, column::times] * picture[3, row::times, column::times] for row, column in parts)
        small[..., channel] = np.rint(color * weight * 255)
    small[..., 3] = np.rint(opacity * (255 / len(parts)))
    buffer = io.BytesIO()
    Image.fromarray(small, "RGBA").save(buffer, "PNG", compress_level=PNG_LEVEL)
    return buffer.getvalue()
