"""What the components of a file tell of who they are, and how they are named as parts. Pure."""

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from cascadia.proposals.model import Product
from cascadia.proposals.naming import claimed_number, is_only_alias, telling_name
from cascadia.structures.model import Component, Structure, unfitted

TWIN: Final = re.compile(r"(.+)#\d+")
"""How readers tell components apart that a file calls the same: by their order, which the next state may change."""
BELOW: Final = "\x1f"
"""Between what a component is called and the key of what it stands in."""


def products_of(structure: Structure, *, titled: bool) -> list[Product]:
    """In the order of the file. `titled`: the root has the file's name, since the file gives it none."""
    left_out = unfitted(structure)
    sources = _sources(structure)
    return [
        product_of(
            component,
            sources[component.key],
            is_root=component.key == structure.root,
            named=not (titled and component.key == structure.root),
            fitted=component.key not in left_out,
        )
        for component in structure.components
    ]


def product_of(component: Component, sources: Sequence[str], *, is_root: bool, named: bool, fitted: bool) -> Product:
    """What one component tells."""
    return Product(
        key=component.key,
        called=component.name or component.number,
        sources=tuple(sources),
        number=claimed_number(component) if named else None,
        own_number=component.own_number,
        only_alias=is_only_alias(component),
        name=telling_name(component) if named else None,
        makers=tuple(component.makers),
        component=component,
        volume=Decimal(component.volume) if component.volume else None,
        is_root=is_root,
        is_named=named,
        fitted=fitted,
    )


def _sources(structure: Structure) -> dict[str, tuple[str, ...]]:
    """What identifies each component in every state of the file: its key; of several that are called so, its name and what it stands in."""
    above = {usage.child: usage.parent for usage in reversed(structure.usages)}
    twins: dict[str, list[str]] = defaultdict(list)
    keys = {component.key for component in structure.components}
    for component in structure.components:
        match = TWIN.fullmatch(component.key)
        twins[match[1] if match and match[1] in keys else component.key].append(component.key)
    found: dict[str, tuple[str, ...]] = {}
    for called, same in twins.items():
        places = [f"{called}{BELOW}{above.get(key, '')}" for key in same]
        for key, place in zip(same, places, strict=True):
            is_telling = len(same) > 1 and places.count(place) == 1
            found[key] = (place, key) if is_telling else (key, place)
    return found
