"""One STEP file in; its structure out, and what the jobs that follow need: the distinct shapes, and where they stand."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cascadia.cad import bundle, layout
from cascadia.cad.bundle import Bundled
from cascadia.cad.layout import Layout, Piece, Place
from cascadia.cad.measure import NOTHING, Measures, is_real, measure
from cascadia.cad.model import CadError, Output, Progress
from cascadia.cad.notes import BROKEN, VALIDATION, called, measure_differs, shape_unreadable
from cascadia.cad.read_step import UNREADABLE, ReadComponent, ReadModel, read
from cascadia.cad.scene import Scene
from cascadia.cad.structure import structure_of
from cascadia.structures import shapes as congruence
from cascadia.structures.model import Note, encode

MILLIMETRES: Final = (1.0, 10.0, 1000.0, 25.4, 304.8)
"""Of the units in which a file may say sizes: exporters do not always take the unit of the shape, nor name the one that they took."""


def convert(source: Path, out: Path, progress: Progress, title: str = "assembly") -> list[Output]:
    """What is read of a STEP file, as files in the folder `out`. Raises `CadError` for a file that cannot be converted.

    Documents that the file refers to are read when they lie beside it. `title` names a root that is made where the file has several.
    """
    progress(0.02, "reading")
    with TemporaryDirectory(dir=out) as scratch:
        model = read(source, Path(scratch), title)
    measures, shapes = _measure(model, progress)
    if not shapes and any(note.code == "shape_unreadable" for note in model.notes):
        raise CadError("cad_unreadable", UNREADABLE)
    if not shapes and not model.missing and not model.usages:
        raise CadError("cad_no_shapes", "The file holds no surfaces that could be shown. Export solids, not only sketches.")
    scene = Scene(model)
    for key, own in measures.items():
        scene.note_box(key, own.box)
    _measure_assemblies(scene, measures)
    progress(0.95, "writing")
    distinct = {shape.digest: shape for shape in shapes.values()}
    bundle.write(out / "shapes.zip", list(distinct.values()))
    pointers, geometry = _geometry(measures)
    stands = layout.encode(_layout(model, shapes, list(distinct)))
    return [
        _write(out, "structure", "application/json", "structure.json", encode(structure_of(scene, measures, pointers))),
        *([_write(out, congruence.KIND, congruence.MEDIA_TYPE, "geometry.msgpack", geometry)] if pointers else ()),
        _write(out, "layout", "application/json", "layout.json", stands),
        Output("shapes", None, "application/zip", out / "shapes.zip"),
    ]


def _measure(model: ReadModel, progress: Progress) -> tuple[dict[str, Measures], dict[str, Bundled]]:
    """By component: its measures, and its shape where that has a surface; equal shapes are measured once."""
    measures: dict[str, Measures] = {}
    shapes: dict[str, Bundled] = {}
    known: dict[bytes, Measures] = {}
    shaped = [component for component in model.components.values() if component.shape is not None]
    for index, component in enumerate(shaped):
        progress(0.6 + 0.3 * index / len(shaped), f"measuring {component.product.name}")
        content = bundle.content_of(component.shape)
        own = known[content] if content in known else measure(component.shape)
        known[content] = own
        if not is_real(own):
            words = called(component.product.number, component.product.name)
            model.notes = [*(note for note in model.notes if note.component != component.key), shape_unreadable(component.key, words)]
            continue
        measures[component.key] = own
        if own.box is not None:
            shapes[component.key] = Bundled(content, bundle.colors_of(component.shape, component.color, component.parts, own.box))
    return measures, shapes


def _geometry(measures: Mapping[str, Measures]) -> tuple[dict[str, str], bytes]:
    """Where the shape of each component that has one is in the `geometry` document, and the document."""
    own = {key: each.shape for key, each in measures.items() if each.shape is not None}
    data = congruence.encode(list(own.values()))
    sha256 = hashlib.sha256(data).hexdigest()
    return {key: congruence.pointer(sha256, place) for place, key in enumerate(own)}, data


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


def _layout(model: ReadModel, shapes: Mapping[str, Bundled], digests: list[str]) -> Layout:
    number = {digest: index for index, digest in enumerate(digests)}
    pieces = [Piece(c.key, c.product.name, number[shapes[c.key].digest] if c.key in shapes else None) for c in model.components.values()]
    places = [Place(u.parent, u.child, u.key, u.name, None if u.placement is None else list(u.placement), u.color) for u in model.usages]
    return Layout(model.root, pieces, places, digests)


def _write(out: Path, kind: str, media_type: str, name: str, data: bytes) -> Output:
    path = out / name
    path.write_bytes(data)
    return Output(kind, None, media_type, path)
