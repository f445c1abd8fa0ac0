import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { jobLogQuery } from "../../api/machinery";
import type { Job } from "../../api/types";
import { formatTime } from "../../ui/format";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { jobTitle } from "./JobLine";

/** What the attempts at a job said, for those who manage it. */
export function JobLog({ job }: { job: Job }) {
  const [opened, setOpened] = useState(false);
  if (job.attempt === 0) return null;
  return (
    <>
      <Button size="compact-xs" variant="subtle" onClick={() => setOpened(true)}>
        Log
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Log of ${jobTitle(job)}`} size="xl">
        {opened && <Lines id={job.id} />}
      </Modal>
    </>
  );
}

function Lines({ id }: { id: string }) {
  const query = useQuery(jobLogQuery(id));
  if (query.isPending) return <SkeletonRows rows={4} label="Loading the log" />;
  if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  if (query.data.length === 0) return <p className="muted">Its attempts said nothing.</p>;
  return (
    <ol className="job-log">
      {query.data.map((line) => (
        <li key={`${line.attempt} ${line.at} ${line.line}`}>
          <span className="muted small">
            attempt {line.attempt} · {formatTime(line.at)}
          </span>
          <pre className="mono small">{line.line}</pre>
        </li>
      ))}
    </ol>
  );
}
