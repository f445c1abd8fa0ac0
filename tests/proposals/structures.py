"""Structures as a converter would leave them, made by hand."""

from typing import Any

from cascadia.structures.model import Component, Structure, Usage

IDENTITY = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]


def component(key: str, **members: Any) -> Component:
    return Component(key=key, number=key, name=key.capitalize(), **members)


def usage(parent: str, child: str, key: str, x: float = 0.0) -> Usage:
    placement = list(IDENTITY)
    placement[3] = x
    return Usage(parent=parent, child=child, key=key, name=key, placement=placement)


def small_assembly(*, bolts: int = 3, bolt_hash: str = "b01t") -> Structure:
    """top: 2 × bracket (bolts × bolt), 1 × plate."""
    return Structure(
        source_schema="AP214",
        unit="mm",
        root="top",
        components=[
            component("top", is_assembly=True),
            component("bracket", is_assembly=True),
            component("plate", volume="1000", geometry_hash="p1a7e"),
            component("bolt", volume="10", mass="0.002", geometry_hash=bolt_hash),
        ],
        usages=[
            usage("top", "bracket", "bracket_1", -5.5),
            usage("top", "bracket", "bracket_2", 5.5),
            usage("top", "plate", "plate_1"),
            *(usage("bracket", "bolt", f"bolt_{n}", 0.1 * n) for n in range(bolts)),
        ],
    )
