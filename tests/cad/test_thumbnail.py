"""Pictures: what the rasteriser puts where, and that a picture shows its component and nothing else."""

import io

import numpy as np
import pytest
from PIL import Image

from cascadia.cad.raster import Canvas
from tests.cad.conversion import Conversion

RED, BLUE = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
FLAT = np.tile([0.0, 0.0, 1.0], (3, 1))
CORNERS = np.array([[0, 1, 2]])


def triangle(*points: tuple[float, float, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(points, dtype=float)


def test_a_triangle_covers_the_pixels_whose_centres_it_holds() -> None:
    canvas = Canvas(6, 5)
    canvas.draw(triangle((0, 0, 1), (4, 0, 1), (0, 4, 1)), FLAT, CORNERS, RED)
    covered = np.isfinite(canvas.depth).reshape(5, 6)
    expected = [[column + 0.5 + row + 0.5 <= 4 for column in range(6)] for row in range(5)]
    assert covered.tolist() == expected


@pytest.mark.parametrize("near_first", (True, False))
def test_the_nearer_triangle_is_seen(near_first: bool) -> None:  # noqa: FBT001
    canvas = Canvas(4, 4)
    near, far = (triangle((-9, -9, z), (20, -9, z), (-9, 20, z)) for z in (2.0, 1.0))
    for points, color in [(near, RED), (far, BLUE)] if near_first else [(far, BLUE), (near, RED)]:
        canvas.draw(points, FLAT, CORNERS, color)
    assert (canvas.color == RED).all()
    assert (canvas.depth == 2).all()


def test_depth_and_normal_run_linearly_over_a_triangle() -> None:
    canvas = Canvas(8, 8)
    normals = np.array([[0.0, 0.0, 1.0], [0.8, 0.0, 0.2], [0.0, 0.8, 0.2]])
    canvas.draw(triangle((0, 0, 0), (8, 0, 8), (0, 8, 16)), normals, CORNERS, RED)
    at = 2 * 8 + 3
    assert canvas.depth[at] == pytest.approx(3.5 + 2 * 2.5)
    assert canvas.normal[at] == pytest.approx([0.35, 0.25, 0.4])


def test_what_lies_outside_is_cut_off() -> None:
    canvas = Canvas(4, 4)
    canvas.draw(triangle((-100, -50, 1), (100, -50, 1), (0, 70, 1)), FLAT, CORNERS, RED)
    canvas.draw(triangle((10, 10, 5), (20, 10, 5), (10, 20, 5)), FLAT, CORNERS, BLUE)
    assert (canvas.depth == 1).all()


def picture(as1: Conversion, component: str | None) -> Image.Image:
    image = Image.open(io.BytesIO(as1.bytes_of("thumbnail", component)))
    assert image.format == "PNG"
    assert image.mode == "RGBA"
    return image


def test_there_is_a_picture_of_the_whole_and_of_each_component(as1: Conversion) -> None:
    assert picture(as1, None).size == (512, 384)
    for component in as1.structure.components:
        assert picture(as1, component.key).size == (256, 192)
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
