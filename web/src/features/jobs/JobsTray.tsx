import { Popover } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { TRAY, trayQuery } from "../../api/jobs";
import { Icon } from "../../ui/Icon";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { isLive, JobLine } from "./JobLine";

/** How many of my jobs are open; where there may be older ones, of how many that is. */
export function trayLabel(live: number, shown: number): string {
  if (live === 0) return "Jobs";
  return `Jobs: ${live}${shown < TRAY ? "" : ` of the newest ${TRAY}`} running or waiting`;
}

/** My newest jobs, live, on every page. */
export function JobsTray() {
  const [opened, setOpened] = useState(false);
  const query = useQuery(trayQuery);
  const jobs = query.data ?? [];
  const live = jobs.filter(isLive).length;
  const label = trayLabel(live, jobs.length);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={400} shadow="md" trapFocus>
      <Popover.Target>
        <button
          type="button"
          className="icon-button large"
          style={{ position: "relative" }}
          aria-label={label}
          aria-haspopup="dialog"
          aria-expanded={opened}
          onClick={() => setOpened(!opened)}
        >
          <Icon name="jobs" />
          {live > 0 && (
            <span className="tray-count" aria-hidden="true">
              {live < TRAY ? live : `${TRAY}+`}
            </span>
          )}
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Jobs">
        <div className="row">
          <h2 className="grow">Jobs</h2>
          <Link to="/jobs" onClick={() => setOpened(false)}>
            All jobs
          </Link>
        </div>
        {query.isPending && <SkeletonRows rows={3} />}
        {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
        {query.isSuccess && jobs.length === 0 && (
          <p className="muted">Nothing is running. Conversions and imports show here.</p>
        )}
        <div className="tray-list">
          {jobs.map((job) => (
            <JobLine key={job.id} job={job} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
