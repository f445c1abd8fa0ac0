"""The `structure` document of a parts list: its assemblies, a component for each distinct part, and a line for each row."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

import msgspec

from cascadia.importing.keys import ROOT
from cascadia.importing.makers import is_same, makers_of, named
from cascadia.importing.model import DESIGNATORS_MAX, Item, Judged, TableError
from cascadia.importing.tree import Tree
from cascadia.kernel.naming import listed
from cascadia.kernel.text import alike
from cascadia.structures.limits import PROPOSAL_ROWS_MAX, key_of
from cascadia.structures.model import Component, Structure, Usage, bom_lines

TELLING: Final = (4, 3, 5)
"""Of `Item.identity`: symbol, description, kind of designator."""
NEITHER: Final = "neither a quantity nor designators"


def structure_of(rows: Sequence[Judged], tree: Tree, *, exact: bool = False) -> Structure:
    """The document of the rows that have an item. Rows that cannot stand where they do are refused. `exact`: each row is a line."""
    components = _components(rows, tree)
    usages = _reached(list(_usages(rows, tree, exact=exact)), rows, tree)
    if (count := sum(usage.designator is not None for usage in usages)) > DESIGNATORS_MAX:
        raise TableError("table_too_large", f"The file has {count} designators, more than {DESIGNATORS_MAX}. Split it.")
    parents = {usage.parent for usage in usages}
    used = {ROOT, *parents, *(usage.child for usage in usages)}
    made = [msgspec.structs.replace(c, is_assembly=c.is_assembly or c.key in parents) for c in components.values() if c.key in used]
    return Structure(source_schema="table", unit="mm", root=ROOT, components=made, usages=usages)


def refuse_too_many(structure: Structure) -> None:
    """Refuses what no proposal could be accepted of, before one is made of it."""
    parts, lines = len(structure.components), len(bom_lines(structure))
    if parts + lines > PROPOSAL_ROWS_MAX:
        raise TableError(
            "table_too_large",
            f"The list makes {parts:,} parts and {lines:,} lines, more than the {PROPOSAL_ROWS_MAX:,} that are accepted at once. "
            "Import its sub-assemblies one by one.",
        )


def _components(rows: Sequence[Judged], tree: Tree) -> dict[str, Component]:
    """By key, the root first; what other rows of the same part say otherwise is said of these rows and of the part."""
    root = rows[tree.root].item if tree.root is not None else None
    components = {ROOT: _component(ROOT, root) if root else Component(key=ROOT, number="", name="")}
    components |= {key: Component(key=key, number=number, name=number, own_number=True) for key, number in tree.named.items()}
    components[ROOT] = msgspec.structs.replace(components[ROOT], is_assembly=True)
    first: dict[str, Judged] = {}
    names = _names(rows, tree)
    for n, row in enumerate(rows):
        if row.item is None or n == tree.root:
            continue
        key = tree.keys[n]
        if key not in first:
            components[key] = _component(key, replace(row.item, name=names.get(key, row.item.name)))
            first[key] = row
        else:
            _compare(components[key], first[key], row)
            components[key] = _also_bought(components[key], row)
    return components


def _names(rows: Sequence[Judged], tree: Tree) -> dict[str, str]:
    """Names of parts that have no number and are called alike by value and footprint: with what tells them apart."""
    found: dict[str, dict[str, Item]] = defaultdict(dict)
    for n, row in enumerate(rows):
        if row.item and not row.item.number and not row.item.given_name:
            found[alike(row.item.name)].setdefault(tree.keys[n], row.item)
    told: dict[str, str] = {}
    for items in found.values():
        at = next((at for at in TELLING if len({item.identity[at] for item in items.values()}) == len(items)), None)
        if len(items) > 1 and at is not None:
            told |= {key: f"{item.name} ({item.identity[at]})" if item.identity[at] else item.name for key, item in items.items()}
    return told


def _component(key: str, item: Item) -> Component:
    return Component(
        key=key,
        number=item.number or "",
        name=item.name,
        description=item.description,
        own_number=item.number is not None and item.maker_key is None,
        notes=list(item.notes),
        unit=item.unit,
        makers=makers_of(item),
    )


def _compare(component: Component, first: Judged, row: Judged) -> None:
    """One part has one name and one revision: those of its first row are kept, and the others are said."""
    one, other = first.item, row.item
    if one is None or other is None:
        return
    component.notes.extend(note for note in other.notes if note not in component.notes)
    said = []
    if alike(one.name) != alike(other.name) and other.name != other.number:
        said.append(f"the name “{other.name[:60]}”, kept is “{one.name[:60]}”")
    if one.revision != other.revision:
        said.append(f"revision {other.revision or 'none'}, row {first.place} has {one.revision or 'none'}")
    if said:
        words = f"row {row.place} has {' and '.join(said)}: one number is one part"
        component.notes.append(words)
        row.warn(words)


def _also_bought(component: Component, row: Judged) -> Component:
    """The part with what another of its rows says that it is bought as, which is said there and in its description."""
    others = [part for part in (makers_of(row.item) if row.item else []) if not any(is_same(part, other) for other in component.makers)]
    if not others:
        return component
    description = component.description
    if component.makers:
        words = [named(part) for part in others]
        row.warn(f"another maker's number of the same part: {listed(words, len(words))}")
        description = "; ".join(filter(None, (description, f"or {listed(words, len(words), between=', or ')}")))
    return msgspec.structs.replace(component, description=description, makers=[*component.makers, *others])


def _usages(rows: Sequence[Judged], tree: Tree, *, exact: bool) -> Iterator[Usage]:
    """The usages of all rows, without those of repeated occurrences of an assembly."""
    for parent, below in tree.below.items():
        grouped = any(item is not None and len(item.designators) > 1 for item in (rows[n].item for n in below))
        designators: dict[str, int] = {}
        finds: dict[int, int] = {}
        lines: dict[tuple[str, str, bool], int] = {}
        for n in below:
            row, item = rows[n], rows[n].item
            if item is None or not _counts(row, item) or not _free(row, item, designators):
                continue
            find = _find(row, item, finds)
            line = " | ".join(filter(None, (item.section, item.note, str(find) if find else None, item.unit, item.kind)))
            if exact or (grouped and item.designators):
                line = f"{line} | row {row.place}" if line else f"row {row.place}"
            place = lines.setdefault((tree.keys[n], line, item.fitted), row.place)
            if place != row.place and not item.designators:
                row.warn(f"it is one line with row {place}: nothing keeps the two apart")
            yield from _of_row(parent, tree.keys[n], item, line, find)


def _reached(usages: list[Usage], rows: Sequence[Judged], tree: Tree) -> list[Usage]:
    """The usages of what stands in the root, at any depth; rows of others, whose assembly's own row is refused, are refused too."""
    below: dict[str, list[str]] = defaultdict(list)
    for usage in usages:
        below[usage.parent].append(usage.child)
    reached, stack = {ROOT}, [ROOT]
    while stack:
        fresh = set(below.get(stack.pop(), ())) - reached
        reached |= fresh
        stack += fresh
    lost = tree.below.keys() - reached
    if lost:
        wrong = {tree.keys[n]: row.place for n, row in reversed(list(enumerate(rows))) if n in tree.keys and row.item is None}
        for row, place in ((rows[n], wrong.get(key)) for key in lost for n in tree.below[key]):
            if row.item is not None:
                row.refuse(f"it stands below row {place}, which cannot be meant" if place else "it stands below a row that cannot be meant")
    return [usage for usage in usages if usage.parent in reached]


