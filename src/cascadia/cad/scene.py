"""Where everything stands in a component: its occurrences, flattened, and what follows from them (box, sums)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cascadia.cad.measure import Box, Measures, assembly_hash
from cascadia.cad.model import OCCURRENCES_MAX, CadError, Rgba
from cascadia.cad.read_step import IDENTITY, ReadModel, ReadUsage
from cascadia.cad.step_model import TOO_LARGE
from cascadia.cad.tessellate import Mesh

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One occurrence of a component with a shape: 4×4 matrix in millimetres; `color` paints over the component's own."""

    component: str
    matrix: Floats
    color: Rgba | None


class Scene:
    """A read model with its meshes: who stands where. `below` holds the usages of each assembly in the order of the file."""

    def __init__(self, model: ReadModel, meshes: Mapping[str, Sequence[Mesh]]) -> None:
        self.model = model
        self.meshes = meshes
        self.below: Mapping[str, Sequence[ReadUsage]] = _below(model)
        self.children_first = _children_first(model.root, self.below)
        _refuse_too_many(self)

    def leaves(self, key: str) -> Iterator[Leaf]:
        """All occurrences with a shape in a component, itself included when it has one."""
        stack = [Leaf(key, np.eye(4), None)]
        while stack:
            at = stack.pop()
            if self.meshes.get(at.component):
                yield at
            for usage in reversed(self.below.get(at.component, ())):
                if usage.placement is None:
                    continue
                matrix: Floats = at.matrix @ np.array(usage.placement).reshape(4, 4)
                stack.append(Leaf(usage.child, matrix, at.color or usage.color))

    def box(self, key: str) -> Box | None:
        """The box of an assembly, from the points of its meshes."""
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        for leaf in self.leaves(key):
            for mesh in self.meshes[leaf.component]:
                points = mesh.points @ leaf.matrix[:3, :3].T + leaf.matrix[:3, 3]
                low, high = np.minimum(low, points.min(axis=0)), np.maximum(high, points.max(axis=0))
        if not np.isfinite(low).all():
            return None
        x0, y0, z0, x1, y1, z1 = (float(value) for value in (*low, *high))
        return x0, y0, z0, x1, y1, z1

    def measure_assembly(self, key: str, known: Mapping[str, Measures]) -> Measures:
        """An assembly's measures: those of its own shape, where it has one (`known` has them then), and of its children."""
        used = [(known[usage.child], usage.placement) for usage in self.below.get(key, ())]
        whole = [*([(known[key], IDENTITY)] if key in known else []), *used]
        volumes = [part.volume for part, _ in whole if part.volume is not None]
        areas = [part.area for part, _ in whole if part.area is not None]
        return Measures(
            volume=sum(volumes) if volumes else None,
            area=sum(areas) if areas else None,
            center=_center(whole),
            box=self.box(key),
            geometry_hash=assembly_hash([(part.geometry_hash, placement) for part, placement in whole]),
            shape=known[key].shape if key in known else None,
        )


def _below(model: ReadModel) -> dict[str, list[ReadUsage]]:
    below: dict[str, list[ReadUsage]] = defaultdict(list)
    for usage in model.usages:
        below[usage.parent].append(usage)
    return dict(below)


def _children_first(root: str, below: Mapping[str, Sequence[ReadUsage]]) -> list[str]:
    done: dict[str, None] = {}
    stack = [(root, False)]
    while stack:
        key, ready = stack.pop()
        if key in done:
            continue
        if ready:
            done[key] = None
            continue
        stack.append((key, True))
        stack.extend((usage.child, False) for usage in below.get(key, ()) if usage.child not in done)
    return list(done)


def _refuse_too_many(scene: Scene) -> None:
    """Counted without walking: thirty levels of two equal children each are 2³⁰ occurrences."""
    occurrences: dict[str, int] = {}
    for key in scene.children_first:
        occurrences[key] = 1 + sum(occurrences[usage.child] for usage in scene.below.get(key, ()))
    if occurrences[scene.model.root] > OCCURRENCES_MAX:
        raise CadError("cad_too_large", TOO_LARGE)


def _center(used: Sequence[tuple[Measures, Sequence[float] | None]]) -> tuple[float, float, float] | None:
    """The centres weighed by volume; None where something that has a volume has no place."""
    total, moment = 0.0, np.zeros(3)
    for child, placement in used:
        if child.volume is not None and child.center is not None:
            if placement is None:
                return None
            matrix = np.array(placement).reshape(4, 4)
            moment += child.volume * (matrix[:3, :3] @ np.array(child.center) + matrix[:3, 3])
            total += child.volume
    if not total:
        return None
    x, y, z = (float(value) for value in moment / total)
    return x, y, z
