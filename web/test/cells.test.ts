import { describe, expect, it } from "vitest";
import { asSent, parseCell, sameValue, toText } from "../src/features/bom/cells";
import { withCell } from "../src/features/bom/useLineEditing";
import { AS1 } from "./tree";

describe("cells of a BOM line", () => {
  it("send quantities as they were typed: the server says what they mean", () => {
    for (const text of ["0,25", "1,000", "1.500", "two", "-1"]) {
      expect(parseCell("quantity", ` ${text} `)).toEqual({ ok: true, value: text });
      expect(asSent("quantity", text)).toEqual({ typed: text });
    }
    expect(parseCell("quantity", " ").ok).toBe(false);
    expect(asSent("find_number", 20)).toBe(20);
    expect(asSent("designators", ["R1"])).toEqual(["R1"]);
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
