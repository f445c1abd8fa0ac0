"""The `structure` document of a flat parts list: one assembly without a name (the file has it), and a component for each distinct part."""

from collections.abc import Sequence
from typing import Final

from cascadia.importing.model import Item
from cascadia.kernel.text import alike, fold
from cascadia.structures.limits import key_of
from cascadia.structures.model import Component, Structure, Usage

ROOT: Final = "/"


def structure_of(items: Sequence[Item]) -> Structure:
    """Rows of one part number are one component; rows without a number are one where their names are equal."""
    components = {ROOT: Component(key=ROOT, number="", name="", is_assembly=True)}
    usages: list[Usage] = []
    for item in items:
        key = _key(item)
        known = components.setdefault(key, _component(key, item))
        known.notes.extend(note for note in item.notes if note not in known.notes)
        usages += _usages(key, item)
    return Structure(source_schema="table", unit="mm", root=ROOT, components=list(components.values()), usages=usages)


def _key(item: Item) -> str:
    return key_of(f"number:{fold(item.number)}" if item.number else f"name:{alike(item.name)}")


def _component(key: str, item: Item) -> Component:
    return Component(
        key=key,
        number=item.number or "",
        name=item.name,
        description=item.description,
        own_number=item.number is not None,
        notes=list(item.notes),
    )


def _usages(key: str, item: Item) -> list[Usage]:
    if item.designators:
        return [Usage(parent=ROOT, child=key, key=name, name=name, designator=name, fitted=item.fitted) for name in item.designators]
    row = f"row {item.place}"
    otherwise = None if item.otherwise is None else f"{item.otherwise:f}"
    return [Usage(parent=ROOT, child=key, key=row, name=row, quantity=f"{item.quantity:f}", otherwise=otherwise, fitted=item.fitted)]
