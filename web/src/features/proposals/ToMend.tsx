import { Button } from "@mantine/core";
import type { LineRow, PartRow, Proposal, RowChoice } from "../../api/types";
import { Readings } from "../../ui/Readings";
import { Notice } from "../../ui/states";
import { DraftText } from "./DraftText";
import { useChoice } from "./useChoice";

/** How many rows are shown at once; the next ones follow as these are mended. */
const SHOWN = 10;

/** Members of a row that are mended by typing another one. */
const TYPED: Record<string, string> = {
  name: "Name",
  number: "Number",
  description: "Description",
  quantity: "Quantity",
};

type Row = (PartRow | LineRow) & { called: string };
type Settle = (row: Row, choice: RowChoice) => void;
type Props = { proposal: Proposal; parts: PartRow[]; lines: LineRow[] };

/** Rows that cannot be accepted as they are: each with the reason, a place to mend it, and a way to leave it out. */
export function ToMend({ proposal, parts, lines }: Props) {
  const part = useChoice(proposal.id, "part");
  const line = useChoice(proposal.id, "line");
  const names = new Map(parts.map(({ id, name }) => [id, name]));
  const rows: Row[] = [
    ...parts.map((row) => ({ ...row, called: row.name })),
    ...lines.map((row) => ({ ...row, called: `the line of ${names.get(row.child ?? "") ?? ""}` })),
  ].filter((row) => row.problems.length > 0 && !row.left_out);
  if (rows.length === 0) return null;
  const settle: Settle = (row, choice) => (row.kind === "part" ? part : line).mutate({ row: row.id, choice });
  return (
    <Notice tone="warn">
      <p>
        {rows.length === 1 ? "One row" : `${rows.length} rows`} must be mended or skipped before this can be accepted
        {rows.length > SHOWN ? `; the first ${SHOWN}:` : ":"}
      </p>
      {rows.some(({ problems }) => problems.some(({ readings }) => readings?.length)) && (
        <p>One of two readings, once chosen, holds for all numbers of the list that ask the same.</p>
      )}
      <ul className="stack">
        {rows.slice(0, SHOWN).map((row) => (
          <Mend key={row.id} row={row} settle={settle} />
        ))}
      </ul>
    </Notice>
  );
}

function Mend({ row, settle }: { row: Row; settle: Settle }) {
  return (
    <li>
      <strong className="clip" style={{ maxWidth: 400 }}>
        {row.called}
      </strong>
      {row.problems.map(({ field, message, readings }) => (
        <div key={field} className="row">
          <span>{message}</span>
          <Readings readings={readings ?? []} take={(quantity) => settle(row, { quantity })} />
          {TYPED[field] && mayType(row, field) && (
            <DraftText
              label={`${TYPED[field]} of ${row.called}`}
              value=""
              placeholder={`another ${field}`}
              save={(text) => settle(row, { [field]: field === "quantity" ? { typed: text } : text })}
            />
          )}
        </div>
      ))}
      <Button size="compact-xs" variant="default" onClick={() => settle(row, { choice: "skip" })}>
        Skip
      </Button>
    </li>
  );
}

/** The quantity of a line with designators or placements is how many there are. */
const mayType = (row: Row, field: string) =>
  row.kind === "part" || field !== "quantity" || (row.designators.length === 0 && row.instances.length === 0);
