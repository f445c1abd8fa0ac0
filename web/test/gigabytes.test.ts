import { expect, it } from "vitest";
import { readGigabytes, writeGigabytes } from "../src/features/admin/gigabytes";

it("an amount of gigabytes is the bytes that were typed", () => {
  const amounts = { "": null, " ": null, "0": 0, "50": 50e9, " 1.5 ": 1.5e9, "1.001": 1_001_000_000, "0.000000001": 1 };
  for (const [text, bytes] of Object.entries(amounts)) expect(readGigabytes(text), text).toEqual({ bytes });
});

it("a text that is no amount of gigabytes is refused", () => {
  const problem = "Write gigabytes in digits, such as 50 or 1.5, or nothing for no bound";
  for (const text of ["-1", "abc", "1e3", "1,000", "1,5", "1.", ".5", "1 000", "50GB", "0.0000000001", "Infinity", "-"])
    expect(readGigabytes(text), text).toEqual({ problem });
  expect(readGigabytes("9007200")).toEqual({ problem: "At most 9007199 gigabytes" });
});

it("an amount is shown so that saving it again changes nothing", () => {
  expect([null, 0, 1, 1_500_000_000, 50e9].map(writeGigabytes)).toEqual(["", "0", "0.000000001", "1.5", "50"]);
  for (const bytes of [null, 0, 1, 123_456_789_012, 100e9])
    expect(readGigabytes(writeGigabytes(bytes))).toEqual({ bytes });
});
