-- Owned by cascadia.jobs. An outage is not a failure: a job that does not get what it needs waits, and no failure is counted.

-- `away`: what the job waits for, or last waited for (`storage`, `address HOST`); `away_since`: since when, without a try that ended otherwise.
ALTER TABLE job
  ADD COLUMN deferrals int NOT NULL DEFAULT 0,
  ADD COLUMN away text COLLATE "C",
  ADD COLUMN away_since timestamptz;
CREATE INDEX job_away ON job (away, id) WHERE state = 'queued' AND away IS NOT NULL;

-- An attempt that did not get what it needs (`what`): tried again after 1 s, 2 s, 4 s … 60 s, each shortened by chance to no less than its
-- half. Dead, in the outage's words, once that has gone on for `patience`. Returns the new state, or null where the attempt is not the
-- running one any more.
CREATE FUNCTION job_defer(job_id bigint, my_attempt int, what text, why jsonb, patience interval) RETURNS text LANGUAGE sql AS $$
  WITH verdict AS (
    SELECT id, CASE WHEN cancel_requested THEN 'cancelled' WHEN away_since <= clock_timestamp() - patience THEN 'dead' ELSE 'queued' END AS state
    FROM job WHERE id = job_id AND attempt = my_attempt AND state = 'running' FOR NO KEY UPDATE)
  UPDATE job j SET state = v.state, deferrals = deferrals + 1, error = why, worker = NULL, lease_until = NULL, progress = NULL, note = NULL,
    away = CASE WHEN v.state = 'queued' THEN what END,
    away_since = CASE WHEN v.state = 'queued' THEN coalesce(away_since, clock_timestamp()) END,
    run_at = CASE WHEN v.state = 'queued'
      THEN clock_timestamp() + (0.5 + 0.5 * random()) * least(interval '60 s', make_interval(secs => 2.0 ^ least(deferrals, 6))) ELSE run_at END,
    finished_at = CASE WHEN v.state = 'queued' THEN NULL ELSE clock_timestamp() END
  FROM verdict v WHERE j.id = v.id RETURNING j.state
$$;

-- As in version 2; a failure ends the waiting for what was away.
CREATE OR REPLACE FUNCTION job_fail(
  job_id bigint, my_attempt int, why jsonb, permanent boolean, limit_of_failures int, backoff_seconds double precision, delays double precision[])
RETURNS text LANGUAGE sql AS $$
  WITH verdict AS (
    SELECT id, CASE WHEN cancel_requested THEN 'cancelled'
      WHEN permanent OR failures + 1 >= coalesce(cardinality(delays) + 1, limit_of_failures) THEN 'dead' ELSE 'queued' END AS state
    FROM job WHERE id = job_id AND attempt = my_attempt AND state = 'running' FOR NO KEY UPDATE)
  UPDATE job j SET state = v.state, failures = failures + 1, error = why, worker = NULL, lease_until = NULL, progress = NULL, note = NULL,
    away = NULL, away_since = NULL,
    run_at = CASE WHEN v.state = 'queued' THEN clock_timestamp() + CASE
      WHEN delays IS NULL THEN random() * least(interval '300 s', make_interval(secs => backoff_seconds * 2.0 ^ least(failures, 20)))
      ELSE (0.9 + 0.2 * random()) * make_interval(secs => delays[failures + 1]) END ELSE run_at END,
    finished_at = CASE WHEN v.state = 'queued' THEN NULL ELSE clock_timestamp() END
  FROM verdict v WHERE j.id = v.id RETURNING j.state
$$;

-- As in version 4, and: jobs that wait for something in `skipped` are passed by, of those that wait for one address a turn takes one, and
-- each comes with what it last waited for.
-- One turn of a worker: ends the attempts that came out well, then takes up to `free` due jobs whose types this worker knows, oldest of
-- the highest priority first. One row per job taken (or one without a job), each with `seen` (how many were due, taken or not) and
-- `ended` (the ids of the attempts that the ledger let end).
-- The candidates are read unlocked, by one index scan per family; only what is taken is locked (locking all candidates locked a row of
-- every family to take one, and a second worker found none). Rows are looked up by id alone, and their state is judged afterwards: with
-- the state in the condition, a plan that was kept from a small table reads the partial index of that state, which is the whole queue.
CREATE FUNCTION job_turn(done jsonb, wanted jsonb, types text[], free int, me text, lease_seconds double precision, skipped text[])
RETURNS TABLE (seen int, ended bigint[], id bigint, uid uuid, attempt int, family text, type text, payload jsonb, actor_id bigint,
               program_id int, request_id text, trace_id text, waited_seconds double precision, away text)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE finish record; candidate record; state_now text; attempt_now int; due int := 0; over bigint[] := '{}'; taken bigint[] := '{}';
