import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import { chooseRow } from "../../api/proposals";
import type { ProposalRow, RowChoice } from "../../api/types";
import { toastError } from "../../ui/toast";

/** Settles what one row of a proposal does. The other rows may follow, so they are read again. */
export function useChoice(proposal: string, kind: "part" | "line") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ row, choice }: { row: string; choice: RowChoice }) => chooseRow(proposal, row, choice),
    onSuccess: (changed) => {
      client.setQueryData<ProposalRow[]>(keys.proposalRows(proposal, kind), (rows) =>
        rows?.map((row) => (row.id === changed.id ? changed : row)),
      );
      void client.invalidateQueries({ queryKey: keys.proposal(proposal) });
    },
    onError: (error) => {
      toastError(error);
      void client.invalidateQueries({ queryKey: keys.proposal(proposal) });
    },
  });
}
