-- Per family how many jobs are due, counted up to `most`.
SELECT f.family, (
  SELECT count(*) FROM (
    SELECT 1 FROM job j WHERE j.state = 'queued' AND j.family = f.family COLLATE "C" AND j.run_at <= now() LIMIT %(most)s
  ) due) AS number
FROM unnest(%(families)s::text[]) AS f(family)
