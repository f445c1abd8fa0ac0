import type { Tree } from "../src/api/types";

type LineSpec = [parent: number, child: number, quantity: string, instances?: string[]];

/** A tree as the API sends it, from its items and lines; every occurrence expanded, depth first. */
export function treeOf(numbers: string[], lines: LineSpec[]): Tree {
  const none = <T>(value: T): T[] => numbers.map(() => value);
  const occurrences = { level: [] as number[], line: [] as number[], extended_quantity: [] as string[] };
  const walk = (item: number, level: number, times: number) => {
    lines.forEach(([parent, child, quantity], line) => {
      if (parent !== item) return;
      occurrences.level.push(level);
      occurrences.line.push(line);
      occurrences.extended_quantity.push(String(times * Number(quantity)));
      walk(child, level + 1, times * Number(quantity));
    });
  };
  walk(0, 1, 1);
  return {
    at: { branch: "main", seq: 1, head: true, time: "2026-01-31T00:00:00Z" },
    rule: "in-work",
    root: 0,
    items: {
      id: numbers.map((number) => `id-${number}`),
      number: numbers,
      name: numbers.map((number) => `name of ${number}`),
      revision: none(null),
      revision_status: none("in_work" as const),
      phase: none("prototype" as const),
      restricted: none(false),
      unit: none("ea"),
      mass: none(null),
      rolled_mass: none(null),
      mass_complete: none(false),
      thumbnail: none(null),
    },
    lines: {
      id: lines.map((_, line) => `line-${line}`),
      version: lines.map(() => "0-1"),
      parent: lines.map(([parent]) => parent),
      child: lines.map(([, child]) => child),
      quantity: lines.map(([, , quantity]) => quantity),
      unit: lines.map(() => "ea"),
      quantity_kind: lines.map(() => "counted" as const),
      find_number: lines.map((_, line) => 10 * (line + 1)),
      designators: lines.map(() => []),
      note: lines.map(() => null),
      instances: lines.map(([, , , instances]) => instances ?? []),
    },
    occurrences,
    totals: {
      rows: occurrences.line.length,
      occurrences: String(occurrences.line.length),
      complete: true,
      leaf_occurrences: "0",
      distinct_items: numbers.length - 1,
      mass: null,
      mass_complete: false,
      missing_mass: [],
    },
    bom_etags: {},
    model: null,
    model_component: null,
  };
}

/** The structure of as1-oc-214: 9 lines, 13 usages. */
export const AS1 = treeOf(
  ["as1", "rod-assembly", "l-bracket-assembly", "nut-bolt-assembly", "plate", "l-bracket", "rod", "bolt", "nut"],
  [
    [0, 1, "1", ["u1"]],
    [0, 2, "2", ["u2", "u3"]],
    [0, 4, "1", ["u4"]],
    [1, 6, "1", ["u5"]],
    [1, 8, "2", ["u6", "u7"]],
    [2, 5, "1", ["u8"]],
    [2, 3, "3", ["u9", "u10", "u11"]],
    [3, 7, "1", ["u12"]],
    [3, 8, "1", ["u13"]],
  ],
);
