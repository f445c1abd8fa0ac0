/** The editable cells of a line: how their values are written and read. */

export type EditField = "quantity" | "find_number" | "designators";
export const EDIT_FIELDS: EditField[] = ["quantity", "find_number", "designators"];

export type CellValue = string | number | null | string[];

export const FIELD_TITLES: Record<EditField, string> = {
  quantity: "Quantity",
  find_number: "Find number",
  designators: "Designators",
};

export function toText(value: CellValue | undefined): string {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

export type Parsed = { ok: true; value: CellValue } | { ok: false; message: string };

/** How a value is sent: a quantity as it was typed, for the server reads it and asks back where it has two readings. */
export const asSent = (field: EditField, value: CellValue): CellValue | { typed: string } =>
  field === "quantity" && typeof value === "string" ? { typed: value } : value;

/** What was typed, or why it cannot be sent. What a quantity means is the server's to say. */
export function parseCell(field: EditField, text: string): Parsed {
  const typed = text.trim();
  switch (field) {
    case "quantity":
      return typed ? { ok: true, value: typed } : { ok: false, message: "A quantity is a number such as 4 or 0.25." };
    case "find_number":
      if (!typed) return { ok: true, value: null };
      return /^[1-9]\d{0,8}$/.test(typed)
        ? { ok: true, value: Number(typed) }
        : { ok: false, message: "A find number is a whole number from 1." };
    case "designators":
      return { ok: true, value: typed ? [...new Set(typed.split(/[\s,;]+/).filter(Boolean))] : [] };
  }
}

export function sameValue(a: CellValue | undefined, b: CellValue | undefined): boolean {
  return toText(a) === toText(b);
}
