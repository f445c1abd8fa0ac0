import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import { confirmRows } from "../../api/proposals";
import type { PartRow, Proposal } from "../../api/types";
import { Notice } from "../../ui/states";
import { toastError } from "../../ui/toast";
import { useChoice } from "./useChoice";

/** How many rows are shown at once; the next ones follow as these are confirmed. */
const SHOWN = 5;

type Props = { proposal: Proposal; parts: PartRow[] };

/** Parts that were guessed: who each is taken for and why that is no more than likely, to be confirmed singly or together. */
export function ToCheck({ proposal, parts }: Props) {
  const client = useQueryClient();
  const { mutate } = useChoice(proposal.id, "part");
  const confirm = useMutation({
    mutationFn: (rows: string[] | null) => confirmRows(proposal.id, rows),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.proposal(proposal.id) }),
    onError: (error) => toastError(error, "Not confirmed"),
  });
  const rows = parts.filter(({ confirmed, left_out }) => !confirmed && !left_out);
  if (rows.length === 0) return null;
  return (
    <Notice
      tone="warn"
      action={
        <Button size="compact-sm" loading={confirm.isPending} onClick={() => confirm.mutate(null)}>
          Confirm {rows.length === 1 ? "it" : `all ${rows.length}`}
        </Button>
      }
    >
      <p>
        {rows.length === 1 ? "One part was" : `${rows.length} parts were`} guessed, and must be checked before this can
        be accepted{rows.length > SHOWN ? `; the first ${SHOWN}:` : ":"}
      </p>
      <ul className="stack">
        {rows.slice(0, SHOWN).map((row) => (
          <li key={row.id} className="row">
            <span>
              <strong>{called(row)}</strong>
              {row.choice === "use" && row.match ? ` is ${row.match.number} ${row.match.name}` : " becomes a new part"}:{" "}
              {row.doubts?.join("; ")}
            </span>
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`Confirm ${row.name}`}
              onClick={() => confirm.mutate([row.id])}
            >
              {row.choice === "use" ? "Yes, it is" : "Yes, new"}
            </Button>
            {row.choice === "use" && !row.is_root && (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Create ${row.name}`}
                onClick={() => mutate({ row: row.id, choice: { choice: "create" } })}
              >
                No, a new part
              </Button>
            )}
            {row.choice === "create" &&
              row.candidates?.slice(0, 1).map(({ id, number }) => (
                <Button
                  key={id}
                  size="compact-xs"
                  variant="default"
                  onClick={() => mutate({ row: row.id, choice: { choice: "use", use: id } })}
                >
                  It is {number}
                </Button>
              ))}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** Number and name of a part in the file, each where it says something of its own. */
export const called = ({ product_number: number, name }: PartRow) =>
  number && number !== name ? `${number} ${name}` : name;
