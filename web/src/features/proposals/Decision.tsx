import type { ItemRef, PartRow, RowChoice } from "../../api/types";

type Props = { row: PartRow; editable: boolean; settle: (choice: RowChoice) => void; pick: () => void };

/** Existing parts that the row may become, the present match first. */
function candidates(row: PartRow): (ItemRef & { why: string })[] {
  const found = new Map<string, ItemRef & { why: string }>(
    (row.candidates ?? []).map((one) => [one.id, { ...one, why: one.words ?? one.match_by }]),
  );
  if (row.match && !found.has(row.match.id))
    found.set(row.match.id, { ...row.match, why: row.match_words ?? "chosen" });
  return [...found.values()];
}

const words = (row: PartRow): string =>
  row.choice === "create" ? "Create" : row.choice === "skip" ? "Skip" : `Use ${row.match?.number ?? "existing"}`;

export function Decision({ row, editable, settle, pick }: Props) {
  if (!editable) return <span>{words(row)}</span>;
  const value = row.choice === "use" ? `use:${row.match?.id ?? ""}` : row.choice;
  function choose(wanted: string) {
    if (wanted === "pick") pick();
    else if (wanted.startsWith("use:")) settle({ choice: "use", use: wanted.slice(4) });
    else settle({ choice: wanted as PartRow["choice"] });
  }
  return (
    <select
      className="cell-select"
      aria-label={`Decision for ${row.name}`}
      value={value}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="create">Create a new part</option>
      {candidates(row).map(({ id, number, name, why }) => (
        <option key={id} value={`use:${id}`}>
          Use {number} {name} ({why})
        </option>
      ))}
      <option value="pick">Use another part…</option>
      <option value="skip">Skip</option>
    </select>
  );
}
