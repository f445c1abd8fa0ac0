"""The assemblies of a list: which rows stand in which, each assembly once. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cascadia.importing.columns import Columns
from cascadia.importing.keys import ROOT, Keys, of_number
from cascadia.importing.levels import TOP, named_parents, parents_of
from cascadia.importing.model import Item, Judged
from cascadia.kernel.text import fold
from cascadia.structures.meanings import Meaning
from cascadia.structures.reading import Levels


@dataclass(slots=True)
class Tree:
    """What stands in what.

    `keys`: row → component. `root`: the row of the list's own assembly, None where it has none. `named`: components that are named as
    parents alone, with their numbers. `below`: component → the rows that it consists of, each assembly once.
    """

    keys: dict[int, str]
    root: int | None = None
    named: dict[str, str] = field(default_factory=dict)
    below: dict[str, list[int]] = field(default_factory=dict)


def tree_of(rows: Sequence[Judged], columns: Columns, levels: Levels) -> Tree:
    """The tree of the rows that have an item; rows that can stand nowhere are refused."""
    if levels is Levels.PARENTS:
        return _by_parents(rows, columns)
    parents = parents_of(rows, columns, levels)
    keys = _keys(rows)
    below: dict[int, list[int]] = defaultdict(list)
    for n, parent in parents.items():
        below[parent].append(n)
    root = _root(rows, below, alone=columns.exact) if levels is not Levels.NONE else None
    tree = Tree(keys, root)
    own = ROOT if root is None else keys[root]
    if root is not None:
        keys[root] = ROOT
    _gather(rows, tree, TOP if root is None else root, below, own)
    return tree


def _keys(rows: Sequence[Judged]) -> dict[int, str]:
    found = Keys(row.item for row in rows if row.item)
    return {n: found.of(row.item) for n, row in enumerate(rows) if row.item}


def _root(rows: Sequence[Judged], below: Mapping[int, Sequence[int]], *, alone: bool) -> int | None:
    """The row at the top, where it is one alone, stands once and has all others below it (`alone`: be it none)."""
    tops = below.get(TOP, ())
    item = rows[tops[0]].item if len(tops) == 1 else None
    return tops[0] if item and (alone or tops[0] in below) and item.quantity in (None, 1) and not item.designators else None


def _gather(rows: Sequence[Judged], tree: Tree, top: int, below: Mapping[int, Sequence[int]], own: str) -> None:
    """Walks down from the top, whose part has the key `own` where it stands elsewhere.

    What stands below a second occurrence of an assembly has to be what stands below the first one.
    """
    first: dict[str, int] = {ROOT: top}
    stack: list[tuple[int, tuple[str, ...]]] = [(top, (own, ROOT))]
    while stack:
        at, path = stack.pop()
        tree.below[path[-1]] = list(below.get(at, ()))
        for n in below.get(at, ()):
            key = tree.keys[n]
            if key in path:
                _drop(rows, n, below, f"{_words(rows[n].item)} would be a part of itself")
            elif n not in below:
                continue
            elif key not in first:
                first[key] = n
                stack.append((n, (*path, key)))
            elif _signature(rows, tree, n, below) != _signature(rows, tree, first[key], below):
                place = rows[first[key]].place
                _drop(rows, n, below, f"what stands below it is not what stands below row {place}, which is the same part")


def _words(item: Item | None) -> str:
    return (item.number or item.name) if item else ""


def _drop(rows: Sequence[Judged], at: int, below: Mapping[int, Sequence[int]], message: str) -> None:
    """Refuses a row, with all below it."""
    place = rows[at].place
    rows[at].refuse(message)
    stack = list(below.get(at, ()))
    while stack:
        n = stack.pop()
        rows[n].refuse(f"it stands below row {place}, which cannot be meant")
        stack += below.get(n, ())


def _signature(rows: Sequence[Judged], tree: Tree, at: int, below: Mapping[int, Sequence[int]]) -> list[str]:
    """What stands directly below a row: what lies deeper is compared at its own occurrences."""
    items = [(tree.keys[n], rows[n].item) for n in below.get(at, ())]
    return sorted(repr((key, i.quantity, i.unit, i.designators, i.fitted, i.note)) for key, i in items if i)


def _by_parents(rows: Sequence[Judged], columns: Columns) -> Tree:
    """Rows that name their parent by its number."""
    tree = Tree(_keys(rows))
    wanted = named_parents(rows, columns)
    known = set(tree.keys.values())
    below: dict[str, list[int]] = defaultdict(list)
    for n, parent in wanted.items():
        key = of_number(fold(parent)) if parent else ""
        if key and key not in known:
            tree.named.setdefault(key, parent)
        below[key].append(n)
    _refuse_circles(rows, tree, below, columns.name(Meaning.PARENT))
    tops = [n for n in below.pop("", []) if rows[n].item]
    top = rows[tops[0]].item if len(tops) == 1 else None
    if not tree.named and top and tree.keys[tops[0]] in below and top.quantity in (None, 1):
        tree.root = tops[0]
    only = next(iter(tree.named)) if len(tree.named) == 1 and not tops else tree.keys[tops[0]] if tree.root is not None else None
    tree.below = {ROOT: below.pop(only) if only else tops} | below
    if only in tree.named:
        tree.named = {ROOT: tree.named[only]}
    if tree.root is not None:
        tree.keys[tree.root] = ROOT
    return tree


def _refuse_circles(rows: Sequence[Judged], tree: Tree, below: dict[str, list[int]], column: str | None) -> None:
    """Takes what stands in nothing away, again and again; rows between what is left then close circles."""
    users: dict[str, int] = defaultdict(int)
    for parent, found in below.items():
        for n in found:
            users[tree.keys[n]] += parent != ""
    free = [key for key in {*below, *tree.keys.values()} if not users[key]]
    gone: set[str] = set()
    while free:
        key = free.pop()
        gone.add(key)
        for n in below.get(key, ()) if key else ():
            users[tree.keys[n]] -= 1
            if not users[tree.keys[n]]:
                free.append(tree.keys[n])
    for parent, found in below.items():
        for n in found:
            if parent and parent not in gone and tree.keys[n] not in gone:
                rows[n].refuse(f"{_words(rows[n].item)} would be a part of itself", column)
