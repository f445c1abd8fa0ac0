import { Button, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { invalidate } from "../../api/events";
import { keys } from "../../api/keys";
import { isCode, sentence } from "../../api/problem";
import { acceptProposal, discardProposal, undoProposal } from "../../api/proposals";
import type { PartRow, Proposal } from "../../api/types";
import { Icon } from "../../ui/Icon";
import { Notice } from "../../ui/states";
import { toastDone, toastError } from "../../ui/toast";
import { useEditBlock } from "../shell/point";

/** The part that the file's top assembly became. */
const rootPart = (proposal: Proposal, parts: PartRow[]) =>
  proposal.root_item ?? parts.find(({ id }) => id === proposal.root)?.match ?? null;

type Props = { proposal: Proposal; parts: PartRow[] };

export function ProposalActions({ proposal, parts }: Props) {
  if (proposal.state === "accepted") return <Accepted proposal={proposal} parts={parts} />;
  if (proposal.state === "stale")
    return <Notice tone="warn">This proposal is out of date and can no longer be accepted.</Notice>;
  return <Decide proposal={proposal} parts={parts} />;
}

function Accepted({ proposal, parts }: Props) {
  const client = useQueryClient();
  const root = rootPart(proposal, parts);
  const { commit, undone } = proposal;
  const fixed = useEditBlock(proposal.project.id);
  const undo = useMutation({
    mutationFn: () => undoProposal(proposal.id),
    onSuccess: (changed) => {
      client.setQueryData(keys.proposal(proposal.id), changed);
      void invalidate(client, ["part", "bom", "commit", "proposal", "attachment"]);
      toastDone("The import was undone");
    },
    onError: (error) => toastError(error, "Not undone"),
  });
  const askUndo = () =>
    modals.openConfirmModal({
      title: "Undo this import?",
      children: "Parts that it made go, lines and parts that it changed are as before: one commit, and the past stays.",
      labels: { confirm: "Undo the import", cancel: "Keep it" },
      confirmProps: { color: "red" },
      onConfirm: () => undo.mutate(),
    });
  if (undone)
    return (
      <Notice tone="warn">
        This import was undone by{" "}
        <Link to="/history/$branch/$seq" params={{ branch: proposal.branch, seq: String(undone.seq) }}>
          commit {undone.seq}
        </Link>
        .
      </Notice>
    );
  return (
    <div className="row">
      {commit && (
        <Button variant="default" loading={undo.isPending} disabled={!!fixed} title={fixed} onClick={askUndo}>
          Undo the import
        </Button>
      )}
      {commit && (
        <Link to="/history/$branch/$seq" params={{ branch: proposal.branch, seq: String(commit.seq) }}>
          commit {commit.seq}
        </Link>
      )}
      {root && (
        <Button
          component={Link}
          to="/parts/$partId/bom"
          params={{ partId: root.id } as never}
          leftSection={<Icon name="tree" />}
        >
          Open the BOM
        </Button>
      )}
    </div>
  );
}

function Decide({ proposal, parts }: Props) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const fixed = useEditBlock(proposal.project.id);
  const waits = [
    proposal.to_check > 0 && `Rows to check before: ${proposal.to_check}`,
    proposal.to_mend > 0 && `Rows to mend or skip before: ${proposal.to_mend}`,
  ].filter(Boolean);
  const blocked = fixed ?? (waits.length > 0 ? waits.join(". ") : undefined);
  const [message, setMessage] = useState(`Import ${proposal.file.name}`);
  const accept = useMutation({
    mutationFn: () => acceptProposal(proposal.id, message.trim()),
    onSuccess: async (accepted) => {
      client.setQueryData(keys.proposal(proposal.id), accepted);
      void invalidate(client, ["part", "bom", "commit", "proposal", "attachment"]);
      const root = rootPart(accepted, parts);
      toastDone(accepted.commit ? `Accepted as commit ${accepted.commit.seq}` : "No change: nothing had to be written");
      if (root) await navigate({ to: "/parts/$partId/bom", params: { partId: root.id } });
    },
    onError: () => void invalidate(client, ["proposal"]),
  });
  const discard = useMutation({
    mutationFn: () => discardProposal(proposal.id),
    onSuccess: async () => {
      void invalidate(client, ["proposal"]);
      await navigate({ to: "/imports" });
    },
    onError: (error) => toastError(error, "Not discarded"),
  });
  const askDiscard = () =>
    modals.openConfirmModal({
      title: "Discard this proposal?",
      children: "Nothing was changed yet. The file stays, and can be proposed again.",
      labels: { confirm: "Discard", cancel: "Keep" },
      confirmProps: { color: "red" },
      onConfirm: () => discard.mutate(),
    });
  return (
    <div className="stack" style={{ gap: 6 }}>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (!blocked) accept.mutate();
        }}
      >
        <TextInput
          size="xs"
          w={240}
          aria-label="Commit message"
          value={message}
          onChange={(event) => setMessage(event.currentTarget.value)}
        />
        <Button
          type="submit"
          leftSection={<Icon name="check" />}
          loading={accept.isPending}
          disabled={!!blocked}
          title={blocked}
        >
          Accept
        </Button>
        <Button variant="default" loading={discard.isPending} disabled={!!fixed} onClick={askDiscard}>
          Discard
        </Button>
      </form>
      {accept.isError && (
        <Notice tone={isCode(accept.error, "proposal_moved") ? "warn" : "bad"}>
          {isCode(accept.error, "proposal_moved")
            ? "Something that this proposal touches was changed meanwhile. The rows were matched again: look at them once more."
            : sentence(accept.error)}
        </Notice>
      )}
    </div>
  );
}
