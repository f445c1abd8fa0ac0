const PLACES = 9;
const BYTES = 1_000_000_000n;
const AMOUNT = /^(\d{1,9})(?:\.(\d{1,9}))?$/;
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** Bytes as gigabytes that `readGigabytes` reads as the same bytes; no bound is empty. */
export function writeGigabytes(bytes: number | null): string {
  if (bytes === null) return "";
  const digits = String(bytes).padStart(PLACES + 1, "0");
  return `${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`.replace(/\.?0+$/, "");
}

/** The bytes of so many gigabytes, null (no bound) for an empty text; a text that is no such amount gives what is wrong with it. */
export function readGigabytes(text: string): { bytes: number | null } | { problem: string } {
  const typed = text.trim();
  if (typed === "") return { bytes: null };
  const [, whole, fraction = ""] = AMOUNT.exec(typed) ?? [];
  if (whole === undefined) return { problem: "Write gigabytes in digits, such as 50 or 1.5, or nothing for no bound" };
  const bytes = BigInt(whole) * BYTES + BigInt(fraction.padEnd(PLACES, "0"));
  return bytes > MOST ? { problem: "At most 9007199 gigabytes" } : { bytes: Number(bytes) };
}
