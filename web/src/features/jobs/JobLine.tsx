import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { invalidate } from "../../api/events";
import { outputOf } from "../../api/exports";
import { cancelJob, retryJob } from "../../api/jobs";
import { sessionQuery } from "../../api/people";
import type { Job } from "../../api/types";
import { JobBadge } from "../../ui/badges";
import { formatAgo, formatTime } from "../../ui/format";
import { Progress } from "../../ui/Progress";
import { toastError } from "../../ui/toast";

const TITLES: Record<string, string> = {
  "conversion.cad.step": "Convert STEP",
  "conversion.document.preview": "Preview",
  "conversion.document.table": "Read the parts list",
  "export.bom": "Export the BOM of",
  "import.match": "Match with existing parts",
  "maintenance.follow": "Serve an event",
  "maintenance.expiry": "Forget what has expired",
  "maintenance.job_archive": "Archive old jobs",
  "maintenance.job_statistics": "Count jobs",
  "maintenance.webhook_log": "Forget old deliveries",
  "notification.mail": "Send mail",
  "vault.verify": "Verify stored files",
  "vault.collect": "Collect unused files",
  "webhook.deliver": "Call a webhook",
};

export const jobTitle = (job: Job): string => TITLES[job.type] ?? job.type;
export const isLive = (job: Job): boolean => job.state === "queued" || job.state === "running";

/** What a job waits for and since when: nothing that anybody did wrong. */
export const waits = ({ name, since }: NonNullable<Job["waiting_for"]>): string =>
  `waits for ${name}, since ${formatTime(since)}`;

/** One job: what it does to what, how far it is, and what one can do about it. */
export function JobLine({ job }: { job: Job }) {
  return (
    <div className="job">
      <div className="row">
        <span className="grow clip">
          <Link to="/jobs/$jobId" params={{ jobId: job.id }}>
            {jobTitle(job)}
          </Link>{" "}
          {job.subject?.kind === "proposal" ? (
            <Link to="/proposals/$proposalId" params={{ proposalId: job.subject.id }}>
              {job.subject.name}
            </Link>
          ) : (
            <strong>{job.subject?.name}</strong>
          )}
        </span>
        <JobBadge state={job.state} />
        <JobOutput job={job} />
        <JobActions job={job} />
      </div>
      {isLive(job) && (
        <Progress
          label={`${jobTitle(job)} ${job.subject?.name ?? ""}`}
          share={job.state === "running" ? job.progress : 0}
        />
      )}
      <p className="muted small">
        {job.cancel_requested && isLive(job) ? (
          "stopping…"
        ) : job.waiting_for ? (
          <span className="warn">{waits(job.waiting_for)}</span>
        ) : job.error && job.state === "dead" ? (
          <span className="bad">{job.error.message}</span>
        ) : (
          (job.note ?? formatAgo(job.created_at))
        )}
      </p>
    </div>
  );
}

/** The file that it made for me. */
export function JobOutput({ job }: { job: Job }) {
  const { data: session } = useQuery(sessionQuery);
  const output = outputOf(job);
  return output && job.actor?.id === session?.user.id ? (
    <Button component="a" size="compact-xs" variant="default" href={output} download>
      Download
    </Button>
  ) : null;
}

export function JobActions({ job }: { job: Job }) {
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: (what: "cancel" | "retry") => (what === "cancel" ? cancelJob(job.id) : retryJob(job.id)),
    onSuccess: () => invalidate(client, ["job", "proposal"]),
    onError: (error) => toastError(error, "Not done"),
  });
  if (isLive(job)) {
    return (
      <Button
        size="compact-xs"
        variant="default"
        disabled={job.cancel_requested}
        loading={act.isPending}
        onClick={() => act.mutate("cancel")}
      >
        Cancel
      </Button>
    );
  }
  if (job.state !== "dead" && job.state !== "cancelled") return null;
  return (
    <Button size="compact-xs" variant="default" loading={act.isPending} onClick={() => act.mutate("retry")}>
      Retry
    </Button>
  );
}
