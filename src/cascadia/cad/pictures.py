"""Pictures of the components of a file, drawn from its 3D model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from cascadia.cad.glb import read_meshes
from cascadia.cad.layout import Layout, leaves
from cascadia.cad.model import Output, Progress
from cascadia.cad.tessellate import Mesh
from cascadia.cad.thumbnail import Placed, png, render

WHOLE_SIZE: Final = (512, 384)
COMPONENT_SIZE: Final = (192, 144)


def draw(layout: Layout, model: Path, chosen: Sequence[int], out: Path, progress: Progress) -> list[Output]:
    """A picture of each of the chosen components, and two of the root: PNG files in the folder `out`."""
    meshes, outputs = read_meshes(model), []
    for done, index in enumerate(chosen):
        piece = layout.pieces[index]
        progress(done / len(chosen), f"drawing {piece.name}")
        placed = _placed(layout, piece.key, meshes)
        if not placed:
            continue
        picture = png(render(placed, *COMPONENT_SIZE), *COMPONENT_SIZE)
        outputs.append(_write(out, piece.key, f"thumbnail-{index}.png", picture))
        if piece.key == layout.root:
            outputs.append(_write(out, None, "thumbnail.png", png(render(placed, *WHOLE_SIZE), *WHOLE_SIZE)))
    return outputs


def _placed(layout: Layout, key: str, meshes: Mapping[int, Sequence[Mesh]]) -> list[Placed]:
    return [
        Placed(mesh, leaf.matrix, np.array((leaf.color or mesh.color)[:3]))
        for leaf in leaves(layout, key, meshes)
        for mesh in meshes[leaf.shape]
    ]


def _write(out: Path, component: str | None, name: str, data: bytes) -> Output:
    path = out / name
    path.write_bytes(data)
    return Output("thumbnail", component, "image/png", path)
