import { describe, expect, it } from "vitest";
import {
  assemblyKeys,
  buildModel,
  childRows,
  filterRows,
  hasChildren,
  pathKey,
  reveal,
  rowAt,
  visibleRows,
} from "../src/features/bom/treeModel";
import { AS1, treeOf } from "./tree";

const model = buildModel(AS1);
const numbers = (rows: Iterable<number>) => [...rows].map((row) => AS1.items.number[model.item[row] ?? 0]);
const rowOf = (...path: string[]) => {
  let row = 0;
  for (const number of path) row = [...childRows(model, row)].find((child) => numbers([child])[0] === number) ?? -1;
  return row;
};

describe("the flat model of a tree", () => {
  it("has the root and every occurrence in depth-first order", () => {
    expect(numbers(Array(model.count).keys())).toEqual([
      "as1",
      "rod-assembly",
      "rod",
      "nut",
      "l-bracket-assembly",
      "l-bracket",
      "nut-bolt-assembly",
      "bolt",
      "nut",
      "plate",
    ]);
    expect([...model.level]).toEqual([1, 2, 3, 3, 2, 3, 3, 4, 4, 2]);
    expect([...model.parent]).toEqual([-1, 0, 1, 1, 0, 4, 4, 6, 6, 0]);
    expect([...model.end]).toEqual([10, 4, 3, 4, 9, 6, 9, 8, 9, 10]);
  });

  it("is one row for a part without lines", () => {
    const single = buildModel(treeOf(["alone"], []));
    expect(single.count).toBe(1);
    expect(hasChildren(single, 0)).toBe(false);
    expect([...visibleRows(single, new Set(), null)]).toEqual([0]);
  });

  it("names every row by a path that another reading of the tree finds again", () => {
    for (let row = 0; row < model.count; row++) expect(rowAt(model, pathKey(model, row))).toBe(row);
  });

  it("falls back to the nearest ancestor where a path is gone", () => {
    const path = pathKey(model, rowOf("l-bracket-assembly", "nut-bolt-assembly", "bolt"));
    const without = buildModel(
      treeOf(
        ["as1", "rod-assembly", "l-bracket-assembly"],
        [
          [0, 1, "1"],
          [0, 2, "2"],
        ],
      ),
    );
    expect(rowAt(without, path)).toBe(2);
  });
});

describe("visible rows", () => {
  it("leave out what is below a collapsed row, and nothing else", () => {
    const collapsed = new Set([pathKey(model, rowOf("l-bracket-assembly"))]);
    expect(numbers(visibleRows(model, collapsed, null))).toEqual([
      "as1",
      "rod-assembly",
      "rod",
      "nut",
      "l-bracket-assembly",
      "plate",
    ]);
  });

  it("are the first level when all assemblies are collapsed", () => {
    expect(numbers(visibleRows(model, assemblyKeys(model), null))).toEqual([
      "as1",
      "rod-assembly",
      "l-bracket-assembly",
      "plate",
    ]);
  });

  it("show every hit of a filter with all that leads to it, whatever is collapsed", () => {
    const kept = filterRows(model, "NUT");
    expect(numbers(visibleRows(model, assemblyKeys(model), kept))).toEqual([
      "as1",
      "rod-assembly",
      "nut",
      "l-bracket-assembly",
      "nut-bolt-assembly",
      "nut",
    ]);
  });

  it("find designators", () => {
    const tree = treeOf(
      ["board", "resistor", "capacitor"],
      [
        [0, 1, "2"],
        [0, 2, "1"],
      ],
    );
    tree.lines.designators = [["R1", "R2"], ["C1"]];
    const board = buildModel(tree);
    expect([...visibleRows(board, new Set(), filterRows(board, "r2"))]).toEqual([0, 1]);
  });

  it("need no filter for blank text", () => {
    expect(filterRows(model, "  ")).toBeNull();
  });

  it("open what hides a row that must show", () => {
    const row = rowOf("l-bracket-assembly", "nut-bolt-assembly", "bolt");
    const collapsed = reveal(model, assemblyKeys(model), row);
    expect([...visibleRows(model, collapsed, null)]).toContain(row);
    expect(numbers(visibleRows(model, collapsed, null))).not.toContain("rod");
  });
});

it("lays out 100,000 occurrences within a frame or two", () => {
  const wide = treeOf(
    ["top", ...Array.from({ length: 1000 }, (_, n) => `a${n}`), "leaf"],
    Array.from({ length: 1000 }, (_, n) => [0, n + 1, "1"]),
  );
  const leaves = 99;
  for (let n = 1; n <= 1000; n++) {
    for (let k = 0; k < leaves; k++) {
      wide.lines.id.push(`x${n}-${k}`);
      wide.lines.parent.push(n);
      wide.lines.child.push(1001);
      wide.lines.designators.push([]);
    }
  }
  wide.occurrences.line = Array.from({ length: 1000 }, (_, n) => [
    n,
    ...Array.from({ length: leaves }, (_, k) => 1000 + n * leaves + k),
  ]).flat();
  wide.occurrences.level = wide.occurrences.line.map((line) => (line < 1000 ? 1 : 2));
  const started = performance.now();
  const large = buildModel(wide);
  const rows = visibleRows(large, new Set(), filterRows(large, "a5"));
  expect(performance.now() - started).toBeLessThan(1000);
  expect(large.count).toBe(100_001);
  expect(rows.length).toBeGreaterThan(100);
});
