"""A BOM as a table, as one person may see it at one point."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from cascadia.bom import explode
from cascadia.bom import service as bom
from cascadia.bom.model import designator_list, plain
from cascadia.bom.service import Tree, TreeItem
from cascadia.reports.model import Cell, ExportView, Row, Table

INDENTED: Final = (
    "Level", "Find", "Number", "Name", "Revision", "Phase", "Quantity", "Unit", "Quantity in all", "Kind", "Designators",
    "Note", "Mass (kg)",
)  # fmt: skip
FLAT: Final = ("Number", "Name", "Revision", "Phase", "Quantity", "Unit", "Mass (kg)")
RESTRICTED: Final = "restricted"
PLACES_MAX: Final = 1_000_000
"""Of an indented export: each is a row, and 40 lines can make 2⁴⁰ of them."""


class TooManyPlaces(Exception):
    """The tree has more places than an indented export holds; its argument is how many."""


def bom_table(tree: Tree, view: ExportView) -> Table:
    """The rows of a tree, all of them, else `TooManyPlaces`; what its reader may not see stands there as restricted."""
    root = tree.items[0]
    title = f"{root.number} {root.name} at {tree.head.branch}@{tree.head.seq}"
    if view is ExportView.FLAT:
        return Table(title, FLAT, _flat(tree), "cascadia-bom-flat")
    if (places := explode.places(tree.root, tree.edges)) > PLACES_MAX:
        raise TooManyPlaces(places)
    return Table(title, INDENTED, _indented(tree), "cascadia-bom")


def _indented(tree: Tree) -> Iterator[Row]:
    items = {item.item_id: item for item in tree.items}
    places = explode.occurrences(tree.root, tree.edges, depth=None, limit=PLACES_MAX)
    yield Row([0, None, *_item(tree.items[0]), Decimal(1), tree.items[0].unit, Decimal(1), None, (), None, _mass(tree, tree.items[0])])
    for level, index, extended in zip(places.level, places.line, places.extended, strict=True):
        line, item = tree.rows[index], items[tree.rows[index].child_id]
        designators = tuple(designator_list(line.designators))
        cells: list[Cell] = [level, line.find_number, *_item(item), line.quantity, line.unit, _decimal(extended)]
        yield Row([*cells, line.quantity_kind, designators, line.note, _mass(tree, item)], level)


def _flat(tree: Tree) -> Iterator[Row]:
    for item, quantity in bom.all_below(tree):
        yield Row([*_item(item), _decimal(quantity), item.unit, _mass(tree, item)])


def _item(item: TreeItem) -> list[Cell]:
    return [item.number, item.name, item.revision, item.phase] if item.visible else [RESTRICTED, None, None, None]


def _mass(tree: Tree, item: TreeItem) -> Cell:
    mass = tree.masses.get(item.item_id)
    return _decimal(mass.value) if mass and mass.value is not None and item.visible else None


def _decimal(number: Fraction) -> Decimal:
    return Decimal(plain(number))
