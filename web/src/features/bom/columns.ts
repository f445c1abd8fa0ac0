import { useLocalStorage } from "@mantine/hooks";
import type { EditField } from "./cells";

export type ColumnId =
  | "part"
  | "revision"
  | "name"
  | "find"
  | "quantity"
  | "unit"
  | "extended"
  | "designators"
  | "mass"
  | "rolled"
  | "status";

export type TreeColumn = { id: ColumnId; title: string; hint?: string; width: number; end?: boolean; edit?: EditField };

export const TREE_COLUMNS: TreeColumn[] = [
  { id: "part", title: "Part", width: 190 },
  { id: "revision", title: "Rev", width: 42 },
  { id: "name", title: "Name", width: 130 },
  { id: "find", title: "Find", hint: "Find number", width: 50, end: true, edit: "find_number" },
  { id: "quantity", title: "Qty", hint: "Quantity in one parent", width: 62, end: true, edit: "quantity" },
  { id: "unit", title: "Unit", width: 42 },
  { id: "extended", title: "Ext qty", hint: "Quantity in the whole top assembly", width: 66, end: true },
  { id: "designators", title: "Designators", hint: "Reference designators", width: 100, edit: "designators" },
  { id: "mass", title: "Mass", hint: "Of one piece", width: 100, end: true },
  { id: "rolled", title: "Rolled mass", hint: "Summed up from what it is made of", width: 100, end: true },
  { id: "status", title: "Status", width: 84 },
];

const STORED = "cascadia.bom.columns.hidden";

/** Which columns a person left out, kept in this browser. */
export function useHiddenColumns() {
  return useLocalStorage<ColumnId[]>({ key: STORED, defaultValue: [], getInitialValueInEffect: false });
}

/** Below this width the tree scrolls sideways rather than squeeze its columns. */
export const leastWidth = (columns: TreeColumn[]): number => columns.reduce((sum, { width }) => sum + width, 0);

export function template(columns: TreeColumn[]): string {
  return columns
    .map(({ id, width }) =>
      id === "name" || id === "part" ? `minmax(${width}px, ${id === "part" ? 2 : 3}fr)` : `${width}px`,
    )
    .join(" ");
}
