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

/** What was typed, as the API takes it, or why it cannot be. */
export function parseCell(field: EditField, text: string): Parsed {
  const typed = text.trim();
  switch (field) {
    case "quantity": {
      const number = typed.replace(",", ".");
      return /^\d{1,20}(\.\d{1,18})?$/.test(number)
        ? { ok: true, value: number }
        : { ok: false, message: "A quantity is a number such as 4 or 0.25." };
    }
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