BEGIN
  FOR finish IN SELECT f.id, f.attempt, f.result FROM jsonb_to_recordset(done) AS f(id bigint, attempt int, result jsonb) ORDER BY f.id LOOP
    SELECT j.state, j.attempt INTO state_now, attempt_now FROM job j WHERE j.id = finish.id FOR NO KEY UPDATE;
    IF state_now = 'running' AND attempt_now = finish.attempt THEN
      UPDATE job j SET state = 'succeeded', result = finish.result, progress = 1, note = NULL, error = NULL, lease_until = NULL,
        finished_at = clock_timestamp() WHERE j.id = finish.id;
      over := over || finish.id;
    END IF;
  END LOOP;
  IF free > 0 THEN
    FOR candidate IN
      SELECT c.id FROM jsonb_to_recordset(wanted) AS w(family text, room int)
      CROSS JOIN LATERAL (
        SELECT j.id, j.priority, j.run_at, row_number() OVER (ORDER BY j.priority DESC, j.run_at, j.id) AS place,
          starts_with(j.away, 'address ') AND row_number() OVER (PARTITION BY j.away ORDER BY j.priority DESC, j.run_at, j.id) > 1 AS another
        FROM (
          SELECT q.id, q.priority, q.run_at, q.away FROM job q
          WHERE q.state = 'queued' AND q.family = w.family COLLATE "C" AND q.type = ANY (types) AND q.run_at <= now()
            AND (q.not_after IS NULL OR q.not_after > now())
            AND (q.away IS NULL OR q.away <> ALL (skipped))
          ORDER BY q.priority DESC, q.run_at, q.id LIMIT free
        ) j
      ) c
      WHERE c.place <= w.room AND c.another IS NOT TRUE
      ORDER BY c.priority DESC, c.run_at, c.id
    LOOP
      due := due + 1;
      IF cardinality(taken) < free THEN
        SELECT j.state INTO state_now FROM job j WHERE j.id = candidate.id FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND AND state_now = 'queued' THEN taken := taken || candidate.id; END IF;
      END IF;
    END LOOP;
  END IF;
  IF cardinality(taken) = 0 THEN
    seen := due; ended := over;
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY UPDATE job j
  SET state = 'running', attempt = j.attempt + 1, worker = me, progress = NULL, note = NULL,
      started_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
  WHERE j.id = ANY (taken)
  RETURNING due, over, j.id, j.uid, j.attempt, j.family, j.type, j.payload, j.actor_id, j.program_id, j.request_id, j.trace_id,
    extract(epoch FROM clock_timestamp() - j.run_at)::double precision, j.away;
END $$;

-- Whether the stored error of a program before this version is that of an outage.
CREATE FUNCTION was_outage(error jsonb) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$
  SELECT error ->> 'code' IN ('storage_unreachable', 'storage_full', 'database_unreachable', 'database_full', 'disk_full', 'mail_delayed')
    OR (error ->> 'code' = 'unexpected' AND error ->> 'message' ~
      '\((OperationalError|ConnectionTimeout|ConnectionFailure|AdminShutdown|CannotConnectNow|TooManyConnections|PoolTimeout|ConnectionRefusedError|ConnectionResetError|TimeoutError)\)')
$$;

-- Jobs that died of an outage before this version are queued again, one of each piece of work, unless it was asked for again meanwhile.
-- Not ticks of a schedule (the next one does the work), nor webhooks (they had their three days), nor mail that is older than a day.
WITH died AS (
  SELECT DISTINCT ON (d.family, coalesce(d.key, d.id::text)) d.id FROM job d
  WHERE d.state = 'dead' AND was_outage(d.error) AND d.dedupe IS NULL AND d.family <> 'webhook'
    AND (d.family <> 'notification' OR d.finished_at > now() - interval '1 day')
    AND NOT EXISTS (SELECT 1 FROM job o WHERE o.family = d.family AND o.key = d.key
      AND (o.state IN ('queued', 'running') AND NOT o.cancel_requested OR o.state = 'succeeded' AND o.id > d.id))
  ORDER BY d.family, coalesce(d.key, d.id::text), d.id DESC
)
UPDATE job j SET state = 'queued', failures = 0, losses = 0, waits_for = 0, not_after = NULL, run_at = now(), cancel_requested = false,
  error = NULL, finished_at = NULL, progress = NULL, note = NULL
FROM died WHERE j.id = died.id;

-- Exports are of the program of their part, unless it is a library's: whoever lost the role sees them no more.
UPDATE job_subscriber s SET program_id = p.program_id
FROM job j, item i JOIN project p USING (project_id)
WHERE j.id = s.job_id AND j.type = 'export.bom' AND s.program_id IS NULL AND i.uid = s.subject AND NOT p.library;
UPDATE job_archive a SET subscribers = (
  SELECT jsonb_agg(s.old || CASE WHEN p.program_id IS NULL THEN '{}' ELSE jsonb_build_object('program_id', p.program_id) END)
  FROM jsonb_array_elements(a.subscribers) AS s(old)
  LEFT JOIN item i ON i.uid = (s.old ->> 'subject')::uuid AND s.old ->> 'program_id' IS NULL
  LEFT JOIN project p ON p.project_id = i.project_id AND NOT p.library)
WHERE a.type = 'export.bom' AND jsonb_array_length(a.subscribers) > 0;
