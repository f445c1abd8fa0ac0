-- Every family with its open and dead jobs, the living workers that take it, and what ended in the last hour.
WITH family AS (
  SELECT f.family FROM worker w CROSS JOIN LATERAL unnest(w.families) AS f(family) WHERE w.seen_at > now() - interval '1 day'
  UNION SELECT j.family FROM job j WHERE j.state IN ('queued', 'running')
), counted AS (
  SELECT family,
    count(*) FILTER (WHERE state = 'queued' AND run_at <= now()) AS queued,
    count(*) FILTER (WHERE state = 'queued' AND run_at > now()) AS later,
    count(*) FILTER (WHERE state = 'running') AS running,
    extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now()))::double precision AS oldest_seconds
  FROM job WHERE state IN ('queued', 'running') GROUP BY family
), ended AS (
  SELECT family, count(*) FILTER (WHERE state = 'succeeded') AS succeeded, count(*) FILTER (WHERE state = 'dead') AS failed
  FROM job WHERE finished_at > now() - interval '1 hour' GROUP BY family
), there AS (
  SELECT f.family, count(*) AS workers FROM worker w CROSS JOIN LATERAL unnest(w.families) AS f(family)
  WHERE w.seen_at > now() - interval '30 seconds' AND NOT w.stopping GROUP BY f.family
)
SELECT family.family, coalesce(c.queued, 0) AS queued, coalesce(c.later, 0) AS later, coalesce(c.running, 0) AS running,
  coalesce(c.oldest_seconds, 0) AS oldest_seconds, coalesce(e.succeeded, 0) AS succeeded, coalesce(e.failed, 0) AS failed,
  coalesce(t.workers, 0) AS workers
FROM family LEFT JOIN counted c USING (family) LEFT JOIN ended e USING (family) LEFT JOIN there t USING (family)
ORDER BY family.family
