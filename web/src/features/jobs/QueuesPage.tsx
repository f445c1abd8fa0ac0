import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { failedQuery, queuesQuery, replayJobs, workersQuery } from "../../api/machinery";
import type { Queue, Worker } from "../../api/types";
import { Badge } from "../../ui/badges";
import { formatAgo, plural } from "../../ui/format";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { toastDone, toastError } from "../../ui/toast";

/** The machinery behind the jobs, for administrators: what waits, who works, what failed. */
export function QueuesPage() {
  const queues = useQuery(queuesQuery);
  const workers = useQuery(workersQuery);
  return (
    <div className="page">
      <PageHead title="Queues" note="one for each family of jobs; a worker takes those that its JOB_TYPES names" />
      {queues.isPending && <SkeletonRows rows={6} label="Loading queues" />}
      {queues.isError && <ErrorState error={queues.error} retry={() => queues.refetch()} />}
      {queues.data?.length === 0 && (
        <Empty icon="jobs" title="No queues yet">
          They appear with the first worker.
        </Empty>
      )}
      {queues.data && queues.data.length > 0 && <QueueTable queues={queues.data} />}
      <h2>Workers</h2>
      {workers.isPending && <SkeletonRows rows={2} label="Loading workers" />}
      {workers.isError && <ErrorState error={workers.error} retry={() => workers.refetch()} />}
      {workers.data?.length === 0 && (
        <Empty icon="warn" title="No worker is there">
          Jobs wait until one starts: cascadia worker.
        </Empty>
      )}
      {workers.data && workers.data.length > 0 && <WorkerTable workers={workers.data} />}
    </div>
  );
}

function QueueTable({ queues }: { queues: Queue[] }) {
  return (
    <table className="table card" aria-label="Queues">
      <thead>
        <tr>
          <th>Family</th>
          <th className="num">Waiting</th>
          <th className="num">Oldest</th>
          <th className="num">Later</th>
          <th className="num">Running</th>
          <th className="num">Succeeded, last hour</th>
          <th className="num">Failed, last hour</th>
          <th className="num">Workers</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {queues.map((queue) => (
          <tr key={queue.family}>
            <td className="mono">{queue.family}</td>
            <td className="num">{queue.queued}</td>
            <td className="num muted">{queue.queued > 0 ? `${Math.round(queue.oldest_seconds)} s` : ""}</td>
            <td className="num muted">{queue.later}</td>
            <td className="num">{queue.running}</td>
            <td className="num muted">{queue.succeeded}</td>
            <td className="num">{queue.failed > 0 ? <span className="bad">{queue.failed}</span> : 0}</td>
            <td className="num">
              {queue.workers === 0 && queue.queued > 0 ? <Badge tone="bad">none</Badge> : queue.workers}
            </td>
            <td className="table-actions">
              <Replay family={queue.family} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Replay({ family }: { family: string }) {
  const client = useQueryClient();
  const { data: failed = 0 } = useQuery(failedQuery(family));
  const replay = useMutation({
    mutationFn: () => replayJobs(family),
    onSuccess: async ({ replayed }) => {
      toastDone(`${plural(replayed, "job")} of ${family} queued again`);
      await client.invalidateQueries({ queryKey: queuesQuery.queryKey });
    },
    onError: (error) => toastError(error, "Not queued"),
  });
  if (failed === 0) return null;
  return (
    <Button size="compact-xs" variant="default" loading={replay.isPending} onClick={() => replay.mutate()}>
      Retry {failed} failed
    </Button>
  );
}

function WorkerTable({ workers }: { workers: Worker[] }) {
  return (
    <table className="table card" aria-label="Workers">
      <thead>
        <tr>
          <th>Worker</th>
          <th>Release</th>
          <th className="num">Running</th>
          <th>Families</th>
          <th>Started</th>
        </tr>
      </thead>
      <tbody>
        {workers.map((worker) => (
          <tr key={worker.name}>
            <td className="mono">
              {worker.name} {worker.stopping && <Badge tone="warn">stopping</Badge>}
            </td>
            <td className="muted">{worker.release}</td>
            <td className="num">
              {worker.running} of {worker.slots}
            </td>
            <td className="muted">{worker.families.join(", ")}</td>
            <td className="muted">{formatAgo(worker.started_at)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
