"""Pictures: what the rasteriser puts where, and that a picture shows its component and nothing else."""

import io
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from cascadia.cad import raster, rays
from cascadia.cad.canvas import Canvas, Floats, Layer
from tests.cad.conversion import Conversion

RED, BLUE = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
FLAT = np.tile([0.0, 0.0, 1.0], (3, 1))
CORNERS = np.array([[0, 1, 2]])
Point = tuple[float, float, float]
each = pytest.mark.parametrize("tracer", (rays, raster), ids=("embree", "numpy"))
"""What draws where there is Embree, and what draws elsewhere."""


def triangle(*points: Point, normals: Floats = FLAT, color: Floats = RED) -> Layer:
    return Layer(np.array(points, dtype=float), normals, CORNERS, color)


@each
def test_a_triangle_covers_the_pixels_whose_centres_it_holds(tracer: ModuleType) -> None:
    canvas = Canvas(6, 5)
    tracer.draw(canvas, [triangle((0, 0, 1), (4.25, 0, 1), (0, 4.25, 1))])
    covered = np.isfinite(canvas.depth).reshape(5, 6)
    expected = [[column + 0.5 + row + 0.5 <= 4.25 for column in range(6)] for row in range(5)]
    assert covered.tolist() == expected


@each
@pytest.mark.parametrize("at_once", (1, 1000))
@pytest.mark.parametrize("near_first", (True, False))
def test_the_nearer_triangle_is_seen(tracer: ModuleType, near_first: bool, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    monkeypatch.setattr(rays, "TRIANGLES_AT_ONCE", at_once)
    canvas = Canvas(4, 4)
    near, far = (triangle((-9, -9, z), (20, -9, z), (-9, 20, z), color=color) for z, color in ((2.0, RED), (1.0, BLUE)))
    tracer.draw(canvas, [near, far] if near_first else [far, near])
    assert (canvas.color.T == RED).all()
    assert canvas.depth == pytest.approx(2)


@each
def test_depth_and_normal_run_linearly_over_a_triangle(tracer: ModuleType) -> None:
    canvas = Canvas(8, 8)
    normals = np.array([[0.0, 0.0, 1.0], [0.8, 0.0, 0.2], [0.0, 0.8, 0.2]])
    tracer.draw(canvas, [triangle((0, 0, 0), (8, 0, 8), (0, 8, 16), normals=normals)])
    at = 2 * 8 + 3
    assert canvas.depth[at] == pytest.approx(3.5 + 2 * 2.5)
    assert canvas.normal[:, at] == pytest.approx([0.35, 0.25, 0.4])


@each
def test_what_lies_outside_is_cut_off(tracer: ModuleType) -> None:
    canvas = Canvas(4, 4)
    tracer.draw(canvas, [triangle((-100, -50, 1), (100, -50, 1), (0, 70, 1)), triangle((10, 10, 5), (20, 10, 5), (10, 20, 5))])
    assert canvas.depth == pytest.approx(1)


def picture(as1: Conversion, component: str | None) -> Image.Image:
    image = Image.open(io.BytesIO(as1.bytes_of("thumbnail", component)))
    assert image.format == "PNG"
    assert image.mode == "RGBA"
    return image


def test_there_is_a_picture_of_the_whole_and_of_each_component(as1: Conversion) -> None:
    assert picture(as1, None).size == (512, 384)
    for component in as1.structure.components:
        assert picture(as1, component.key).size == (192, 144)
    assert sum(output["kind"] == "thumbnail" for output in as1.outputs) == 10


def test_the_ground_is_transparent_and_the_component_fills_the_picture(as1: Conversion) -> None:
    pixels = np.asarray(picture(as1, None))
    opaque = pixels[..., 3] == 255
    assert not pixels[[0, 0, -1, -1], [0, -1, 0, -1], 3].any()
    assert 0.2 < opaque.mean() < 0.8
    rows, columns = np.nonzero(opaque)
    assert max(np.ptp(rows) / 384, np.ptp(columns) / 512) > 0.88


def test_colours_of_the_file_are_seen(as1: Conversion) -> None:
    """The plate is bluish, the bracket orange; neither is black on a dark ground nor white on a light one."""
    for key, warm in (("plate", False), ("l-bracket", True)):
        pixels = np.asarray(picture(as1, key)).astype(float)
        red, green, blue = pixels[pixels[..., 3] == 255][:, :3].mean(axis=0)
        assert (red > green > blue) == warm
        assert (red < green < blue) != warm
        assert 60 < (red + green + blue) / 3 < 200
