import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { EDIT_FIELDS, type EditField } from "./cells";
import { leastWidth, type TreeColumn, template } from "./columns";
import type { RowActions } from "./rowActions";
import { TreeRow } from "./TreeRow";
import { hasChildren, pathKey, type TreeModel } from "./treeModel";
import { type CellState, type CellStates, cellId, type Editing } from "./useLineEditing";

export type TreeCommands = {
  select: (row: number) => void;
  setOpen: (row: number, open: boolean) => void;
  openAll: (open: boolean) => void;
  startEdit: (row: number, field: EditField) => void;
  commitEdit: (editing: Editing, text: string) => string | null;
  cancelEdit: () => void;
  remove: (row: number) => void;
  add: (row: number) => void;
  openPart: (row: number) => void;
  whereUsed: (row: number) => void;
  filter: () => void;
  help: () => void;
};

type Props = {
  model: TreeModel;
  rows: Int32Array;
  columns: TreeColumn[];
  collapsed: ReadonlySet<string>;
  filtered: boolean;
  selected: number;
  editing: Editing | null;
  states: CellStates;
  leaving: ReadonlySet<string>;
  editable: boolean;
  label: string;
  commands: TreeCommands;
};

const ROW = 32;

export function BomTree(props: Props) {
  const { model, rows, columns, selected, collapsed, filtered, commands } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const position = useMemo(() => positionOf(rows, selected), [rows, selected]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    scrollPaddingStart: 30,
    // The selected row always exists, as aria-activedescendant names it.
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      return position < 0 || shown.includes(position) ? shown : [...shown, position].sort((a, b) => a - b);
    },
  });
  const tracks = template(columns);
  const actions = useActions(props, () => scroller.current?.focus());
  const states = useMemo(() => statesByLine(props.states), [props.states]);

  useEffect(() => {
    if (position >= 0) virtual.scrollToIndex(position, { align: "auto" });
  }, [position, virtual]);

  return (
    <div
      ref={scroller}
      className="tree-scroller"
      role="treegrid"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={position >= 0 ? `tree-row-${selected}` : undefined}
      tabIndex={0}
      onKeyDown={(event) => {
        if (press(event, props, position, scroller.current)) event.preventDefault();
      }}
    >
      <div style={{ minWidth: leastWidth(columns) }}>
        <div className="tree-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks }}>
          {columns.map(({ id, title, hint, end }) => (
            <div key={id} role="columnheader" className={end ? "tree-cell num" : "tree-cell"} title={hint}>
              {title}
            </div>
          ))}
        </div>
        <div className="tree-rows" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index] ?? 0;
            const key = props.editing || props.leaving.size > 0 || collapsed.size > 0 ? pathKey(model, row) : "";
            const lineId = model.tree.lines.id[model.line[row] ?? -1];
            return (
              <TreeRow
                key={row}
                model={model}
                row={row}
                position={index}
                top={start}
                columns={columns}
                template={tracks}
                selected={row === selected}
                open={filtered || !collapsed.has(key)}
                leaving={lineId !== undefined && props.leaving.has(lineId)}
                editing={props.editing?.key === key ? props.editing : null}
                states={lineId ? states.get(lineId) : undefined}
                editable={props.editable}
                actions={actions}
              />
            );
          })}
        </div>
      </div>
    </div>
  );

  function press(event: KeyboardEvent, now: Props, here: number, element: HTMLElement | null): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return false;
    const row = now.rows[here];
    if (row === undefined) return moveOnly(event.key);
    const page = Math.max(1, Math.floor((element?.clientHeight ?? ROW * 10) / ROW) - 2);
    const moves: Record<string, number> = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + page,
      PageUp: here - page,
      Home: 0,
      End: now.rows.length - 1,
    };
    const wanted = moves[event.key];
    if (wanted !== undefined) {
      const target = now.rows[Math.min(Math.max(wanted, 0), now.rows.length - 1)];
      if (target !== undefined) commands.select(target);
      return true;
    }
    if (event.target !== event.currentTarget && event.key === "Enter") return false;
    const handled = runKey(event.key, row, now, commands);
    if (handled) event.stopPropagation();
    return handled;
  }

  function moveOnly(key: string): boolean {
    const first = rows[0];
    if (first === undefined || !["ArrowDown", "Home"].includes(key)) return false;
    commands.select(first);
    return true;
  }
}

function runKey(
  key: string,
  row: number,
  { model, collapsed, filtered, editable }: Props,
  commands: TreeCommands,
): boolean {
  const parent = hasChildren(model, row);
  const open = filtered || !collapsed.has(pathKey(model, row));
  const simple: Record<string, () => void> = {
    ArrowRight: () => (parent && !open ? commands.setOpen(row, true) : parent ? commands.select(row + 1) : undefined),
    ArrowLeft: () =>
      parent && open && !filtered ? commands.setOpen(row, false) : commands.select(Math.max(0, model.parent[row] ?? 0)),
    "*": () => commands.openAll(true),
    w: () => commands.whereUsed(row),
    o: () => commands.openPart(row),
    "/": commands.filter,
    "?": commands.help,
  };
  const editing: Record<string, () => void> = {
    Enter: () => commands.startEdit(row, "quantity"),
    F2: () => commands.startEdit(row, "quantity"),
    f: () => commands.startEdit(row, "find_number"),
    d: () => commands.startEdit(row, "designators"),
    a: () => commands.add(row),
    Delete: () => commands.remove(row),
  };
  const run = simple[key] ?? (editable ? editing[key] : undefined);
  run?.();
  return run !== undefined;
}

function positionOf(rows: Int32Array, row: number): number {
  let [low, high] = [0, rows.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = rows[middle] ?? 0;
    if (value === row) return middle;
    if (value < row) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function statesByLine(states: CellStates): Map<string, Partial<Record<EditField, CellState>>> {
  const byLine = new Map<string, Partial<Record<EditField, CellState>>>();
  for (const [id, state] of states) {
    const cut = id.lastIndexOf(":");
    const [line, field] = [id.slice(0, cut), id.slice(cut + 1) as EditField];
    if (id === cellId(line, field)) byLine.set(line, { ...byLine.get(line), [field]: state });
  }
  return byLine;
}

/** What rows call. One object for ever, so that a row is drawn again only for its own sake. */
function useActions(props: Props, focus: () => void): RowActions {
  const latest = useRef({ props, focus });
  latest.current = { props, focus };
  return useMemo(() => {
    const now = () => latest.current.props;
    const isOpen = (row: number) => !now().collapsed.has(pathKey(now().model, row));
    return {
      select: (row) => now().commands.select(row),
      toggle: (row) => now().commands.setOpen(row, !isOpen(row)),
      edit: (row, field) => now().commands.startEdit(row, field),
      cancel: () => {
        now().commands.cancelEdit();
        latest.current.focus();
      },
      commit: (editing, text, then) => {
        const refused = now().commands.commitEdit(editing, text);
        if (refused) return refused;
        latest.current.focus();
        const step = then === "next" ? 1 : then === "previous" ? -1 : 0;
        const field = EDIT_FIELDS[EDIT_FIELDS.indexOf(editing.field) + step];
        if (step && field) now().commands.startEdit(now().selected, field);
        return null;
      },
    };
  }, []);
}
