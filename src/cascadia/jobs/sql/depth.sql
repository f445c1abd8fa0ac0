-- Per family: how many jobs are due, how many run, and the age in seconds of the oldest due one.
SELECT family, count(*) FILTER (WHERE state = 'queued' AND run_at <= now()) AS queued, count(*) FILTER (WHERE state = 'running') AS running,
  coalesce(extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now())), 0)::double precision AS oldest_seconds
FROM job WHERE state IN ('queued', 'running') GROUP BY family
