import { Modal } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Part, PartRow, Proposal, RowChoice } from "../../api/types";
import { Badge } from "../../ui/badges";
import { type Column, DataGrid } from "../../ui/DataGrid";
import { formatDecimal, formatMeasure } from "../../ui/format";
import { PartNumber } from "../../ui/PartNumber";
import { Thumb } from "../../ui/Thumb";
import { PartPicker } from "../parts/PartPicker";
import { Decision } from "./Decision";
import { DraftText } from "./DraftText";
import { useChoice } from "./useChoice";

type Props = {
  proposal: Proposal;
  rows: PartRow[];
  editable: boolean;
  selected: PartRow | null;
  select: (row: PartRow) => void;
};

const ROW = 44;

export function PartRows({ proposal, rows, editable, selected, select }: Props) {
  const [picking, setPicking] = useState<PartRow | null>(null);
  const { mutate } = useChoice(proposal.id, "part");
  const columns = useMemo(
    () => partColumns(editable, (row, choice) => mutate({ row: row.id, choice }), setPicking),
    [editable, mutate],
  );
  return (
    <>
      <DataGrid
        label="Parts of the proposal"
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        rowHeight={ROW}
        selected={selected?.id ?? ""}
        onSelect={select}
      />
      {picking && (
        <UseAnother
          row={picking}
          close={() => setPicking(null)}
          use={(part) => {
            setPicking(null);
            mutate({ row: picking.id, choice: { choice: "use", use: part.id } });
          }}
        />
      )}
    </>
  );
}

type Settle = (row: PartRow, choice: RowChoice) => void;

function partColumns(editable: boolean, settle: Settle, pick: (row: PartRow) => void): Column<PartRow>[] {
  return [
    {
      id: "name",
      title: "Part in the file",
      width: "minmax(190px, 2fr)",
      cell: (row) => (
        <>
          <Thumb url={row.thumbnail} letter={row.is_assembly ? "A" : "P"} />
          {editable && row.choice === "create" ? (
            <DraftText
              label={`Name of ${row.name}`}
              value={row.name}
              save={(name) => settle(row, { choice: "create", name })}
            />
          ) : (
            <span className="clip">{row.name}</span>
          )}
        </>
      ),
    },
    { id: "verdict", title: "Verdict", width: "150px", cell: (row) => <Verdict row={row} /> },
    {
      id: "decision",
      title: "Decision",
      width: "minmax(180px, 1.4fr)",
      cell: (row) => (
        <Decision row={row} editable={editable} settle={(choice) => settle(row, choice)} pick={() => pick(row)} />
      ),
    },
    {
      id: "number",
      title: "Number",
      width: "150px",
      cell: (row) => <NumberCell row={row} editable={editable} settle={settle} />,
    },
    {
      id: "quantity",
      title: "Pieces",
      width: "64px",
      align: "end",
      cell: (row) => formatDecimal(String(row.quantity_total)),
    },
    { id: "mass", title: "Mass", width: "96px", align: "end", cell: (row) => formatMeasure(row.mass) },
  ];
}

function Verdict({ row }: { row: PartRow }) {
  if (!row.confirmed)
    return (
      <Badge tone="warn" title={row.doubts?.join("; ")}>
        ? check
      </Badge>
    );
  if (row.verdict === "new") return <Badge tone="ok">+ new</Badge>;
  return <Badge tone="info">= {row.match_words ?? "chosen"}</Badge>;
}

function NumberCell({ row, editable, settle }: { row: PartRow; editable: boolean; settle: Settle }) {
  if (row.choice !== "create") {
    return row.match ? <PartNumber id={row.match.id} number={row.match.number} /> : <span className="muted">–</span>;
  }
  if (!editable)
    return row.match ? (
      <PartNumber id={row.match.id} number={row.match.number} />
    ) : (
      <span className="mono">{row.number}</span>
    );
  return (
    <DraftText
      mono
      label={`Number of ${row.name}`}
      value={row.number ?? ""}
      placeholder="by the scheme"
      save={(number) => settle(row, { choice: "create", number: number || null })}
    />
  );
}

function UseAnother({ row, close, use }: { row: PartRow; close: () => void; use: (part: Part) => void }) {
  return (
    <Modal opened onClose={close} title={`Use an existing part for “${row.name}”`}>
      <PartPicker label="Part" chosen={null} choose={(part) => part && use(part)} />
    </Modal>
  );
}
