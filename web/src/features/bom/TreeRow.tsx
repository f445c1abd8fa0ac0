import { memo } from "react";
import { StatusBadge } from "../../ui/badges";
import { formatDecimal, formatMeasure, roundDecimal } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { PartNumber } from "../../ui/PartNumber";
import { Thumb } from "../../ui/Thumb";
import { CellInput } from "./CellInput";
import { type EditField, toText } from "./cells";
import type { TreeColumn } from "./columns";
import type { RowActions } from "./rowActions";
import { hasChildren, type TreeModel } from "./treeModel";
import type { CellState, Editing, Reading } from "./useLineEditing";

type Props = {
  model: TreeModel;
  row: number;
  position: number;
  top: number;
  columns: TreeColumn[];
  template: string;
  selected: boolean;
  open: boolean;
  leaving: boolean;
  editing: Editing | null;
  /** The states of this line's cells, by field; the same object while nothing changed. */
  states: Partial<Record<EditField, CellState>> | undefined;
  editable: boolean;
  actions: RowActions;
};

const INDENT = 18;

/** One row of plain elements: widgets of a component library per row would cost three times as much in scrolling. */
export const TreeRow = memo(function TreeRow(props: Props) {
  const { model, row, selected, open, actions } = props;
  const parent = hasChildren(model, row);
  return (
    <div
      id={`tree-row-${row}`}
      role="row"
      aria-level={model.level[row]}
      aria-rowindex={props.position + 2}
      aria-selected={selected}
      {...(parent ? { "aria-expanded": open } : {})}
      className={`tree-row${selected ? " selected" : ""}${props.leaving ? " leaving" : ""}`}
      style={{ gridTemplateColumns: props.template, transform: `translateY(${props.top}px)` }}
      onClick={() => actions.select(row)}
    >
      {props.columns.map((column) => (
        <Cell key={column.id} column={column} row={props} parent={parent} />
      ))}
    </div>
  );
});

function Cell({ column, row: props, parent }: { column: TreeColumn; row: Props; parent: boolean }) {
  const { model, row, actions } = props;
  const line = model.line[row] ?? -1;
  const field = line >= 0 ? column.edit : undefined;
  const state = field ? props.states?.[field] : undefined;
  const editing = field && props.editing?.field === field ? props.editing : null;
  const className = ["tree-cell", column.end && "num", field && props.editable && "editable", state?.state]
    .filter(Boolean)
    .join(" ");
  return (
    <div
      role="gridcell"
      className={className}
      title={state?.state === "failed" ? state.message : undefined}
      onDoubleClick={field && props.editable ? () => actions.edit(row, field) : undefined}
    >
      {editing && field ? (
        <CellInput field={field} initial={toText(editing.before)} editing={editing} actions={actions} />
      ) : (
        <>
          {state && <StateMark state={state} />}
          <CellContent column={column} row={props} line={line} parent={parent} />
        </>
      )}
    </div>
  );
}

function StateMark({ state }: { state: CellState }) {
  switch (state.state) {
    case "saving":
      return <span className="visually-hidden">saving</span>;
    case "saved":
      return <Icon name="check" size={12} label="saved" />;
    case "conflict":
      return <Icon name="warn" size={12} label="changed by somebody else" />;
    case "failed":
      if (state.readings.length) return <Readings readings={state.readings} message={state.message} />;
      return (
        <button
          type="button"
          className="icon-button"
          tabIndex={-1}
          aria-label={`Not saved: ${state.message} Retry`}
          onClick={state.retry}
        >
          <Icon name="retry" size={12} />
        </button>
      );
  }
}

/** The two numbers that may have been meant: the person chooses. */
function Readings({ readings, message }: { readings: Reading[]; message: string }) {
  return (
    <span role="group" aria-label={message} className="readings">
      {readings.map(({ value, take }) => (
        <button key={value} type="button" className="plain-button mono" aria-label={`Quantity ${value}`} onClick={take}>
          {value}?
        </button>
      ))}
    </span>
  );
}

type ContentProps = { column: TreeColumn; row: Props; line: number; parent: boolean };

function CellContent({ column, row: { model, row, open, actions }, line, parent }: ContentProps) {
  const { items, lines, occurrences } = model.tree;
  const item = model.item[row] ?? 0;
  if (items.restricted[item] && column.id !== "part" && !column.edit && column.id !== "unit") return null;
  switch (column.id) {
    case "part":
      return (
        <>
          <span style={{ width: ((model.level[row] ?? 1) - 1) * INDENT, flex: "none" }} />
          {parent ? (
            <button
              type="button"
              className={open ? "tree-toggle open" : "tree-toggle"}
              tabIndex={-1}
              aria-label={open ? "Collapse" : "Expand"}
              onClick={(event) => {
                event.stopPropagation();
                actions.toggle(row);
              }}
            >
              <Icon name="right" size={12} />
            </button>
          ) : (
            <span style={{ width: 16, flex: "none" }} />
          )}
          <PartCell model={model} item={item} parent={parent} />
        </>
      );
    case "revision":
      return items.revision[item] ?? <span className="muted">–</span>;
    case "name":
      return <span className="clip">{items.name[item]}</span>;
    case "find":
      return line >= 0 ? lines.find_number[line] : null;
    case "quantity":
      return line >= 0 ? formatDecimal(lines.quantity[line] ?? "") : null;
    case "unit":
      return <span className="muted">{line >= 0 ? lines.unit[line] : items.unit[item]}</span>;
    case "extended":
      return row > 0 ? formatDecimal(occurrences.extended_quantity[row - 1] ?? "") : null;
    case "designators":
      return line >= 0 ? <span className="clip">{lines.designators[line]?.join(", ")}</span> : null;
    case "mass":
      return formatMeasure(items.mass[item]);
    case "rolled":
      return <RolledMass mass={items.rolled_mass[item] ?? null} complete={items.mass_complete[item] ?? false} />;
    case "status": {
      const status = items.revision_status[item];
      return status ? <StatusBadge status={status} /> : null;
    }
  }
}

function PartCell({ model, item, parent }: { model: TreeModel; item: number; parent: boolean }) {
  const { items } = model.tree;
  if (items.restricted[item]) {
    return (
      <span className="row muted" title="This line leads into a program that you may not see">
        <Icon name="lock" size={14} /> <em>restricted</em>
      </span>
    );
  }
  return (
    <>
      <Thumb url={items.thumbnail[item]} letter={parent ? "A" : "P"} />
      <PartNumber id={items.id[item] ?? undefined} number={items.number[item] ?? ""} />
    </>
  );
}

function RolledMass({ mass, complete }: { mass: string | null; complete: boolean }) {
  if (mass === null) return null;
  const text = `${formatDecimal(roundDecimal(mass, 4))} kg`;
  if (complete) return text;
  return (
    <span className="incomplete" title="Incomplete: some parts below have no mass">
      ≥ {text}
    </span>
  );
}
