import { expect, it } from "vitest";
import { example, fresh, kindOf } from "../src/features/admin/segments";

it("an example shows what a scheme makes", () => {
  expect(example([{ literal: "P-" }, { sequence: 6 }])).toBe("P-000007");
  expect(example([{ project: true }, { literal: "/" }, { year: 2 }, { literal: "-" }, { sequence: 1 }], 2026)).toBe(
    "rover/26-7",
  );
});

it("every kind of segment begins as itself", () => {
  for (const kind of ["literal", "project", "year", "sequence"] as const) expect(kindOf(fresh(kind))).toBe(kind);
});
