import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import { confirmRows } from "../../api/proposals";
import type { LineRow, PartRow, Proposal, RowChoice } from "../../api/types";
import { Notice } from "../../ui/states";
import { toastError } from "../../ui/toast";
import { useChoice } from "./useChoice";

/** How many rows are shown at once; the next ones follow as these are decided. */
const SHOWN = 10;

type Props = { proposal: Proposal; parts: PartRow[]; lines: LineRow[] };

/** Lines that the file and people changed otherwise since the file before: what is there stays, or the file's is taken. */
export function Clashes({ proposal, parts, lines }: Props) {
  const client = useQueryClient();
  const { mutate } = useChoice(proposal.id, "line");
  const keep = useMutation({
    mutationFn: (row: string) => confirmRows(proposal.id, [row]),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.proposal(proposal.id) }),
    onError: (error) => toastError(error, "Not confirmed"),
  });
  const name = (id: string | null | undefined) => {
    const part = parts.find((each) => each.id === id);
    return part ? (part.match?.number ?? part.name) : null;
  };
  const rows = lines.filter(({ confirmed, left_out }) => !confirmed && !left_out);
  if (rows.length === 0) return null;
  return (
    <Notice tone="warn">
      <p>
        {rows.length === 1 ? "One line was" : `${rows.length} lines were`} changed here and in the file otherwise since
        the file before{rows.length > SHOWN ? `; the first ${SHOWN}:` : ":"}
      </p>
      <ul className="stack">
        {rows.slice(0, SHOWN).map((row) => (
          <li key={row.id} className="row">
            <span>
              <strong>
                {name(row.parent)} → {name(row.child) ?? row.old_child}
              </strong>
              : {row.doubts?.join("; ")}
            </span>
            <Button size="compact-xs" variant="default" onClick={() => keep.mutate(row.id)}>
              Keep what is there
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => mutate({ row: row.id, choice: fromFile(row) })}>
              Take the file’s
            </Button>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function fromFile(row: LineRow): RowChoice {
  const fields = (row.changes ?? []).map(({ field }) => field).filter((field) => field !== "line");
  return {
    choice: "apply",
    ...(fields.length > 0 && { take: Object.fromEntries(fields.map((field) => [field, true])) }),
  };
}

/** What of a line people changed since the file before, and stays. */
export const standing = (row: LineRow): string =>
  (row.changes ?? [])
    .filter(({ apply }) => !apply)
    .map(({ field, words }) => (field === "line" ? words : `${field} ${words}`))
    .join("; ");
