import type { Tree } from "../../api/types";

/**
 * A tree as flat rows in depth-first order: row 0 is the root item, row n the occurrence n - 1.
 * `end` is the first row after a row's own subtree, so a collapsed subtree is skipped in one step.
 */
export type TreeModel = {
  tree: Tree;
  count: number;
  level: Int32Array;
  /** Index of the line; -1 for the root. */
  line: Int32Array;
  item: Int32Array;
  /** Row of the parent; -1 for the root. */
  parent: Int32Array;
  end: Int32Array;
};

const at = <T extends { [index: number]: number }>(column: T, index: number): number => column[index] ?? -1;

export function buildModel(tree: Tree): TreeModel {
  const { occurrences, lines } = tree;
  const count = occurrences.line.length + 1;
  const level = new Int32Array(count);
  const line = new Int32Array(count);
  const item = new Int32Array(count);
  const parent = new Int32Array(count);
  const end = new Int32Array(count);
  const open: number[] = [];
  for (let row = 0; row < count; row++) {
    const depth = row === 0 ? 1 : at(occurrences.level, row - 1) + 1;
    const ownLine = row === 0 ? -1 : at(occurrences.line, row - 1);
    while (open.length >= depth) end[open.pop() ?? 0] = row;
    level[row] = depth;
    line[row] = ownLine;
    item[row] = row === 0 ? tree.root : at(lines.child, ownLine);
    parent[row] = open.at(-1) ?? -1;
    open.push(row);
  }
  for (const row of open) end[row] = count;
  return { tree, count, level, line, item, parent, end };
}

export const hasChildren = (model: TreeModel, row: number): boolean => at(model.end, row) > row + 1;

/** Ids of the lines from the root to the row: the same place in another reading of the tree has the same key. */
export function pathKey(model: TreeModel, row: number): string {
  const steps: string[] = [];
  for (let here = row; here > 0; here = at(model.parent, here))
    steps.push(model.tree.lines.id[at(model.line, here)] ?? "");
  return steps.reverse().join("/");
}

export function* childRows(model: TreeModel, row: number): Generator<number> {
  for (let child = row + 1; child < at(model.end, row); child = at(model.end, child)) yield child;
}

/** The row at a path, or the nearest ancestor that is still there. */
export function rowAt(model: TreeModel, key: string): number {
  let row = 0;
  for (const step of key ? key.split("/") : []) {
    let found = -1;
    for (const child of childRows(model, row)) {
      if (model.tree.lines.id[at(model.line, child)] === step) {
        found = child;
        break;
      }
    }
    if (found < 0) return row;
    row = found;
  }
  return row;
}

/** Rows whose number, name or designators contain the text, with all that lead to them; null for no text. */
export function filterRows(model: TreeModel, text: string): Uint8Array | null {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return null;
  const { items, lines } = model.tree;
  const itemHit = items.number.map((number, item) =>
    `${number ?? ""} ${items.name[item] ?? ""}`.toLowerCase().includes(wanted),
  );
  const lineHit = lines.designators.map((list) => list.some((designator) => designator.toLowerCase().includes(wanted)));
  const kept = new Uint8Array(model.count);
  for (let row = model.count - 1; row >= 0; row--) {
    if (itemHit[at(model.item, row)] || lineHit[at(model.line, row)]) kept[row] = 1;
    const above = at(model.parent, row);
    if (kept[row] && above >= 0) kept[above] = 1;
  }
  return kept;
}

/** The rows to show, top to bottom. Under a filter everything that leads to a hit is open. */
export function visibleRows(model: TreeModel, collapsed: ReadonlySet<string>, kept: Uint8Array | null): Int32Array {
  const rows = new Int32Array(model.count);
  let length = 0;
  for (let row = 0; row < model.count; ) {
    if (kept && !kept[row]) {
      row = at(model.end, row);
      continue;
    }
    rows[length++] = row;
    const closed = !kept && collapsed.size > 0 && hasChildren(model, row) && collapsed.has(pathKey(model, row));
    row = closed ? at(model.end, row) : row + 1;
  }
  return rows.subarray(0, length);
}

/** Keys of all rows with children, the root's apart: what "collapse" closes. */
export function assemblyKeys(model: TreeModel): Set<string> {
  const keys = new Set<string>();
  for (let row = 1; row < model.count; row++) if (hasChildren(model, row)) keys.add(pathKey(model, row));
  return keys;
}

/** Opens everything above the row, so that it shows. */
export function reveal(model: TreeModel, collapsed: ReadonlySet<string>, row: number): Set<string> {
  const next = new Set(collapsed);
  for (let above = at(model.parent, row); above >= 0; above = at(model.parent, above))
    next.delete(pathKey(model, above));
  return next;
}
