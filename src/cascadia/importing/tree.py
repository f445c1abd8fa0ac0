"""The assemblies of a list: which rows stand in which, each assembly once. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cascadia.importing.columns import Columns
from cascadia.importing.items import NUMBERS, Cells
from cascadia.importing.keys import ROOT, Keys, of_number
from cascadia.importing.levels import TOP, named_parents, parents_of
from cascadia.importing.model import Item, Judged
from cascadia.kernel.text import fold
from cascadia.structures.meanings import Meaning
from cascadia.structures.reading import Levels, Verdict


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
    below = _below(rows, columns, tree)
    _refuse_circles(rows, tree, below, columns.name(Meaning.PARENT))
    _refuse_strays(rows, tree, below, columns)
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


def _below(rows: Sequence[Judged], columns: Columns, tree: Tree) -> dict[str, list[int]]:
    """Key of a parent (empty for none) → the rows that name it; parents that are no row of their own are named in the tree."""
    known = set(tree.keys.values())
    below: dict[str, list[int]] = defaultdict(list)
    for n, parent in named_parents(rows, columns).items():
        key = of_number(fold(parent)) if parent else ""
        if key and key not in known:
            tree.named.setdefault(key, parent)
        below[key].append(n)
    return below


def _refuse_strays(rows: Sequence[Judged], tree: Tree, below: dict[str, list[int]], columns: Columns) -> None:
    """Rows whose parent is no row of the list, unless it is the list's own assembly: the only parent of the kind, or that of most rows.

    What names a row that is wrong or left out goes its way.
    """
    gone = _gone(rows, tree, columns)
    own = None if any(rows[n].item for n in below.get("", ())) else _own(tree, below, gone)
    for key in [key for key in tree.named if key != own]:
        name = tree.named.pop(key)
        for n in below.pop(key):
            _go_with(rows, n, gone.get(key), name, columns)
    firsts = {key: rows[n] for n, key in reversed(tree.keys.items())}
    lost = [""]
    while lost:
        there = {tree.keys[n] for n, row in enumerate(rows) if row.item}
        lost = [key for key in below if key not in there and key not in ("", own)]
        for key in lost:
            for n in below.pop(key):
                _go_with(rows, n, firsts[key], "", columns)
    for key in list(below):
        below[key] = [n for n in below[key] if rows[n].item]


def _go_with(rows: Sequence[Judged], n: int, above: Judged | None, name: str, columns: Columns) -> None:
    row, column = rows[n], columns.name(Meaning.PARENT)
    if row.item is None:
        return
    if above is None:
        row.refuse(f"its parent {name[:60]} is no row of the list, nor its own assembly: mend it, or add its row", column)
    elif above.excluded:
        row.leave_out(f"below row {above.place}, which is left out")
        row.excluded = True
    else:
        row.refuse(f"it stands below row {above.place}, which cannot be meant")


def _gone(rows: Sequence[Judged], tree: Tree, columns: Columns) -> dict[str, Judged]:
    """Key → the row of a part that is wrong or left out."""
    found: dict[str, Judged] = {}
    for n, row in enumerate(rows):
        if n not in tree.keys and (row.verdict is Verdict.WRONG or row.excluded):
            cells = Cells(row.cells, columns)
            number = next(filter(None, map(cells.text, NUMBERS)), "")
            found.setdefault(of_number(fold(number)), row)
    return found


def _own(tree: Tree, below: Mapping[str, Sequence[int]], gone: Mapping[str, Judged]) -> str | None:
    """The list's own assembly, of the parents that are no row: the one with most rows below it; None where two have as many."""
    counts = sorted(((_reached(tree, below, key), key) for key in tree.named if key not in gone), reverse=True)
    if not counts or (len(counts) > 1 and counts[0][0] == counts[1][0]):
        return None
    return counts[0][1]


def _reached(tree: Tree, below: Mapping[str, Sequence[int]], top: str) -> int:
    """How many rows stand below a parent, at any depth."""
    seen, stack, count = {top}, [top], 0
    while stack:
        rows = below.get(stack.pop(), ())
        count += len(rows)
        fresh = {tree.keys[n] for n in rows} - seen
        seen |= fresh
        stack += fresh
    return count


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
