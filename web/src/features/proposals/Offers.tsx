import { Checkbox } from "@mantine/core";
import type { PartRow, Proposal } from "../../api/types";
import { Notice } from "../../ui/states";
import { called } from "./ToCheck";
import { useChoice } from "./useChoice";

/** How many parts are named here; `cascadia proposal show` and the API have all. */
const SHOWN = 5;
const MEASURED = new Set(["geometry", "geometry_hash", "mass_source", "mass", "volume"]);
const TITLES: Record<string, string> = { alias: "also known as", mpn: "manufacturer's number" };

type Change = NonNullable<PartRow["changes"]>[number];

/** Names, numbers and shapes that the file has otherwise than its parts: what is ticked is taken over. */
export function Offers({ proposal, parts, editable }: { proposal: Proposal; parts: PartRow[]; editable: boolean }) {
  const { mutate } = useChoice(proposal.id, "part");
  const rows = parts
    .map((row) => ({ row, changes: row.choice === "skip" || row.left_out ? [] : told(row) }))
    .filter(({ changes }) => changes.length > 0);
  if (rows.length === 0) return null;
  return (
    <Notice tone="info">
      <details open={rows.length <= SHOWN}>
        <summary>
          {rows.length === 1 ? "One part is" : `${rows.length} parts are`} called or shaped otherwise in the file
          {rows.length > SHOWN ? `; the first ${SHOWN}` : ""}
        </summary>
        <ul className="stack">
          {rows.slice(0, SHOWN).map(({ row, changes }) => (
            <li key={row.id} className="row">
              <strong>{row.match ? `${row.match.number} ${row.match.name}` : called(row)}</strong>
              {changes.map((change) => (
                <Checkbox
                  key={change.field}
                  size="xs"
                  label={words(change)}
                  checked={change.apply}
                  disabled={!editable}
                  onChange={(event) =>
                    mutate({ row: row.id, choice: { take: { [change.field]: event.currentTarget.checked } } })
                  }
                />
              ))}
            </li>
          ))}
        </ul>
      </details>
    </Notice>
  );
}

const told = (row: PartRow): Change[] => (row.changes ?? []).filter(({ field }) => !MEASURED.has(field) && row.match);

function words({ field, old, new: now, words: differs }: Change): string {
  if (field === "shape") return `shape: ${differs ?? "another one"}`;
  return `${TITLES[field] ?? field} ${old ? `${old} → ${now}` : now}`;
}
