import { describe, expect, it } from "vitest";
import { buildModel, pathKey } from "../src/features/bom/treeModel";
import {
  componentOf,
  findComponent,
  type ModelNode,
  matchOccurrences,
  nodesOfComponent,
  rowAbove,
} from "../src/features/viewer/matching";
import { AS1, treeOf } from "./tree";

type Node = ModelNode & { name: string; children: Node[]; parent: Node | null };
type Spec = [usage: string | null, component: string | null, below?: Spec[]];

function scene([usage, component, below = []]: Spec, parent: Node | null = null): Node {
  const userData = { ...(usage ? { usage } : {}), ...(component ? { component } : {}) };
  const node: Node = { name: `${usage ?? ""}/${component ?? ""}`, userData, children: [], parent };
  node.children = below.map((spec) => scene(spec, node));
  return node;
}

const nutBolt = (usage: string): Spec => [
  usage,
  "nut-bolt-assembly",
  [
    ["u12", "bolt"],
    ["u13", "nut"],
  ],
];
const bracket = (usage: string): Spec => [
  usage,
  "l-bracket-assembly",
  [["u8", "l-bracket"], nutBolt("u9"), nutBolt("u10"), nutBolt("u11")],
];
const file = scene([
  null,
  null,
  [
    [
      null,
      "as1",
      [
        [
          "u1",
          "rod-assembly",
          [
            ["u5", "rod"],
            ["u6", "nut"],
            ["u7", "nut"],
          ],
        ],
        bracket("u2"),
        bracket("u3"),
        ["u4", "plate"],
      ],
    ],
  ],
]);

const model = buildModel(AS1);
const row = (...numbers: string[]) => {
  for (let at = 0; at < model.count; at++) {
    const path: string[] = [];
    for (let here = at; here > 0; here = model.parent[here] ?? 0)
      path.unshift(AS1.items.number[model.item[here] ?? 0] ?? "");
    if (path.join("/") === numbers.join("/")) return at;
  }
  throw new Error(`no row ${numbers.join("/")}`);
};

describe("matching a model with a BOM tree", () => {
  const matches = matchOccurrences(file, model);
  const count = (...path: string[]) => matches.nodesOf.get(row(...path))?.length;

  it("finds a node for each of the 27 occurrences", () => {
    const matched = [...matches.rowOf].filter(([, at]) => at > 0);
    expect(matched).toHaveLength(27);
  });

  it("gives a row every instance below every instance of what is above it", () => {
    expect(count("plate")).toBe(1);
    expect(count("l-bracket-assembly")).toBe(2);
    expect(count("l-bracket-assembly", "nut-bolt-assembly")).toBe(6);
    expect(count("l-bracket-assembly", "nut-bolt-assembly", "bolt")).toBe(6);
    expect(count("rod-assembly", "nut")).toBe(2);
  });

  it("keeps equal components on different paths apart", () => {
    const nuts = nodesOfComponent(file, "nut");
    expect(nuts).toHaveLength(8);
    const paths = new Set(nuts.map((node) => pathKey(model, rowAbove(matches, node) ?? -1)));
    expect(paths.size).toBe(2);
  });

  it("leads from a node inside a part to its row", () => {
    const [bolt] = nodesOfComponent(file, "bolt");
    const mesh: Node = { name: "mesh", userData: {}, children: [], parent: bolt ?? null };
    expect(rowAbove(matches, mesh)).toBe(row("l-bracket-assembly", "nut-bolt-assembly", "bolt"));
    expect(componentOf(mesh)).toBe("bolt");
  });

  it("matches nothing below a usage whose line is gone", () => {
    const without = buildModel(treeOf(["as1", "plate"], [[0, 1, "1", ["u4"]]]));
    const left = matchOccurrences(file, without);
    expect([...left.rowOf.values()].filter((at) => at > 0)).toEqual([1]);
  });

  it("starts at the component that the part is, whatever its usage there", () => {
    const start = findComponent(file, "nut-bolt-assembly");
    const small = buildModel(
      treeOf(
        ["nut-bolt-assembly", "bolt", "nut"],
        [
          [0, 1, "1", ["u12"]],
          [0, 2, "1", ["u13"]],
        ],
      ),
    );
    const found = matchOccurrences(start, small);
    expect(found.nodesOf.get(1)?.map((node) => node.name)).toEqual(["u12/bolt"]);
    expect(found.nodesOf.get(2)?.map((node) => node.name)).toEqual(["u13/nut"]);
  });

  it("shows the whole file when a component is not in it", () => {
    expect(findComponent(file, "unknown")).toBe(file);
  });
});
