"""One STEP file in; its structure, a 3D model and pictures out."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from cascadia.cad.glb import write_glb
from cascadia.cad.measure import NOTHING, Measures, is_real, measure
from cascadia.cad.model import CadError, Output, Progress
from cascadia.cad.notes import BROKEN, VALIDATION, called, measure_differs, shape_unreadable
from cascadia.cad.read_step import UNREADABLE, ReadComponent, ReadModel, read
from cascadia.cad.scene import Scene
from cascadia.cad.structure import structure_of
from cascadia.cad.tessellate import Mesh, tessellate
from cascadia.cad.thumbnail import Placed, png, render
from cascadia.structures import shapes
from cascadia.structures.model import Note, encode

WHOLE_SIZE: Final = (512, 384)
COMPONENT_SIZE: Final = (256, 192)
MILLIMETRES: Final = (1.0, 10.0, 1000.0, 25.4, 304.8)
"""Of the units in which a file may say sizes: exporters do not always take the unit of the shape, nor name the one that they took."""


def convert(source: Path, out: Path, progress: Progress, title: str = "assembly") -> list[Output]:
    """Everything that is made from a STEP file, as files in the folder `out`. Raises `CadError` for a file that cannot be converted.

    Documents that the file refers to are read when they lie beside it. `title` names a root that is made where the file has several.
    """
    progress(0.02, "reading")
    with TemporaryDirectory(dir=out) as scratch:
        model = read(source, Path(scratch), title)
    measures, meshes = _measure(model, progress)
    if not any(meshes.values()) and any(note.code == "shape_unreadable" for note in model.notes):
        raise CadError("cad_unreadable", UNREADABLE)
    if not any(meshes.values()) and not model.missing and not model.usages:
        raise CadError("cad_no_shapes", "The file holds no surfaces that could be shown. Export solids, not only sketches.")
    scene = Scene(model, meshes)
    _measure_assemblies(scene, measures)
    progress(0.6, "writing")
    pointers, geometry = _geometry(measures)
    outputs = [
        _write(out, "structure", None, "application/json", "structure.json", encode(structure_of(scene, measures, pointers))),
        *([_write(out, shapes.KIND, None, shapes.MEDIA_TYPE, "geometry.msgpack", geometry)] if pointers else ()),
        _write(out, "glb", None, "model/gltf-binary", "model.glb", write_glb(scene)),
    ]
    return outputs + _thumbnails(out, scene, progress)


def _measure(model: ReadModel, progress: Progress) -> tuple[dict[str, Measures], dict[str, list[Mesh]]]:
    measures: dict[str, Measures] = {}
    meshes: dict[str, list[Mesh]] = {}
    shaped = [component for component in model.components.values() if component.shape is not None]
    for index, component in enumerate(shaped):
        progress(0.2 + 0.4 * index / len(shaped), f"measuring {component.product.name}")
        own = measure(component.shape)
        if not is_real(own):
            words = called(component.product.number, component.product.name)
            model.notes = [*(note for note in model.notes if note.component != component.key), shape_unreadable(component.key, words)]
            continue
        measures[component.key] = own
        meshes[component.key] = tessellate(component.shape, own.box, component.color, component.parts)
    return measures, meshes


def _geometry(measures: Mapping[str, Measures]) -> tuple[dict[str, str], bytes]:
    """Where the shape of each component that has one is in the `geometry` document, and the document."""
    own = {key: each.shape for key, each in measures.items() if each.shape is not None}
    data = shapes.encode(list(own.values()))
    sha256 = hashlib.sha256(data).hexdigest()
    return {key: shapes.pointer(sha256, place) for place, key in enumerate(own)}, data


def _measure_assemblies(scene: Scene, measures: dict[str, Measures]) -> None:
    """Adds up what is below; nothing is claimed to be the volume of what could not be read, nor of what contains it."""
    broken = {note.component for note in scene.model.notes if note.code in BROKEN}
    for key in scene.children_first:
        if scene.model.components[key].is_assembly:
            measures[key] = scene.measure_assembly(key, measures)
        measures.setdefault(key, NOTHING)
        if key in broken or any(usage.child in broken for usage in scene.below.get(key, ())):
            broken.add(key)
            measures[key] = replace(measures[key], volume=None, area=None, center=None, geometry_hash=None, shape=None)
        scene.model.notes += _differences(scene.model.components[key], measures[key])


def _differences(component: ReadComponent, measures: Measures) -> Iterator[Note]:
    """Where the file says other sizes of a component than were read: it was read wrongly, or is not what its program meant."""
    words = called(component.product.number, component.product.name)
    volume, area = component.stated
    for what, read_as, said, power in (("volume", measures.volume, volume, 3), ("area", measures.area, area, 2)):
        if read_as and said and not any(abs(said * unit**power / read_as - 1) < VALIDATION for unit in MILLIMETRES):
            yield measure_differs(component.key, words, what, read_as, said)


def _thumbnails(out: Path, scene: Scene, progress: Progress) -> list[Output]:
    outputs = []
    for index, key in enumerate(scene.model.components):
        progress(0.65 + 0.35 * index / len(scene.model.components), f"drawing {scene.model.components[key].product.name}")
        placed = _placed(scene, key)
        if not placed:
            continue
        whole = key == scene.model.root
        picture = render(placed, *(WHOLE_SIZE if whole else COMPONENT_SIZE))
        outputs.append(_write(out, "thumbnail", key, "image/png", f"thumbnail-{index}.png", png(picture, *COMPONENT_SIZE)))
        if whole:
            outputs.append(_write(out, "thumbnail", None, "image/png", "thumbnail.png", png(picture, *WHOLE_SIZE)))
    return outputs


def _placed(scene: Scene, key: str) -> list[Placed]:
    return [
        Placed(mesh, leaf.matrix, np.array((leaf.color or mesh.color)[:3]))
        for leaf in scene.leaves(key)
        for mesh in scene.meshes[leaf.component]
    ]


def _write(out: Path, kind: str, component: str | None, media_type: str, name: str, data: bytes) -> Output:
    path = out / name
    path.write_bytes(data)
    return Output(kind, component, media_type, path)
