"""What is in what in a model that was read, and what follows from it: boxes, sums, the layout of the whole."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from OCP.gp import gp_Trsf
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Shape

from cascadia.cad.boxes import NOTHING_YET, Box, as_box, box_of, merged
from cascadia.cad.measure import Measures, assembly_hash
from cascadia.cad.model import OCCURRENCES_MAX, CadError
from cascadia.cad.read_step import IDENTITY, ReadModel, ReadUsage
from cascadia.cad.step_model import TOO_LARGE

Floats = NDArray[np.float64]

TURNED: Final = 9
"""Decimals by which two rotations are told apart."""


class Scene:
    """A read model: who stands where. `below` holds the usages of each assembly in the order of the file."""

    def __init__(self, model: ReadModel) -> None:
        self.model = model
        self.below: Mapping[str, Sequence[ReadUsage]] = _below(model)
        self.children_first = _children_first(model.root, self.below)
        self._boxes: dict[tuple[str, bytes], Floats | None] = {}
        _refuse_too_many(self)

    def box(self, key: str) -> Box | None:
        """The exact box of a component with all that has a place in it."""
        found = self._turned(key, np.eye(3))
        return None if found is None else as_box(found)

    def note_box(self, key: str, box: Box | None) -> None:
        """The box of a component's own shape is known already."""
        if not self.below.get(key):
            self._boxes[key, _name(np.eye(3))] = None if box is None else np.array(box)

    def _turned(self, key: str, turn: Floats) -> Floats | None:
        """The box (6) of a component turned about its origin by a matrix (3, 3)."""
        name = key, _name(turn)
        if name not in self._boxes:
            self._boxes[name] = self._measured(key, turn)
        return self._boxes[name]

    def _measured(self, key: str, turn: Floats) -> Floats | None:
        if not np.array_equal(turn, np.eye(3)) and _keeps_axes(turn):
            plain = self._turned(key, np.eye(3))
            return None if plain is None else _corners(plain, turn)
        bounds = NOTHING_YET
        own = box_of(_moved(self.model.components[key].shape, turn))
        if own is not None:
            bounds = merged(bounds, np.array(own))
        reaching = []
        for usage in self.below.get(key, ()):
            plain = self._turned(usage.child, np.eye(3)) if usage.placement is not None else None
            if plain is not None:
                matrix = np.array(usage.placement).reshape(4, 4)
                whole, move = turn @ matrix[:3, :3], turn @ matrix[:3, 3]
                reaching.append((usage.child, whole, move, _corners(plain, whole) + np.tile(move, 2)))
        return self._around(reaching, bounds)

    def _around(self, reaching: Sequence[tuple[str, Floats, Floats, Floats]], bounds: Floats) -> Floats | None:
        """`bounds` and the exact boxes of all that reaches beyond by its rough one, on each side the furthest first."""
        outer = np.array([rough for *_, rough in reaching])
        done: set[int] = set()
        for side in range(6 if len(outer) else 0):
            sign = 1 if side < 3 else -1
            for index in np.argsort(sign * outer[:, side], kind="stable"):
                if sign * (outer[index, side] - bounds[side]) >= 0:
                    break
                if index not in done:
                    done.add(index)
                    child, whole, move, _ = reaching[index]
                    exact = self._turned(child, whole)
                    bounds = bounds if exact is None else merged(bounds, exact + np.tile(move, 2))
        return bounds if np.isfinite(bounds).all() else None

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


def _name(turn: Floats) -> bytes:
    return (np.round(turn, TURNED) + 0.0).tobytes()


def _keeps_axes(turn: Floats) -> bool:
    """Whether the axes stay axes, so that a box turns into one."""
    return bool((np.isclose(np.abs(turn), 1, rtol=0, atol=1e-9) | np.isclose(turn, 0, rtol=0, atol=1e-9)).all())


def _corners(box: Floats, turn: Floats) -> Floats:
    """The box around a turned box."""
    middle, half = (box[3:] + box[:3]) / 2, (box[3:] - box[:3]) / 2
    at, reach = turn @ middle, np.abs(turn) @ half
    return np.concatenate([at - reach, at + reach])


def _moved(shape: TopoDS_Shape | None, turn: Floats) -> TopoDS_Shape:
    if shape is None:
        return TopoDS_Shape()
    transformation = gp_Trsf()
    x, y, z = turn.tolist()
    transformation.SetValues(*x, 0.0, *y, 0.0, *z, 0.0)
    return shape.Moved(TopLoc_Location(transformation))


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
