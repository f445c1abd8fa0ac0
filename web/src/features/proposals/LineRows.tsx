import { Switch } from "@mantine/core";
import { useMemo, useState } from "react";
import type { LineRow, PartRow, Proposal } from "../../api/types";
import { type Column, DataGrid } from "../../ui/DataGrid";
import { formatDecimal } from "../../ui/format";
import { Empty } from "../../ui/states";
import { Toolbar } from "../../ui/Toolbar";
import { standing } from "./Clashes";
import { checkFirst } from "./checkFirst";
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
  clash: ["!", "check", "redline-mod"],
};

/** Whether the file does not have the line, or has it as not fitted. */
const goes = (row: LineRow): boolean => row.old_quantity != null && (row.quantity == null || row.fitted === false);

/** The BOM lines of a proposal as a redline: sign, words and both quantities, never colour alone. */
export function LineRows({ proposal, rows, parts, editable, select }: Props) {
  const [changesOnly, setChangesOnly] = useState(false);
  const { mutate } = useChoice(proposal.id, "line");
  const byId = useMemo(() => new Map(parts.map((part) => [part.id, part])), [parts]);
  const first = useMemo(() => checkFirst(rows), [rows]);
  const shown = changesOnly ? first.filter(({ verdict }) => verdict !== "same") : first;
  const designates = rows.some((row) => row.designators.length > 0 || row.old_designators.length > 0);
  const columns = useMemo(
    () =>
      lineColumns(byId, designates, editable, (row, apply) =>
        mutate({ row: row.id, choice: { choice: apply ? "apply" : "skip" } }),
      ),
    [byId, designates, editable, mutate],
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
            const part = byId.get(row.child ?? "");
            if (part) select(part);
          }}
        />
      )}
    </>
  );
}

/** Whether the line has another part now than the file says. */
const replaced = (row: LineRow, parts: Map<string, PartRow>): boolean =>
  row.verdict === "change" && !!row.old_child && row.old_child !== parts.get(row.child ?? "")?.match?.number;

/** The designators that come and go, then those that stay. */
function Designators({ row }: { row: LineRow }) {
  const after = goes(row) ? [] : row.designators;
  const gone = row.old_designators.filter((name) => !after.includes(name));
  const come = after.filter((name) => !row.old_designators.includes(name));
  const stay = after.filter((name) => row.old_designators.includes(name));
  return (
    <span
      className="clip mono small"
      title={[...gone.map((n) => `\u2212${n}`), ...come.map((n) => `+${n}`), ...stay].join(" ")}
    >
      {gone.length > 0 && <span className="old">{gone.join(" ")}</span>}
      {come.length > 0 && <span className="new">{come.join(" ")}</span>} {stay.join(" ")}
      {row.fitted === false && <em> not fitted</em>}
    </span>
  );
}

function lineColumns(
  parts: Map<string, PartRow>,
  designates: boolean,
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
    {
      id: "child",
      title: "Child",
      width: "minmax(180px, 2fr)",
      cell: (row) =>
        row.child ? (
          <>
            {replaced(row, parts) && <span className="old">{row.old_child}</span>}
            {name(row.child)}
            {standing(row) && (
              <em className="clip muted small" title={standing(row)}>
                {standing(row)}
              </em>
            )}
          </>
        ) : (
          <span className="clip">{row.old_child}</span>
        ),
    },
    {
      id: "quantity",
      title: "Quantity",
      width: "110px",
      align: "end",
      cell: (row) => {
        const { verdict, quantity, old_quantity } = row;
        const changes = !goes(row) && verdict !== "same" && old_quantity !== quantity;
        return (
          <>
            {changes && old_quantity && <span className="old">{formatDecimal(old_quantity)}</span>}
            <span className={goes(row) ? "old" : changes ? "new" : ""}>
              {formatDecimal((goes(row) ? old_quantity : quantity) ?? "")}
            </span>
          </>
        );
      },
    },
    ...(designates
      ? [
          {
            id: "designators",
            title: "Designators",
            width: "minmax(140px, 2fr)",
            cell: (row: LineRow) => <Designators row={row} />,
          },
        ]
      : []),
    {
      id: "apply",
      title: "Apply",
      width: "70px",
      cell: (row) =>
        row.verdict === "same" || row.verdict === "clash" ? null : (
          <input
            type="checkbox"
            aria-label={`Apply: ${MARKS[row.verdict][1]} ${parts.get(row.child ?? "")?.name ?? row.old_child ?? ""} in ${parts.get(row.parent)?.name ?? ""}`}
            checked={row.choice === "apply"}
            disabled={!editable}
            onChange={(event) => apply(row, event.target.checked)}
          />
        ),
    },
  ];
}
