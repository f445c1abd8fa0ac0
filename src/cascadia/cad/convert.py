"""One STEP file in; its structure, a 3D model and pictures out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from OCP.XCAFDoc import XCAFDoc_DocumentTool

from cascadia.cad import source
from cascadia.cad.glb import write_glb
from cascadia.cad.measure import MM3_PER_CM3, Measures, box_of_points, decimal_text, measure
from cascadia.cad.model import CadError, Output, Progress
from cascadia.cad.read_step import ReadComponent, ReadModel, read
from cascadia.cad.tessellate import Mesh, tessellate
from cascadia.cad.thumbnail import Floats, Soup, render
from cascadia.proposals.model import Component, Structure, Usage, encode

ROOT_SIZE: Final = (512, 384)
COMPONENT_SIZE: Final = (256, 192)
TRIANGLES_MAX: Final = 4_000_000


def convert(path: Path, out: Path, progress: Progress, title: str = "assembly") -> list[Output]:
    """Everything that is made from a STEP file, as files in `out`. Raises `CadError` for a file that cannot be converted."""
    progress(0.02, "reading")
    protocol = source.check(path)
    model = read(source.normalise(path, out / "normalised.stp"), title)
    (out / "normalised.stp").unlink()
    progress(0.4, "measuring")
    measures = {c.key: measure(c.shape, hashed=True) for c in model.components.values() if not c.is_assembly}
    progress(0.6, "tessellating")
    colors = XCAFDoc_DocumentTool.ColorTool_s(model.document.Main())
    meshes = {c.key: tessellate(c.shape, colors, c.color) for c in model.components.values() if not c.is_assembly}
    if not any(meshes.values()) and not model.usages:
        raise CadError("cad_no_shapes", "The file holds no surfaces that could be shown. Export the solids, not only sketches.")
    soups = _soups(model, meshes)
    structure = _structure(model, protocol, measures, soups)
    progress(0.8, "writing")
    outputs = [_write(out, "structure", None, "application/json", "structure.json", encode(structure))]
    if any(meshes.values()):
        outputs.append(_write(out, "glb", None, "model/gltf-binary", "model.glb", write_glb(structure, meshes)))
    return outputs + _thumbnails(out, model.root, soups, progress)


def _structure(model: ReadModel, protocol: str, measures: Mapping[str, Measures], soups: Mapping[str, Soup]) -> Structure:
    below: dict[str, list[str]] = defaultdict(list)
    for usage in model.usages:
        below[usage.parent].append(usage.child)
    volumes: dict[str, float] = {}
    masses: dict[str, float | None] = {}
    components = [_component(c, measures.get(c.key), below, volumes, masses, soups[c.key]) for c in _children_first(model, below)]
    order = {key: n for n, key in enumerate(model.components)}
    return Structure(
        source_schema=protocol,
        unit="mm",
        root=model.root,
        components=sorted(components, key=lambda c: order[c.key]),
        usages=[Usage(parent=u.parent, child=u.child, key=u.key, name=u.name, placement=list(u.placement)) for u in model.usages],
        missing=model.missing,
    )


def _children_first(model: ReadModel, below: Mapping[str, Sequence[str]]) -> list[ReadComponent]:
    done: dict[str, None] = {}
    stack = [(key, False) for key in model.components]
    while stack:
        key, ready = stack.pop()
        if key in done:
            continue
        if ready:
            done[key] = None
        else:
            stack.append((key, True))
            stack.extend((child, False) for child in below.get(key, ()) if child not in done)
    return [model.components[key] for key in done]


def _component(
    c: ReadComponent,
    own: Measures | None,
    below: Mapping[str, Sequence[str]],
    volumes: dict[str, float],
    masses: dict[str, float | None],
    soup: Soup,
) -> Component:
    children = below.get(c.key, ())
    volumes[c.key] = own.volume if own else sum(volumes[child] for child in children)
    masses[c.key] = _mass(c, own, [masses[child] for child in children])
    box = own.box if own else box_of_points(soup.triangles.reshape(-1, 3))
    mass = masses[c.key]
    return Component(
        key=c.key,
        number=c.number,
        name=c.name,
        is_assembly=c.is_assembly,
        volume=decimal_text(volumes[c.key]) if volumes[c.key] else None,
        area=decimal_text(own.area) if own and own.area else None,
        mass=decimal_text(mass) if mass is not None else None,
        bbox=[decimal_text(v) for v in box] if box else None,
        center=[decimal_text(v) for v in own.center] if own and own.area else None,
        color=c.color,
        geometry_hash=own.geometry_hash if own else None,
    )


def _mass(c: ReadComponent, own: Measures | None, children: Sequence[float | None]) -> float | None:
    """Kilograms from the file's density, or summed where all children have one."""
    if own is not None:
        return own.volume / MM3_PER_CM3 * c.density / 1000 if c.density is not None and own.volume > 0 else None
    return sum(m for m in children if m is not None) if children and all(m is not None for m in children) else None


def _soups(model: ReadModel, meshes: Mapping[str, Sequence[Mesh]]) -> dict[str, Soup]:
    """Per component all triangles below it, in its own frame."""
    below: dict[str, list[str]] = defaultdict(list)
    for usage in model.usages:
        below[usage.parent].append(usage.child)
    soups: dict[str, Soup] = {}
    for component in _children_first(model, below):
        pieces = [_soup(mesh) for mesh in meshes.get(component.key, ())]
        pieces += [_placed(soups[u.child], u.placement) for u in model.usages if u.parent == component.key]
        soups[component.key] = _joined(pieces)
    return soups


def _soup(mesh: Mesh) -> Soup:
    rgb = [int(mesh.color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return Soup(mesh.points[mesh.triangles], np.tile(np.array(rgb), (len(mesh.triangles), 1)))


def _placed(soup: Soup, placement: Sequence[float]) -> Soup:
    matrix = np.array(placement).reshape(4, 4)
    moved: Floats = soup.triangles @ matrix[:3, :3].T + matrix[:3, 3]
    return Soup(moved, soup.colors)


def _joined(pieces: Sequence[Soup]) -> Soup:
    count = sum(len(p.triangles) for p in pieces)
    if count > TRIANGLES_MAX:
        raise CadError("cad_too_large", f"The model has more than {TRIANGLES_MAX:,} triangles. Import its sub-assemblies one by one.")
    if not count:
        return Soup(np.zeros((0, 3, 3)), np.zeros((0, 3)))
    return Soup(np.concatenate([p.triangles for p in pieces]), np.concatenate([p.colors for p in pieces]))


def _thumbnails(out: Path, root: str, soups: Mapping[str, Soup], progress: Progress) -> list[Output]:
    outputs = []
    for index, (key, soup) in enumerate(sorted(soups.items())):
        progress(0.85 + 0.15 * index / len(soups), "drawing")
        if not len(soup.triangles):
            continue
        name = f"thumbnail-{index}.png"
        outputs.append(_write(out, "thumbnail", key, "image/png", name, render(soup, *COMPONENT_SIZE)))
        if key == root:
            outputs.append(_write(out, "thumbnail", None, "image/png", "thumbnail.png", render(soup, *ROOT_SIZE)))
    return outputs


def _write(out: Path, kind: str, component: str | None, media_type: str, name: str, data: bytes) -> Output:
    path = out / name
    path.write_bytes(data)
    return Output(kind, component, media_type, path)
