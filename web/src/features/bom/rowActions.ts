import type { EditField } from "./cells";
import type { Editing } from "./useLineEditing";

/** What can be done with a row of the tree. */
export type RowActions = {
  select: (row: number) => void;
  toggle: (row: number) => void;
  edit: (row: number, field: EditField) => void;
  commit: (editing: Editing, text: string, then: "stay" | "next" | "previous") => string | null;
  cancel: () => void;
};
