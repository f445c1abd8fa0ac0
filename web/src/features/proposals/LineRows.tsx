import { Switch } from "@mantine/core";
import { useMemo, useState } from "react";
import type { LineRow, PartRow, Proposal } from "../../api/types";
import { type Column, DataGrid } from "../../ui/DataGrid";
import { formatDecimal } from "../../ui/format";
import { Empty } from "../../ui/states";
import { Toolbar } from "../../ui/Toolbar";
import { useChoice } from "./useChoice";

type Props = {
  proposal: Proposal;
  rows: LineRow[];
  parts: PartRow[];
  editable: boolean;
  select: (row: PartRow) => void;
};

const MARKS: Record<LineRow["verdict"], [sign: string, words: string, tone: string]> = {
  add: ["+", "add", "redline-add"],
  change: ["~", "change", "redline-mod"],
  same: ["=", "as it is", ""],
  remove: ["\u2212", "remove", "redline-del"],
};

/** The BOM lines of a proposal as a redline: sign, words and both quantities, never colour alone. */
export function LineRows({ proposal, rows, parts, editable, select }: Props) {
  const [changesOnly, setChangesOnly] = useState(false);
  const { mutate } = useChoice(proposal.id, "line");
  const byId = useMemo(() => new Map(parts.map((part) => [part.id, part])), [parts]);
  const shown = changesOnly ? rows.filter(({ verdict }) => verdict !== "same") : rows;
  const columns = useMemo(
    () =>
      lineColumns(byId, editable, (row, apply) =>
        mutate({ row: row.id, choice: { choice: apply ? "apply" : "skip" } }),
      ),
    [byId, editable, mutate],
  );
  return (
    <>
      <Toolbar label="Lines">
        <Switch
          size="xs"
          label="Changes only"
          checked={changesOnly}
          onChange={(event) => setChangesOnly(event.currentTarget.checked)}
        />
      </Toolbar>
      {shown.length === 0 ? (
        <Empty icon="tree" title={rows.length ? "No line changes" : "No BOM lines"}>
          {rows.length ? "Every line of the file is in the BOM already." : "The file holds a single part."}
        </Empty>
      ) : (
        <DataGrid
          label="BOM lines of the proposal"
          columns={columns}
          rows={shown}
          rowKey={({ id }) => id}
          onSelect={(row) => {
            const part = byId.get(row.child);
            if (part) select(part);
          }}
        />
      )}
    </>
  );
}

function lineColumns(
  parts: Map<string, PartRow>,
  editable: boolean,
  apply: (row: LineRow, apply: boolean) => void,
): Column<LineRow>[] {
  const name = (id: string) => {
    const part = parts.get(id);
    return (
      <span className="clip">
        {part ? (part.match ? `${part.match.number} · ${part.name}` : part.name) : "restricted"}
      </span>
    );
  };
  return [
    {
      id: "verdict",
      title: "Verdict",
      width: "110px",
      cell: ({ verdict }) => {
        const [sign, words, tone] = MARKS[verdict];
        return (
          <span className={`mark ${tone}`}>
            <strong className="mono">{sign}</strong> {words}
          </span>
        );
      },
    },
    { id: "parent", title: "Parent", width: "minmax(150px, 1fr)", cell: ({ parent }) => name(parent) },
    { id: "child", title: "Child", width: "minmax(150px, 1fr)", cell: ({ child }) => name(child) },
    {
      id: "quantity",
      title: "Quantity",
      width: "110px",
      align: "end",
      cell: ({ verdict, quantity, old_quantity }) => (
        <>
          {verdict === "change" && old_quantity && <span className="old">{formatDecimal(old_quantity)}</span>}
          <span className={verdict === "remove" ? "old" : verdict === "same" ? "" : "new"}>
            {formatDecimal(verdict === "remove" ? (old_quantity ?? "") : String(quantity))}
          </span>
        </>
      ),
    },
    {
      id: "apply",
      title: "Apply",
      width: "70px",
      cell: (row) =>
        row.verdict === "same" ? null : (
          <input
            type="checkbox"
            aria-label={`Apply: ${MARKS[row.verdict][1]} ${parts.get(row.child)?.name ?? ""} in ${parts.get(row.parent)?.name ?? ""}`}
            checked={row.choice === "apply"}
            disabled={!editable}
            onChange={(event) => apply(row, event.target.checked)}
          />
        ),
    },
  ];
}
