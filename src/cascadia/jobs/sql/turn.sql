-- One turn of a worker: ends the attempts that came out well, then takes up to `free` due jobs whose types this worker knows, oldest
-- of the highest priority first. One row per job taken (or one empty row), each with `seen` (how many were due, taken or not) and
-- `ended` (the ids of the attempts that the ledger let end).
-- The candidates are read unlocked, by one index scan per family; only what is taken is locked (locking inside the LATERAL locked
-- a row of every family to take one, and a second worker found none).
WITH done AS MATERIALIZED (
  UPDATE job j
  SET state = 'succeeded', result = d.result, progress = 1, note = NULL, error = NULL, lease_until = NULL, finished_at = clock_timestamp()
  FROM jsonb_to_recordset(%(done)s) AS d(id bigint, attempt int, result jsonb)
  WHERE j.id = d.id AND j.attempt = d.attempt AND j.state = 'running'
  RETURNING j.id
), candidate AS MATERIALIZED (
  SELECT c.id, c.priority, c.run_at
  FROM jsonb_to_recordset(%(families)s) AS f(family text, room int)
  CROSS JOIN LATERAL (
    SELECT j.id, j.priority, j.run_at, row_number() OVER (ORDER BY j.priority DESC, j.run_at, j.id) AS place
    FROM (
      SELECT id, priority, run_at FROM job
      WHERE state = 'queued' AND family = f.family COLLATE "C" AND type = ANY (%(types)s) AND run_at <= now()
        AND (not_after IS NULL OR not_after > now())
      ORDER BY priority DESC, run_at, id LIMIT %(free)s
    ) j
  ) c
  WHERE c.place <= f.room
), taken AS MATERIALIZED (
  SELECT j.id FROM job j JOIN candidate c ON c.id = j.id
  WHERE j.state = 'queued'
  ORDER BY c.priority DESC, c.run_at, c.id LIMIT %(free)s FOR NO KEY UPDATE OF j SKIP LOCKED
), claimed AS (
  UPDATE job j
  SET state = 'running', attempt = j.attempt + 1, worker = %(worker)s, progress = NULL, note = NULL,
      started_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
  FROM taken t WHERE j.id = t.id
  RETURNING j.id, j.uid, j.attempt, j.family, j.type, j.payload, j.actor_id, j.program_id, j.request_id, j.trace_id,
    extract(epoch FROM clock_timestamp() - j.run_at)::double precision AS waited_seconds
)
SELECT c.*, (SELECT count(*) FROM candidate) AS seen, ARRAY(SELECT id FROM done) AS ended FROM (SELECT 1) one LEFT JOIN claimed c ON true
