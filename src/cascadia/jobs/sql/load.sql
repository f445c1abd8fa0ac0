-- What some families have to do together: due jobs, the age of the oldest, the mean seconds of a job (of the last day; 10 where none
-- ended), how many slots were busy on average in the last two minutes, and the longest that a job waited that began in them.
WITH moment AS (
  SELECT now() AS now, now() - interval '120 seconds' AS since
), open AS (
  SELECT count(*) FILTER (WHERE state = 'queued' AND run_at <= now()) AS queued,
    extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now()))::double precision AS oldest_seconds
  FROM job WHERE state = 'queued' AND family = ANY (%(families)s)
), recent AS (
  SELECT j.run_at, j.started_at, j.finished_at, m.now, m.since FROM moment m CROSS JOIN job j
  WHERE (j.state = 'running' OR j.finished_at > m.since) AND j.started_at IS NOT NULL AND j.family = ANY (%(families)s)
), used AS (
  SELECT sum(extract(epoch FROM coalesce(finished_at, now) - greatest(started_at, since)))::double precision / 120 AS busy,
    max(extract(epoch FROM started_at - run_at)) FILTER (WHERE started_at > since)::double precision AS waited_seconds
  FROM recent
), past AS (
  SELECT avg(extract(epoch FROM finished_at - started_at))::double precision AS mean_seconds
  FROM job WHERE finished_at > now() - interval '1 day' AND started_at IS NOT NULL AND family = ANY (%(families)s)
)
SELECT open.queued, coalesce(open.oldest_seconds, 0) AS oldest_seconds, coalesce(past.mean_seconds, 10) AS mean_seconds,
  coalesce(used.busy, 0) AS busy, greatest(coalesce(used.waited_seconds, 0), 0) AS waited_seconds
FROM open CROSS JOIN used CROSS JOIN past
