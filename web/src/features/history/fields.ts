import type { Change, FieldChange } from "../../api/types";

/** Fields that say nothing to a person: matrices, hashes, and what the row's own words say already. */
const SILENT = new Set(["placements", "geometry_hash", "geometry", "parent", "child", "item", "quantity_kind"]);

const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (typeof value === "object" && Object.keys(value as object).length === 0);

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

function perAttribute({ old, new: next }: FieldChange): FieldChange[] {
  const [before, after] = [(old ?? {}) as Record<string, unknown>, (next ?? {}) as Record<string, unknown>];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !same(before[name], after[name]))
    .map((field) => ({ field, old: before[field] ?? null, new: after[field] ?? null }));
}

/** A shape is a pointer, which says nothing but that it is another one; of the first there is nothing to say. */
function inWords(change: FieldChange): FieldChange | null {
  if (change.field !== "shape") return change;
  return isNothing(change.old) ? null : { ...change, old: null, new: isNothing(change.new) ? "none" : "another" };
}

/** The fields of a change worth showing, attributes one by one. */
export function shownFields(change: Change): FieldChange[] {
  return change.fields
    .flatMap((field) => (field.field === "attributes" ? perAttribute(field) : [field]))
    .flatMap((field) => inWords(field) ?? [])
    .filter(({ field, old, new: next }) => !SILENT.has(field) && !(isNothing(old) && isNothing(next)));
}

/** The label of what a row is about besides its item: the child of a line, the file of an attachment. */
export function about(change: Change): string | null {
  const named = change.fields.find(({ field }) => field === "child");
  const value = (named?.new ?? named?.old) as { label?: string | null; restricted?: boolean } | null | undefined;
  return value ? (value.restricted ? "restricted" : (value.label ?? null)) : null;
}
