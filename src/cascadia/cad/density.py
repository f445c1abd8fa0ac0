"""Densities of a STEP file in kg/mm³. XCAF hands them on without the mass unit of the file, so they are read from the entities."""

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from OCP.StepBasic import StepBasic_ConversionBasedUnit, StepBasic_SiUnit, StepBasic_SiUnitName
from OCP.StepRepr import StepRepr_MeasureRepresentationItem, StepRepr_PropertyDefinitionRepresentation

BASE: Final = {
    StepBasic_SiUnitName.StepBasic_sunGram: ("mass", 1e-3),
    StepBasic_SiUnitName.StepBasic_sunMetre: ("length", 1e3),
}
"""A gram in kilograms, a metre in millimetres."""
LINK: Final = StepRepr_PropertyDefinitionRepresentation
"""The entity between a property and its value."""
POWERS: Final = {
    "Tera": 12,
    "Giga": 9,
    "Mega": 6,
    "Kilo": 3,
    "Hecto": 2,
    "Deca": 1,
    "Deci": -1,
    "Centi": -2,
    "Milli": -3,
    "Micro": -6,
    "Nano": -9,
}

Entities = Callable[[type], Iterator[Any]]


def of_products(entities: Entities) -> Iterator[tuple[Any, float]]:
    """Product definitions with the density that the file gives them."""
    for link in entities(LINK):
        definition = _product_of(link.Definition().PropertyDefinition())
        if definition is None:
            continue
        value = next((v for item in _measures(link.UsedRepresentation()) if (v := _density(item)) is not None), None)
        if value is not None:
            yield definition, value


def _product_of(property_definition: Any) -> Any:
    """The product definition that a property belongs to, or None."""
    about = property_definition.Definition() if property_definition is not None else None
    return about.ProductDefinition() if about is not None else None


def _measures(representation: Any) -> Iterator[Any]:
    count = representation.NbItems() if representation is not None else 0
    for index in range(1, count + 1):
        item = representation.ItemsValue(index)
        if isinstance(item, StepRepr_MeasureRepresentationItem) and "density" in str(item.Name().ToCString()).lower():
            yield item


def _density(item: Any) -> float | None:
    """Whatever the exponents are (OpenCASCADE writes wrong ones): a density is mass by length cubed."""
    unit = item.Measure().UnitComponent().DerivedUnit()
    if unit is None:
        return None
    factors = dict(_factor(unit.ElementsValue(index).Unit()) for index in range(1, unit.NbElements() + 1))
    if factors.keys() != {"mass", "length"}:
        return None
    value = float(item.Measure().ValueComponent()) * factors["mass"] / factors["length"] ** 3
    return value if value > 0 and math.isfinite(value) else None


def _factor(unit: Any) -> tuple[str, float]:
    """Of what a unit is, and how many kilograms or millimetres it has; ("", 0) for anything else."""
    if isinstance(unit, StepBasic_SiUnit):
        kind, base = BASE.get(unit.Name(), ("", 0.0))
        power = POWERS.get(str(unit.Prefix().name).removeprefix("StepBasic_sp")) if unit.HasPrefix() else 0
        return (kind, base * 10.0**power) if power is not None else ("", 0.0)
    if isinstance(unit, StepBasic_ConversionBasedUnit):
        factor = unit.ConversionFactor()
        kind, base = _factor(factor.UnitComponent().NamedUnit())
        return kind, float(factor.ValueComponent()) * base
    return "", 0.0
