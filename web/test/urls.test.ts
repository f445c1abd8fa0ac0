import { describe, expect, it } from "vitest";
import { staleWords } from "../src/api/events";
import { safeNext } from "../src/features/auth/SignInPage";
import { describePoint } from "../src/features/shell/pointInTime";
import { isImported, isStep } from "../src/features/vault/importing";
import { parseSearch, stringifySearch, text } from "../src/search";

describe("search parameters", () => {
  it("are plain words in both directions", () => {
    const search = { q: "m4 & co", at: "branch:main@12", empty: "", none: undefined };
    expect(stringifySearch(search)).toBe("?q=m4+%26+co&at=branch:main@12");
    expect(parseSearch(stringifySearch(search))).toEqual({ q: "m4 & co", at: "branch:main@12" });
    expect(stringifySearch({})).toBe("");
  });
  it("keep numbers as text", () => {
    expect(parseSearch("?q=0123")).toEqual({ q: "0123" });
    expect(text({ q: "0123", other: "x" }, "q", "at")).toEqual({ q: "0123" });
  });
});

it("points of history have words", () => {
  expect(describePoint(undefined)).toBe("now");
  expect(describePoint("commit:12")).toBe("commit 12");
  expect(describePoint("branch:main@12")).toBe("main at commit 12");
  expect(describePoint("date:2026-01-31T00:00:00Z")).toContain("Jan 2026");
});

it("signing in leads nowhere outside", () => {
  expect(safeNext("/parts?at=commit:3")).toBe("/parts?at=commit:3");
  for (const next of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", undefined]) {
    expect(safeNext(next)).toBeUndefined();
  }
});

it("events say which readings are old", () => {
  expect(staleWords("part.changed")).toEqual(["part", "bom", "commit"]);
  expect(staleWords("proposal.opened")).toEqual(["proposal"]);
  expect(staleWords("unheard.of")).toEqual([]);
});

it("STEP files are known by their names", () => {
  expect(["a.step", "B.STP", "c.p21"].every(isStep)).toBe(true);
  expect(["a.pdf", "step", "a.step.zip"].some(isStep)).toBe(false);
  expect(["a.step", "B.CSV", "c.tsv"].every(isImported)).toBe(true);
  expect(isImported("a.pdf")).toBe(false);
});
