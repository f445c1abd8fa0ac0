import { describe, expect, it } from "vitest";
import { parseCell, sameValue, toText } from "../src/features/bom/cells";
import { withCell } from "../src/features/bom/useLineEditing";
import { AS1 } from "./tree";

describe("cells of a BOM line", () => {
  it("take quantities as decimal strings, with a comma too", () => {
    expect(parseCell("quantity", " 0,25 ")).toEqual({ ok: true, value: "0.25" });
    expect(parseCell("quantity", "12345678901234567890")).toEqual({ ok: true, value: "12345678901234567890" });
  });

  it("refuse what is no quantity", () => {
    for (const text of ["", "two", "-1", "1e3", "1.", ".5"]) expect(parseCell("quantity", text).ok).toBe(false);
  });

  it("take find numbers from 1, and none", () => {
    expect(parseCell("find_number", "20")).toEqual({ ok: true, value: 20 });
    expect(parseCell("find_number", "")).toEqual({ ok: true, value: null });
    for (const text of ["0", "-5", "1.5", "A"]) expect(parseCell("find_number", text).ok).toBe(false);
  });

  it("split designators, each once", () => {
    expect(parseCell("designators", "R1, R2;R3 R1")).toEqual({ ok: true, value: ["R1", "R2", "R3"] });
    expect(parseCell("designators", " ")).toEqual({ ok: true, value: [] });
  });

  it("show and compare values as text", () => {
    expect(toText(["R1", "R2"])).toBe("R1, R2");
    expect(toText(null)).toBe("");
    expect(sameValue("4", 4)).toBe(true);
    expect(sameValue(["R1"], ["R2"])).toBe(false);
  });
});

it("the optimistic tree differs from the old one in the one cell", () => {
  const next = withCell(AS1, 6, "quantity", "4", "0-9");
  expect(next.lines.quantity[6]).toBe("4");
  expect(next.lines.version[6]).toBe("0-9");
  expect(AS1.lines.quantity[6]).toBe("3");
  expect(next.lines.quantity.filter((quantity, line) => quantity !== AS1.lines.quantity[line])).toEqual(["4"]);
  expect(next.items).toBe(AS1.items);
});
