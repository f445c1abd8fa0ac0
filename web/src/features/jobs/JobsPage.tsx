import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { jobsQuery } from "../../api/jobs";
import type { Job, JobState } from "../../api/types";
import { JobBadge } from "../../ui/badges";
import { formatTime, words } from "../../ui/format";
import { Progress } from "../../ui/Progress";
import { SearchField } from "../../ui/SearchField";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { PageHead, Toolbar } from "../../ui/Toolbar";
import { JobActions, JobOutput, jobTitle } from "./JobLine";
import { JobLog } from "./JobLog";

const STATES = ["queued", "running", "succeeded", "dead", "cancelled"];

export function JobsPage() {
  const navigate = useNavigate();
  const { q, state, mine } = useSearch({ from: "/app/jobs" });
  const query = useInfiniteQuery(
    jobsQuery({
      ...(q ? { q } : {}),
      ...(state ? { state: state as JobState } : {}),
      ...(mine === "yes" ? { mine: true } : {}),
    }),
  );
  const jobs = query.data?.pages.flatMap((page) => page.items) ?? [];
  const set = (change: { q?: string | undefined; state?: string | undefined; mine?: string | undefined }) =>
    void navigate({ to: "/jobs", search: (old) => ({ ...old, ...change }), replace: true });
  return (
    <div className="fill">
      <PageHead title="Jobs" note="everything slow runs in the background; failures say why and can be retried" />
      <Toolbar label="Filters">
        <SearchField label="Filter by file, number or type" value={q} onChange={(q) => set({ q })} />
        <SegmentedControl
          size="xs"
          aria-label="Whose jobs"
          value={mine ?? ""}
          onChange={(value) => set({ mine: value || undefined })}
          data={[
            { value: "", label: "All that I may see" },
            { value: "yes", label: "Mine" },
          ]}
        />
        <NativeSelect
          size="xs"
          aria-label="State"
          value={state ?? ""}
          data={[
            { value: "", label: "Any state" },
            ...STATES.map((value) => ({ value, label: value === "dead" ? "Failed" : words(value) })),
          ]}
          onChange={(event) => set({ state: event.currentTarget.value || undefined })}
        />
      </Toolbar>
      <div className="page">
        {query.isPending && <SkeletonRows rows={8} label="Loading jobs" />}
        {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
        {query.isSuccess && jobs.length === 0 && (
          <Empty icon="jobs" title={q || state || mine ? "No job fits these filters" : "No jobs here"}>
            Drop a STEP file or a parts list on any page and its job shows up live.
          </Empty>
        )}
        {jobs.length > 0 && <JobTable jobs={jobs} />}
        {query.hasNextPage && (
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
            Older jobs
          </Button>
        )}
      </div>
    </div>
  );
}

function JobTable({ jobs }: { jobs: Job[] }) {
  return (
    <table className="table card" aria-label="Jobs">
      <thead>
        <tr>
          <th>Job</th>
          <th>State</th>
          <th style={{ width: "36%" }}>Progress</th>
          <th>Asked by</th>
          <th>Created</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <tr key={job.id}>
            <td>
              <Link to="/jobs/$jobId" params={{ jobId: job.id }}>
                {jobTitle(job)} <strong>{job.subject?.name}</strong>
              </Link>
            </td>
            <td>
              <JobBadge state={job.state} />
            </td>
            <td>
              {job.state === "running" && <Progress label={`Progress of ${jobTitle(job)}`} share={job.progress} />}
              {job.state === "dead" && job.error ? (
                <span className="bad">{job.error.message}</span>
              ) : (
                <span className="muted">{job.note}</span>
              )}
              {job.failures > 0 && job.state !== "dead" && <span className="warn small"> attempt {job.attempt}</span>}
            </td>
            <td className="muted">{job.actor?.name}</td>
            <td className="muted">{formatTime(job.created_at)}</td>
            <td className="table-actions">
              <JobLog job={job} />
              <JobOutput job={job} />
              <JobActions job={job} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
