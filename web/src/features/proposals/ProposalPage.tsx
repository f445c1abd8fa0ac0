import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { invalidate } from "../../api/events";
import { jobQuery } from "../../api/jobs";
import { isCode } from "../../api/problem";
import { proposalQuery, propose } from "../../api/proposals";
import type { Proposal } from "../../api/types";
import { ProposalBadge } from "../../ui/badges";
import { formatTime } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Progress } from "../../ui/Progress";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { toastError } from "../../ui/toast";
import { isLive, JobActions, jobTitle } from "../jobs/JobLine";
import { NotFound } from "../shell/fallbacks";
import { HowRead } from "./HowRead";
import { ProposalReview } from "./ProposalReview";

const WAITING_POLL_MS = 4000;

export function ProposalPage() {
  const { proposalId } = useParams({ from: "/app/proposals/$proposalId" });
  const query = useQuery({
    ...proposalQuery(proposalId),
    // Events tell it sooner; this is for a browser whose stream is blocked on the way.
    refetchInterval: ({ state }) => (state.data?.state === "waiting" ? WAITING_POLL_MS : false),
  });
  if (query.isPending) return <SkeletonRows rows={10} label="Loading the proposal" />;
  if (query.isError) {
    if (isCode(query.error, "not_found")) return <NotFound />;
    return <ErrorState error={query.error} retry={() => query.refetch()} />;
  }
  const proposal = query.data;
  return (
    <div className="fill">
      <header className="part-head">
        <div className="grow">
          <h1>{proposal.file.name}</h1>
          <div className="part-facts">
            <ProposalBadge state={proposal.state} />
            <span>proposal for project {proposal.project.name || proposal.project.code}</span>
            <span>·</span>
            <span>
              {proposal.created_by.name}, {formatTime(proposal.created_at)}
            </span>
          </div>
        </div>
      </header>
      <ProposalBody proposal={proposal} />
    </div>
  );
}

function ProposalBody({ proposal }: { proposal: Proposal }) {
  switch (proposal.state) {
    case "waiting":
      return <Waiting proposal={proposal} />;
    case "failed":
      return <Failed proposal={proposal} />;
    case "discarded":
      return (
        <Empty icon="trash" title="Discarded" action={<Again proposal={proposal} label="Propose again" />}>
          This proposal was discarded; nothing was changed.
        </Empty>
      );
    case "open":
    case "stale":
    case "accepted":
      return <ProposalReview proposal={proposal} />;
  }
}

function Waiting({ proposal }: { proposal: Proposal }) {
  const { data: job } = useQuery({ ...jobQuery(proposal.job ?? ""), enabled: proposal.job !== null });
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name="cube" size={28} />
      </span>
      <h2>{job ? jobTitle(job) : "Preparing"}</h2>
      <p className="muted" role="status">
        {job?.note ?? (job?.state === "queued" ? "Waiting for a free worker" : "Reading the file")}
      </p>
      <div style={{ width: 320 }}>
        <Progress label="Conversion" share={job?.state === "running" ? job.progress : null} />
      </div>
      <p className="muted small">You may leave this page: the jobs tray shows when it is ready.</p>
      {job && isLive(job) && (
        <div className="row empty-actions">
          <JobActions job={job} />
        </div>
      )}
    </div>
  );
}

function Failed({ proposal }: { proposal: Proposal }) {
  return (
    <div className="empty" role="alert">
      <span className="empty-icon bad">
        <Icon name="warn" size={28} />
      </span>
      <h2>This file could not be read</h2>
      <p className="muted">{proposal.error?.message ?? "It ended without a reason."}</p>
      {proposal.error?.code.startsWith("table_") && <HowRead proposal={proposal} editable />}
      <div className="row empty-actions">
        <Again proposal={proposal} label="Try again" />
        <Button component={Link} to="/imports" variant="default">
          All imports
        </Button>
      </div>
    </div>
  );
}

function Again({ proposal, label }: { proposal: Proposal; label: string }) {
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: () => propose(proposal.file.id, proposal.project.id),
    onSuccess: (next) => {
      void invalidate(client, ["proposal", "job"]);
      location.assign(`/proposals/${next.id}`);
    },
    onError: (error) => toastError(error, "Not proposed"),
  });
  return (
    <Button leftSection={<Icon name="retry" />} loading={again.isPending} onClick={() => again.mutate()}>
      {label}
    </Button>
  );
}
