import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Icon } from "./Icon";

export type Column<Row> = {
  id: string;
  title: string;
  /** A track of CSS grid, such as `120px` or `minmax(160px, 2fr)`. */
  width: string;
  align?: "end";
  /** The name to sort by, where the server can. */
  sort?: string;
  cell: (row: Row) => ReactNode;
};

type Props<Row> = {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  onOpen?: (row: Row) => void;
  /** More rows are wanted: the end of those present is near. */
  onEnd?: (() => void) | undefined;
  total?: number | undefined;
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  rowHeight?: number;
  selected?: string | undefined;
  onSelect?: (row: Row) => void;
};

const MARGIN = 15;

/** A list of any length as a virtual grid of plain elements: arrows move, Enter opens. */
export function DataGrid<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, onOpen, onEnd, rowHeight = 32 } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const template = columns.map(({ width }) => width).join(" ");

  useEffect(() => {
    if (onEnd && last >= rows.length - MARGIN) onEnd();
  }, [last, rows.length, onEnd]);

  function choose(index: number) {
    const row = rows[index];
    setActive(index);
    if (row) props.onSelect?.(row);
  }
  function press(event: KeyboardEvent) {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / rowHeight) - 1);
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows.length - 1,
    };
    const wanted = moves[event.key];
    if (wanted !== undefined) {
      const next = Math.min(Math.max(wanted, 0), rows.length - 1);
      event.preventDefault();
      choose(next);
      virtual.scrollToIndex(next);
    }
    const row = rows[active];
    if (event.key === "Enter" && row) onOpen?.(row);
  }

  const activeRow = rows[active];
  return (
    <div
      ref={scroller}
      className="grid-scroller"
      role="grid"
      aria-label={label}
      aria-rowcount={(props.total ?? rows.length) + 1}
      aria-activedescendant={
        activeRow && shown.some(({ index }) => index === active) ? `row-${rowKey(activeRow)}` : undefined
      }
      tabIndex={0}
      onKeyDown={press}
    >
      <div className="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
        {columns.map((column) => (
          <HeadCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
        ))}
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {shown.map(({ index, start, size }) => {
          const row = rows[index];
          if (!row) return null;
          const key = rowKey(row);
          return (
            <div
              key={key}
              id={`row-${key}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={props.selected === undefined ? undefined : props.selected === key}
              className={index === active ? "grid-row active" : "grid-row"}
              style={{ gridTemplateColumns: template, height: size, transform: `translateY(${start}px)` }}
              onClick={() => choose(index)}
              onDoubleClick={() => onOpen?.(row)}
            >
              {columns.map((column) => (
                <div key={column.id} role="gridcell" className={column.align ? "grid-cell num" : "grid-cell"}>
                  {column.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

type HeadProps<Row> = {
  column: Column<Row>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
};

function HeadCell<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const { title, align, sort: name } = column;
  const className = align ? "grid-cell num" : "grid-cell";
  const ascending = sort === name;
  const descending = sort === `-${name}`;
  if (!name || !onSort) {
    return (
      <div role="columnheader" className={className}>
        {title}
      </div>
    );
  }
  return (
    <div
      role="columnheader"
      aria-sort={ascending ? "ascending" : descending ? "descending" : "none"}
      className={className}
    >
      <button type="button" className="sort-button" onClick={() => onSort(ascending ? `-${name}` : name)}>
        {title}
        {(ascending || descending) && (
          <span className={ascending ? "sort-mark up" : "sort-mark"}>
            <Icon name="down" size={11} />
          </span>
        )}
      </button>
    </div>
  );
}
