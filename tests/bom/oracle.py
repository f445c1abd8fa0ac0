"""A tree as it is sent, made of rows one by one: what trees of networks are compared with."""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from cascadia.bom import explode, queries
from cascadia.bom.model import QuantityKind, designator_list, plain
from cascadia.bom.networks import OCCURRENCES_MAX
from cascadia.bom.schemas import Measured
from cascadia.bom.service import Tree
from cascadia.bom.tree_schemas import MISSING_NAMED, BomTree, TreeItems, TreeLines, TreeOccurrences, TreeTotals, thumbnail
from cascadia.items.model import Phase, revision_status
from cascadia.kernel.db import Read
from cascadia.vault.model import derivative_url
from cascadia.versioning.schemas import PointView

NONE: Final[Mapping[int, int]] = MappingProxyType({})


async def bom_versions(read: Read, tree: Tree) -> dict[int, int]:
    """The version of each BOM of a tree, by its item."""
    parents = list(dict.fromkeys([tree.root, *(row.parent_id for row in tree.rows)]))
    params = {"branch_id": tree.head.branch_id, "seq": tree.head.seq, "items": parents}
    return {row["item_id"]: row["bom_seq"] for row in await read.rows(queries.VERSIONS, params)}


def bom_tree(tree: Tree, depth: int, versions: Mapping[int, int] = NONE) -> BomTree:
    """A tree as it is sent: `depth` levels of occurrences, everything else whole."""
    index = {item.item_id: n for n, item in enumerate(tree.items)}
    found = explode.occurrences(tree.root, tree.edges, depth=depth, limit=OCCURRENCES_MAX)
    root = tree.items[0]
    return BomTree(
        at=PointView(branch=tree.head.branch, seq=tree.head.seq, head=tree.head.head, time=tree.head.time),
        rule="in-work",
        root=0,
        items=tree_items(tree),
        lines=tree_lines(tree),
        occurrences=TreeOccurrences.model_construct(
            level=found.level, line=found.line, extended_quantity=[plain(q) for q in found.extended]
        ),
        totals=_totals(tree, found),
        bom_etags={str(index[item]): f'"{tree.head.branch_id}-{seq}.0"' for item, seq in versions.items()},
        model=derivative_url(root.file_uid, "glb") if root.file_uid and root.has_model else None,
        model_component=root.component if root.has_model else None,
    )


def tree_items(tree: Tree) -> TreeItems:
    """The distinct items of a tree as columns."""
    shown = tree.items
    masses = [tree.masses.get(i.item_id) for i in shown]
    return TreeItems(
        id=[i.uid for i in shown],
        number=[i.number for i in shown],
        name=[i.name for i in shown],
        revision=[i.revision for i in shown],
        revision_status=[revision_status(i.revision) if i.visible else None for i in shown],
        phase=[Phase(i.phase) if i.phase else None for i in shown],
        restricted=[not i.visible for i in shown],
        unit=[i.unit for i in shown],
        mass=[Measured.model_validate(i.mass) if i.mass else None for i in shown],
        rolled_mass=[plain(m.value) if m and m.value is not None else None for m in masses],
        mass_complete=[bool(m and m.complete) for m in masses],
        thumbnail=[thumbnail(i) for i in shown],
    )


def tree_lines(tree: Tree) -> TreeLines:
    """The distinct lines of a tree as columns."""
    index = {item.item_id: n for n, item in enumerate(tree.items)}
    rows = tree.rows
    return TreeLines(
        id=[r.uid for r in rows],
        version=[f"{tree.head.branch_id}-{r.from_seq}" for r in rows],
        parent=[index[r.parent_id] for r in rows],
        child=[index[r.child_id] for r in rows],
        quantity=[plain(r.quantity) for r in rows],
        unit=[r.unit for r in rows],
        quantity_kind=[QuantityKind(r.quantity_kind) for r in rows],
        find_number=[r.find_number for r in rows],
        designators=[designator_list(r.designators) for r in rows],
        note=[r.note for r in rows],
        instances=[r.instances for r in rows],
    )


def _totals(tree: Tree, found: explode.Occurrences) -> TreeTotals:
    parents = {edge.parent for edge in tree.edges}
    totals = explode.flatten(tree.root, tree.edges)
    leaves = [item for item in tree.items if item.item_id not in parents and item.item_id in totals]
    mass = tree.masses[tree.root]
    missing = [item.number for item in leaves if not tree.masses[item.item_id].complete and item.number]
    return TreeTotals(
        rows=len(found.level),
        complete=found.complete,
        occurrences=plain(sum(totals.values(), Fraction(0))),
        leaf_occurrences=plain(sum((totals[item.item_id] for item in leaves), Fraction(0))),
        distinct_items=len(tree.items) - 1,
        mass=Measured(value=plain(mass.value), unit="kg") if mass.value is not None else None,
        mass_complete=mass.complete,
        missing_mass=sorted(missing)[:MISSING_NAMED],
    )
