import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatDecimal,
  formatMeasure,
  formatSize,
  formatValue,
  plural,
  roundDecimal,
  words,
} from "../src/ui/format";

describe("decimals", () => {
  it("are grouped without passing through a float", () => {
    expect(formatDecimal("12345678901234567890.123456789")).toBe(
      "12 345 678 901 234 567 890.123456789".replaceAll(" ", "\u202f"),
    );
    expect(formatDecimal("-1000")).toBe("\u22121\u202f000");
    expect(formatDecimal("4")).toBe("4");
    expect(formatDecimal("many")).toBe("many");
  });

  it("are rounded to significant places for display only", () => {
    expect(roundDecimal("0.000123456", 3)).toBe("0.000123");
    expect(roundDecimal("6.001234", 4)).toBe("6.001");
    expect(roundDecimal("1234.5678", 4)).toBe("1235");
    expect(roundDecimal("2.50", 4)).toBe("2.5");
    expect(roundDecimal("0", 4)).toBe("0");
  });

  it("carry their unit", () => {
    expect(formatMeasure({ value: "0.25", unit: "kg" })).toBe("0.25 kg");
    expect(formatMeasure(null)).toBe("");
  });
});

it("sizes of files are in steps of a thousand", () => {
  expect(formatSize(0)).toBe("0 B");
  expect(formatSize(999)).toBe("999 B");
  expect(formatSize(1500)).toBe("1.5 kB");
  expect(formatSize(5_000_000_000)).toBe("5.0 GB");
});

it("times are relative within a week", () => {
  const now = Date.parse("2026-01-31T12:00:00Z");
  expect(formatAgo("2026-01-31T11:58:00Z", now)).toBe("2 minutes ago");
  expect(formatAgo("2026-01-30T11:00:00Z", now)).toBe("yesterday");
  expect(formatAgo("2025-12-31T12:00:00Z", now)).toBe("31 Dec 2025");
});

it("codes become words", () => {
  expect(words("not_for_new_design")).toBe("Not for new design");
  expect(plural(1, "part")).toBe("1 part");
  expect(plural(1200, "part")).toBe("1\u202f200 parts");
});

describe("values of any attribute", () => {
  it("read as one line", () => {
    expect(formatValue(null)).toBe("–");
    expect(formatValue(true)).toBe("yes");
    expect(formatValue(["R1", "R2"])).toBe("R1, R2");
    expect(formatValue({ value: "2.5", unit: "kg" })).toBe("2.5 kg");
    expect(formatValue({ value: "10", currency: "EUR" })).toBe("10 EUR");
    expect(formatValue({ id: "x", number: "P-1", name: "Bolt" })).toBe("P-1");
    expect(formatValue({ R1: {}, R2: {} })).toBe("R1, R2");
  });
});
