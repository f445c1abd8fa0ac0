import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { jobQuery, jobsQuery } from "../../api/jobs";
import type { Job } from "../../api/types";
import { JobBadge } from "../../ui/badges";
import { formatTime, formatValue, words } from "../../ui/format";
import { CopyButton } from "../../ui/PartNumber";
import { Progress } from "../../ui/Progress";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { isLive, JobActions, JobOutput, jobTitle, waits } from "./JobLine";
import { JobLog } from "./JobLog";

/** One job, live: what it does, how it went, and the jobs that it asked for. */
export function JobPage() {
  const { jobId } = useParams({ from: "/app/jobs/$jobId" });
  const query = useQuery(jobQuery(jobId));
  if (query.isPending) return <SkeletonRows rows={6} label="Loading the job" />;
  if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  const job = query.data;
  return (
    <div className="page page-narrow">
      <PageHead title={`${jobTitle(job)} ${job.subject?.name ?? ""}`}>
        <JobBadge state={job.state} />
        <JobLog job={job} />
        <JobOutput job={job} />
        <JobActions job={job} />
      </PageHead>
      {job.state === "running" && <Progress label={`Progress of ${jobTitle(job)}`} share={job.progress} />}
      {job.note && <p className="muted">{job.note}</p>}
      {job.waiting_for && (
        <p className="warn" role="status">
          It {waits(job.waiting_for)}. It goes on by itself as soon as that answers; nothing is lost.
        </p>
      )}
      {job.error && !job.waiting_for && (
        <p className={job.state === "dead" ? "bad" : "warn"} role="status">
          {job.error.message} <span className="muted mono">{job.error.code}</span>
        </p>
      )}
      <section className="card card-body" aria-label="Facts">
        <dl className="facts">
          {facts(job).map(([name, value]) => (
            <Fact key={name} name={name} value={value} />
          ))}
        </dl>
      </section>
      {job.children > 0 && <Children parent={job.id} />}
    </div>
  );
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

const times = (number: number) => (number === 1 ? "once" : `${number} times`);

/** What there is to say; what does not apply is left out. */
function facts(job: Job): [name: string, value: ReactNode][] {
  const when = (time: string | null) => (time ? formatTime(time) : null);
  const all: [string, ReactNode][] = [
    ["Type", <code key="type">{job.type}</code>],
    ["About", <About key="about" job={job} />],
    ["Program", job.program?.code],
    ["Asked by", job.actor?.name],
    ["Created", when(job.created_at)],
    ["Due", job.state === "queued" ? (when(job.run_at) ?? "when the jobs that it waits for have ended") : null],
    ["Started", when(job.started_at)],
    ["Ended", when(job.finished_at)],
    ["Begun", job.attempt > 0 ? times(job.attempt) : null],
    ["Put off", job.deferrals > 0 ? times(job.deferrals) : null],
    ["Failed", job.failures > 0 ? times(job.failures) : null],
    ["Result", job.result && Object.keys(job.result).length > 0 ? formatValue(job.result) : null],
    ["Asked for by", job.parent ? <JobLink key="parent" id={job.parent} /> : null],
    [
      "Id",
      <span key="id" className="row">
        <span className="mono">{job.id}</span>
        <CopyButton text={job.id} what="id" />
      </span>,
    ],
  ];
  return all.filter(([, value]) => value !== null && value !== undefined);
}

function About({ job }: { job: Job }) {
  if (!job.subject) return "–";
  if (job.subject.kind === "proposal") {
    return (
      <Link to="/proposals/$proposalId" params={{ proposalId: job.subject.id }}>
        {job.subject.name ?? "the proposal"}
      </Link>
    );
  }
  return `${words(job.subject.kind)} ${job.subject.name ?? ""}`;
}

function JobLink({ id }: { id: string }) {
  return (
    <Link to="/jobs/$jobId" params={{ jobId: id }}>
      another job
    </Link>
  );
}

function Children({ parent }: { parent: string }) {
  const query = useInfiniteQuery(jobsQuery({ parent }));
  const jobs = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="card" aria-label="Jobs that it asked for">
      <div className="card-head">
        <h2>Jobs that it asked for</h2>
      </div>
      <ul className="card-body job-children">
        {jobs.map((job) => (
          <li key={job.id} className="row">
            <Link className="grow" to="/jobs/$jobId" params={{ jobId: job.id }}>
              {jobTitle(job)} {job.subject?.name}
            </Link>
            {isLive(job) && job.state === "running" && <Progress label="Progress" share={job.progress} />}
            <JobBadge state={job.state} />
          </li>
        ))}
      </ul>
    </section>
  );
}
