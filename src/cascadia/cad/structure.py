"""The `structure` document of a read model: measured numbers as decimal strings, so that the same file gives the same bytes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from cascadia.cad import notes
from cascadia.cad.measure import Measures
from cascadia.cad.model import Rgba
from cascadia.cad.read_step import ReadComponent, ReadUsage
from cascadia.cad.scene import Scene
from cascadia.structures.congruence import key_of
from cascadia.structures.model import Component, Structure, Usage

DIGITS: Final = 9
"""Significant digits of a volume, an area or a mass: fewer than the integration is good for, more than anybody needs."""
LENGTH_PLACES: Final = 4


def structure_of(scene: Scene, measures: Mapping[str, Measures], shapes: Mapping[str, str]) -> Structure:
    """The document; components in the order of the file, usages too. `shapes`: pointers into the `geometry` document."""
    model = scene.model
    masses = _masses(scene, measures)
    words = {key: notes.called(component.product.number, component.product.name) for key, component in model.components.items()}
    designated, left = notes.designators(model.usages, words)
    return Structure(
        source_schema=model.protocol,
        unit=model.unit,
        root=model.root,
        components=[_component(c, measures[c.key], masses[c.key], shapes.get(c.key)) for c in model.components.values()],
        usages=[_usage(usage, is_designated=(usage.parent, usage.child) in designated) for usage in model.usages],
        missing=sorted(model.missing),
        notes=[*model.notes, *notes.without_place(model.usages, words), *left],
    )


def _component(component: ReadComponent, measures: Measures, mass: float | None, shape: str | None) -> Component:
    product = component.product
    return Component(
        key=component.key,
        number=product.number,
        name=product.name,
        description=product.description or None,
        is_assembly=component.is_assembly,
        volume=_digits(measures.volume),
        area=_digits(measures.area),
        mass=_digits(mass),
        bbox=[length_text(value) for value in measures.box] if measures.box else None,
        center=[length_text(value) for value in measures.center] if measures.center else None,
        color=_hex(component.color),
        geometry_hash=measures.geometry_hash,
        geometry=None if measures.shape is None else key_of(measures.shape),
        shape=shape,
    )


def _usage(usage: ReadUsage, *, is_designated: bool) -> Usage:
    return Usage(
        parent=usage.parent,
        child=usage.child,
        key=usage.key,
        name=usage.name,
        placement=None if usage.placement is None else list(usage.placement),
        designator=usage.designator if is_designated else None,
    )


def _masses(scene: Scene, measures: Mapping[str, Measures]) -> dict[str, float | None]:
    """Kilograms: the own volume by the file's density, and what the children weigh; None where one of these is not known."""
    masses: dict[str, float | None] = {}
    for key in scene.children_first:
        component, below = scene.model.components[key], [usage.child for usage in scene.below.get(key, ())]
        pieces = [masses[child] for child in below]
        if component.shape is not None:
            own = (measures[key].volume or 0) - sum(measures[child].volume or 0 for child in below)
            pieces.append(None if component.product.density is None or measures[key].volume is None else component.product.density * own)
        known = [mass for mass in pieces if mass is not None]
        masses[key] = sum(known) if known and len(known) == len(pieces) else None
    return masses


def _digits(value: float | None) -> str | None:
    return plain(Decimal(f"{value:.{DIGITS - 1}e}")) if value is not None else None


def length_text(value: float) -> str:
    """Millimetres to a tenth of a micrometre."""
    return plain(Decimal(f"{value:.{LENGTH_PLACES}f}"))


def plain(value: Decimal) -> str:
    """A decimal without exponent and without zeros at its end."""
    return f"{value.normalize() + 0:f}"


def _hex(color: Rgba | None) -> str | None:
    return "#" + "".join(f"{round(value * 255):02x}" for value in color[:3]) if color else None
