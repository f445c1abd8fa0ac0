import { childRows, type TreeModel } from "../bom/treeModel";

/** What matching needs to know of a node of a model: glTF extras `usage` and `component`, and what lies below. */
export type ModelNode = { userData: Record<string, unknown>; children: ModelNode[]; parent: ModelNode | null };

export type Matches<Node> = {
  /** The row whose occurrence a node is. */
  rowOf: Map<Node, number>;
  /** The nodes of a row: one for each of its instances. */
  nodesOf: Map<number, Node[]>;
};

const word = (node: ModelNode, name: string): string | undefined => {
  const value = node.userData[name];
  return typeof value === "string" ? value : undefined;
};

/** The topmost node of a component; the root itself when no component is asked for or none has that key. */
export function findComponent<Node extends ModelNode>(root: Node, component: string | null): Node {
  if (component === null) return root;
  const queue: ModelNode[] = [root];
  for (let node = queue.shift(); node; node = queue.shift()) {
    if (word(node, "component") === component) return node as Node;
    queue.push(...node.children);
  }
  return root;
}

/** The nearest node at or above one that is a component. */
export function componentOf(node: ModelNode | null): string | undefined {
  for (let here = node; here; here = here.parent) {
    const component = word(here, "component");
    if (component !== undefined) return component;
  }
  return undefined;
}

export function nodesOfComponent<Node extends ModelNode>(root: Node, component: string): Node[] {
  const found: Node[] = [];
  const walk = (node: ModelNode) => {
    if (word(node, "component") === component) found.push(node as Node);
    else node.children.forEach(walk);
  };
  walk(root);
  return found;
}

/**
 * Joins a model and a BOM tree: the chain of usage keys above a node names, line by line, the path of an occurrence.
 * A node below which a usage has no line (removed, or added by hand since) matches nothing.
 */
export function matchOccurrences<Node extends ModelNode>(root: Node, model: TreeModel): Matches<Node> {
  const rowOf = new Map<Node, number>();
  const nodesOf = new Map<number, Node[]>();
  const steps = new Map<number, Map<string, number>>();

  function rowsByUsage(parent: number): Map<string, number> {
    let known = steps.get(parent);
    if (!known) {
      known = new Map();
      for (const row of childRows(model, parent)) {
        for (const instance of model.tree.lines.instances[model.line[row] ?? -1] ?? []) known.set(instance, row);
      }
      steps.set(parent, known);
    }
    return known;
  }
  function walk(node: ModelNode, parent: number, isStart: boolean) {
    const usage = isStart ? undefined : word(node, "usage");
    const row = usage === undefined ? parent : rowsByUsage(parent).get(usage);
    if (row === undefined) return;
    if (usage !== undefined) {
      rowOf.set(node as Node, row);
      nodesOf.set(row, [...(nodesOf.get(row) ?? []), node as Node]);
    }
    for (const child of node.children) walk(child, row, false);
  }

  walk(root, 0, true);
  rowOf.set(root, 0);
  nodesOf.set(0, [root]);
  return { rowOf, nodesOf };
}

/** The row of the nearest node at or above one that was matched. */
export function rowAbove<Node extends ModelNode>(matches: Matches<Node>, node: Node | null): number | undefined {
  for (let here: ModelNode | null = node; here; here = here.parent) {
    const row = matches.rowOf.get(here as Node);
    if (row !== undefined) return row;
  }
  return undefined;
}