def _counts(row: Judged, item: Item) -> bool:
    if item.quantity is None:
        row.refuse(NEITHER)
    return item.quantity is not None


def _free(row: Judged, item: Item, taken: dict[str, int]) -> bool:
    """Whether its designators stand in no row above; they are taken then."""
    twice = next((name for name in item.designators if name in taken), None)
    if twice is not None:
        row.refuse(f"{twice} stands in row {taken[twice]} too")
        return False
    taken.update(dict.fromkeys(item.designators, row.place))
    return True


def _find(row: Judged, item: Item, finds: dict[int, int]) -> int | None:
    if item.find is None or finds.setdefault(item.find, row.place) == row.place:
        return item.find
    row.warn(f"the find number {item.find} stands in row {finds[item.find]} too: it gets another one")
    return None


def _of_row(parent: str, child: str, item: Item, line: str, find: int | None) -> Iterator[Usage]:
    line = key_of(line)
    if item.designators:
        for name in item.designators:
            yield Usage(
                parent=parent, child=child, key=name, name=name, designator=name, fitted=item.fitted, line=line, unit=item.unit,
                kind=item.kind, find=find, note=item.note,
            )  # fmt: skip
        return
    key = f"row {item.place}"
    otherwise = None if item.otherwise is None else f"{item.otherwise:f}"
    yield Usage(
        parent=parent, child=child, key=key, name=key, quantity=f"{item.quantity or Decimal(0):f}", otherwise=otherwise, fitted=item.fitted,
        line=line, unit=item.unit, kind=item.kind, find=find, note=item.note,
    )  # fmt: skip
