import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { treeQuery } from "../../api/bom";
import type { Tree } from "../../api/types";
import { formatDecimal, formatMeasure, formatTime, roundDecimal } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { useAt } from "../shell/point";
import { buildModel, filterRows, visibleRows } from "./treeModel";

const NOTHING_CLOSED: ReadonlySet<string> = new Set();

/** Every row of the tree as a plain table: a virtual one would print, and let the browser find, what is on the screen only. */
export function PrintBom({ partId, q }: { partId: string; q: string }) {
  const query = useQuery(treeQuery(partId, useAt()));
  if (query.isPending) return <SkeletonRows rows={14} />;
  if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  return <PrintTable tree={query.data} q={q} />;
}

function PrintTable({ tree, q }: { tree: Tree; q: string }) {
  const model = useMemo(() => buildModel(tree), [tree]);
  const rows = useMemo(() => visibleRows(model, NOTHING_CLOSED, filterRows(model, q)), [model, q]);
  const { items, lines, occurrences, at, totals } = tree;
  return (
    <div className="page print-page">
      <div className="row">
        <p className="muted grow">
          {at.branch} at commit {at.seq}, {formatTime(at.time)} · mass {formatMeasure(totals.mass, 6) || "unknown"}
          {totals.mass_complete ? "" : " (incomplete)"}
          {totals.complete ? "" : " · cut: the tree is deeper, or has more rows, than can be sent"}
          {q && ` · only what matches “${q}”`}
        </p>
        <Button leftSection={<Icon name="print" />} onClick={() => print()}>
          Print
        </Button>
      </div>
      <table className="table" aria-label="BOM to print">
        <thead>
          <tr>
            <th>Level</th>
            <th>Part</th>
            <th>Rev</th>
            <th>Name</th>
            <th className="num">Find</th>
            <th className="num">Qty</th>
            <th>Unit</th>
            <th className="num">Ext qty</th>
            <th>Designators</th>
            <th className="num">Rolled mass</th>
          </tr>
        </thead>
        <tbody>
          {Array.from(rows, (row) => {
            const item = model.item[row] ?? 0;
            const line = model.line[row] ?? -1;
            const level = (model.level[row] ?? 1) - 1;
            const mass = items.rolled_mass[item];
            return (
              <tr key={row}>
                <td>{"·".repeat(level) + level}</td>
                <td className="mono">{items.restricted[item] ? "restricted" : items.number[item]}</td>
                <td>{items.revision[item] ?? "–"}</td>
                <td>{items.name[item]}</td>
                <td className="num">{lines.find_number[line]}</td>
                <td className="num">{formatDecimal(lines.quantity[line] ?? "")}</td>
                <td>{lines.unit[line] ?? items.unit[item]}</td>
                <td className="num">{row > 0 && formatDecimal(occurrences.extended_quantity[row - 1] ?? "")}</td>
                <td>{lines.designators[line]?.join(", ")}</td>
                <td className="num">{mass && `${items.mass_complete[item] ? "" : "≥ "}${roundDecimal(mass, 4)} kg`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
